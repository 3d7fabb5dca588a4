"""The order system asked on a key: in a thread of its own, while the console goes on; then a sentence says how it was.

Imported when it is first asked.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from csdesk.desk.words import Words
from csdesk.interop.ordering import Looked, look_up
from csdesk.tui import cells

if TYPE_CHECKING:
    from csdesk.desk.config import Config
    from csdesk.tui.app import ConsoleApp


def ask_order(config: "Config", text: str) -> Looked:
    """What the configured order system tells of an order, kept on the desk. Blocks for seconds at worst.

    StoreError, ConfigError, ImportFault, Refused.
    """
    from csdesk.desk.entry import open_core
    from csdesk.desk.order_source import read_settings
    from csdesk.effects.orders.making import source_of

    settings = read_settings(config.orders)
    source = source_of(settings)
    core = open_core(config)
    try:
        return look_up(core, source, settings, text)
    finally:
        core.store.close()


def ask_order_afar(config: "Config", text: str) -> Looked:
    """The same of a server's desk. LinkLost, NotAdmitted, ServerFault, Refused."""
    from csdesk.client.errands import ask_order

    return ask_order(config, text, Looked)


async def asked(console: "ConsoleApp", text: str, again: Callable[[], Awaitable[None]]) -> None:
    """Ask after an order; when anything is known of it, read `again` what is on the screen; then say how it went."""
    if console.ask_order is None:
        return
    console.say(console.words("order.asking", text=cells.safe(text)))
    looked = await console.patient(asyncio.to_thread(console.ask_order, text))
    if looked.orders:
        await again()
    console.say(*_said(looked, console.words))


def _said(looked: Looked, words: Words) -> tuple[str, str]:
    """The sentence about an answer, and how it is meant."""
    if looked.fault:
        why = words.code("order_fault", looked.fault)
        return words("source.stale" if looked.asked else "source.resting", why=why), "warn"
    if looked.problems:
        return cells.safe(looked.problems[0]), "warn"
    if not looked.orders:
        return words("source.nothing"), "warn"
    return words("order.asked", number=cells.safe(looked.orders[0].found.order.number)), "good"
