"""The desk's own days."""

from datetime import datetime

from csdesk.desk.core import Core


def today(core: Core) -> str:
    """Today in the desk's zone, ISO."""
    return datetime.fromtimestamp(core.now() / 1000, core.zone).date().isoformat()
