"""schemathesis against the API's own description over a real socket: no answer that the document does not tell of.

The suite tries a sample of the operations, always the same; `CSDESK_SOAK` all of them, with 10,000 examples in all, and
prints how many each check really looked at.
"""

import os
from collections import Counter
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
from schemathesis.checks import CHECKS
from schemathesis.core.failures import FailureGroup

from csdesk.server import openapi
from tests.building import DeskFile, build
from tests.serving import Serving

SOAK = "CSDESK_SOAK" in os.environ
# Some operations have nothing that could be varied, so this is more than 10,000 / 600.
EXAMPLES = 20 if SOAK else 1
# 300 operations in two modes; of verbs and questions, which have one way in each, the suite takes every sixteenth.
STEP = 1 if SOAK else 16
# 422 and 412: well-formed, and the case's state, the rules or somebody faster say no.
GOOD = ["2xx", "304", "401", "403", "404", "409", "412", "422", "429", "503"]
# Nobody makes up a cursor that is signed: being wrong is a 400, and being right is tried by test_manners.
SIGNED = {"GET /v1/queues/{queue}/cases", "GET /v1/events", "POST /v1/ask/audit_log", "POST /v1/ask/events"}
# Has no end: its first event is what is looked at.
STREAM = "GET /v1/watch"
# That a terminal still waits, or waited too long, is a 400 whatever is right about its code (RFC 8628, 3.5).
WAITS = "POST /v1/device/token"


def _operations() -> Iterator[str]:
    beside: list[str] = []
    many: list[str] = []
    for path, methods in openapi.document()["paths"].items():
        for method in methods:
            kind = many if "/verbs/" in path or "/ask/" in path else beside
            kind.append(f"{method.upper()} {path}")
    yield from sorted(set(beside) | set(sorted(many)[::STEP]))


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
def device(serving: Serving) -> str:
    """What a terminal that waits asks with."""
    return str(requests.post(f"{serving.where}/v1/device", json={}, timeout=20).json()["device_code"])


class Tried:
    """The operations, tried one by one: what was wrong, how many examples there were, and of them by each check."""

    def __init__(self, where: str, session: requests.Session, number: str, device: str) -> None:
        self._session, self._number, self._device = session, number, device
        self.wrong: list[str] = []
        self.examples = 0
        self.looked: Counter[str] = Counter()
        self.schema: Any = schemathesis.openapi.from_dict(openapi.document())
        self.schema.config.update(base_url=where)
        self.schema.config.max_stream_events = 1
        self.schema.config.checks.positive_data_acceptance.expected_statuses = GOOD
        self.schema.hook("after_validate")(self._counting())

    def _counting(self) -> Any:
        """Called with the outcome of each check that had something to say of an answer."""

        def after_validate(context: Any, case: Any, response: Any, results: Any) -> None:
            self.looked.update(one.name for one in results)

        return after_validate

    def all_of(self, operation: str, mode: Any) -> None:
        """Examples of one operation."""
        found = self.schema.find_operation_by_label(operation)

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
            self.examples += 1
            if mode is mode.POSITIVE:
                self._filled_in(case, operation)
            try:
                self._asked(case, operation)
            except FailureGroup as failures:
                self.wrong += [f"{operation}: {one} (body {case.body!r:.300})" for one in failures.exceptions]

        # Where nothing is sent, nothing that is sent can be wrong.
        with suppress(Unsatisfiable):
            hold()

    def _filled_in(self, case: Any, operation: str) -> None:
        """What nobody makes up: a case that is there, a terminal that waits, no cursor."""
        if "case" in (case.path_parameters or {}):
            case.path_parameters["case"] = self._number
        if operation == WAITS and isinstance(case.body, dict):
            case.body["device_code"] = self._device
        if operation in SIGNED:
            for sent in (case.query, case.body):
                if isinstance(sent, dict):
                    sent.pop("after", None)

    def _asked(self, case: Any, operation: str) -> None:
        """Send it and look at the answer. FailureGroup."""
        without = [CHECKS.get_one("positive_data_acceptance")] if operation == WAITS else []
        case.call_and_validate(session=self._session, excluded_checks=without)


@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
def test_every_answer_is_one_that_the_document_tells_of(
    serving: Serving, session: requests.Session, number: str, device: str, mode: str
):
    operations = list(_operations())
    assert len(operations) > (290 if SOAK else 30) and {STREAM, WAITS} <= set(operations)
    tried = Tried(serving.where, session, number, device)
    for operation in operations:
        tried.all_of(operation, GenerationMode[mode])
    print(
        f"\n{mode}: {len(operations)} operations, {tried.examples} examples; {dict(tried.looked.most_common())}"
    )
    assert not tried.wrong, "\n".join(tried.wrong)
    assert tried.looked["not_a_server_error"] == tried.looked["status_code_conformance"] == tried.examples
    assert tried.examples > (5_000 if SOAK else 20)
