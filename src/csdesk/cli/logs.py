"""What goes wrong in the background, on the error stream: through the gate, one record never passing for two."""

import logging

from csdesk.cli.gate import gated


class Lines(logging.Formatter):
    """Records as text; what follows on further lines is indented, so that it cannot pass for a record."""

    def format(self, record: logging.LogRecord) -> str:
        return gated(super().format(record)).replace("\r", "").replace("\n", "\n  ")


def log_lines() -> None:
    """Write them, unless somebody else sees to that already."""
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(Lines())
        root.addHandler(handler)
