"""The command line: groups loaded one at a time, every error one sentence, exit 0 done, 1 refused, 2 wrong usage."""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from csdesk.cli.errors import failed
from csdesk.cli.gate import gated, guarded
from csdesk.cli.line import Command, plain, typed

if TYPE_CHECKING:
    import typer

# Only the group that is asked for is imported: a hot sub-command should cost little more than Typer itself.
GROUPS = {
    "case": "csdesk.cli.case",
    "order": "csdesk.cli.order",
    "refund": "csdesk.cli.refund",
    "incident": "csdesk.cli.incident",
    "macro": "csdesk.cli.macro",
    "view": "csdesk.cli.view",
    "search": "csdesk.cli.search",
    "config": "csdesk.cli.config",
    "agent": "csdesk.cli.agent",
    "token": "csdesk.cli.token",
    "session": "csdesk.cli.sessions",
    "device": "csdesk.cli.device",
    "person": "csdesk.cli.person",
    "keys": "csdesk.cli.keys",
    "caller": "csdesk.cli.caller",
    "pack": "csdesk.cli.pack",
    "policy": "csdesk.cli.policy",
    "mail": "csdesk.cli.mail",
    "courier": "csdesk.cli.courier",
    "evidence": "csdesk.cli.evidence",
    "source": "csdesk.cli.source",
    "outbox": "csdesk.cli.outbox",
    "webhook": "csdesk.cli.webhook",
    "audit": "csdesk.cli.audit",
    "leak": "csdesk.cli.leak",
}
SINGLES = {
    "init": "csdesk.cli.keeping",
    "backup": "csdesk.cli.keeping",
    "restore": "csdesk.cli.keeping",
    "verify": "csdesk.cli.keeping",
    "doctor": "csdesk.cli.keeping",
    "doctor terminal": "csdesk.cli.terminal",
    "shot": "csdesk.cli.shot",
    "migrate": "csdesk.cli.keeping",
    "work": "csdesk.cli.work",
    "serve": "csdesk.cli.serve",
    "login": "csdesk.cli.login",
    "logout": "csdesk.cli.login",
    "import": "csdesk.cli.load",
    "export": "csdesk.cli.export",
    "report": "csdesk.cli.report",
    "demo": "csdesk.cli.demo",
    "practice": "csdesk.cli.practice",
    "board": "csdesk.cli.board",
    "broadcast": "csdesk.cli.board",
    "console": "csdesk.cli.console",
    "ask": "csdesk.cli.ask",
    "decide": "csdesk.cli.decide",
    "decide replay": "csdesk.cli.replay",
    "parcel": "csdesk.cli.parcel",
    "parcel unknown": "csdesk.cli.parcel",
    "intake": "csdesk.cli.intake",
    "intake call": "csdesk.cli.intake",
    "intake refused": "csdesk.cli.intake",
    "intake retry": "csdesk.cli.intake",
}
# One command of a group by itself, for those that scripts ask again and again: the others of its group import every
# verb there is. Help and the pages find it in its group.
HOT = {
    "case list": "csdesk.cli.listing",
}


def build(wanted: str) -> "typer.Typer":
    """The command line with the group `wanted`, or with all when it is none of them."""
    import typer

    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help="csdesk: after-sales console and its command line. Without arguments it opens the console.",
    )

    @app.callback()
    def about() -> None:
        pass

    known = {**GROUPS, **SINGLES, **HOT}
    for name, module in GROUPS.items():
        if wanted == name or wanted not in known:
            app.add_typer(import_module(module).app, name=name)
    for name, module in (SINGLES if wanted not in HOT else HOT).items():
        if wanted == name or wanted not in known:
            app.command(name)(typed(_command(module, name)))
    return app


def _command(module: str, name: str) -> Command:
    found: Command = getattr(import_module(module), f"{name.rsplit(maxsplit=1)[-1]}_")
    return found


def _joined(arguments: Sequence[str]) -> list[str]:
    """The arguments with a command of two words as one: `decide` alone takes a file, which Typer's groups cannot."""
    first = " ".join(arguments[:2])
    return [first, *arguments[2:]] if first in {**SINGLES, **HOT} and " " in first else list(arguments)


def run(arguments: Sequence[str]) -> int:
    """Run the arguments; never a traceback for what a person can cause."""
    arguments = _joined(arguments)
    wanted = next((a for a in arguments if not a.startswith("-")), "")
    try:
        with guarded():
            hot = wanted in HOT and arguments[0] == wanted
            if hot and (call := plain(_command(HOT[wanted], wanted), arguments[1:])):
                call()
            else:
                gc.enable()
                build(wanted)(arguments, prog_name="csdesk")
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    except KeyboardInterrupt:
        return 130  # as Typer ends
    except BrokenPipeError:
        # The reader of a pipe went away (head); that is no fault. Nothing more can be written.
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - lives until the process ends
        return 0
    except Exception as exc:
        told = failed(exc)
        if told is None:
            raise
        print(gated(told), file=sys.stderr)
        return 1
    return 0
