"""Looking at what is masked of a customer: for which purpose, at which fields, how often, and when that is unusual."""

from csdesk.domain.value import dataclass

# What a look can open of a customer's record.
FIELDS = ("name", "phone", "email", "address")
# A look stands on a screen for so long at most; then the mask is back by itself.
SHOWN_MS = 60_000
# Fewer looks in an hour than this are never unusual: somebody rings back ten people whose parcels are lost.
BUSY = 10
# So many times what is usual is unusual, both for whoever looks and for the desk.
TIMES = 3
# What is usual is taken from so many days before.
USUAL_DAYS = 14


@dataclass(frozen=True, slots=True)
class Purpose:
    """A reason that somebody may give, and what it opens; `kinds` of cases and `roles` it is for, empty for all."""

    code: str
    fields: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def fits(self, kind: str, role: str) -> bool:
        """Whether somebody of this role may give it on a case of this kind."""
        return (not self.kinds or kind in self.kinds) and (not self.roles or role in self.roles)


@dataclass(frozen=True, slots=True)
class Usual:
    """How often somebody, or a desk, looked: so many looks in so many hours in which anybody looked at all."""

    looks: int = 0
    hours: int = 0

    @property
    def an_hour(self) -> float:
        """Looks in an hour with looks."""
        return self.looks / self.hours if self.hours else 0.0


def unusual(n: int, own: Usual, desk: Usual) -> bool:
    """Whether `n` looks of somebody in one hour are worth a question: far more than their own and the desk's usual."""
    return n >= BUSY and n > TIMES * max(own.an_hour, desk.an_hour)
