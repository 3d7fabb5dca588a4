"""What happens to money of a case: proposed, approved or declined, sent, in doubt, settled; compensation too."""

from collections.abc import Callable
from typing import ClassVar

from csdesk.domain.cases.case import Case, Phase, Refund
from csdesk.domain.cases.events import Event, Stamp, event
from csdesk.domain.value import dataclass, replace


def _changed(case: Case, id_: str, change: Callable[[Refund], Refund]) -> Case:
    return replace(case, refunds=tuple(change(r) if r.id == id_ else r for r in case.refunds))


def _counted(case: Case, refund: Refund, sign: int) -> Case:
    """The case with the refund's units paid back (`sign` 1), or owed again (-1)."""
    found = {
        units.line: (units.qty, minor) for units, minor in zip(refund.units, refund.amounts, strict=True)
    }
    lines = tuple(
        replace(
            line,
            refunded_units=line.refunded_units + sign * found[line.line][0],
            refunded=line.refunded + sign * found[line.line][1],
        )
        if line.line in found
        else line
        for line in case.lines
    )
    return replace(case, lines=lines)


@event("refund_proposed")
@dataclass(frozen=True, slots=True)
class RefundProposed(Event):
    """Money is owed: units, their amounts, and the payments that give it back. `awaiting`: a second person first."""

    to: str
    phase: Phase
    refund: Refund

    def fold(self, case: Case, stamp: Stamp) -> Case:
        moved = replace(case, state=self.to, phase=self.phase, refunds=(*case.refunds, self.refund))
        return _counted(moved, self.refund, 1)


@event("compensated")
@dataclass(frozen=True, slots=True)
class Compensated(Event):
    """The merchant gives something on top of what is owed; it moves no case and pays for no unit."""

    refund: Refund

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, refunds=(*case.refunds, self.refund))


@event("refund_approved")
@dataclass(frozen=True, slots=True)
class RefundApproved(Event):
    """A second person let the money go, by their own right or in the place of `behalf`."""

    commutes: ClassVar[bool] = True
    id: str
    behalf: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        def approve(refund: Refund) -> Refund:
            return replace(
                refund,
                state="proposed",
                approved_by=stamp.actor,
                approved_at=stamp.at,
                approved_for=self.behalf,
            )

        return _changed(case, self.id, approve)


@event("refund_declined")
@dataclass(frozen=True, slots=True)
class RefundDeclined(Event):
    """A second person, perhaps in the place of `behalf`, did not let the money go; its units are owed again."""

    sealed: ClassVar[tuple[str, ...]] = ("note",)
    to: str
    phase: Phase
    id: str
    reason: str
    note: str = ""
    behalf: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        before = case.refund(self.id)
        moved = replace(case, state=self.to, phase=self.phase)

        def decline(refund: Refund) -> Refund:
            return replace(
                refund,
                state="declined",
                settled_at=stamp.at,
                settled_by=stamp.actor,
                failure=self.reason,
            )

        declined = _changed(moved, self.id, decline)
        return _counted(declined, before, -1) if before is not None and before.live else declined


@event("refund_sent")
@dataclass(frozen=True, slots=True)
class RefundSent(Event):
    """From here on the provider may have been asked: written before it is, so that a crash cannot hide it."""

    commutes: ClassVar[bool] = True
    id: str

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return _changed(case, self.id, lambda refund: replace(refund, state="sent", sent_at=stamp.at))


@event("refund_doubted")
@dataclass(frozen=True, slots=True)
class RefundDoubted(Event):
    """The provider could not say whether the money went, for `reason`; nobody asks it to pay again."""

    commutes: ClassVar[bool] = True
    id: str
    reason: str

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return _changed(case, self.id, lambda refund: replace(refund, state="in_doubt", failure=self.reason))


@event("refund_settled")
@dataclass(frozen=True, slots=True)
class RefundSettled(Event):
    """What became of it: confirmed, or failed (then its units are owed again).

    `late`: confirmed after it had been given up; `twice` then says that its units were paid for meanwhile.
    """

    to: str
    phase: Phase
    id: str
    state: str
    reference: str = ""
    reason: str = ""
    late: bool = False
    twice: bool = False

    def fold(self, case: Case, stamp: Stamp) -> Case:
        before = case.refund(self.id)
        moved = replace(case, state=self.to, phase=self.phase)

        def settle(refund: Refund) -> Refund:
            return replace(
                refund,
                state=self.state,
                sent_at=refund.sent_at or stamp.at,
                settled_at=stamp.at,
                settled_by=stamp.actor,
                reference=self.reference,
                failure=self.reason,
                twice=self.twice,
            )

        settled = _changed(moved, self.id, settle)
        if before is None:
            return settled
        if self.state == "failed":
            return _counted(settled, before, -1) if before.live else settled
        if not before.live and not self.twice:
            settled = _counted(settled, before, 1)
        return settled if before.cause == "compensation" else replace(settled, outcome="refunded")
