"""What every kind of imported record shares: how it is read, recognised again, checked and kept."""

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import field, fields
from itertools import count
from types import MappingProxyType
from typing import Any, ClassVar

from csdesk.desk.core import Core
from csdesk.domain.ids import uuid7
from csdesk.domain.value import dataclass
from csdesk.interop.faults import Problem
from csdesk.interop.fields import Fields, Reading
from csdesk.interop.maps import ImportMap, Section
from csdesk.interop.readers import Item
from csdesk.store import load
from csdesk.store.load import Known

RECORDS_A_BATCH = 1_000
NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Run:
    """What holds for a whole import. `accepted`: ids that a dry run would have kept, by kind of record; `left`: tickets
    that were left out.
    """

    core: Core
    map: ImportMap
    reading: Reading
    at: int
    dry: bool
    accepted: Mapping[str, set[bytes]] = field(default_factory=dict)
    left: set[bytes] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Read:
    """A record read from its item. `links`: (field, kind, id at the source) of what it points to."""

    external_id: str
    record: Any
    links: tuple[tuple[str, str, str], ...] = ()


@dataclass(slots=True)
class Pending:
    """A good record on its way in. `before`: what was kept of it; `changed`: which fields now differ; `id`:
    its row; `as_of`: when its source last changed it. `parts`: what it consists of that is counted by itself, `there`:
    how much of that was here before.
    """

    item: Item
    read: Read
    key: bytes
    digest: bytes
    before: Known | None = None
    changed: tuple[str, ...] = ()
    id: str = ""
    version: int = 1
    owner: str = ""
    as_of: int = 0
    parts: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    there: Mapping[str, int] = field(default_factory=lambda: NOTHING)


class Entity(ABC):
    """One kind of record. `record` is the dataclass whose fields are compared with what was kept."""

    name: ClassVar[str]
    record: ClassVar[type]
    size: ClassVar[int] = RECORDS_A_BATCH
    # Whether a record that comes again in one file with other words is a correction; else it is a mistake.
    corrects: ClassVar[bool] = False
    # Whether what was kept stays as it came, whatever its source says later.
    once: ClassVar[bool] = False

    def __init__(self, run: Run) -> None:
        self.run = run
        self.store = run.core.store
        self.conn = run.core.store.conn
        self.desk = run.core.desk
        # What the record that was read last consists of, good or bad.
        self.parts: Mapping[str, int] = NOTHING
        self._numbers = count()

    @property
    def section(self) -> Section:
        """Its part of the map."""
        return self.run.map.sections[self.name]

    @property
    def field_names(self) -> tuple[str, ...]:
        """The names that changes are told by."""
        return tuple(entry.name for entry in fields(self.record))

    @abstractmethod
    def read(self, told: Fields, item: Item) -> Read | None:
        """The record; problems are noted in `told`."""

    def key(self, external_id: str) -> bytes:
        """The id under which the record is recognised."""
        return load.external_bytes(external_id)

    def there(self, pending: Pending) -> Mapping[str, int]:
        """How much of a changed record's parts is here already. Reads only."""
        return NOTHING

    def look(self, pending: Sequence[Pending]) -> None:
        """Look up at once what `elsewhere` and `check` of all of these will ask. Reads only."""
        return None

    def elsewhere(self, external_id: str) -> tuple[str, int] | None:
        """The row (id, version) that this record already has from another source."""
        return None

    def check(self, pending: Pending) -> Problem | None:
        """Why what it points to, or its owner, keeps it out. Reads only."""
        return None

    def new_id(self, pending: Pending, at: int) -> str:
        """The id of the row that a new record becomes; ids follow each other, and rows fill one page after another."""
        return uuid7(at, next(self._numbers).to_bytes(4) + os.urandom(6))

    @abstractmethod
    def put(self, pending: Sequence[Pending], at: int) -> int:
        """Keep new and changed records, inside the caller's transaction; how many rows were written."""

    def label(self, pending: Pending) -> str:
        """What to call a changed record in a report."""
        return pending.read.external_id
