"""`csdesk ask`: every question the console asks, for scripts, answered in JSON."""

import dataclasses

import msgspec
import typer

from csdesk.cli.options import AGENT, FILE, LANGUAGE
from csdesk.cli.session import as_json, desk, settings
from csdesk.desk.asking import questions
from csdesk.domain.cases.context import Refused


def ask_(
    name: str = typer.Argument("", help="A question; all are listed when absent."),
    values: list[str] = typer.Argument(None, help="Values as name=value; lists and objects as JSON."),
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Ask the desk anything that a screen can ask."""
    if not name:
        for known, cls in questions().items():
            fields = ", ".join(f.name for f in dataclasses.fields(cls))
            print(f"{known}({fields})  {(cls.__doc__ or '').splitlines()[0]}")
        return
    if name not in questions():
        raise Refused("unknown_question", name=name, allowed=tuple(questions()))
    given = dict(_pair(value) for value in values or [])
    try:
        question = msgspec.convert(given, questions()[name], strict=False)
    except msgspec.ValidationError as exc:
        raise Refused("bad_question", name=name, reason=str(exc)) from None
    with desk(settings(file, agent, language).config) as core:
        print(as_json(core.ask(question)))


def _pair(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not name=value")
    if value.startswith(("[", "{")):
        try:
            return name, msgspec.json.decode(value)
        except msgspec.DecodeError:
            raise typer.BadParameter(f"{name}: {value!r} is not JSON") from None
    return name, value
