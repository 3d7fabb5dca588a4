"""What comes with a message is stored before the message is taken: sealed, each file once, whatever is wrong with one.

Nothing here refuses a message. A file that is not kept says why, and the message keeps its name, size and hash. No
address that somebody wrote into a message is ever asked for a file.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import chain

from csdesk.desk.core import Core
from csdesk.desk.inbound import Attached, Inbound
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.evidence import check_media
from csdesk.domain.media import media
from csdesk.domain.value import dataclass, replace
from csdesk.store.evidence import BLOCK, Spooled, held_pieces, held_place, spool
from csdesk.store.inbound import Arrivals

# What tells a file's type.
_HEAD = 65_536
# Stored files of a message, in the order of `Inbound.attached`; None for one that is not.
Files = tuple[Spooled | None, ...]


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A message whose files were looked at: each as it is, not as its sender says; and those that are stored."""

    inbound: Inbound
    files: Files = ()

    @property
    def stored(self) -> tuple[Spooled, ...]:
        """The files that are stored."""
        return tuple(file for file in self.files if file is not None)


@contextmanager
def enclosed(core: Core, inbound: Inbound) -> Iterator[Enclosed]:
    """Store what comes with a message, outside any transaction; what got no place is removed at the end. StoreError.

    A message that the desk has already brings nothing anew.
    """
    if not inbound.attached:
        yield Enclosed(inbound)
        return
    arrivals = Arrivals(core.store)
    again = arrivals.find(arrivals.hashed("inbound", inbound.source, inbound.id)) is not None
    with ExitStack() as waiting:
        told: list[Attached] = []
        files: list[Spooled | None] = []
        left = core.policy.files_most
        for file in inbound.attached:
            found, spooled = (replace(file, content=None), None) if again else _stored(core, file, left)
            if spooled is not None:
                waiting.enter_context(closing(spooled))
                left -= spooled.size
            told.append(found)
            files.append(spooled)
        yield Enclosed(replace(inbound, attached=tuple(told)), tuple(files))


def _stored(core: Core, file: Attached, left: int) -> tuple[Attached, Spooled | None]:
    """One file as it is, and stored, unless something speaks against it; `left` bytes of the message's share remain."""
    bare = replace(file, content=None)
    if file.why or file.content is None:
        return replace(bare, why=file.why or ("evidence_no_file" if file.beside else "evidence_absent")), None
    most = core.policy.file_most
    if left <= 0:
        return replace(bare, why="evidence_message_full"), None
    try:
        pieces = iter(file.content())
        first = next(pieces, b"")
        seen = media(first[:_HEAD])
        if first:
            check_media(seen)
        spooled = spool(core.store, chain((first,), pieces), min(most, left))
    except Refused as refused:
        full = refused.code == "evidence_too_large" and left < most
        return replace(bare, why="evidence_message_full" if full else refused.code), None
    if file.sha256 and file.sha256.lower() != spooled.sha256:
        spooled.close()
        return replace(bare, why="evidence_differs"), None
    return replace(bare, media=seen, size=spooled.size, sha256=spooled.sha256), spooled


def with_held(core: Core, inbound: Inbound, refusal: str) -> Inbound:
    """The message with the content of those files that were held with it."""

    def found(file: Attached) -> Attached:
        place = held_place(core.store.conn.path, refusal, file.sha256)
        if file.why or len(file.sha256) != 64 or not file.sha256.isalnum() or not place.is_file():
            return file
        return replace(
            file,
            content=lambda: held_pieces(core.store, refusal, Arrivals.person_of(refusal), file.sha256),
        )

    return replace(inbound, attached=tuple(found(file) for file in inbound.attached))


def in_pieces(content: bytes) -> Iterator[bytes]:
    """Bytes in pieces of a block."""
    view = memoryview(content)
    return (bytes(view[at : at + BLOCK]) for at in range(0, len(view), BLOCK))
