"""Ways of paying that are not all money: points, coupons, gift cards go back in kind (七日办法 §15)."""

from collections.abc import Mapping

from csdesk.domain.value import dataclass

KINDS = ("money", "points", "coupon", "credit")
IF_EXPIRED = ("", "reissue", "compensate")


@dataclass(frozen=True, slots=True)
class Tender:
    """What a payment method gives: `money`, or something in kind that is never paid out as money.

    `unit` is a code for what is counted, `value` how many minor units one of it stood for (0: it is an amount of
    money by itself, as the balance of a card is). `if_expired`: what the provider is told to do where what comes
    back has run out: `reissue` it with new days to run, or `compensate` by as much of something else in kind.
    """

    kind: str = "money"
    unit: str = ""
    value: int = 0
    if_expired: str = ""


MONEY = Tender()


def tender(tenders: Mapping[str, Tender], method: str) -> Tender:
    """What `method` gives; what nobody listed is money."""
    return tenders.get(method.strip().casefold(), MONEY)


def counted(tender: Tender, by_then: int, before: int) -> int:
    """How many units go back when a payment has given back `by_then` minor, and `before` units of them went.

    The difference of two cumulatives, as with money: all that was paid gives back every unit.
    """
    return max(0, by_then // tender.value - before) if tender.value else 0
