"""The law a desk goes by: the shipped packs, and those it staged, approved and activated itself."""

from datetime import tzinfo

from csdesk.desk.law.packs import load_lawbook
from csdesk.domain.entitlement.pack import Lawbook
from csdesk.store.file import Store


class Law:
    """Lawbooks of one desk, each read once."""

    def __init__(self, store: Store, zone: tzinfo) -> None:
        self._store = store
        self._zone = zone
        self._shipped: Lawbook | None = None

    def book(self, at: int, pack: str = "") -> Lawbook:
        """The law as of `at` (UTC ms); `pack` (id and version) instead of that jurisdiction's own where it is known."""
        if self._shipped is None:
            self._shipped = load_lawbook(zone=self._zone)
        return self._shipped
