"""Cases whose history comes from elsewhere: verbs one after the other, at their own times, gathered into a batch."""

import hashlib
from collections.abc import Callable

from csdesk.domain import ids
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Actor, Context, Refused
from csdesk.domain.cases.events import Opened
from csdesk.domain.cases.kinds import Decided
from csdesk.domain.cases.kinds import run as decide
from csdesk.domain.cases.opening import Open
from csdesk.domain.roles import Role
from csdesk.domain.value import replace
from csdesk.interop.entity import Run
from csdesk.store import folds
from csdesk.store.cases import Batch, Written, gather
from csdesk.store.connection import Connection

IMPORTER = Actor("importer", Role.SYSTEM)


def noise(source: str, external_id: str, what: str) -> bytes:
    """Ten bytes that the same record always gets, so that a broken and a whole import end alike."""
    seed = f"{source}\x1f{external_id}\x1f{what}"
    return hashlib.blake2b(seed.encode("utf-8", "surrogatepass"), digest_size=10).digest()


def free_body(conn: Connection, desk: str, taken: set[str], made: Callable[[int], bytes]) -> str:
    """A case number that nobody has, from the noise of turn 0, 1, …; it is then in `taken`."""
    for turn in range(100):
        body = ids.make_body(int.from_bytes(made(turn)[:5], "big") >> 5)
        if body not in taken and folds.find(conn, desk, body) is None:
            taken.add(body)
            return body
    raise Refused("no_free_number")


def rows(batch: Batch) -> int:
    """How many rows a batch writes."""
    # Each text and number is two rows: what it belongs to, and its terms.
    tables = (batch.cases, batch.events, batch.lines, batch.parts, batch.out, batch.requests, batch.changes)
    return sum(map(len, tables)) + 2 * (len(batch.texts) + len(batch.numbers))


class Steps:
    """The verbs of one case, one after the other, gathered into a batch."""

    def __init__(
        self, run: Run, batch: Batch, external_id: str, case: Case | None = None, head: bytes = b""
    ) -> None:
        self._run = run
        self._batch = batch
        self._external_id = external_id
        self._case = case
        self._head = head
        self._step = 0

    @property
    def case(self) -> Case:
        """The case as it stands."""
        assert self._case is not None  # `open` comes first
        return self._case

    def _context(self, name: str, at: int, key: str) -> Context:
        self._step += 1
        core = self._run.core
        key = key or f"import:{self._run.map.source}:{self._external_id}:{self._step}:{name}"
        return Context(at, IMPORTER, key, None, core.policy, core.zone, times=core.times)

    def open(self, opening: Open, at: int, id_: str, merchant: str = "", *, key: str = "") -> None:
        """Open the case under this id, against this merchant; `key`: the request's own, where it has one."""
        ctx = self._context("open", at, key)
        decided = decide(None, opening, ctx)
        opened, *rest = decided.events
        assert isinstance(opened, Opened)
        source = f"{self._run.map.source}:{self._external_id}"
        currency = self._run.map.currency
        first = replace(opened, id=id_, merchant=merchant, source=source, currency=currency)
        case = replace(decided.case, id=id_, merchant=merchant, currency=currency)
        self._keep(Decided((first, *rest), case), ctx, "open")

    def do(self, command: Command, at: int, *, key: str = "") -> None:
        """Carry out a verb, never before what came last."""
        ctx = self._context(command.verb.name, max(at, self.case.changed_at), key)
        self._keep(decide(self._case, command, ctx), ctx, command.verb.name)

    def _keep(self, decided: Decided, ctx: Context, verb: str) -> None:
        written = Written(
            self._case, decided.case, decided.events, self._head, ctx.now, IMPORTER.id, ctx.request, verb
        )
        self._head = gather(self._batch, self._run.core.store.keys, written)
        self._case = decided.case
