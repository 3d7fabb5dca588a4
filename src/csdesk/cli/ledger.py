"""An order's ledger in lines: each payment with what it gave back and for which case, and what was paid on top."""

from collections.abc import Iterator, Sequence

from csdesk.desk import money_queries as q
from csdesk.desk.words import Words
from csdesk.domain.cases.case import Deduction, RefundPart


def ledger(found: q.Ledger, words: Words) -> Iterator[str]:
    """The lines of a ledger for a person."""
    currency, shown = found.currency, set[str]()
    yield found.order
    for line in found.lines:
        yield "  " + words(
            "ledger.line",
            line=line.line,
            title=line.title,
            qty=line.qty,
            paid=words.money(line.paid, currency),
            units=line.refunded_units,
            back=words.money(line.refunded, currency),
        )
    for payment in found.payments:
        yield _payment(payment, currency, words)
        for entry in payment.entries:
            yield from _entry(entry, currency, words)
            if entry.refund not in shown:  # what came off the whole refund is told once, not by each payment
                yield from (f"      {line}" for line in taken_off(entry.less, currency, words))
            shown.add(entry.refund)
    if found.beside:
        yield words("ledger.beside")
        for entry in found.beside:
            yield from _entry(entry, currency, words)
    yield words("ledger.sound" if found.sound else "ledger.unsound")


def _payment(payment: q.LedgerPayment, currency: str, words: Words) -> str:
    kind, method = words.code("tender", payment.kind), words.code("method", payment.method)
    other = "" if payment.kind == "money" or kind == method else words("ledger.tender", kind=kind)
    return f"{payment.number}. {method}{other}  " + words(
        "ledger.payment",
        captured=words.money(payment.captured, currency),
        returned=words.money(payment.returned, currency),
        promised=words.money(payment.promised, currency),
        confirmed=words.money(payment.confirmed, currency),
        left=words.money(payment.left, currency),
    )


def _entry(entry: q.LedgerEntry, currency: str, words: Words) -> Iterator[str]:
    state = words.code("refund_state", entry.state) + (words("ledger.twice") if entry.twice else "")
    units = words.units(entry.units)
    cause = words.code("cause", entry.cause)
    given = in_kind(entry.minor, entry.kind, entry.count, entry.if_expired, currency, words)
    yield "  ".join(part for part in ("  ", entry.case, cause, units, given, state) if part)
    steps = [
        words("ledger.proposed", who=entry.by, at=words.moment(entry.at)),
        words(
            "ledger.approved",
            who=entry.approved_by,
            behalf=entry.approved_for,
            at=words.moment(entry.approved_at),
        )
        if entry.approved_by
        else "",
        words("ledger.sent", at=words.moment(entry.sent_at)) if entry.sent_at else "",
        words(
            "ledger.settled",
            at=words.moment(entry.settled_at),
            reference=entry.reference,
            why=words.code("reason", entry.failure) if entry.failure else "",
        )
        if entry.settled_at
        else "",
    ]
    yield "      " + "  ".join(step for step in steps if step)


def taken_off(less: Sequence[Deduction], currency: str, words: Words) -> Iterator[str]:
    """What came off a refund, one line each; one that was cut at nothing left says so."""
    for one in less:
        yield words(
            "ledger.less",
            name=words.code("deduction", one.name),
            amount=words.money(one.minor, currency),
            asked=words.money(one.asked, currency) if one.asked != one.minor else "",
        )


def in_kind(minor: int, kind: str, count: int, if_expired: str, currency: str, words: Words) -> str:
    """An amount, or what goes back in kind: so many points, a coupon of so much."""
    amount = words.money(minor, currency)
    if kind == "money":
        return amount
    told = words(
        "ledger.in_kind", kind=words.code("tender", kind), amount=amount, count=str(count) if count else ""
    )
    return told + (words(f"ledger.expired_{if_expired}") if if_expired else "")


def part(found: RefundPart, currency: str, words: Words) -> str:
    """What one payment would give back."""
    given = in_kind(found.minor, found.kind, found.count, found.if_expired, currency, words)
    method = words.code("method", found.method)
    return given if given.startswith(method) else f"{method}  {given}"
