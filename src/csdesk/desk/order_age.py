"""How old what the order system told of an order is, and whether it can be asked at all; as data and in words."""

from typing import TYPE_CHECKING

from csdesk.domain.value import dataclass
from csdesk.store import sources

if TYPE_CHECKING:
    from csdesk.desk.core import Core
    from csdesk.desk.words import Words


@dataclass(frozen=True, slots=True)
class OrderAge:
    """When the order system last told of an order (UTC ms); `fault`: why it did not answer since, "" when it did."""

    seen_at: int
    fault: str = ""


def order_age(core: "Core", order_id: str) -> OrderAge | None:
    """The age of an order's data; None on a desk that no order system was ever asked by."""
    state = sources.newest(core.store.conn, core.desk)
    if state is None:
        return None
    return OrderAge(sources.seen(core.store.conn, core.desk, order_id).seen_at, state.fault)


def ago(words: "Words", at: int, now: int) -> str:
    """How long ago something was told, in its largest whole unit."""
    minutes = max(0, now - at) // 60_000
    for unit, size in (("days", 1440), ("hours", 60)):
        if minutes >= 2 * size:
            return words.count(f"source.ago.{unit}", minutes // size)
    return words.count("source.ago.minutes", minutes)


def age_told(words: "Words", age: OrderAge, now: int) -> str:
    """The one line that a person reads about it."""
    why = words.code("order_fault", age.fault) if age.fault else ""
    return words("order.age", age=ago(words, age.seen_at, now), why=why)
