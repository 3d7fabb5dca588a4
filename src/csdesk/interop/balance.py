"""What became of every record of the source, sort by sort: the counts add up to what the files hold."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import field

from csdesk.domain.value import dataclass
from csdesk.interop.maps import SHAPES

# Sorts that are counted beside the kinds of records, each behind its kind.
STATES = ("open", "closed", "deleted", "?")
SORTS = (
    *(name for name in SHAPES if name not in ("tickets", "comments", "macros")),
    "tickets", *(f"tickets.{state}" for state in STATES), "comments", "comments.public", "comments.private",
    "attachments", "macros", "macros.ours", "platform_states", "platform_unknown",
)  # fmt: skip
TAKEN, CHANGED, THERE, REPEATED = "taken", "changed", "there", "repeated"


@dataclass(slots=True)
class Balance:
    """One sort: `source` is the sum of all others.

    `taken` is new here, `changed` a newer word on what was here, `there` as it was here before, `repeated` what another
    page of the source told too; `rejected` by the reason's code.
    """

    what: str
    source: int = 0
    taken: int = 0
    changed: int = 0
    there: int = 0
    repeated: int = 0
    rejected: Counter[str] = field(default_factory=Counter)


class Books:
    """Counts what becomes of records and of their parts."""

    def __init__(self) -> None:
        self._sorts: dict[str, Balance] = {}

    def enter(
        self, kind: str, parts: Mapping[str, int], fate: str, there: Mapping[str, int] | None = None
    ) -> None:
        """Enter a record of this kind; parts of a changed one are `there` or new."""
        self._add(kind, 1, fate)
        for part, count in parts.items():
            # A ticket's state changes with it; a comment or a file of it never does: it is new, or was there.
            new = TAKEN if fate == CHANGED and not part.startswith(f"{kind}.") else fate
            known = min((there or {}).get(part, 0), count) if fate == CHANGED else 0
            self._add(part, count - known, new)
            self._add(part, known, THERE)

    def reject(self, kind: str, parts: Mapping[str, int], code: str) -> None:
        """Enter a record that was left out for this reason."""
        for part, count in {kind: 1, **parts}.items():
            self._of(part).rejected[code] += count
            self._of(part).source += count

    def _add(self, what: str, count: int, fate: str) -> None:
        if count:
            sort = self._of(what)
            sort.source += count
            setattr(sort, fate, getattr(sort, fate) + count)

    def _of(self, what: str) -> Balance:
        return self._sorts.setdefault(what, Balance(what))

    def told(self) -> list[Balance]:
        """All sorts that the source has."""
        return sorted(self._sorts.values(), key=lambda sort: SORTS.index(sort.what))
