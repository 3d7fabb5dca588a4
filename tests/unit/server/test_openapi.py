"""The API's description: every route and every code is in it, and it is the same each time."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from jsonschema_rs import validator_for

import csdesk.server
from csdesk.desk import wire
from csdesk.desk.asking import questions
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.cases.command import VERBS
from csdesk.server import openapi
from csdesk.server.api import STATUS
from csdesk.server.app import make_routes
from csdesk.server.metrics import Metrics
from csdesk.server.problems import CODES, TITLES, codes_of

UTC = ZoneInfo("UTC")
OPEN = {"/v1/cases/{case}/verbs/{verb}", "/v1/ask/{name}"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document()


def test_every_route_of_the_server_is_described_and_no_other(document: dict[str, Any]):
    rooms = SimpleNamespace(
        hall=None, take=None, look=None, asking=None, seconds=1, words=None, metrics=Metrics(), provider=None
    )
    app = make_routes(rooms, 1_000)  # type: ignore[arg-type]
    served = {
        (method, re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path))
        for route in app.routes
        for method in route.methods - {"OPTIONS"}
    }
    named = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    one_by_one = {("POST", f"/v1/cases/{{case}}/verbs/{name}") for name in VERBS if name != "open"}
    one_by_one |= {("POST", f"/v1/ask/{name}") for name, cls in questions().items() if not cls.local}
    assert {one for one in served if one[1] not in OPEN} == named - one_by_one
    assert one_by_one <= named


def test_every_code_that_the_server_knows_is_listed_under_its_status_and_worded():
    english = Words("en", UTC)
    known = codes_of(english, STATUS)
    said = {(status, code) for code, status in STATUS.items()} | set(CODES.items())
    for file in Path(csdesk.server.__file__).parent.glob("*.py"):
        found = re.findall(r'Problem\(\s*(\d+), "(\w+)"', file.read_text(encoding="utf-8"))
        said |= {(int(status), code) for status, code in found}
    assert len(said) > 30
    assert [one for one in said if one[1] not in known[one[0]]] == []
    assert known.keys() == TITLES.keys()
    for language in LANGUAGES:
        words = Words(language, UTC)
        every = {code for codes in known.values() for code in codes}
        assert [
            code for code in every if not words.has(f"problem.{code}") and not words.has(f"refused.{code}")
        ] == []


def test_every_example_is_one_that_its_schema_and_the_desk_take(document: dict[str, Any]):
    tried = 0
    for path, methods in document["paths"].items():
        told = methods.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" not in told:
            continue
        tried += 1
        schema = {**told["schema"], "components": document["components"]}
        assert validator_for(schema).is_valid(told["example"]), path
        body = msgspec.json.encode(told["example"])
        name = path.rpartition("/")[2]
        if "/verbs/" in path:
            wire.command(name, body)
        elif "/ask/" in path and name in questions():
            wire.question(name, body)
    assert tried > 280


def test_what_only_the_desk_fills_in_is_not_in_the_description(document: dict[str, Any]):
    names = document["components"]["schemas"]["Open"]["properties"].keys()
    assert not names & {"desk", "body", "customer"}
    assert document["components"]["schemas"]["Open"]["additionalProperties"] is False


def test_the_description_is_the_same_bytes_each_time():
    first = openapi.body()
    openapi.body.cache_clear()
    openapi.document.cache_clear()
    assert openapi.body() == first
