"""The files of a case: what each is, how long, whose, since when; one is saved to a folder by an act of its own."""

import asyncio
from pathlib import Path
from typing import ClassVar

from csdesk.desk.evidence_queries import EvidenceOf, EvidenceView, SaveEvidence
from csdesk.desk.queries import CaseView
from csdesk.domain.cases.context import Refused
from csdesk.store.errors import StoreError
from csdesk.tui import cells
from csdesk.tui.screens.evidence_lines import SHORT, from_whom
from csdesk.tui.screens.one_field import OneField
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.picks import Pick


class FilesScreen(Overlay[None]):
    """The newest file first; nothing is opened here, and nothing leaves the desk without a folder being named."""

    context: ClassVar[str] = "evidence"
    title_key: ClassVar[str] = "files.title"

    def __init__(self, view: CaseView) -> None:
        super().__init__()
        self._view = view
        self._folder = ""

    def on_mount(self) -> None:
        self.console.call(self._fill())

    async def _fill(self) -> None:
        found = await self.console.patient(self.console.desk.ask(EvidenceOf(self._view.case.id)))
        self.picks.show([self._line(one) for one in reversed(found)])
        if not found:
            self.console.say(self.console.words("cli.evidence.none"), "info")

    def _line(self, one: EvidenceView) -> Pick:
        words = self.console.words
        name = words("label.closed_text") if one.name is None else cells.safe(one.name)
        return Pick(
            one.sha256,
            [
                (f"{one.sha256[:SHORT]}  ", "accent"),
                (cells.fit(words.code("media", one.media), 12), "text"),
                (cells.fit(words.size(one.size), 9, "right"), "quiet"),
                (f"  {words.short(one.at)}  ", "quiet"),
                (cells.fit(from_whom(words, self.console.name_of, one.source, one.by), 14), "strong"),
                (f"  {name}", "text"),
            ],
        )

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "down", "up", "back", "help")

    def off(self, action: str) -> str | None:
        """Only whoever has the case takes a file out."""
        if action == "open" and not self._view.reads:
            return self.console.refusal(Refused("evidence_not_yours"))
        return None

    def choose(self, pick: Pick) -> None:
        def named(folder: str | None) -> None:
            if folder:
                self._folder = folder
                self.console.call(self._save(pick.id, folder))

        self.app.push_screen(SaveFolder(self._folder), named)

    async def _written(self, sha256: str, folder: str) -> str:
        """Where the file is now; of a desk on another machine it is brought here."""
        console, case = self.console, self._view.case.id
        if console.save_file is not None:
            return await asyncio.to_thread(console.save_file, case, sha256, folder)
        return await console.desk.ask(SaveEvidence(case, sha256, folder))

    async def _save(self, sha256: str, folder: str) -> None:
        console = self.console
        try:
            path = await console.patient(self._written(sha256, folder))
        except Refused as refused:
            console.say(console.refusal(refused), "warn")
        except StoreError as exc:
            console.say(console.words.error(exc.code, exc.details, str(exc)), "warn")
        else:
            console.say(console.words("files.saved", path=cells.safe(path)), "good")


class SaveFolder(OneField):
    """Where a clear copy goes; dismissed with the folder, "" when it was left: then nothing is written."""

    DEFAULT_CSS = "SaveFolder TextField { height: 2; }"

    def __init__(self, folder: str) -> None:
        super().__init__(folder or str(Path.home()))

    def asks(self) -> str:
        return self.console.words("files.folder")

    def missing(self) -> str:
        return self.console.refusal(Refused("evidence_no_folder", path=""))

    def noted(self) -> str:
        return self.console.words("files.noted")
