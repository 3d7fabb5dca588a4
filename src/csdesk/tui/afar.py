"""What a console needs for its first picture when the desk is a server's: asked there while Textual still loads."""

import asyncio
from typing import TYPE_CHECKING

from csdesk.desk.config import Config
from csdesk.desk.queries import Agents, GetPlace, QueueCounts, QueuePage
from csdesk.domain.roles import Right
from csdesk.domain.value import replace
from csdesk.store.feed import Place
from csdesk.tui.kinds import tabs
from csdesk.tui.start import PAGE, First, Stand, just_before

if TYPE_CHECKING:
    from csdesk.client.offline import LinkedDesk


def glimpse(config: Config) -> First:
    """The first picture. ConfigError, StoreError, LinkLost, NotAdmitted, ServerFault."""
    return asyncio.run(_glimpse(config))


async def _glimpse(config: Config) -> First:
    from csdesk.client.reaching import reach_linked

    desk = await reach_linked(config)
    try:
        # All that does not need another's answer goes at once: a line of 300 ms is waited for three times, not six.
        kept, counts, agents = await asyncio.gather(
            desk.ask(GetPlace()), desk.ask(QueueCounts()), desk.ask(Agents())
        )
        letters = Right.ASSIGN in desk.whoami.rights
        stand = Stand.read(kept)
        if stand.queue not in tabs(letters=letters):
            stand = Stand(opened=stand.opened, preview=stand.preview)
        first = await _around(desk, stand)
    finally:
        await desk.close()
    return replace(
        first,
        counts=tuple(counts),
        me=desk.me.id,
        names=tuple((agent.id, agent.name) for agent in agents),
        zone=desk.whoami.zone,
        letters=letters,
        practice=desk.whoami.practice,
        asks_orders=desk.whoami.asks_orders,
        ahead=desk.remote.ahead,
    )


async def _around(desk: "LinkedDesk", stand: Stand) -> First:
    """The rows around where the last console stood."""
    if stand.filtered:
        return First(replace(stand, opened=""))
    if stand.case:
        place = Place(stand.due, just_before(stand.case))
        rows, before = await asyncio.gather(
            desk.ask(QueuePage(stand.queue, PAGE, after=place)),
            desk.ask(QueuePage(stand.queue, PAGE // 2, before=place)),
        )
        if rows:
            return First(
                stand,
                (*before, *rows),
                asked=True,
                at_top=len(before) < PAGE // 2,
                at_end=len(rows) < PAGE,
            )
    rows = await desk.ask(QueuePage(stand.queue, PAGE))
    return First(stand, tuple(rows), asked=True, at_end=len(rows) < PAGE)
