"""The lawbook as shipped, and ways to decide by it, that the tests of the rules share."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from csdesk.desk.law.packs import load_lawbook
from csdesk.domain.entitlement.decision import BadFacts, Decision, as_json
from csdesk.domain.entitlement.kinds import decide
from csdesk.domain.entitlement.pack import Lawbook

NOW_MS = int(datetime.fromisoformat("2026-11-22T12:00:00+08:00").timestamp() * 1000)


@pytest.fixture(scope="session")
def book() -> Lawbook:
    return load_lawbook()


@pytest.fixture(scope="session")
def decided(book: Lawbook) -> Callable[..., Decision]:
    """Decide facts that are sound."""

    def run(kind: str, **facts: Any) -> Decision:
        decision = decide({"kind": kind, **facts}, book, now_ms=NOW_MS)
        assert isinstance(decision, Decision), decision
        return decision

    return run


@pytest.fixture(scope="session")
def told(decided) -> Callable[..., dict[str, Any]]:
    """The same as JSON: answers at the top level, money in yuan."""
    return lambda kind, **facts: as_json(decided(kind, **facts))


@pytest.fixture(scope="session")
def faults(book: Lawbook) -> Callable[..., list[tuple[str, str]]]:
    """Field and code of every fault of facts that are not sound."""

    def run(kind: str, **facts: Any) -> list[tuple[str, str]]:
        bad = decide({"kind": kind, **facts}, book, now_ms=NOW_MS)
        assert isinstance(bad, BadFacts), bad
        return [(error.field, error.code) for error in bad.errors]

    return run
