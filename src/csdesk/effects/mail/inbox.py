"""The desk's mailboxes, looked through in turn: each mail is handed over once, and marked only when that is done.

Killed in between, the next look offers the same mail again under the same id, which the desk then knows. A mail that
the desk cannot take over is tried five times and then left where it is, flagged; a server that is away is asked again
after longer and longer pauses. Neither stops the others.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import closing

from csdesk.desk.inbound import Inbound, Nature, Receipt
from csdesk.domain.value import dataclass, replace
from csdesk.effects.mail.bounces import Settled
from csdesk.effects.mail.natures import Pace
from csdesk.effects.mail.places import Box, BoxError, Letter, Place, Places
from csdesk.effects.mail.reading import Reader, Refusal
from csdesk.store.errors import StoreError

log = logging.getLogger(__name__)

Receive = Callable[[Inbound], Receipt]

MAILS_A_LOOK = 50
# The mark, and the reason, of a mail whose sender wrote too many within an hour.
TOO_MANY = "too_many"
MOST_TRIES = 5
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 60_000, 900_000


@dataclass(slots=True)
class Looked:
    """What a look through the mailboxes came to: mails handed over, refused, to be tried again; mailboxes away."""

    taken: int = 0
    refused: int = 0
    waiting: int = 0
    away: int = 0


@dataclass(slots=True)
class _Backoff:
    failures: int = 0
    until: int = 0


class Inbox:
    """The mailboxes of one desk. `receive` and `settle` may be asked for the same thing again and do it once.

    `settle` gets what a report settles, and the id of the report.
    """

    def __init__(
        self,
        boxes: Sequence[Box],
        reader: Reader,
        receive: Receive,
        settle: Callable[[Settled, str], None],
        places: Places,
        now: Callable[[], int],
        *,
        limit: int,
        pace: Pace | None = None,
    ) -> None:
        self._boxes = boxes
        self._reader = reader
        self._receive = receive
        self._settle = settle
        self._places = places
        self._now = now
        self._limit = limit
        self._pace = pace or Pace()
        self._backoff = {box.key: _Backoff() for box in boxes}

    def look(self) -> Looked:
        """Take what is new in every mailbox whose pause is over. StoreError when the desk's own file fails."""
        looked = Looked()
        for box in self._boxes:
            backoff = self._backoff[box.key]
            if self._now() < backoff.until:
                continue
            try:
                self._through(box, looked)
            except (BoxError, OSError) as exc:
                reason = exc.reason if isinstance(exc, BoxError) else type(exc).__name__
                pause = min(FIRST_PAUSE_MS << min(backoff.failures, 10), LONGEST_PAUSE_MS)
                backoff.failures += 1
                backoff.until = self._now() + pause
                looked.away += 1
                log.warning("mailbox %s: %s; asked again in %d s", box.name, reason, pause // 1000)
            else:
                backoff.failures, backoff.until = 0, 0
        return looked

    def _through(self, box: Box, looked: Looked) -> None:
        with self._places.held(box.key) as place:
            if place is None:
                return
            with closing(box.letters(place, MAILS_A_LOOK, self._limit)) as letters:  # type: ignore[type-var]
                for letter in letters:
                    self._one(box, letter, place, looked)
                    self._places.keep(box.key, place)
            self._places.keep(box.key, place)

    def _one(self, box: Box, letter: Letter, place: Place, looked: Looked) -> None:
        id_, reason = self._taken(letter)
        if not reason:
            box.done(letter, place)
            looked.taken += 1
            return
        tries = place.waiting.get(letter.ref, 0) + 1
        if reason.startswith("error:") and tries < MOST_TRIES:
            place.waiting[letter.ref] = tries
            if letter.ref.isdigit():
                place.last = max(place.last, int(letter.ref))
            looked.waiting += 1
            return
        self._places.refused(
            {"at": self._now(), "box": box.key, "ref": letter.ref, "id": id_, "reason": reason}
        )
        box.refuse(letter, place, reason)
        looked.refused += 1
        log.warning("mailbox %s: a mail is left there: %s", box.name, reason)

    def _taken(self, letter: Letter) -> tuple[str, str]:
        """The mail's id, and why the desk does not have it ("" when it does)."""
        id_ = ""
        try:
            read = self._reader.read(letter.raw, size=letter.size)
            if isinstance(read, Refusal):
                return read.id, read.reason
            id_ = read.inbound.id
            for settled in read.settles:
                self._settle(settled, id_)
            if read.settles:
                return id_, ""
            inbound = self._paced(read.inbound)
            if TOO_MANY in inbound.marked and not (inbound.thread or inbound.reply_to):
                return id_, TOO_MANY  # words of somebody, perhaps: they wait where a person sees them
            why = self._receive(inbound).refused
            # The id is made of the mail itself: the desk has it, read by rules that have changed since.
            return id_, "" if why == "id_reused" else why
        except StoreError:
            raise
        except Exception as exc:  # noqa: BLE001 - one mail must not stop all others; its words may stand in the message
            log.error("a mail was not taken over: %s", type(exc).__name__)
            return id_, f"error:{type(exc).__name__}"

    def _paced(self, inbound: Inbound) -> Inbound:
        if inbound.nature is not Nature.WORDS or not self._pace.too_many(inbound.sender.email, self._now()):
            return inbound
        return replace(inbound, nature=Nature.AUTOMATIC, marked=(*inbound.marked, TOO_MANY))
