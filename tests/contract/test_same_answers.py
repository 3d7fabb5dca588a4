"""Every question of the registry, asked of a desk in this process and of its twin behind a server: the same answers.

The twins are two copies of one file, and are asked the same in the same order, so that errands leave them alike too.
"""

import asyncio
import io
import shutil
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from csdesk.client.remote import RemoteDesk
from csdesk.desk import queries as q
from csdesk.desk.asking import questions
from csdesk.desk.core import Core
from csdesk.desk.desk import Ask
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.cases.conversation import Hear
from csdesk.domain.cases.goods import Approve
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note, Take
from csdesk.effects.evidence_in import file_one
from tests.building import STAFF, DeskFile, build, line
from tests.serving import Serving


class Twins:
    """A desk with a return that li has, in two copies; `place` says what of it questions are about."""

    def __init__(self, folder: Path, *, empty: bool) -> None:
        file = build(folder)
        self.about: dict[str, Any] = {}
        if not empty:
            self._fill(file)
        file.close()
        self.twin = DeskFile(folder / "twin.db", file.clock, file.desk_id)
        shutil.copy(file.path, self.twin.path)
        if (kept := folder / "desk.db.evidence").exists():
            shutil.copytree(kept, folder / "twin.db.evidence")
        self.file = file
        self.serving = Serving(self.twin)

    def _fill(self, file: DeskFile) -> None:
        li = file.core("li")
        order = file.order(line(2, 39_800), line(1, 500, "CASE-1", "耳机套"))
        done = li.do(Open(Kind.RETURN, order, (LineQty(1, 1),), reason="quality", summary="左耳没有声音"))
        case = done.case.id
        li.do(Take(), case)
        li.do(Note("客户着急"), case)
        li.do(Hear("什么时候能退款？电话13812345678"), case)
        kept = file_one(li, case, io.BytesIO(b"\x89PNG\r\n\x1a\n a dent"), "划痕.png", "cli", 1_000_000)
        other = li.do(Open(Kind.COMPLAINT, order, summary="态度不好")).case.id
        li.do(Approve((LineQty(1, 1),)), case)
        incident = file.core("zhao").do(Open(Kind.INCIDENT, "", summary="左耳批次问题")).case.id
        self.about = {
            "case": case, "cases": (case, other), "ids": (case, other), "order": order, "hash": kept.sha256,
            "incident": incident, "customer": done.case.customer, "person": done.case.customer,
        }  # fmt: skip

    def close(self) -> None:
        self.serving.stop()
        self.file.close()
        self.twin.close()


# What a needed field is asked with where neither the desk nor its type says it.
SAID: dict[str, Any] = {
    "text": "耳机", "queue": "all", "agent": "li", "of": "li", "reason": "call_back", "state": "break", "limit": 20,
    "first": "2026-10-26", "last": "2026-11-02", "day": "2026-11-02", "filter": "kind:return", "why": "waiting",
    "name": "mine", "verb": "note", "minutes": 5, "phone": "5678", "pin": "4711", "kind": "return",
    "at": 1_793_000_000_000, "url": "https://example.com/", "called": "张伟",
}  # fmt: skip
PLAIN = {"str": "x", "int": 1, "bool": False, "float": 1.0}


def sensible(kind: type[Ask[Any]], about: dict[str, Any]) -> Ask[Any]:
    """The question with what this desk has, as far as it must be said."""
    given: dict[str, Any] = {}
    for one in fields(kind):
        told = one.type.__name__ if isinstance(one.type, type) else str(one.type)
        if one.default is not MISSING or one.default_factory is not MISSING:
            if one.name in about and told == "str":
                given[one.name] = about[one.name]
            continue
        if one.name in about and (one.name not in ("cases", "ids") or told == "tuple[str, ...]"):
            given[one.name] = about[one.name]
        elif told == "str" or (one.name in SAID and told == type(SAID[one.name]).__name__):
            given[one.name] = SAID.get(one.name, "x")
        else:
            given[one.name] = (
                {} if "Mapping" in told or "dict" in told else () if "tuple" in told else PLAIN.get(told)
            )
    return kind(**given)


def local(core: Core, question: Ask[Any]) -> Any:
    try:
        return core.ask(question)
    except Refused as why:
        return why.code, why.detail


async def remote(desk: RemoteDesk, question: Ask[Any]) -> Any:
    try:
        return await desk.ask(question)
    except Refused as why:
        return why.code, why.detail


# What is no part of an answer's sense: whose console a case is held by, and ids that chance gives.
BY_CHANCE = {"session"}
IDS = {"broadcast", "broadcasts"}
# Not compared: each makes a new secret, or lists the one by which the server is asked.
APART = {"make_token", "tokens"}


def differs(one: Any, other: Any, where: str = "") -> str:
    """Where two answers differ in value or type; "" nowhere."""
    if isinstance(one, StrEnum) and isinstance(other, str):
        other = type(one)(other)  # in details and in fields that are texts a name of a list is its text
    if type(one) is not type(other):
        return f"{where}: {one!r} is no {other!r}"
    if is_dataclass(one):
        parts = ((f.name, getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    elif isinstance(one, dict):
        if one.keys() != other.keys():
            return f"{where}: {list(one)} are not {list(other)}"
        parts = ((str(name), value, other[name]) for name, value in one.items())
    elif isinstance(one, list | tuple):
        if len(one) != len(other):
            return f"{where}: {one!r} is not as long as {other!r}"
        parts = ((str(n), a, b) for n, (a, b) in enumerate(zip(one, other, strict=True)))
    elif isinstance(one, Refused):
        return differs((one.code, one.detail), (other.code, other.detail), where)
    else:
        return "" if one == other else f"{where}: {one!r} is not {other!r}"
    found = (differs(a, b, f"{where}.{name}") for name, a, b in parts if name not in BY_CHANCE)
    return next(filter(None, found), "")


def asker(kind: type[Ask[Any]]) -> str:
    """Somebody who may ask it."""
    return next(who for who in ("li", "zhao", "gao", "sun") if Actor(who, STAFF[who]).may(kind.right))


async def compared(twins: Twins) -> tuple[set[str], list[str]]:
    """Which questions were answered rather than refused, and what differs."""
    answered: set[str] = set()
    wrong: list[str] = []
    cores = {who: twins.file.core(who) for who in ("li", "zhao", "gao", "sun")}
    where, token = twins.serving.where, twins.serving.token
    desks = {who: await RemoteDesk.open(where, token(who)) for who in cores}
    if twins.about:  # on either side by the console that asks: only that one gives it back
        hold = q.Hold(twins.about["case"])
        assert local(cores["li"], hold).holder == (await remote(desks["li"], hold)).holder == "li"
    for name, kind in questions().items():
        if kind.local or name in APART:
            continue
        question, who = sensible(kind, twins.about), asker(kind)
        mine, theirs = local(cores[who], question), await remote(desks[who], question)
        if not (isinstance(mine, tuple) and len(mine) == 2 and isinstance(mine[1], dict)):
            answered.add(name)
        found = differs(mine, theirs)
        if found and not (name in IDS and ".id: " in found):
            wrong.append(f"{who} {name}{found}"[:400])
    for desk in desks.values():
        await desk.close()
    return answered, wrong


@pytest.mark.parametrize(("empty", "least"), [(True, 60), (False, 75)], ids=["empty", "filled"])
def test_every_question_is_answered_alike_on_both_sides_of_the_wire(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, empty: bool, least: int
):
    monkeypatch.setenv("CSDESK_HOME", str(home))
    twins = Twins(tmp_path, empty=empty)
    try:
        answered, wrong = asyncio.run(compared(twins))
    finally:
        twins.close()
    assert wrong == []
    # A refusal compares too, but it is answers that have something to lose.
    assert len(answered) >= least, sorted(set(questions()) - answered)
