"""Libraries loaded without a part of them that csdesk never uses."""

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def load_without(*absent: str, load: str) -> "ModuleType":
    """Load a module as on a machine that lacks others, and return it; those can still be imported afterwards.

    For a part that its library takes for optional. One that is loaded already stays.
    """
    missing = [name for name in absent if name not in sys.modules]
    # None: whoever imports it is told that there is none (Python's reference, "The import system", 5.3.1).
    sys.modules.update(dict.fromkeys(missing))  # type: ignore[arg-type]
    try:
        return import_module(load)
    finally:
        for name in missing:
            del sys.modules[name]
