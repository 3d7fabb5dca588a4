"""A report on a server takes its time, and nobody who asks something short stands behind it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import httpx
import pytest

from csdesk.desk.answering import ANSWERS
from csdesk.desk.asking import questions
from csdesk.desk.core import Core
from csdesk.desk.desk import Ask
from csdesk.domain.value import dataclass
from tests.building import DeskFile
from tests.serving import Guest

BEGUN, END = threading.Event(), threading.Event()


@dataclass(frozen=True, slots=True)
class Long(Ask[str]):
    """Takes until END."""

    name: ClassVar[str] = "test_long"
    aside: ClassVar[bool] = True


def long(core: Core, ask: Long) -> str:
    BEGUN.set()
    assert END.wait(20)
    return core.me.id


@pytest.fixture
def client(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setitem(ANSWERS, Long, long)
    monkeypatch.setitem(questions(), Long.name, Long)
    BEGUN.clear()
    END.clear()
    guest = Guest(desk_file)
    headers = {"Authorization": f"Bearer {guest.token('zhao')}"}
    with httpx.Client(base_url=guest.where, headers=headers, timeout=30) as client:
        yield client
    END.set()
    guest.stop()


def test_short_questions_and_verbs_are_answered_while_a_report_takes_its_time(
    client: httpx.Client, desk_file: DeskFile
):
    wanted = {"kind": "return", "order": desk_file.order(), "lines": [{"line": 1, "qty": 1}]}
    with ThreadPoolExecutor(2) as beside:
        reports = [beside.submit(client.post, "/v1/ask/test_long", json={}) for _ in range(2)]
        try:
            assert BEGUN.wait(20)
            # More than there are threads that read, so that each of them had one.
            for _ in range(4):
                assert client.post("/v1/ask/queue_counts", json={}).status_code == 200
            assert client.get("/v1/me").json()["id"] == "zhao"
            opened = client.post("/v1/cases", json=wanted, headers={"Idempotency-Key": "beside-a-report"})
            assert opened.status_code == 201
            assert not any(one.done() for one in reports)
        finally:
            END.set()
        assert [one.result(30).json() for one in reports] == ["zhao", "zhao"]


def test_a_report_is_for_who_is_let_in_and_is_answered_over_the_line(client: httpx.Client):
    asked = {"first": "2026-11-01", "last": "2026-11-02"}
    told = client.post("/v1/ask/report", json=asked)
    assert told.status_code == 200
    assert told.json()["total"]["opened"] == 0
    nobody = {"Authorization": client.headers["Authorization"] + "x"}
    assert client.post("/v1/ask/report", json=asked, headers=nobody).status_code == 401
