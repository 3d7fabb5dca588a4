"""Every question that a desk answers, by name: all rooms of questions, for doors that list or look them up."""

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any

import csdesk.desk
from csdesk.desk.desk import Ask


@cache
def questions() -> dict[str, type[Ask[Any]]]:
    """The questions of `queries` and of every `*_queries` beside it, by name."""
    rooms = sorted(m.name for m in pkgutil.iter_modules(csdesk.desk.__path__) if m.name.endswith("queries"))
    found: dict[str, type[Ask[Any]]] = {}
    for room in sorted(rooms, key=lambda name: name != "queries"):
        for one in vars(import_module(f"csdesk.desk.{room}")).values():
            if isinstance(one, type) and issubclass(one, Ask) and one is not Ask:
                found.setdefault(one.name, one)
    return found
