"""What carriers tell of parcels, as any room may hand it on: the port to whoever keeps it, and what came of it."""

from collections.abc import Callable
from typing import Any

from csdesk.desk.core import Core
from csdesk.domain.value import dataclass


class NotUnderstood(Exception):
    """A document in which none of the desk's maps finds a parcel."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What became of a document about parcels: records by what they were, open cases told of a change.

    `unknown`: waybills that no order or case names yet. `problems`: what is wrong with records that were left out,
    never with a value from them.
    """

    records: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    told: int = 0
    unknown: int = 0
    problems: tuple[str, ...] = ()


# Keeps a document (JSON, decoded) as an import of the same records would; raises NotUnderstood.
Keeper = Callable[[Core, Any], Scanned]
