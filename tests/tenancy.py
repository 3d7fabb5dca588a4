"""Whether a statement stays within one desk: each table that it names is held to a `desk_id`."""

import re

from csdesk.store.dialect import tables

_NAMED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)")


def strays(statement: str) -> bool:
    """True for a statement that names one of our tables more often than `desk_id`."""
    named = [name for name in _NAMED.findall(statement) if name in tables()]
    return len(named) > len(re.findall(r"\bdesk_id\b", statement))
