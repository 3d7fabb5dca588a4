"""Opening the console: check the terminal, read the first picture while Textual loads, report a crash."""

import gc
import locale
import os
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from csdesk.desk.config import Config, ConfigError
from csdesk.lean import load_without

if TYPE_CHECKING:
    from csdesk.desk.core import Core
    from csdesk.desk.desk import Desk
    from csdesk.desk.words import Words
    from csdesk.interop.ordering import Looked
    from csdesk.tui.app import ConsoleApp, Rules
    from csdesk.tui.coming import ComingDesk
    from csdesk.tui.start import First

COLUMNS, LINES = 80, 24
# How often this console looks whether anything is due.
POLL_SECONDS = 1.0


class NoTerminal(Exception):
    """This terminal cannot show a console: `code` is worded as `error.<code>` with `detail`."""

    def __init__(self, code: str, **detail: object) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def check_terminal(environ: Mapping[str, str] = os.environ) -> None:
    """Raise NoTerminal unless a person can work here."""
    # Keys come by standard input, and Textual paints on standard error.
    if not all(os.isatty(fd) for fd in (0, 1, 2)):
        raise NoTerminal("not_a_terminal")
    if environ.get("TERM", "") in ("", "dumb", "unknown"):
        raise NoTerminal("dumb_terminal", term=environ.get("TERM", "") or "–")
    charset = codeset(environ)
    if charset.replace("-", "").lower() != "utf8":
        raise NoTerminal("not_utf8", codeset=charset)
    size = os.get_terminal_size(1)
    # A pty that was never told its size says 0 by 0; what it is shows in the first resize.
    if size.columns and (size.columns < COLUMNS or size.lines < LINES):
        raise NoTerminal("small_terminal", columns=size.columns, lines=size.lines, least=f"{COLUMNS}×{LINES}")


def codeset(environ: Mapping[str, str]) -> str:
    """The character set of the locale.

    What the environment names counts even if this host lacks that locale.
    """
    named = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
    charset = named.partition(".")[2].partition("@")[0]
    if charset:
        return charset
    try:
        locale.setlocale(locale.LC_CTYPE, "")
    except locale.Error:
        return "UTF-8"  # named without a character set and unknown here: Python itself then speaks UTF-8
    return locale.nl_langinfo(locale.CODESET)


def launch(config: Config) -> int:
    """Open the console on the configured desk; 0 when it was left, 1 when it could not open or broke."""
    try:
        check_terminal()
    except NoTerminal as problem:
        return _sorry(config, problem.code, problem.detail)
    # 40,000 objects are made before the first picture and all of them stay.
    gc.disable()
    # 1 ms: nothing here packs or unpacks by shutil.
    load_without("bz2", "lzma", load="shutil")
    if not config.server:
        # 15 ms and 1.2 MB: a console on a desk of its own opens no line by asyncio. What sends mail or asks an order
        # system does so in threads, and `import ssl` there loads it as ever.
        load_without("ssl", load="asyncio")
    # An input method's composing keys arrive twice under the kitty protocol; read before Textual is imported.
    os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
    from csdesk.store.errors import StoreError

    try:
        app = _build(config)
    except (ConfigError, StoreError) as problem:
        print(_sentence(config, problem), file=sys.stderr)
        return 1
    except Exception as problem:
        if not config.server:
            raise
        return _unreached(config, problem)
    return _until_left(app, config)


def _unreached(config: Config, problem: Exception) -> int:
    """Say why a server's desk could not be opened; what is no trouble with a server is raised again."""
    from csdesk.desk.link import LinkLost, NotAdmitted, ServerFault

    if not isinstance(problem, LinkLost | NotAdmitted | ServerFault):
        raise problem
    print(_sentence(config, problem), file=sys.stderr)
    return 1


def _build(config: Config, coming: "type[ComingDesk] | None" = None) -> "ConsoleApp":
    """The app with its first picture, which is read while Textual loads.

    `coming`: what stands for the desk until it is open.
    """
    # One thread reads the picture and then keeps the desk: what the first read leaves free in glibc's arena of that
    # thread is 0.8 MB, which a second thread would not find.
    thread = ThreadPoolExecutor(1, thread_name_prefix="desk")
    try:
        return _built(config, coming, thread)
    except BaseException:
        thread.shutdown()
        raise


def _built(config: Config, coming: "type[ComingDesk] | None", thread: ThreadPoolExecutor) -> "ConsoleApp":
    reading = thread.submit(_glimpse, config)
    from zoneinfo import ZoneInfo

    from csdesk.desk.words import Words
    from csdesk.tui import keymap, theme
    from csdesk.tui.app import ConsoleApp, Tools, clock_ms
    from csdesk.tui.coming import ComingDesk, ComingRemote

    keys, wrong = keymap.check(config.keymap)
    look, ugly = theme.check(config.theme)
    first = reading.result()
    words = Words(config.language, ZoneInfo(first.zone))
    asks = first.asks_orders if config.server else bool(config.orders)
    tools = Tools(
        words,
        keys,
        look,
        config.ascii,
        rules=None if config.server else lambda: _rules(config),
        ask_order=(lambda text: _ask_order(config, text)) if asks else None,
        save_file=(lambda *which: _save_file(config, *which)) if config.server else None,
        lean=config.lean,
        lock_minutes=config.lock_minutes,
        now=(lambda: clock_ms() + first.ahead) if first.ahead else clock_ms,
    )
    desk: ComingDesk
    if config.server:
        thread.shutdown(wait=False)  # a server's desk lives in the console's own loop
        desk = ComingRemote(lambda: _reach(config))
    else:
        desk = (coming or ComingDesk)(lambda: _open(config), thread)
    app = ConsoleApp(desk, tools, first)
    if ugly is not None:
        app.said = (words("theme.default", told=_in_short(words, ugly)), "bad")
    if wrong:
        # A slip in a keymap must not keep anybody from work: the keys that everybody knows are there.
        app.said = (words("status.default_keys", told=_in_short(words, wrong[0])), "bad")
    return app


def _in_short(words: "Words", wrong: ConfigError) -> str:
    """What is wrong with a keymap, with the name of its file alone: the status line has no room for folders."""
    named = {
        name: Path(str(told)).name if name in ("where", "path") else told
        for name, told in wrong.detail.items()
    }
    return words.error(wrong.code, named, str(wrong))


def _rules(config: Config) -> "Rules":
    """What forms decide with, as the desk itself is opened; what a merchant has of its own is the desk's to know."""
    from dataclasses import replace

    from csdesk.desk.operations import read_operations
    from csdesk.desk.own_policy import policy_of
    from csdesk.desk.times import desk_times
    from csdesk.tui.app import Rules

    calendars = Path(config.calendars).expanduser() if config.calendars else None
    path = Path(config.operations).expanduser() if config.operations else None
    operations = read_operations(path, lambda code: code)
    return Rules(desk_times(calendars, config), replace(policy_of(config), operations=operations))


def _ask_order(config: Config, text: str) -> "Looked":
    """Ask the order system, on a connection of its own: no key waits for it. StoreError, ConfigError, ImportFault."""
    from csdesk.tui.ordering import ask_order, ask_order_afar

    return (ask_order_afar if config.server else ask_order)(config, text)


def _save_file(config: Config, case: str, sha256: str, folder: str) -> str:
    """Bring a file of a server's desk into a folder of this machine. LinkLost, NotAdmitted, ServerFault, Refused."""
    from csdesk.client.errands import save_evidence

    return save_evidence(config, case, sha256, folder)


def _glimpse(config: Config) -> "First":
    if config.server:
        from csdesk.tui.afar import glimpse as glimpse_afar

        return glimpse_afar(config)
    from csdesk.tui.start import glimpse

    return glimpse(config)


async def _reach(config: Config) -> "Desk":
    """Reach the desk of a server, or what is kept of it here while it cannot be reached."""
    from csdesk.client.reaching import reach_linked

    return await reach_linked(config)


def _open(config: Config) -> "Core":
    """Open the desk, in the thread that then owns the connection."""
    from csdesk.desk.entry import open_core

    return _small(open_core(config, handed_over=True).ready())


def _small(core: "Core") -> "Core":
    """The same, holding little of its file in memory: many consoles run on one machine."""
    from csdesk.store.connection import SqliteConnection

    if isinstance(core.store.conn, SqliteConnection):
        core.store.conn.keep_few_pages()
    return core


def _until_left(app: "ConsoleApp", config: Config) -> int:
    stop = threading.Event()
    if config.server:
        from csdesk.tui.away import follow

        app.when_open(lambda: follow(app))
    with ThreadPoolExecutor(1, thread_name_prefix="worker") as thread:
        if config.worker and not config.server:
            app.when_open(lambda: _elect(app, config, thread, stop))
        code = app.run(mouse=config.mouse) or 0
        stop.set()
    import asyncio

    asyncio.run(app.desk.close())
    if app.trouble is not None:
        print(_sentence(config, app.trouble), file=sys.stderr)
        return 1
    if app.crashed is not None:
        return _sorry(config, "crashed", {"report": write_report(app.crashed)})
    return code


def _elect(app: "ConsoleApp", config: Config, thread: ThreadPoolExecutor, stop: threading.Event) -> None:
    """Stand by as the desk's worker; when it breaks, the console goes on and says so."""

    def over(work: "Future[None]") -> None:
        error = work.exception()
        if error is not None and not stop.is_set():
            report = write_report(error)
            app.call_from_thread(app.say, app.words("status.worker_broke", report=report), "bad")

    thread.submit(_work, config, stop).add_done_callback(over)


def _work(config: Config, stop: threading.Event) -> None:
    """Run what is due while nobody else does: with its own connection, and nothing of the console's."""
    from csdesk.desk.entry import open_core
    from csdesk.effects.desk_worker import make_worker

    core = _small(open_core(config, system=True))
    try:
        make_worker(core, config).run(stop, POLL_SECONDS)
    finally:
        core.store.close()


def write_report(error: BaseException) -> Path:
    """Where in the program it broke, without any value or message: those could name a customer.

    Returns the file.
    """
    from platformdirs import user_state_path

    folder = user_state_path("csdesk")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / time.strftime("crash-%Y%m%d-%H%M%S.txt", time.gmtime())
    lines: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        lines.append(f"{type(seen).__module__}.{type(seen).__qualname__}")
        trace = seen.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            lines.append(f"  {Path(code.co_filename).name}:{trace.tb_lineno} {code.co_qualname}")
            trace = trace.tb_next
        # What a worker of Textual's died of is only told by its `error`.
        within = getattr(seen, "error", None)
        seen = within if isinstance(within, BaseException) else seen.__cause__ or seen.__context__
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _words(config: Config) -> "Words":
    from csdesk.desk.words import Words

    return Words(config.language, UTC)


def _sentence(config: Config, problem: Exception) -> str:
    from csdesk.store.errors import StoreError

    if not isinstance(problem, ConfigError | StoreError):
        from csdesk.tui.refusals import far

        return far(_words(config), problem)
    detail = problem.detail if isinstance(problem, ConfigError) else problem.details
    return _words(config).error(problem.code, detail, str(problem))


def _sorry(config: Config, code: str, detail: Mapping[str, object]) -> int:
    print(_words(config).error(code, detail, code), file=sys.stderr)
    return 1
