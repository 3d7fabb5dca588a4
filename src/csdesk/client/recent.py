"""Which answers a console keeps, and those that it heard last in memory: shown at a key before the desk is asked."""

from collections import OrderedDict

from csdesk.client.keeping import Kept

# What an agent goes on reading with. All of it is small or asked for by hand; a board or a report is of no use old.
KEPT = frozenset(
    {
        "agents",
        "broadcasts",
        "desk_rules",
        "fill_canned",
        "get_draft",
        "get_place",
        "held",
        "incidents_for",
        "kept_filter",
        "my_state",
        "queue_counts",
        "queue_page",
        "rows",
        "search_canned",
        "search_policies",
        "show_article",
        "show_case",
        "show_order",
        "show_rulings",
        "show_verdict",
    }
)
# A page of a queue is 12 kB, a case 10 to 40: a shift's last hundred looks.
MOST, MOST_BYTES = 120, 2 * 1024 * 1024


class Recent:
    """The last of them by the hash of their question; what was asked for longest ago goes first."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._bytes = 0

    def get(self, slot: bytes) -> Kept | None:
        """One of them."""
        found = self._kept.get(slot)
        if found is not None:
            self._kept.move_to_end(slot)
        return found

    def put(self, slot: bytes, kept: Kept) -> None:
        """Remember one in place of the one before it."""
        before = self._kept.pop(slot, None)
        self._bytes += len(kept.body) - (len(before.body) if before else 0)
        self._kept[slot] = kept
        while len(self._kept) > 1 and (len(self._kept) > self._most or self._bytes > self._most_bytes):
            self._bytes -= len(self._kept.popitem(last=False)[1].body)

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
        self._bytes = 0
