"""The API over a real socket: verbs, questions, versions, keys, and the stream of changes."""

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from tests.building import DeskFile, build
from tests.serving import Serving

QUALITY = {"kind": "return", "order": "", "lines": [{"line": 1, "qty": 1}]}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskFile]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("desk")
        patch.setenv("CSDESK_HOME", str(folder / "home"))
        made = build(folder)
        yield made
        made.close()


@pytest.fixture(autouse=True)
def at_home(desk: DeskFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of the module's desk are where it was made."""
    monkeypatch.setenv("CSDESK_HOME", str(desk.path.parent / "home"))


@pytest.fixture(scope="module")
def serving(desk: DeskFile) -> Iterator[Serving]:
    made = Serving(desk)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def wang(serving: Serving) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {serving.token('wang')}", "Content-Type": "application/json"}
    with httpx.Client(base_url=serving.where, headers=headers) as client:
        yield client


def do(client: httpx.Client, path: str, body: Any, key: str, **headers: str) -> httpx.Response:
    return client.post(path, json=body, headers={"Idempotency-Key": key, **headers})


@pytest.fixture
def opened(desk: DeskFile, wang: httpx.Client, request: pytest.FixtureRequest) -> dict[str, Any]:
    """A return, as the API told of it."""
    answer = do(wang, "/v1/cases", {**QUALITY, "order": desk.order()}, f"open/{request.node.name[:60]}")
    assert answer.status_code == 201
    return {**answer.json(), "location": answer.headers["Location"]}


def test_a_case_is_opened_shown_and_changed(wang: httpx.Client, opened: dict[str, Any]):
    shown = wang.get(opened["location"])
    assert shown.headers["ETag"] == f'"{opened["case"]["version"]}"'
    assert shown.json()["number"] == opened["number"]
    again = wang.get(opened["location"], headers={"If-None-Match": shown.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    noted = do(wang, f"/v1/cases/{opened['number']}/verbs/note", {"text": "等快递"}, "note-1")
    assert noted.status_code == 200
    assert wang.get(opened["location"]).headers["ETag"] == noted.headers["ETag"] != shown.headers["ETag"]


def test_a_verb_sent_twice_under_one_key_is_done_once(wang: httpx.Client, opened: dict[str, Any]):
    path = f"/v1/cases/{opened['number']}/verbs/note"
    first, second = (do(wang, path, {"text": "一次"}, "twice") for _ in range(2))
    assert not first.json()["again"] and second.json()["again"]
    assert first.headers["ETag"] == second.headers["ETag"]


def test_who_comes_second_is_told_who_and_what_came(
    serving: Serving, wang: httpx.Client, opened: dict[str, Any]
):
    path, seen = f"/v1/cases/{opened['number']}/verbs", f'"{opened["case"]["version"]}"'
    li = {"Authorization": f"Bearer {serving.token('li')}"}
    assert do(wang, f"{path}/take", {}, "take-1", **li).status_code == 200
    late = do(wang, f"{path}/take", {}, "take-2", **{"If-Match": seen})
    assert (late.status_code, late.json()["code"]) == (412, "conflict")
    assert [(one["who"], one["verb"]) for one in late.json()["came"]] == [("li", "take")]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/cases/RT-0000-0001/verbs/note", {"text": "a"}, 404, "bad_number"),
        ("/v1/cases/RT-0000-0000/verbs/dance", {}, 404, "unknown_verb"),
        ("/v1/cases/RT-0000-0000/verbs/note", {"text": 7}, 400, "malformed"),
        ("/v1/cases/RT-0000-0000/verbs/note", {"text": "a", "desk": "other"}, 400, "malformed"),
        ("/v1/cases/RT-0000-0000/verbs/note", [], 400, "malformed"),
        ("/v1/ask/dance", {}, 404, "unknown_question"),
        ("/v1/ask/save_evidence", {"case": "a", "hash": "b", "folder": "/tmp"}, 404, "unknown_question"),
        ("/v1/ask/queue_page", {"queue": "all", "desk": "other"}, 400, "malformed"),
    ],
)
def test_what_cannot_be_done_has_a_status_and_a_code(
    wang: httpx.Client, path: str, body: Any, status: int, code: str
):
    answer = do(wang, path, body, "wrong-1")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_write_without_a_key_is_not_made(wang: httpx.Client, opened: dict[str, Any]):
    answer = wang.post(f"/v1/cases/{opened['number']}/verbs/note", json={"text": "a"})
    assert (answer.status_code, answer.json()["code"]) == (400, "no_key")


def test_the_filter_language_of_the_console_is_the_apis(wang: httpx.Client, opened: dict[str, Any]):
    found = wang.post("/v1/ask/queue_page", json={"queue": f"?类型：退货 {opened['number']}"})
    assert [row["id"] for row in found.json()] == [opened["case"]["id"]]
    wrong = wang.post("/v1/ask/queue_page", json={"queue": "?kind:退货 due:<2x"})
    assert (wrong.status_code, wrong.json()["detail"]["sign"]) == (422, 13)


def test_changes_come_as_they_happen_and_from_where_one_was(wang: httpx.Client, opened: dict[str, Any]):
    before = wang.get("/v1/changes", params={"limit": 500}).json()["last"]
    do(wang, f"/v1/cases/{opened['number']}/verbs/note", {"text": "先"}, "change-1")
    with wang.stream("GET", "/v1/watch", headers={"Last-Event-ID": str(before)}) as stream:
        lines = (line.removeprefix("data: ") for line in stream.iter_lines() if line.startswith("data: "))
        caught_up = msgspec.json.decode(next(lines))
        assert caught_up["cases"] == [opened["case"]["id"]]
        do(wang, f"/v1/cases/{opened['number']}/verbs/note", {"text": "后"}, "change-2")
        assert msgspec.json.decode(next(lines))["cases"] == [opened["case"]["id"]]
    told = wang.get("/v1/changes", params={"after": before}).json()
    assert [one["case"] for one in told["changes"]] == [opened["case"]["id"]] * 2
