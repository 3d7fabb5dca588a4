"""Where the shipped `data/` and `themes/` lie: inside the wheel, or beside `src/` in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent.parent


def path(name: str) -> Path:
    """The file or folder `name` (`data/…` or `themes/…`); FileNotFoundError when this install lacks it."""
    for root in (_PACKAGE, _CHECKOUT):
        found = root / name
        if found.exists():
            return found
    raise FileNotFoundError(f"csdesk was installed without {name}; install the wheel or run from a checkout")
