"""Whether a statement stays within one desk: each table that it names is held to a `desk_id`."""

import re

from csdesk.store.dialect import tables

_NAMED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)(?:\s+(?:AS\s+)?(?!WHERE\b)\w+)?(?:\s*,\s*(\w+))?")
# Compared with a value or with another table's, or the first column that is written: to be selected is not enough.
_HELD = re.compile(r"\bdesk_id\s*=|INTO\s+\w+\s*\(\s*desk_id\b")


def strays(statement: str) -> bool:
    """True for a statement that names one of our tables more often than it holds one to its `desk_id`."""
    named = [name for pair in _NAMED.findall(statement) for name in pair if name in tables()]
    return len(named) > len(_HELD.findall(statement))
