"""schemathesis against the API's own description over a real socket: no answer that the document does not tell of.

The suite tries a sample of the operations, always the same; `CSDESK_SOAK` all of them, with 10,000 examples in all.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup

from csdesk.server import openapi
from tests.building import DeskFile, build
from tests.serving import Serving

SOAK = "CSDESK_SOAK" in os.environ
EXAMPLES = 18 if SOAK else 1
# 300 operations in two modes; of verbs and questions, which have one way in each, the suite takes every sixteenth.
STEP = 1 if SOAK else 16
# 422 and 412: well-formed, and the case's state, the rules or somebody faster say no.
GOOD = ["2xx", "304", "401", "403", "404", "409", "412", "422", "429", "503"]
# Nobody makes up a cursor that is signed: being wrong is a 400, and being right is tried by test_manners.
SIGNED = {"GET /v1/queues/{queue}/cases", "GET /v1/events", "POST /v1/ask/audit_log", "POST /v1/ask/events"}
# An event stream has no end; and that a terminal still waits is a 400 (RFC 8628, 3.5).
WITHOUT = {"GET /v1/watch", "POST /v1/device/token"}


def _operations() -> Iterator[str]:
    beside: list[str] = []
    many: list[str] = []
    for path, methods in openapi.document()["paths"].items():
        for method in methods:
            kind = many if "/verbs/" in path or "/ask/" in path else beside
            kind.append(f"{method.upper()} {path}")
    yield from sorted((set(beside) | set(sorted(many)[::STEP])) - WITHOUT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("surface")


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


@pytest.fixture(scope="module")
def session(serving: Serving) -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.headers["Authorization"] = f"Bearer {serving.token('zhao')}"
        yield made


@pytest.fixture(scope="module")
def number(desk: DeskFile, serving: Serving, session: requests.Session) -> str:
    """A case that verbs are tried on."""
    body: Any = {"kind": "return", "order": desk.order(), "lines": [{"line": 1, "qty": 1}]}
    told = session.post(f"{serving.where}/v1/cases", json=body, headers={"Idempotency-Key": "surface"})
    return str(told.json()["number"])


@pytest.fixture(scope="module")
def schema(serving: Serving) -> Any:
    made = schemathesis.openapi.from_dict(openapi.document())
    made.config.update(base_url=serving.where)
    made.config.checks.positive_data_acceptance.expected_statuses = GOOD
    return made


def _tried(schema: Any, session: requests.Session, number: str, operation: str, mode: Any) -> list[str]:
    """What is wrong with the answers to one operation."""
    found = schema.find_operation_by_label(operation)
    wrong: list[str] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=not SOAK,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(found.as_strategy(generation_mode=mode))
    def hold(case: Any) -> None:
        if mode is mode.POSITIVE and "case" in (case.path_parameters or {}):
            case.path_parameters["case"] = number
        if mode is mode.POSITIVE and operation in SIGNED:
            for sent in (case.query, case.body):
                if isinstance(sent, dict):
                    sent.pop("after", None)
        try:
            case.call_and_validate(session=session)
        except FailureGroup as failures:
            wrong.extend(f"{operation}: {one} (body {case.body!r:.300})" for one in failures.exceptions)

    # Where nothing is sent, nothing that is sent can be wrong.
    with suppress(Unsatisfiable):
        hold()
    return wrong


@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
def test_every_answer_is_one_that_the_document_tells_of(
    schema: Any, session: requests.Session, number: str, mode: str
):
    operations = list(_operations())
    assert len(operations) > (290 if SOAK else 30)
    generated = GenerationMode[mode]
    wrong = [one for name in operations for one in _tried(schema, session, number, name, generated)]
    assert not wrong, "\n".join(wrong)
