"""The panes of the case screen: two lines that stay, facts, and the conversation beside them."""

from textual.containers import Vertical
from textual.widget import Widget

from csdesk.tui.widgets.page import Page


class Columns(Widget):
    """Facts, and the conversation beside them where there is room; the reply under the conversation."""

    BLANK = True  # covered by its sides
    DEFAULT_CSS = """
    Columns { height: 1fr; layout: vertical; }
    Columns > #facts-side { width: 1fr; height: 1fr; }
    Columns > #talk-side { width: 1fr; height: auto; }
    Columns #talk { display: none; }
    Columns.wide { layout: horizontal; }
    Columns.wide > #facts-side { width: 50%; }
    Columns.wide > #talk-side { height: 1fr; }
    Columns.wide #talk { display: block; }
    """


class Side(Vertical):
    """One of them, from top to bottom."""

    BLANK = True  # covered by its pages


class CaseHeader(Page):
    """Two lines that stay."""

    DEFAULT_CSS = "CaseHeader { height: 2; }"
