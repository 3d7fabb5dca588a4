"""A picture of a screen, taken without a terminal: the console is opened, brought to the screen, and drawn as SVG."""

import re
from typing import TYPE_CHECKING, Any, ClassVar, cast

from csdesk.desk.filter_queries import KeepFilter, KeptFilter
from csdesk.desk.queries import GetDraft, GetPlace, KeepDraft, KeepPlace, ShowCase
from csdesk.domain.cases.context import Refused
from csdesk.domain.value import dataclass, replace
from csdesk.tui import theme
from csdesk.tui.coming import ComingDesk
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.start import Stand

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

    from textual.app import App
    from textual.pilot import Pilot

    from csdesk.desk.config import Config
    from csdesk.desk.core import Core
    from csdesk.desk.desk import Ask, T
    from csdesk.tui.app import ConsoleApp

# What is pressed on the way to each screen, from the queue; and whether it is about a case.
ON_QUEUE: dict[str, tuple[str, ...]] = {
    "queue": (),
    "board": ("board",),
    "orders": ("orders",),
    "palette": ("palette",),
    "help": ("help",),
    "runs": ("runs",),
    "awaiting": ("awaiting",),
}
ON_CASE: dict[str, tuple[str, ...]] = {
    "case": (),
    "verdict": ("explain",),
    "rulings": ("rulings",),
    "reply": ("reply",),
    "canned": ("reply", "canned"),
    "policies": ("policy",),
    "status": ("status",),
    "clocks": ("clocks",),
    "ledger": ("ledger",),
    "parcels": ("parcels",),
}
SCREENS = (*ON_QUEUE, *ON_CASE)
# As wide and high as the console is tested.
LEAST, MOST = (80, 24), (300, 100)
# The preview follows after 0.12 s of rest; a picture is still when nothing has changed for twice that.
LOOK_SECONDS, STILL, PATIENCE = 0.05, 5, 400
# The stock export fetches fonts from a host; a picture must not.
_FONTS = re.compile(r"@font-face\s*\{.*?\}\s*", re.S)
_FAMILY = "Sarasa Mono SC, Noto Sans Mono CJK SC, Fira Code"


class Onlooker(ComingDesk):
    """The desk of somebody who only looks: neither the place nor a draft of a real console is read or written.

    What customers and agents wrote is as covered as for whoever does not hold the case: a picture is passed on.
    """

    texts: ClassVar[bool] = False

    def __init__(self, make: "Callable[[], Core]", thread: "ThreadPoolExecutor | None" = None) -> None:
        def covered() -> "Core":
            core = make()
            core.reads_texts = self.texts
            return core

        super().__init__(covered, thread)

    async def ask(self, question: "Ask[T]") -> "T":
        """See `Desk.ask`."""
        if isinstance(question, KeepPlace | KeepDraft | GetPlace | GetDraft | KeepFilter | KeptFilter):
            return cast("T", None)
        return await super().ask(question)


class Reader(Onlooker):
    """Likewise, with what was written, as far as it may be read: for a desk of made-up people."""

    texts: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which screen, of which case ("": the one on top of the queue), in how many columns and lines, with its texts."""

    screen: str
    case: str = ""
    size: tuple[int, int] = (120, 40)
    texts: bool = False


def drawing(app: "App[Any]") -> str:
    """What an app shows, as an SVG that asks no host for a font and has one for Chinese."""
    drawn = _FONTS.sub("", app.export_screenshot(title="csdesk"))
    return drawn.replace("Fira Code", _FAMILY)


async def shoot(config: "Config", wanted: Wanted) -> str:
    """The SVG. Refused says which screen cannot be shown and why; StoreError and ConfigError as opening a desk would.

    A case is held while its picture is taken, as when it is opened in a console, and given back.
    """
    from csdesk.tui.launch import _build

    theme.load(config.theme)  # a console would open in the default one; a picture says what is wrong
    app = _build(config, Reader if wanted.texts else Onlooker)
    app.first = replace(app.first, stand=Stand(), rows=(), asked=False)
    # What cannot be opened is said before anything is drawn.
    await cast("Onlooker", app.desk).open()
    try:
        async with app.run_test(size=wanted.size) as pilot:
            try:
                await _go(app, pilot, wanted)
                return drawing(app)
            finally:
                await app.leasing.let_go()
    finally:
        await app.desk.close()


async def _go(app: "ConsoleApp", pilot: "Pilot[Any]", wanted: Wanted) -> None:
    """Bring the console to the screen."""
    await _still(app, pilot)
    if wanted.screen in ON_CASE:
        app.open_case(await _case(app, wanted.case))
        await _still(app, pilot)
        if getattr(app.screen, "context", "") != "case":
            raise Refused("shot_off", screen="case", reason=app.said[0])
    for action in (ON_CASE | ON_QUEUE)[wanted.screen]:
        await _press(app, pilot, wanted.screen, action)


async def _press(app: "ConsoleApp", pilot: "Pilot[Any]", wanted: str, action: str) -> None:
    """Carry out one action on the way; Refused with what the console says when it leads nowhere."""
    screen = cast("ConsoleScreen[Any]", app.screen)
    before = screen, screen.focused
    if reason := screen.off(action):
        raise Refused("shot_off", screen=wanted, reason=reason)
    app.call_later(screen.press, action)
    await _still(app, pilot)
    if (app.screen, app.screen.focused) == before:
        raise Refused("shot_off", screen=wanted, reason=app.said[0])


async def _case(app: "ConsoleApp", number: str) -> str:
    """The id of the case with this number; of the first in the queue without one."""
    if number:
        return (await app.desk.ask(ShowCase(number))).case.id
    current = cast("ConsoleScreen[Any]", app.screen).current_case()
    if current is None:
        raise Refused("shot_no_case")
    return current[0]


async def _still(app: "ConsoleApp", pilot: "Pilot[Any]") -> None:
    """Wait until the desk has answered and nothing on the screen changes any more."""
    shown, same = "", 0
    for _ in range(PATIENCE):
        await pilot.pause(LOOK_SECONDS)
        now = _shown(app)
        same = same + 1 if now == shown and app.idle else 0
        shown = now
        if same >= STILL:
            return
    raise Refused("shot_restless", seconds=int(PATIENCE * LOOK_SECONDS))


def _shown(app: "ConsoleApp") -> str:
    lines = app.screen._compositor.render_strips() if app.screen.is_mounted else []
    return "\n".join(line.text for line in lines)
