"""Linking two cases by hand: which other one, found as one types, and what they have to do with each other."""

from typing import TYPE_CHECKING, ClassVar

from csdesk.desk.queries import CaseView
from csdesk.domain.cases.arriving import LINKS, LinkCase
from csdesk.tui.screens.find import FindScreen
from csdesk.tui.screens.moving import PickOne

if TYPE_CHECKING:
    from csdesk.tui.app import ConsoleApp


class LinkFind(FindScreen):
    """Dismissed with the id of the other case."""

    title_key: ClassVar[str] = "link.find"


async def link(console: "ConsoleApp", view: CaseView) -> None:
    """Ask for the other case and how they belong together, and say so in both; left at either question: nothing."""
    words = console.words
    other = await console.push_screen_wait(LinkFind())
    if not other:
        return
    offered = [(how, [(words.code("link", how), "text")]) for how in LINKS]
    how = await console.push_screen_wait(PickOne(words("link.how", case=view.number), offered))
    if how:
        await console.do(LinkCase(other, how), view.case.id, view.case.version)
