"""What the consumer is owed, in one line with its basis, above the facts of a case."""

from dataclasses import dataclass

from rich.style import Style

from csdesk.tui import cells
from csdesk.tui.widgets.bars import Bar


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict for the screen: `meaning` is its colour (good, bad, soon, text), `sign` says it without."""

    verdict: str
    basis: str
    sign: str = " "
    meaning: str = "text"


class Verdict(Bar):
    """One line; it takes no room until it is told a verdict."""

    DEFAULT_CSS = "Verdict { height: 1; display: none; }"

    def __init__(self) -> None:
        super().__init__()
        self.told: Told | None = None

    def tell(self, told: Told | None) -> None:
        """Show this verdict; None: there is none for this case."""
        if told != self.told:
            self.told = told
            self.display = told is not None
            self.refresh()

    def parts(self) -> list[tuple[str, Style]]:
        told, style = self.told, self.console.palette.style
        if told is None:
            return []
        return [
            (f" {told.sign} ", style(told.meaning, "raised", bold=True)),
            (cells.safe(told.verdict), style("strong", "raised", bold=True)),
            (f"  {cells.safe(told.basis)}", style("quiet", "raised")),
        ]
