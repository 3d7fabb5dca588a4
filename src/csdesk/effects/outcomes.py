"""What running a job of the outbox comes to."""

from csdesk.domain.cases.command import Command
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class Close:
    """The job is over without a verb: `done`, `moot` (the case had moved on), `failed` (people must look)."""

    state: str
    result: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """Try later, for a reason; `pause` in ms, None: the usual one. `left_nothing`: this try certainly did nothing."""

    reason: str
    pause: int | None = None
    left_nothing: bool = False


@dataclass(frozen=True, slots=True)
class Settle:
    """The outside has answered: tell the case, if it still is at `version` (None: however it is); then `then`.

    `step` sets the request apart from the one that will end the job, which goes under the job's own key.
    """

    command: Command
    version: int | None = None
    then: Close | Again = Close("done")
    step: str = ""


Outcome = Settle | Close | Again
