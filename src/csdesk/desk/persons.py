"""Other people's data in a text: numbers, addresses and names that are not of the case's customer or merchant.

Numbers are found by their shape and looked up by their keyed hash where the desk keeps one; names only where
a text says that a name follows or stands there, since many a name is also a word (高兴, 安全).
"""

import re
from collections.abc import Iterator
from functools import cached_property

from csdesk.desk import searching
from csdesk.desk.core import Core
from csdesk.desk.queries import Finding
from csdesk.domain.cases.case import Case
from csdesk.domain.ids import BadNumber, parse_number
from csdesk.domain.mask import mask_card, mask_email, mask_id, mask_name, mask_phone
from csdesk.domain.value import dataclass
from csdesk.search import normalise
from csdesk.store import folds, orders
from csdesk.store.crypto import normal_email, normal_phone

# A reply that names more than this is none; the rest is not looked up.
MOST_LOOKED_UP = 60
_GAP = r"[-\s._·]{0,2}"
_EMAIL = re.compile(r"(?<![\w.%+-])[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}")
_IDENTITY = re.compile(rf"(?<!\d)[1-9](?:{_GAP}\d){{16}}{_GAP}[\dx](?![\da-z])")
_MOBILE = re.compile(rf"(?<![\d.])(?:\+?86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)")
_CARD = re.compile(r"(?<![\da-z])\d(?:[- ]?\d){12,18}(?!\d)")
_PHONE = re.compile(r"(?<![\da-z.])(?:\+\d{1,3}[- ]?)?\(?0?\d{2,4}\)?[- ]?\d{3,4}[- ]?\d{3,4}(?!\d)")
_CASE_NUMBER = re.compile(r"(?<![\da-z])[a-z]{2}-[\da-z]{4}-[\da-z]{4}(?![\da-z])")
_ORDER_NUMBER = re.compile(r"(?<![\da-z])#?[a-z]{0,6}-?\d[\d-]{4,30}\d(?![\da-z])")
_HAN = "[\u3400-\u9fff]"
_NAMED = re.compile(
    rf"(?:收件人|收货人|买家|顾客|客户|联系人|姓名|用户|户名|寄给|转给|交给)(?:是|为|叫)?[:\s]*({_HAN}{{2,4}}(?:·{_HAN}{{1,8}})?)"
    rf"|(?=({_HAN}{{2,4}})(?:先生|女士|小姐|的订单|的电话|的手机|的地址|的包裹))"
)
# Weights and check signs of GB 11643-1999.
_WEIGHTS, _CHECKS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10x98765432"


@dataclass(frozen=True, slots=True)
class _Seen:
    """A stretch of folded text that was taken for something."""

    start: int
    end: int
    text: str


def personal(core: Core, case: Case, text: str, *, blind: bool = False) -> Iterator[Finding]:
    """Data of other people in a text (confirm), and the customer's own number or address (warn).

    `blind`: for a reader who must not learn by this whose a number or a name is: all numbers count as others', no name.
    """
    folded, offsets = normalise.fold_map(text)
    # One case number in twenty has no digit.
    plain = not any(sign.isdigit() or sign == "@" for sign in folded)
    if plain and not _NAMED.search(folded) and not _CASE_NUMBER.search(folded):
        return
    for kind, severity, seen, shown in _Looking(core, case, folded, blind=blind).all():
        ((start, end),) = normalise.original_spans(offsets, [(seen.start, seen.end)])
        yield Finding("own_data" if severity == "warn" else "personal_data", severity, f"personal.{kind}",
                      start, end, shown, kind)  # fmt: skip


class _Looking:
    """One look through a text; a stretch counts as the first thing that it is taken for."""

    def __init__(self, core: Core, case: Case, folded: str, *, blind: bool) -> None:
        self._blind = blind
        self._core = core
        self._case = case
        self._folded = folded
        self._taken: list[tuple[int, int]] = []
        self._left = MOST_LOOKED_UP

    def all(self) -> Iterator[tuple[str, str, _Seen, str]]:
        """Kind, severity, place, and what may be shown of it."""
        yield from self._emails()
        yield from self._case_numbers()
        yield from self._known_numbers()
        yield from self._identities()
        yield from self._mobiles()
        yield from self._cards()
        yield from self._phones()
        yield from self._names()

    def _matches(self, pattern: re.Pattern[str]) -> Iterator[_Seen]:
        for found in pattern.finditer(self._folded):
            if not any(start < found.end() and found.start() < end for start, end in self._taken):
                yield _Seen(found.start(), found.end(), found[0])

    def _take(self, seen: _Seen) -> None:
        self._taken.append((seen.start, seen.end))

    def _whose(self, said: str) -> list[str]:
        """The customers whom a name, number or e-mail address is known of."""
        self._left -= 1
        return searching.people(self._core, said, others=True) if self._left >= 0 else []

    @cached_property
    def _own(self) -> tuple[str, str]:
        """Phone and e-mail of the case's customer, as they are compared."""
        known = None if self._blind else self._core.store.people.open(self._case.customer)
        return (normal_phone(known.phone), normal_email(known.email)) if known else ("", "")

    @cached_property
    def _merchants(self) -> str:
        """What the merchant lets everybody know, digits close together."""
        row = self._core.store.conn.execute(
            "SELECT name, return_address FROM merchant WHERE desk_id = ? AND id = ?",
            (self._core.desk, self._case.merchant),
        ).fetchone()
        said = normalise.fold(" ".join((*(row or ()), self._case.address)))
        return re.sub(r"[-\s._·()]", "", said)

    @cached_property
    def _waybills(self) -> set[str]:
        conn, desk = self._core.store.conn, self._core.desk
        sql = "SELECT waybill FROM shipment WHERE desk_id = ? AND order_id = ?"
        sent = conn.execute(sql, (desk, self._case.order)).fetchall() if self._case.order else []
        return {
            normalise.fold(w)
            for w in (*(p.waybill for p in self._case.parcels), *(row[0] for row in sent))
            if w
        }

    def _emails(self) -> Iterator[tuple[str, str, _Seen, str]]:
        for seen in self._matches(_EMAIL):
            self._take(seen)
            if normal_email(seen.text) in self._merchants:
                continue
            own = normal_email(seen.text) == self._own[1]
            yield "email", "warn" if own else "confirm", seen, mask_email(seen.text)

    def _case_numbers(self) -> Iterator[tuple[str, str, _Seen, str]]:
        conn, desk = self._core.store.conn, self._core.desk
        for seen in self._matches(_CASE_NUMBER):
            try:
                _, body = parse_number(seen.text.upper())
            except BadNumber:
                continue
            self._take(seen)
            found = folds.find(conn, desk, body)
            if found is not None and self._core.load(found)[0].customer != self._case.customer:
                yield "case_number", "confirm", seen, seen.text.upper()

    def _known_numbers(self) -> Iterator[tuple[str, str, _Seen, str]]:
        """Waybills of this case are taken out; orders of others are found by exact look-up."""
        conn, desk = self._core.store.conn, self._core.desk
        for seen in self._matches(_ORDER_NUMBER):
            said = seen.text.removeprefix("#")
            if said in self._waybills or self._left < 0:
                self._take(seen)
                continue
            self._left -= 1
            id_ = orders.find(conn, desk, said)
            row = orders.row(conn, desk, id_) if id_ else None
            if row is None:
                continue
            self._take(seen)
            if row.customer != self._case.customer and row.id != self._case.order:
                yield "order_number", "confirm", seen, f"{said.upper()[:2]}****{said[-2:]}"

    def _identities(self) -> Iterator[tuple[str, str, _Seen, str]]:
        for seen in self._matches(_IDENTITY):
            if _identity(signs := re.sub(r"[^\dx]", "", seen.text)):
                self._take(seen)
                yield "identity", "confirm", seen, mask_id(signs)

    def _mobiles(self) -> Iterator[tuple[str, str, _Seen, str]]:
        for seen in self._matches(_MOBILE):
            number = normal_phone(seen.text)
            self._take(seen)
            if number and number in self._merchants:
                continue
            yield "phone", "warn" if number == self._own[0] else "confirm", seen, mask_phone(number)

    def _cards(self) -> Iterator[tuple[str, str, _Seen, str]]:
        for seen in self._matches(_CARD):
            digits = re.sub(r"\D", "", seen.text)
            if _card(digits):
                self._take(seen)
                yield "card", "confirm", seen, mask_card(digits)

    def _phones(self) -> Iterator[tuple[str, str, _Seen, str]]:
        """Other numbers are a customer's only when the desk knows them as one's: shops have such numbers too."""
        for seen in self._matches(_PHONE):
            number = normal_phone(seen.text)
            if number and number == self._own[0]:
                yield "phone", "warn", seen, mask_phone(number)
            elif number and number not in self._merchants and len(number) > 6 and self._others(number):
                yield "phone", "confirm", seen, mask_phone(number)

    def _others(self, said: str) -> bool:
        if self._blind:
            return False
        if searching.spent(self._core):
            return True  # rather asked for nothing than told by what is not asked
        found = self._whose(said)
        return bool(found) and self._case.customer not in found

    def _names(self) -> Iterator[tuple[str, str, _Seen, str]]:
        """A name of two to four characters after 收件人, or before 先生: the longest that the desk knows."""
        for found in _NAMED.finditer(self._folded):
            after = found.lastindex == 1
            start, end = found.span(found.lastindex or 0)
            said = self._folded[start:end]
            sizes = range(len(said), 1, -1)
            parts = [(start, start + n) if after else (end - n, end) for n in sizes]
            for first, last in parts:
                name = self._folded[first:last]
                if name not in self._merchants and self._others(name):
                    yield "name", "confirm", _Seen(first, last, name), mask_name(name)
                    break


def _identity(signs: str) -> bool:
    """Whether the check sign of an 18-digit resident identity number fits (GB 11643-1999)."""
    if len(signs) != 18 or not signs[:17].isdecimal():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(signs[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == signs[17]


def _card(digits: str) -> bool:
    """Whether a bank card's check digit fits (ISO/IEC 7812-1), and its first digit is one that banks have."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return digits[0] in "3456" and (sum(map(int, digits[::-2])) + sum(doubled)) % 10 == 0
