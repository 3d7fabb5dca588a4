"""Who may change the master keys of a desk, and see which there are: whoever sets the desk up."""

from collections.abc import Callable

from csdesk.desk.core import Core
from csdesk.domain.roles import Right
from csdesk.store import rotation
from csdesk.store.keys import KeySource, load, to_document
from csdesk.store.rotation import MasterKey, Rotated


def keys(core: Core, source: KeySource | None) -> list[MasterKey]:
    """The master keys of the desk."""
    core.need(Right.CONFIGURE)
    return rotation.listed(core.store, source)


def rotate(core: Core, source: KeySource | None, progress: Callable[[int, int], None]) -> Rotated:
    """Go over to a new master key, or to the end of a rotation that was cut off."""
    core.need(Right.CONFIGURE)
    return rotation.rotate(core.store, source, core.me.id, core.now, progress)


def retire(core: Core, source: KeySource | None, key_id: str) -> bool:
    """Forget a master key that wraps nothing any more; False where its document is not csdesk's to write."""
    core.need(Right.CONFIGURE)
    return rotation.retire(core.store, source, key_id, core.now())


def next_document(core: Core, source: KeySource | None) -> str:
    """The document of the keys with a new current one, for a vault that csdesk only reads. Secret."""
    core.need(Right.CONFIGURE)
    return to_document(load(rotation.place(core.store, source)).rotated())
