"""What every command shares: settings from flags, a desk for the person at the keyboard, and answers."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import msgspec

from csdesk.desk.config import Config, Loaded, load
from csdesk.desk.core import Core
from csdesk.desk.entry import open_core
from csdesk.desk.words import Words
from csdesk.domain.cases.refusal import Refused
from csdesk.domain.text import json_safe

# What begins so is a server, all else a file or a database.
SERVERS = ("https://", "http://", "unix:")


def settings(
    file: str | None = None, agent: str | None = None, language: str | None = None, **more: Any
) -> Loaded:
    """The configuration under the flags of this command; a file that is named counts before a configured server."""
    where = {"server": file} if file and file.startswith(SERVERS) else {"file": file}
    if where.get("file"):
        where["server"] = ""
    return load({**where, "agent": agent, "language": language, **more})


@contextmanager
def desk(config: Config, *, system: bool = False) -> Iterator[Core]:
    """A desk to act on, closed afterwards; a server's carries out verbs and answers questions, and no more."""
    if config.server and not system:
        from csdesk.cli.far import FarDesk

        far = FarDesk(config)
        try:
            yield cast(Core, far)  # as much of one as goes over a line; what does not, says so
        finally:
            far.close()
        return
    core = open_core(config, system=system)
    try:
        yield core
    finally:
        core.store.close()


def say(core: Core, config: Config) -> Words:
    """The words for a person who acts on this desk, in its zone."""
    return Words(config.language, core.zone)


def as_json(value: object) -> str:
    """One JSON document, safe to look at in a terminal; a refusal is its code and detail."""
    return json_safe(msgspec.json.encode(value, enc_hook=_plain).decode())


def _plain(value: Any) -> Any:
    if isinstance(value, Refused):
        return {"code": value.code, "detail": {name: str(told) for name, told in value.detail.items()}}
    raise NotImplementedError(f"{type(value)} has no JSON")


def answer(value: object, wants_json: bool, lines: Iterator[str]) -> None:
    """Print an answer: one JSON document, or lines for a person."""
    if wants_json:
        sys.stdout.write(as_json(value) + "\n")
        return
    for line in lines:
        print(line)
