"""What a desk holds of a person when they ask for its end: what still needs it, and until when a law keeps it."""

from csdesk.domain.value import dataclass

# 电子商务法 §31: goods, services and transactions are kept for three years at least from the end of the transaction.
TRANSACTIONS_YEARS = 3
TRANSACTIONS = "transactions"
KEPT_BY = "电子商务法 §31；个人信息保护法 §47"


@dataclass(frozen=True, slots=True)
class Holdings:
    """Counted by the desk. `busy`: numbers of the person's other open cases; `keep_until`: when the last duty to keep
    ends (UTC ms, 0: none holds); `restrained`: what is kept is only stored already.
    """

    busy: tuple[str, ...] = ()
    orders: int = 0
    cases: int = 0
    files: int = 0
    marks: int = 0
    keep_until: int = 0
    restrained: bool = False
