"""A desk behind a server: what its log, the line's addresses and headers, its refusals and a client's files give away.

A real `csdesk serve` in a process of its own, over TCP and over its Unix socket; what is looked for is what
`test_stolen` looks for. Then the server asked around by an agent without the case, question by question.
"""

import asyncio
import getpass
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from csdesk.client.errands import add_evidence, save_evidence
from csdesk.client.remote import RemoteDesk
from csdesk.desk import wire
from csdesk.desk.asking import questions
from csdesk.desk.config import Config
from csdesk.desk.desk import Ask
from csdesk.desk.filter_queries import KeepView, TallyFilter
from csdesk.desk.look_queries import Looks, Purposes, Reveal
from csdesk.desk.queries import FindCases, FindOrders, Hold, KeepDraft, QueuePage, ShowCase
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Hear, Reply
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Assign, Note, Take
from csdesk.store import tokens
from csdesk.store.connection import write
from csdesk.store.file import Agent
from tests.building import DeskFile
from tests.e2e.test_side_channels import SECRETS, Stranger, filled, stranger
from tests.e2e.test_stolen import (
    ADDRESS,
    BULK,
    CALLED,
    CARD,
    CONTENT,
    DRAFT,
    EMAIL,
    HEARD,
    NAME,
    NOTE,
    PHONE,
    REFUSED,
    REPLY,
    SUMMARY,
    told,
)  # fmt: skip
from tests.relay import Relay
from tests.serving import Serving
from tests.unit.server.conftest import Serve, Served, desk_file, serve

__all__ = ["desk_file", "serve", "stranger"]

LOGIN = getpass.getuser()


@pytest.fixture(params=["tcp", "unix"])
def line(
    request: pytest.FixtureRequest, desk_file: DeskFile, serve: Serve, tmp_path: Path
) -> Iterator[tuple[Served, Relay]]:
    """A server, and a relay before it that keeps what goes over the line."""
    served = serve(f"unix:{tmp_path}/s" if request.param == "unix" else "127.0.0.1:0", worker="false")
    where = served.where
    relay = Relay(where.removeprefix("unix:") if where.startswith("unix:") else int(where.rpartition(":")[2]))
    yield served, relay
    relay.close()


def token(file: DeskFile, who: str) -> str:
    """A token of an agent; on the Unix socket none is needed."""
    store = file.store()
    with write(store.conn) as conn:
        return tokens.make(conn, store.desk.id, who, label="t", by="gao", now=file.clock())[1]


async def shift(desk: RemoteDesk, other: RemoteDesk, order: str) -> tuple[str, list[Refused]]:
    """An agent works on a case and asks around, and so does one without it; gives the case and what was refused."""
    done = await desk.do(Open(Kind.RETURN, order, (LineQty(1, 1),), reason="quality", summary=SUMMARY))
    case, refused = done.case.id, []
    await desk.do(Take(), case)
    await desk.ask(Hold(case))
    for command in (Note(NOTE), Hear(HEARD), Reply(REPLY)):
        await desk.do(command, case)
    await desk.ask(KeepDraft(case, DRAFT))
    await desk.ask(KeepView("mine", f"客户:{PHONE}"))
    for said in (NAME, PHONE, EMAIL, "貔貅"):
        for who in (desk, other):
            found: tuple[Ask[Any], ...] = (
                FindCases(said),
                FindOrders(said),
                TallyFilter(said),
                QueuePage(f"?{said}"),
            )
            for question in found:
                await who.ask(question)
    wrong: tuple[Ask[Any], ...] = (
        TallyFilter(f"nosuch:{NAME}"),
        QueuePage(f"?sort:{NAME}"),
        ShowCase(NAME),
        Reveal(case, NAME),
    )
    for question in wrong:
        with pytest.raises(Refused) as why:
            await desk.ask(question)
        refused.append(why.value)
    theirs: tuple[Command, ...] = (Note(CALLED), Assign(NAME), Reply(BULK))
    for command_ in theirs:
        try:
            await other.do(command_, case)
        except Refused as why:
            refused.append(why)
    return case, refused


async def looks(desk: RemoteDesk, other: RemoteDesk, zhao: RemoteDesk, case: str) -> None:
    """A reveal through the API: with the case, without it, and after it was given to somebody else."""
    reason = (await desk.ask(Purposes(case))).purposes[0].code
    shown = await desk.ask(Reveal(case, reason))
    assert PHONE in repr(shown.values) and shown.until
    with pytest.raises(Refused, match="reveal_not_held"):
        await other.ask(Reveal(case, reason))
    view = await desk.ask(ShowCase(case))
    told = await desk.ask(Looks(agent=""))
    assert PHONE not in repr((view, told))
    await zhao.do(Assign("wang"), case)
    with pytest.raises(Refused, match="reveal_not_held"):
        await desk.ask(Reveal(case, reason))


def test_no_log_address_header_refusal_or_file_of_a_client_names_anybody(
    line: tuple[Served, Relay], desk_file: DeskFile, tmp_path: Path, home: Path
):
    served, relay = line
    order = desk_file.order(customer=desk_file.customer(NAME, phone=PHONE, email=EMAIL))
    who = {name: token(desk_file, name) for name in ("li", "wang", "zhao")}
    kept = tmp_path / "token"
    kept.touch(0o600)
    kept.write_text(who["li"])

    async def work() -> str:
        desks = {name: await RemoteDesk.open(relay.where, secret) for name, secret in who.items()}
        case, refused = await shift(desks["li"], desks["wang"], order)
        assert len(refused) >= 4
        for why in refused:
            assert not told(repr((why.code, why.detail)).encode()) or NAME in repr(why.detail)
        for desk in desks.values():
            await desk.close()
        return case

    case = asyncio.run(work())
    before = {path for path in home.rglob("*") if path.is_file()}
    file = tmp_path / "a.txt"
    file.write_text(CONTENT + ADDRESS + CARD + REFUSED)
    far = Config(server=relay.where, token=f"file:{kept}")
    filed = add_evidence(far, case, file)
    (tmp_path / "out").mkdir()
    assert Path(save_evidence(far, case, filed.sha256, str(tmp_path / "out"))).read_text() == file.read_text()

    async def look() -> None:
        li, wang, zhao = [await RemoteDesk.open(relay.where, who[name]) for name in ("li", "wang", "zhao")]
        await looks(li, wang, zhao, case)
        for desk in (li, wang, zhao):
            await desk.close()

    asyncio.run(look())
    relay.close()
    assert served.stop() == 0
    heads, answers = relay.heads(), relay.answers()
    assert len(heads) > 40 and len(answers) == len(heads)
    assert told(b"\n".join(bytes(stream) for stream in relay.asked)), (
        "the line was not heard: nothing was proven"
    )
    assert told(b"\n".join(heads)) == told(b"\n".join(answers)) == []
    lines = [line for line in served.lines if line["event"] == "request"]
    assert len(lines) == len(heads) and {line["route"] for line in lines} >= {"/v1/ask/{name}", "/v1/cases"}
    assert told(repr(served.lines).encode()) == []
    assert {path for path in home.rglob("*") if path.is_file()} == before


def test_on_the_unix_socket_the_login_is_who_one_is(desk_file: DeskFile, serve: Serve, tmp_path: Path):
    store = desk_file.store()
    with write(store.conn):
        store.put_agent(Agent("li", "Li", "agent", LOGIN))
    served = serve(f"unix:{tmp_path}/s", worker="false")

    async def asked() -> str:
        desk = await RemoteDesk.open(served.where)
        try:
            return desk.me.id
        finally:
            await desk.close()

    assert asyncio.run(asked()) == "li"


@pytest.fixture(scope="module")
def strange(stranger: Stranger) -> Iterator[tuple[Stranger, httpx.Client]]:
    """The desk of `test_side_channels` behind a server, and wang, who must learn nothing there."""
    serving = Serving(stranger.file)
    secret = serving.token("wang")
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    with httpx.Client(base_url=serving.where, headers=headers) as client:
        yield stranger, client
    serving.stop()


def test_no_question_answers_an_agent_without_the_case_over_the_line(strange: tuple[Stranger, httpx.Client]):
    stranger, wang = strange
    leaks, statuses = [], set()
    for name, kind in questions().items():
        text = stranger.number if kind.writes else "诸葛孔明"
        answer = wang.post(f"/v1/ask/{name}", content=wire.question_body(filled(kind, stranger, text)))
        statuses.add(answer.status_code)
        said = answer.text + repr(answer.headers)
        leaks += [(name, secret) for secret in SECRETS if secret in said and secret not in text]
    assert leaks == [] and statuses <= {200, 400, 403, 404, 422} and 200 in statuses


@pytest.mark.parametrize("path", ["/v1/cases/{case}", "/v1/cases/{number}", "/v1/changes?after=0"])
def test_no_page_shows_an_agent_without_the_case_its_words(strange: tuple[Stranger, httpx.Client], path: str):
    stranger, wang = strange
    answer = wang.get(path.format(case=stranger.case, number=stranger.number))
    assert answer.status_code == 200
    assert [secret for secret in SECRETS if secret in answer.text] == []


def test_a_hash_tells_nothing_over_the_line(
    strange: tuple[Stranger, httpx.Client], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CSDESK_HOME", str(strange[0].file.path.parent / "home"))
    stranger, wang = strange
    there, absent = (
        wang.get(f"/v1/cases/{stranger.number}/evidence/{sha256}") for sha256 in (stranger.sha256, "ab" * 32)
    )
    assert there.status_code == absent.status_code == 422
    assert {**there.json(), "request": ""} == {**absent.json(), "request": ""}
