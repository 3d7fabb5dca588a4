"""Money: integer minor units with a currency, exact reading, fair sharing, and refunds unit by unit."""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from functools import total_ordering
from itertools import pairwise
from typing import Final

from csdesk.domain.value import dataclass

# No order of a shop comes near 10^15 minor units (ten trillion yuan); a bigger number is a slip or an attack.
MAX_MINOR: Final = 10**15

# ISO 4217, active codes by their number of decimals, and four (ANG, BGN, HRK, ZWL) whose old orders are still
# inside the three years of retention. Metals, SDR and testing codes have no minor unit and are left out.
_CODES: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD "
    "CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ "
    "GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD "
    "MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD "
    "RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD "
    "USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ZWL",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENT: Final = {code: places for places, codes in _CODES.items() for code in codes.split()}

# Thousands commas only where they belong, so that a decimal comma ("12,5") is refused, not read as 125.
_AMOUNT: Final = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?", re.ASCII)
_NOT_FINITE: Final = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


class BadAmount(ValueError):
    """An amount, currency or quantity that cannot be used. `code` and `params` are for the message catalogue.

    Codes: `not_a_number`, `not_finite`, `too_fine` (places), `too_large` (limit), `negative`,
    `unknown_currency` (currency), `no_weights`, `negative_weight`, `quantity` (quantity, part).
    """

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return f"{self.code} {self.params}"


class CurrencyMismatch(ValueError):
    """Two currencies met in one sum or comparison."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(left, right)
        self.code = "currency_mismatch"
        self.params: dict[str, str | int] = {"left": left, "right": right}


def exponent(currency: str) -> int:
    """How many decimals the currency has by ISO 4217: CNY 2, JPY 0. Raises `BadAmount`."""
    try:
        return _EXPONENT[currency]
    except KeyError:
        raise BadAmount("unknown_currency", currency=ascii(currency[:12])[1:-1]) from None


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """`minor` units (fen, cents) of an ISO 4217 currency. Equal only in the same currency.

    Sums, differences and orderings across currencies raise `CurrencyMismatch`; nothing is converted here.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are an int, got {type(self.minor).__name__}")
        exponent(self.currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        return cls(0, currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.minor


def parse(value: str | Decimal | int | float, currency: str, *, allow_negative: bool = False) -> Money:
    """The money that `value` says in major units: "12.34", 12, Decimal("12.34") and 12.34 CNY; never rounded.

    Text may have full-width digits and thousands commas. A float is read as the shortest decimal that it
    prints as, which is what the JSON it came from said. Raises `BadAmount`.
    """
    places = exponent(currency)
    decimal = _decimal(value)
    if not decimal.is_finite():
        raise BadAmount("not_finite")
    minor = _minor(decimal, places)
    if minor < 0 and not allow_negative:
        raise BadAmount("negative")
    return Money(minor, currency)


def format_plain(money: Money) -> str:
    """The amount alone, the same in every language: 1234.50 or -0.05 (CNY), 1234 (JPY)."""
    places = exponent(money.currency)
    digits = str(abs(money.minor)).rjust(places + 1, "0")
    sign = "-" if money.minor < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else sign + digits


def share(total: Money, weights: Sequence[int]) -> tuple[Money, ...]:
    """`total` split in proportion to `weights`, to the last minor unit (largest remainder; ties: the first).

    A zero weight gets nothing. Raises `BadAmount` for negative weights, or when none is positive and there is
    something to split.
    """
    if any(weight < 0 for weight in weights):
        raise BadAmount("negative_weight")
    whole = sum(weights)
    if not whole:
        if total.minor:
            raise BadAmount("no_weights")
        return tuple(total for _ in weights)
    amount, sign = abs(total.minor), -1 if total.minor < 0 else 1
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: -(amount * weights[at] % whole))
    for at in by_remainder[: amount - sum(parts)]:
        parts[at] += 1
    return tuple(Money(sign * part, total.currency) for part in parts)


def cumulative(total: Money, qty: int, k: int) -> Money:
    """What `k` of `qty` units are worth that cost `total` together, rounded down; all of them: `total`.

    Pay each partial refund as the difference of two cumulatives: however the units are split over receipts,
    the payments add up to what was paid, never a fen more or less. Raises `BadAmount`.
    """
    if not 0 <= k <= qty or qty == 0:
        raise BadAmount("quantity", quantity=qty, part=k)
    sign = -1 if total.minor < 0 else 1
    return Money(sign * (abs(total.minor) * k // qty), total.currency)


def unit_prices(total: Money, qty: int) -> tuple[Money, ...]:
    """What each unit in turn adds to a refund of `total`: the steps of `cumulative`. Raises `BadAmount`."""
    if qty < 1:
        raise BadAmount("quantity", quantity=qty, part=0)
    steps = (cumulative(total, qty, k) for k in range(qty + 1))
    return tuple(after - before for before, after in pairwise(steps))


def _decimal(value: str | Decimal | int | float) -> Decimal:
    if isinstance(value, bool):
        raise BadAmount("not_a_number")
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    text = unicodedata.normalize("NFKC", value[:64]).strip()
    if len(value) > 64 or not _AMOUNT.fullmatch(text):
        raise BadAmount("not_finite" if _NOT_FINITE.fullmatch(text) else "not_a_number")
    return Decimal(text.replace(",", ""))


def _minor(value: Decimal, places: int) -> int:
    """The exact integer `value` × 10^`places`; by digits: decimal arithmetic rounds to its context."""
    if not value:
        return 0
    if value.adjusted() + places > len(str(MAX_MINOR)):
        raise BadAmount("too_large", limit=MAX_MINOR)
    sign, digits, power = value.as_tuple()
    shift = int(power) + places
    kept = digits[:shift] if shift < 0 else digits + (0,) * shift
    if any(digits[len(kept) :]):
        raise BadAmount("too_fine", places=places)
    minor = int("".join(map(str, kept)) or "0")
    if minor > MAX_MINOR:
        raise BadAmount("too_large", limit=MAX_MINOR)
    return -minor if sign else minor
