"""What a desk holds of a person when they ask for its end: what still needs it, and until when a law keeps it."""

from csdesk.domain.value import dataclass

# 电子商务法 §31: goods, services and transactions are kept for three years at least from the end of the transaction.
TRANSACTIONS_YEARS = 3
TRANSACTIONS = "transactions"
KEPT_BY = "电子商务法 §31；个人信息保护法 §47"
# A case of theirs is held for proceedings: what would prove them is not deleted meanwhile. Our reading of
# 个人信息保护法 §13 and §47: no article of either says it of a party's own evidence.
PROCEEDINGS = "proceedings"


@dataclass(frozen=True, slots=True)
class Holdings:
    """Counted by the desk. `busy`: numbers of the person's other open cases; `keep_until`: when the last duty to keep
    ends (UTC ms, 0: none holds); `held_until`: when the last hold for proceedings does; `restrained`: what is kept is
    only stored already.
    """

    busy: tuple[str, ...] = ()
    orders: int = 0
    cases: int = 0
    files: int = 0
    marks: int = 0
    keep_until: int = 0
    held_until: int = 0
    restrained: bool = False

    def kept(self, now: int) -> tuple[tuple[str, ...], str]:
        """What is kept on at `now`, and the articles that say so; nothing when all may be erased."""
        items = {TRANSACTIONS: self.keep_until, PROCEEDINGS: self.held_until}
        return (
            tuple(item for item, until in items.items() if until > now),
            KEPT_BY if self.keep_until > now else "",
        )

    @property
    def until(self) -> int:
        """When nothing is kept any more, UTC ms."""
        return max(self.keep_until, self.held_until)
