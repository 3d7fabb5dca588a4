"""Which carriers a waybill can be of: patterns are data, most of them ambiguous, some with a public check digit."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from csdesk.domain.value import dataclass

# Silence that a desk lets pass where its list does not know the carrier.
STALE_HOURS = 72
MOST_WAYBILL = 40


@dataclass(frozen=True, slots=True)
class Pattern:
    """What waybills of a carrier look like. `check` names the check digit they carry; `sure`: 3 only its own .. 1."""

    regex: re.Pattern[str]
    sure: int = 1
    check: str = ""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who carries. `names` are what files call it, codes of the aggregators among them; `phone` is for the public."""

    code: str
    name: str
    names: tuple[str, ...]
    phone: str
    patterns: tuple[Pattern, ...]
    stale_hours: int = STALE_HOURS


def normal_waybill(said: str) -> str:
    """A waybill as it is compared: no width, no blanks, capital letters (`sf 1234` and `ＳＦ1234` are one)."""
    return "".join(unicodedata.normalize("NFKC", said).split()).upper()


def s10(waybill: str) -> bool:
    """Whether the check digit of an item number of the Universal Postal Union fits (S10: weights 86423597, mod 11)."""
    if not re.fullmatch(r"[A-Z]{2}\d{9}[A-Z]{2}", waybill):
        return False
    total = sum(
        int(digit) * weight for digit, weight in zip(waybill[2:10], (8, 6, 4, 2, 3, 5, 9, 7), strict=True)
    )
    return int(waybill[10]) == {0: 5, 1: 0}.get(total % 11, 11 - total % 11)


CHECKS = {"s10": s10}


class Carriers:
    """The carriers of a desk, in the order of its list."""

    def __init__(self, carriers: Iterable[Carrier]) -> None:
        self._all = tuple(carriers)
        self._by_name: Mapping[str, Carrier] = {
            _folded(name): carrier
            for carrier in reversed(self._all)
            for name in (*carrier.names, carrier.name, carrier.code)
        }

    def __iter__(self) -> Iterator[Carrier]:
        return iter(self._all)

    def named(self, said: str) -> Carrier | None:
        """The carrier that files call so; 顺丰, SF Express, shunfeng."""
        folded = _folded(said)
        if found := self._by_name.get(folded):
            return found
        # 圆通速递(杭州), 中通快递股份有限公司: what a file adds stands behind the name.
        return next(
            (c for name, c in self._by_name.items() if len(name) > 1 and folded.startswith(name)), None
        )

    def code(self, said: str, waybill: str = "") -> str:
        """How a carrier is kept: its code, or what the file called it where the list does not know it.

        Where the file names none, the best candidate of the waybill.
        """
        if not said.strip():
            return next((carrier.code for carrier in self.candidates(waybill)), "")
        found = self.named(said)
        return found.code if found else _folded(said)

    def candidates(self, waybill: str) -> tuple[Carrier, ...]:
        """Every carrier whose waybills look so, the surest first, then in the order of the list."""
        number = normal_waybill(waybill)
        found = [(sure, carrier) for carrier in self._all if (sure := _sure(carrier, number))]
        return tuple(carrier for _, carrier in sorted(found, key=lambda one: -one[0]))

    def stale_hours(self, carrier: str, waybill: str) -> int:
        """How long this parcel may stay without a scan: by its carrier's name, else by the best candidate."""
        known = self.named(carrier) if carrier else None
        found = (known,) if known else self.candidates(waybill)[:1]
        return found[0].stale_hours if found else STALE_HOURS


def _sure(carrier: Carrier, number: str) -> int:
    """How surely `number` is of this carrier, 0 for not at all; a wrong check digit rules a pattern out."""
    fits = (
        pattern.sure
        for pattern in carrier.patterns
        if pattern.regex.fullmatch(number) and (not pattern.check or CHECKS[pattern.check](number))
    )
    return max(fits, default=0)


def _folded(said: str) -> str:
    return "".join(unicodedata.normalize("NFKC", said).split()).casefold()
