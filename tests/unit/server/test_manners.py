"""What every answer of the API keeps to: pages by cursors, compression, names of requests, methods, and numbers."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from csdesk.desk import wire
from tests.building import DeskFile, build
from tests.serving import Serving

OPENING = {"kind": "return", "lines": [{"line": 1, "qty": 1}]}
PAGES = "/v1/queues/returns/cases"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("manners")


@pytest.fixture(scope="module")
def desk(folder: Path) -> Iterator[DeskFile]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSDESK_HOME", str(folder / "home"))
        made = build(folder)
        yield made
        made.close()


@pytest.fixture(autouse=True)
def at_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of the module's desk are where it was made."""
    monkeypatch.setenv("CSDESK_HOME", str(folder / "home"))


@pytest.fixture(scope="module")
def serving(desk: DeskFile) -> Iterator[Serving]:
    made = Serving(desk)
    yield made
    made.stop()


def client_of(serving: Serving, who: str) -> httpx.Client:
    return httpx.Client(base_url=serving.where, headers={"Authorization": f"Bearer {serving.token(who)}"})


@pytest.fixture(scope="module")
def wang(desk: DeskFile, serving: Serving) -> Iterator[httpx.Client]:
    """An agent of a desk with seven returns."""
    with client_of(serving, "wang") as client:
        for n in range(7):
            body = {**OPENING, "order": desk.order()}
            made = client.post("/v1/cases", json=body, headers={"Idempotency-Key": f"manners-{n}"})
            assert made.status_code == 201
        yield client


@pytest.fixture(scope="module")
def gao(serving: Serving) -> Iterator[httpx.Client]:
    with client_of(serving, "gao") as client:
        yield client


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_a_queue_is_read_page_by_page_and_nothing_is_there_twice(wang: httpx.Client):
    found, after = [], ""
    for _ in range(4):
        page = wang.get(PAGES, params={"limit": 2, **({"after": after} if after else {})}).json()
        found += [row["id"] for row in page["cases"]]
        after = page["after"]
    assert after == ""
    assert len(found) == len(set(found)) == 7
    assert found == [row["id"] for row in wang.get(PAGES).json()["cases"]]


def test_a_cursor_serves_nobody_else_no_other_queue_and_in_no_other_form(
    wang: httpx.Client, gao: httpx.Client
):
    cursor = wang.get(PAGES, params={"limit": 2}).json()["after"]
    turned = cursor[:30] + ("A" if cursor[30] != "A" else "B") + cursor[31:]
    for client, queue, after in (
        (gao, "returns", cursor),
        (wang, "all", cursor),
        (wang, "returns", turned),
        (wang, "returns", cursor[:-2]),
        (wang, "returns", "…"),
        (wang, "returns", "A" * 201),
    ):
        answer = client.get(f"/v1/queues/{queue}/cases", params={"after": after})
        assert code(answer) == (400, "bad_cursor")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=1&limit=2", "limit=x", "limit=-1", "desk=other"]
)
def test_what_is_no_parameter_or_out_of_its_range_is_refused(wang: httpx.Client, query: str):
    assert code(wang.get(f"{PAGES}?{query}")) == (400, "bad_parameter")


def test_a_filter_is_no_address(wang: httpx.Client):
    assert code(wang.get("/v1/queues/%3Fkind:return/cases")) == (422, "unknown_queue")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b'{"queue": "all", "queue": "mine"}', "$"),
        (b'{"limit": 0}', "$.limit"),
        (b'{"limit": 501}', "$.limit"),
        (b'{"limit": -1}', "$.limit"),
        (b'{"limit": 9223372036854775808}', "$.limit"),
        (b'{"limit": 1e400}', "$"),
        (b'{"limit": NaN}', "$"),
        (b'{"limit": 2.5}', "$.limit"),
        (b'{"queue": "\\ud800"}', "$"),
        (b'{"queue": "\xff"}', "$"),
        (b"[" * 5_000, "$"),
        (b'{"after": {"due": 1, "id": "a", "desk": "b"}}', "$.after.desk"),
    ],
)
def test_a_body_that_is_not_what_was_asked_for_says_where(wang: httpx.Client, body: bytes, where: str):
    answer = wang.post("/v1/ask/queue_page", content=body, headers={"Content-Type": "application/json"})
    assert code(answer) == (400, "malformed")
    assert answer.json()["where"] == where


def test_a_word_that_a_field_does_not_take_is_refused_as_on_the_command_line(wang: httpx.Client):
    made = wire.command("note_call", b'{"call": "in"}')
    assert made.call == "in"  # type: ignore[attr-defined]
    number = wang.get(PAGES, params={"limit": 1}).json()["cases"][0]["id"]
    path = f"/v1/cases/{number}/verbs/note_call"
    answer = wang.post(path, json={"call": "sideways"}, headers={"Idempotency-Key": "sideways"})
    assert code(answer) == (422, "bad_choice")


def test_a_long_answer_is_compressed_for_whoever_takes_that(wang: httpx.Client):
    small = wang.get(PAGES, headers={"Accept-Encoding": "gzip"})
    assert (small.headers["content-encoding"], small.headers["vary"]) == ("gzip", "Accept-Encoding")
    plain = wang.get(PAGES, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert small.content == plain.content
    with wang.stream("GET", PAGES, headers={"Accept-Encoding": "gzip"}) as stream:
        raw = b"".join(stream.iter_raw())
    assert gzip.decompress(raw) == plain.content and len(raw) < len(plain.content) // 3
    assert "content-encoding" not in wang.get("/v1/me").headers


def test_a_request_keeps_the_name_that_its_sender_gave_it_when_it_is_a_sane_one(wang: httpx.Client):
    assert wang.get("/v1/me", headers={"X-Request-Id": "gw-1.2_3"}).headers["x-request-id"] == "gw-1.2_3"
    for said in (b"a" * 65, "王".encode(), b'a"b', b""):
        given = wang.get("/v1/me", headers={b"X-Request-Id": said}).headers["x-request-id"]
        assert len(given) == 12 and int(given, 16) >= 0


@pytest.mark.parametrize(
    ("method", "path", "allow"), [("DELETE", "/v1/cases", "POST"), ("HEAD", "/v1/me", "GET")]
)
def test_a_method_that_an_address_does_not_take_hears_which_it_does(
    wang: httpx.Client, method: str, path: str, allow: str
):
    answer = wang.request(method, path)
    assert answer.status_code == 405
    assert sorted(answer.headers["allow"].split(", ")) == sorted([allow, "OPTIONS"])


@pytest.mark.parametrize("part", ["%00", "a%2Fb", "%ff%fe", "..%2f..", "a" * 9_000, "王%0d%0aX-Evil: 1"])
def test_whatever_stands_in_a_path_is_a_problem_and_is_not_told_back_at_length(wang: httpx.Client, part: str):
    answer = wang.get(f"/v1/cases/{part}")
    assert answer.status_code == 404
    assert answer.json()["code"] in ("bad_number", "no_such_case", "not_found")
    assert "x-evil" not in answer.headers
    assert len(answer.content) < 1_000


def test_the_description_is_served_and_not_sent_twice(serving: Serving):
    told = httpx.get(f"{serving.where}/v1/openapi.json")
    assert told.json()["openapi"] == "3.1.0"
    again = httpx.get(f"{serving.where}/v1/openapi.json", headers={"If-None-Match": told.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_numbers_are_for_those_who_may_audit_and_name_no_case_and_nobody(
    wang: httpx.Client, gao: httpx.Client, serving: Serving
):
    assert httpx.get(f"{serving.where}/metrics").status_code == 401
    assert code(wang.get("/metrics")) == (403, "no_right")
    page = wang.get(PAGES, params={"limit": 1}).json()["cases"][0]
    wang.get(f"/v1/cases/{page['id']}")
    wang.request("BREW", "/v1/me")
    text = gao.get("/metrics").text
    assert 'csdesk_requests_total{method="GET",route="/v1/cases/{case}",status="200"} ' in text
    assert 'method="other"' in text and "BREW" not in text
    for secret in (page["id"], "wang", "gao", "main"):
        assert secret not in text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert values['csdesk_outbox{state="failed"}'] == "0"
    every = 'csdesk_request_seconds_bucket{route="/v1/cases/{case}",le="+Inf"}'
    assert values[every] == values['csdesk_request_seconds_count{route="/v1/cases/{case}"}'] != "0"


def test_a_problem_names_what_it_is_about(wang: httpx.Client):
    told: dict[str, Any] = json.loads(wang.get(f"{PAGES}?limit=0").content)
    assert "limit" in told["title"]
