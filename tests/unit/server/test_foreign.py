"""What is another desk's, named in every field of every verb and question and as cursors: nothing comes of it."""

import os
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note
from csdesk.server import openapi
from csdesk.store.dsn import Dsn
from csdesk.store.postgres import PgConnection
from csdesk.store.verify import verify
from tests.building import Clock, DeskFile, on_postgres
from tests.serving import Guest
from tests.tenancy import strays

# What nobody but that desk may ever read.
SECRETS = ("外台机密", "欧阳娜娜", "13733334444", "nana@example.com", "文三路")
PAGES = "/v1/queues/returns/cases"


class Two:
    """Two desks of one database behind one server; the clients are agents of `mine`, with the same names as there."""

    def __init__(self, mine: DeskFile, theirs: DeskFile) -> None:
        self.mine, self.theirs = mine, theirs
        self.here, self.there = Guest(mine), Guest(theirs)
        self.clients = {who: self._client(self.here, who) for who in ("zhao", "sun", "wang")}
        self.foreign = {who: self._client(self.there, who) for who in ("zhao", "sun", "wang")}
        person = theirs.customer("欧阳娜娜", phone="13733334444", email="nana@example.com")
        order = theirs.order(number="W99887766", customer=person)
        wang = theirs.core("wang")
        done = wang.do(Open(Kind.RETURN, order, (LineQty(1, 1),)))
        wang.do(Note("外台机密"), done.case.id)
        self.ids = [done.case.id, done.number, order, person, done.number[3:]]
        own = self.own()
        self.case = own["number"]

    @staticmethod
    def _client(guest: Guest, who: str) -> httpx.Client:
        return httpx.Client(
            base_url=guest.where, headers={"Authorization": f"Bearer {guest.token(who)}"}, timeout=60
        )

    def own(self) -> Any:
        """A new case of ours."""
        body = {"kind": "return", "order": self.mine.order(), "lines": [{"line": 1, "qty": 1}]}
        key = {"Idempotency-Key": f"own-{body['order']}"}
        return self.clients["wang"].post("/v1/cases", json=body, headers=key).json()

    def close(self) -> None:
        for one in (*self.clients.values(), *self.foreign.values()):
            one.close()
        self.here.stop()
        self.there.stop()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, postgres_desks: Dsn) -> Iterator[Two]:
    crossing: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("foreign")
        patch.setenv("CSDESK_HOME", str(home))
        patch.setattr(PgConnection, "heard", lambda said: crossing.append(said) if strays(said) else None)
        files = [DeskFile(home / "unused", Clock()) for _ in range(2)]
        for one in files:
            on_postgres(one, postgres_desks)
        made = Two(*files)
        yield made
        assert list(verify(made.mine.store())) == list(verify(made.theirs.store())) == []
        made.close()
        for one in files:
            one.close()
    assert crossing == []


@pytest.fixture(autouse=True)
def at_home(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of the module's desks are where they were made."""
    monkeypatch.setenv("CSDESK_HOME", str(two.mine.path.parent))


def fields(schema: Any, components: Any) -> list[str]:
    """The fields of a body that hold any text."""
    while "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    return [
        name
        for name, told in schema.get("properties", {}).items()
        if told.get("type") == "string" and "enum" not in told
    ]


def bodies(kind: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Each path of verbs or questions with the least body that it takes, and each of its fields for texts."""
    document = openapi.document()
    for path, methods in document["paths"].items():
        if kind not in path:
            continue
        told = methods["post"]["requestBody"]["content"]["application/json"]
        for name in fields(told["schema"], document["components"]["schemas"]):
            yield path, dict(told.get("example", {})), name


def some(ids: list[str], asked: int) -> list[str]:
    """All of them in `make soak`; the suite asks each field with one, in turn."""
    return ids if "CSDESK_SOAK" in os.environ else [ids[asked % len(ids)]]


def told_of(answer: httpx.Response, sent: str) -> list[str]:
    """What an answer tells of the other desk, apart from the very words that it was asked with."""
    text = answer.text.replace(sent, "")
    return [secret for secret in SECRETS if secret in text]


def test_no_question_tells_of_another_desk_whatever_of_it_is_named(two: Two):
    wrong, asked = [], 0
    for path, body, name in bodies("/v1/ask/"):
        for said in some([*two.ids, f"?{two.ids[0]}"], asked):
            asked += 1
            for who in ("zhao", "sun"):
                answer = two.clients[who].post(path, json={**body, name: said})
                if answer.status_code >= 500 or told_of(answer, said):
                    wrong.append((path, name, said, answer.status_code, answer.text[:200]))
                if answer.status_code != 403:
                    break
    assert asked > 50 and wrong == []


def test_no_verb_takes_anything_of_another_desk(two: Two):
    before = {who: one.get("/v1/changes", params={"limit": 500}).text for who, one in two.foreign.items()}
    wrong, asked = [], 0
    for path, body, name in bodies("/verbs/"):
        for said in some(two.ids, asked):
            asked += 1
            answer = two.clients["zhao"].post(
                path.replace("{case}", two.case),
                json={**body, name: said},
                headers={"Idempotency-Key": f"foreign-{asked}"},
            )
            if answer.status_code >= 500 or told_of(answer, said):
                wrong.append((path, name, said, answer.status_code, answer.text[:200]))
    assert asked > 100 and wrong == []
    assert {
        who: one.get("/v1/changes", params={"limit": 500}).text for who, one in two.foreign.items()
    } == before


def test_a_cursor_of_another_desk_is_no_cursor_here(two: Two):
    for _ in range(3):
        two.own()
    body = {"kind": "return", "order": two.theirs.order(), "lines": [{"line": 1, "qty": 1}]}
    made = two.foreign["wang"].post("/v1/cases", json=body, headers={"Idempotency-Key": "second"})
    assert made.status_code == 201
    theirs = two.foreign["wang"].get(PAGES, params={"limit": 1}).json()["after"]
    assert theirs
    answer = two.clients["wang"].get(PAGES, params={"limit": 1, "after": theirs})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")
    events = two.foreign["sun"].get("/v1/events", params={"limit": 1}).json()["after"]
    answer = two.clients["sun"].get("/v1/events", params={"limit": 1, "after": events})
    assert (answer.status_code, answer.json()["code"]) == (410, "events_gone")
    log = two.foreign["sun"].post("/v1/ask/audit_log", json={"limit": 1}).json()
    assert log["after"]
    answer = two.clients["sun"].post("/v1/ask/audit_log", json={"limit": 1, "after": log["after"]})
    assert answer.status_code == 200 and not told_of(answer, "")
    case = two.ids[0]
    # A place is no secret and no key: it only says behind which one of ours to go on.
    answer = two.clients["wang"].post(
        "/v1/ask/queue_page", json={"queue": "all", "after": {"due": 0, "id": case}}
    )
    assert answer.status_code == 200
    assert not {row["id"] for row in msgspec.json.decode(answer.content)} & set(two.ids)
