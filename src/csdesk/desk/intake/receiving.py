"""A message comes in: known already, a machine's, an answer to a case, or a new case; each once, with a receipt.

All that a message causes is one transaction (or a savepoint of one, when many come at once): the person, the case,
its files as evidence, what was found, the acknowledgement, and that this message was taken. So two processes with the
same message make one case, and a process that dies in between has made none. The content of files is on the disk
before that transaction begins (`enclosing`), which only gives them their place and their key.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from time import monotonic

import msgspec

from csdesk.desk.core import Core
from csdesk.desk.desk import Done
from csdesk.desk.inbound import Due, Inbound, Nature, Receipt
from csdesk.desk.intake.alike import THREAD, alike
from csdesk.desk.intake.answered import Answered, answered, erased
from csdesk.desk.intake.enclosing import Enclosed, Files, enclosed
from csdesk.desk.intake.reading import MOST_RAW, checked, document
from csdesk.desk.intake.senders import Named, address_of, identify, named_orders
from csdesk.desk.intake.sorting import choose, language_of
from csdesk.domain.cases.arriving import (
    AcknowledgeMessage,
    Arrive,
    CameFile,
    HearMachine,
    MarkMessage,
    RecordFiles,
)
from csdesk.domain.cases.case import Case, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Hear
from csdesk.domain.cases.kinds import queue_of
from csdesk.domain.cases.opening import CLAIMING_KINDS
from csdesk.domain.cases.platform import TellPlatform
from csdesk.domain.roles import Right
from csdesk.domain.value import replace
from csdesk.store import orders
from csdesk.store.connection import bulk, savepoint, write
from csdesk.store.evidence import Spooled, give_place, hold
from csdesk.store.inbound import Arrivals, Kept

# A person who writes five times a day knows that we read; a machine that answers our answers gets no sixth.
MOST_ACKNOWLEDGED = 5
DAY = 86_400_000
# So many messages wait for the disk together, and other writers for one batch: never longer than this, however busy
# the machine is (10,000 complaints at once beside agents: their verbs waited 2.7 s at worst in 1 of 100, at 100 a
# batch on a machine that took 20 ms for each).
BATCH, LONGEST_S = 100, 0.02
FILED, HEARD = "filed", "heard"


class Declined(Exception):
    """A message that was not taken, and the id under which it waits to be tried again."""

    def __init__(self, refused: Refused, kept: str) -> None:
        super().__init__(refused.code)
        self.refused = refused
        self.kept = kept


def receive(core: Core, inbound: Inbound, *, by_hand: bool = False) -> Receipt:
    """Take one message, once and for all: on the disk when this returns. Refused `no_right` alone is raised.

    `by_hand`: a person wrote down what a customer told them; else the desk acts by itself.
    """
    core.need(Right.WORK)
    core = core if by_hand else core.by_itself()
    with enclosed(core, inbound) as brought, write(core.store.conn):
        return receipt_of(one(core, brought))


def receive_all(core: Core, inbounds: Sequence[Inbound]) -> list[Receipt]:
    """Take many: batches that do not wait for the disk each time, so a power failure can take back the last ones.

    Whoever sends them again after such a failure makes nothing twice.
    """
    core.need(Right.WORK)
    core = core.by_itself()
    receipts: list[Receipt] = []
    for start in range(0, len(inbounds), BATCH):
        with ExitStack() as stack:
            batch = [stack.enter_context(enclosed(core, one_)) for one_ in inbounds[start : start + BATCH]]
            while len(receipts) < start + len(batch):
                with bulk(core.store.conn):
                    until = monotonic() + LONGEST_S
                    for brought in batch[len(receipts) - start :]:
                        receipts.append(receipt_of(one(core, brought)))
                        if monotonic() >= until:
                            break
    return receipts


def receipt_of(taken: Receipt | Declined) -> Receipt:
    """A receipt, also for what was not taken."""
    if isinstance(taken, Declined):
        return Receipt("", False, refused=taken.refused.code, kept=taken.kept)
    return taken


def one(core: Core, brought: Enclosed, *, raw: bytes = b"") -> Receipt | Declined:
    """Take one message inside the caller's transaction; what is refused leaves nothing but its own copy.

    `raw`: the message as it came, to keep in place of what was understood of it, unless its files are held apart.
    """
    try:
        with savepoint(core.store.conn):
            return _take(core, brought.inbound, brought.files)
    except Refused as refused:
        for file in brought.stored:
            file.take_back()
        if brought.stored or not 0 < len(raw) <= MOST_RAW:
            raw = msgspec.json.encode(document(brought.inbound))
        return declined(core, raw, brought.inbound.source, refused, brought.stored)


def declined(
    core: Core, raw: bytes, source: str, refused: Refused, files: Sequence[Spooled] = ()
) -> Declined:
    """Keep a message that cannot be taken, with its stored files, inside the caller's transaction."""
    arrivals = Arrivals(core.store)
    kept = arrivals.refuse(raw, source, refused.code, plain(refused), core.now(), MOST_RAW)
    if files and arrivals.holds(kept):
        for file in files:
            hold(core.store, kept, arrivals.person_of(kept), file)
    return Declined(refused, kept)


def plain(refused: Refused) -> dict[str, str]:
    """The details of a refusal as texts, for a document."""
    return {
        name: ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
        for name, value in refused.detail.items()
    }


def _take(core: Core, inbound: Inbound, files: Files) -> Receipt:
    inbound = checked(inbound)
    arrivals = Arrivals(core.store)
    key = arrivals.hashed("inbound", inbound.source, inbound.id)
    sender = inbound.sender
    digest = arrivals.hashed(
        "inbound_words",
        inbound.channel,
        sender.external,
        sender.phone,
        sender.email,
        inbound.subject,
        inbound.text,
    )
    if before := arrivals.find(key):
        if before.digest != digest:
            raise Refused("id_reused", source=inbound.source)
        return _again(core, before)
    whom = arrivals.hashed("inbound_sender", inbound.channel, *address_of(sender))
    wanted = arrivals.acknowledged(whom, core.now() - DAY, MOST_ACKNOWLEDGED) < MOST_ACKNOWLEDGED
    request = f"inbound:{key.hex()}"
    proven = _thread(core, inbound)
    claim = Answered(proven) if proven else answered(core, inbound)
    thread = claim.case
    if inbound.nature is not Nature.WORDS:
        taken = _machine(core, inbound, thread, request)
    elif thread:
        taken = _heard(core, inbound, thread, request, wanted)
    else:
        taken = _filed(core, inbound, request, wanted, claim.offered)
    receipt, case = taken
    _files(core, inbound, files, case, request)
    _marks(core, inbound, case, request)
    _platform(core, inbound, case, request)
    state = FILED if receipt.began else HEARD if case else inbound.nature.value
    told = receipt.acknowledged
    kept = Kept(digest, inbound.source, state, case, receipt.began, receipt.duplicates, told, core.now())
    arrivals.keep(key, kept, whom)
    return receipt


def _again(core: Core, kept: Kept) -> Receipt:
    """The receipt that this message got before, with the clocks as they run now."""
    if not kept.case:
        return Receipt("", False, again=True, ignored=kept.state)
    case, _ = core.load(kept.case)
    return _receipt(
        core, case, began=kept.began, again=True, duplicates=kept.alike, acknowledged=kept.acknowledged
    )


def _thread(core: Core, inbound: Inbound) -> str:
    """The id of the case that a message answers, "" for none; a customer who was erased begins anew."""
    if not inbound.thread:
        return ""
    case, _ = core.load(core.case_id(inbound.thread))
    return "" if erased(core, case.id) else case.id


def _machine(core: Core, inbound: Inbound, thread: str, request: str) -> tuple[Receipt, str]:
    """A machine's answer opens nothing and is never answered; a case that it belongs to remembers it."""
    if not thread:
        return Receipt("", False, ignored=inbound.nature.value), ""
    said = HearMachine(inbound.nature.value, inbound.text or inbound.subject, inbound.channel)
    done = core.within(said, thread, key=request)
    return _receipt(core, done.case, began=False), thread


def _heard(core: Core, inbound: Inbound, thread: str, request: str, wanted: bool) -> tuple[Receipt, str]:
    """An answer to a case; of one that is too old to be reopened, a follow-up, acknowledged like any new case."""
    done = core.within(Hear(_said(inbound), inbound.channel), thread, key=request)
    began, number = bool(done.opened), done.opened or done.number
    if began and wanted:
        core.within(AcknowledgeMessage(inbound.channel), number, key=f"{request}/told")
    case, _ = core.load(core.case_id(number))
    return _receipt(core, case, began=began, acknowledged=began and wanted), case.id


def _said(inbound: Inbound) -> str:
    """What a person wrote; files without a word are told by their names."""
    subject = inbound.subject if inbound.subject and inbound.subject not in inbound.text else ""
    said = "\n".join(part for part in (subject, inbound.text) if part.strip())
    return said or _listed(inbound)


def _listed(inbound: Inbound) -> str:
    return "\n".join(file.told for file in _came(inbound))


def _came(inbound: Inbound) -> tuple[CameFile, ...]:
    return tuple(CameFile(f.name, f.media, f.size, f.sha256, f.why) for f in inbound.attached)


def _files(core: Core, inbound: Inbound, files: Files, case: str, request: str) -> None:
    """Keep in the case which files came, and those that are stored as its evidence; a bounce brings back our own."""
    if not inbound.attached or not case or inbound.nature is Nature.BOUNCE:
        return
    came = _came(inbound)
    known = {kept.sha256 for kept in core.load(case)[0].evidence}
    command = RecordFiles(came, inbound.channel, request.partition(":")[2])
    after = core.within(command, case, key=f"{request}/files").case
    fresh = {kept.sha256 for kept in after.evidence} - known
    for file in files:
        if file is not None and file.sha256 in fresh:
            fresh.discard(file.sha256)
            give_place(core.store, after.id, after.customer, file)


def _marks(core: Core, inbound: Inbound, case: str, request: str) -> None:
    """Tell whoever reads the case what was removed from the message or looked wrong in it."""
    if not inbound.marked or not case:
        return
    codes = tuple(dict.fromkeys(mark.partition(":")[0] for mark in inbound.marked))
    files = "\n".join(dict.fromkeys(name for mark in inbound.marked if (name := mark.partition(":")[2])))
    core.within(MarkMessage(codes, files), case, key=f"{request}/marks")


def _platform(core: Core, inbound: Inbound, case: str, request: str) -> None:
    """Keep in the case what its platform says of the after-sale, where that is new."""
    if not case or not inbound.platform or not inbound.platform_state:
        return
    said = TellPlatform(inbound.platform, inbound.platform_state, inbound.platform_type)
    if said.news(core.load(case)[0]):
        core.by_itself().within(said, case, key=f"{request}/platform")


def _filed(
    core: Core, inbound: Inbound, request: str, wanted: bool, threads: tuple[str, ...]
) -> tuple[Receipt, str]:
    """A new case: of whom, about which order, of which kind, and what it may be the same as.

    `threads` are cases of others, of which it names a message.
    """
    how, language, named = choose(inbound), language_of(inbound), named_orders(core, inbound)
    who = identify(core, inbound, named, language)
    theirs = next((order for order in named if who.claim == "proven" and order.customer == who.person), None)
    first = theirs or (named[0] if named else None)
    hint = first.number if first else inbound.order
    persons = [who.person, *who.claimed]
    found = alike(core, persons, how.kind, [order.id for order in named], hint, _said(inbound), threads)
    command = Arrive(
        how.kind,
        reason=how.reason,
        channel=inbound.channel,
        summary=_said(inbound),
        order_hint=hint,
        customer=who.person,
        source=inbound.source,
        language=language,
        # Who answers what was sent to somebody else says to be them.
        claim="unproven" if threads and who.claim == "new" else who.claim,
        sorted=how.how,
        order_seen=first.number if first and theirs is None else "",
        written_at=inbound.at,
        alike=found,
        acknowledge=wanted,
    )
    case, _ = core.load(_opened(core, command, theirs, request).case.id)
    # Whoever hands the message on learns of an unproven sender's own cases only: the others are for agents to judge.
    numbers = tuple(
        a.number for a in found if "person" in a.why or (who.claim == "proven" and THREAD not in a.why)
    )
    return _receipt(core, case, began=True, duplicates=numbers, acknowledged=wanted), case.id


def _opened(core: Core, command: Arrive, theirs: Named | None, request: str) -> Done:
    """Open on the customer's order where that needs nobody's choice, else beside it: an agent names the units."""
    if theirs is not None:
        facts = orders.facts(core.store.conn, core.desk, theirs.id)
        lines = facts.lines if facts else ()
        units = (LineQty(lines[0].line, 1),) if len(lines) == 1 and lines[0].qty == 1 else ()
        try:
            return core.within(_on(command, theirs, units), key=request)
        except Refused as refused:
            # Claimed by another case, not yet dispatched, several units: all that is for a person to see.
            if refused.code not in ("no_units", "over_bought", "not_delivered"):
                raise
    return core.within(command, key=request)


def _on(command: Arrive, order: Named, units: tuple[LineQty, ...]) -> Arrive:
    lines = units if command.kind in CLAIMING_KINDS else ()
    return replace(command, order=order.id, lines=lines, order_hint="")


def _receipt(
    core: Core,
    case: Case,
    *,
    began: bool,
    again: bool = False,
    duplicates: tuple[str, ...] = (),
    acknowledged: bool = False,
) -> Receipt:
    return Receipt(
        core.number(case),
        began,
        again,
        case.due,
        duplicates,
        kind=case.kind.value,
        queue=queue_of(case),
        clocks=tuple(Due(clock.label, clock.due, clock.basis) for clock in case.clocks),
        acknowledged=acknowledged,
    )
