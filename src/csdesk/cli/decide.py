"""`csdesk decide`: what the consumer is owed, by when and why, for one set of facts or a stream of them."""

import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
import typer

from csdesk.cli.gate import gated
from csdesk.desk.config import load
from csdesk.desk.law import wording
from csdesk.desk.law.calendars import CalendarError, read_dropped
from csdesk.desk.law.packs import PackError, load_lawbook
from csdesk.desk.words import Words
from csdesk.domain.entitlement.decision import BadFacts, Decision, as_json
from csdesk.domain.entitlement.facts import FactError
from csdesk.domain.entitlement.kinds import HOME, decide
from csdesk.domain.entitlement.pack import Lawbook
from csdesk.domain.text import json_safe

# One object may be spread over lines; beyond this it is no set of facts.
MOST_LINES = 2_000
PACKS = typer.Option(None, help="A folder of packs instead of those shipped.")
_DECODE = msgspec.json.Decoder(dict[str, object]).decode
Stated = dict[str, object] | FactError
_MARK = b"\xef\xbb\xbf"
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decide_(
    facts: str = typer.Argument(help="A file with one JSON object or JSON lines; - reads standard input."),
    as_lines: bool = typer.Option(False, "--json", help="One decision a line, in JSON."),
    strict: bool = typer.Option(False, help="Refuse facts that the kind does not know."),
    now: str = typer.Option("", help="The present, 2026-11-22T10:00:00+08:00; the clock's when absent."),
    packs: Path | None = PACKS,
    language: str = typer.Option("", help="zh-Hans, zh-Hant or en.", show_default=False),
) -> None:
    """Decide on facts: the verdict with its articles, money and deadlines, step by step."""
    now_ms, stream = _present(now), _open(facts)
    config = load({"language": language or None}).config
    book = _lawbook(packs, Path(config.calendars).expanduser() if config.calendars else None)
    home = book.packs.get(HOME)
    words = Words(config.language, book.zones[home.zone] if home else UTC)
    out = Out(words, as_lines, at_once=facts == "-")
    refused = 0
    with stream:
        for line, value in read_objects(stream):
            refused += _refused(line, value, book, now_ms, out, strict)
    raise typer.Exit(1 if refused else 0)


def read_objects(stream: Iterable[bytes]) -> Iterator[tuple[int, Stated]]:
    """Line number and JSON value of each object; a `FactError` where there is none that can be read.

    The first object may be spread over lines; otherwise each line is an object. Blank lines are skipped.
    """
    lines = ((n, raw.strip().removeprefix(_MARK)) for n, raw in enumerate(stream, 1) if raw.strip())
    yield from _first(lines)
    yield from ((n, _value(line)) for n, line in lines)


def _first(lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, Stated]]:
    """The first object, over as many lines as it takes; each of the lines for itself where they make none."""
    held: list[tuple[int, bytes]] = []
    for n, line in lines:
        held.append((n, line))
        may_go_on = held[0][1].startswith(b"{") and len(held) < MOST_LINES
        if line.endswith(b"}") or not may_go_on:
            whole = _value(b"\n".join(part for _, part in held))
            if isinstance(whole, dict):
                yield held[0][0], whole
                return
            if not may_go_on or len(held) == 1:
                break
    alone = [(n, _value(line)) for n, line in held]
    yield from alone if any(isinstance(value, dict) for _, value in alone) else alone[:1]


def _value(line: bytes) -> Stated:
    try:
        return _DECODE(line)
    except _UNREADABLE as error:
        return FactError("", "bad_json", (("why", str(error)),))


def _refused(line: int, facts: Stated, book: Lawbook, now_ms: int, out: "Out", strict: bool) -> bool:
    """Decide on one set of facts and tell; whether it was refused."""
    if isinstance(facts, FactError):
        return out.refuse(line, BadFacts("", (facts,)))
    decision = decide(facts, book, now_ms=now_ms)
    if strict and isinstance(decision, Decision) and decision.unknown:
        faults = tuple(
            FactError(name, "unknown_fact", (("kind", decision.kind),)) for name in decision.unknown
        )
        decision = BadFacts(decision.kind, faults)
    if isinstance(decision, BadFacts):
        return out.refuse(line, decision)
    out.tell(line, decision)
    return False


class Out:
    """Where answers go: JSON lines, or text for a person; complaints about facts go to standard error.

    `at_once`: whoever feeds the facts through a pipe may wait for each answer before the next.
    """

    def __init__(self, words: Words, as_lines: bool, at_once: bool) -> None:
        self._words = words
        self._as_lines = as_lines
        self._at_once = at_once
        self._encode = msgspec.json.Encoder().encode

    def _line(self, told: object) -> None:
        self._write(json_safe(self._encode(told).decode()) + "\n")

    def _write(self, told: str) -> None:
        sys.stdout.buffer.write(told.encode())
        if self._at_once:
            sys.stdout.buffer.flush()

    def tell(self, line: int, decision: Decision) -> None:
        for name in decision.unknown:
            self._complain(line, FactError(name, "ignored", (("kind", decision.kind),)))
        if self._as_lines:
            self._line(as_json(decision))
        else:
            text = "\n".join(wording.explanation(decision, self._words))
            self._write(f"{gated(text)}\n\n")

    def refuse(self, line: int, bad: BadFacts) -> bool:
        told = [self._complain(line, error) for error in bad.errors]
        if self._as_lines:
            faults = [
                {"field": error.field, "code": error.code, "message": message}
                for error, message in zip(bad.errors, told, strict=True)
            ]
            self._line({"line": line, "kind": bad.kind, "errors": faults})
        return True

    def _complain(self, line: int, error: FactError) -> str:
        told = wording.fault(error, self._words)
        print(gated(self._words("fault.at", line=line, told=told)), file=sys.stderr)
        return told


def _lawbook(folder: Path | None, calendars: Path | None) -> Lawbook:
    try:
        if calendars:
            read_dropped(calendars)
        return load_lawbook(folder, calendars=calendars)
    except (PackError, CalendarError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None


def _present(said: str) -> int:
    """The present in UTC ms: as said, or by the clock."""
    if not said:
        return time.time_ns() // 1_000_000
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter("say when, with the zone: 2026-11-22T10:00:00+08:00", param_hint="--now")
    return int(at.timestamp() * 1000)


def _open(facts: str) -> BinaryIO:
    if facts == "-":
        return sys.stdin.buffer
    try:
        return Path(facts).open("rb")
    except OSError as error:
        raise typer.BadParameter(f"{facts}: {error.strerror}", param_hint="FACTS") from None
