"""What the tests of the worker share: a desk file, and outsides that remember what they were told."""

from collections.abc import Callable

import pytest

from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case
from csdesk.effects.ports import Channel, Confirmed, Failed, Part, PaymentProvider, Recipient, Sent, Unknown
from csdesk.effects.worker import Worker
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]


class Outside:
    """A channel and a provider that write down what they were asked, and answer what a test wants."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, Recipient, str, str]] = []
        self.refunds: list[tuple[str, tuple[Part, ...]]] = []
        self.sends: Callable[[str], Sent | Failed] = lambda key: Sent()
        self.knows: Callable[[str], Confirmed | Failed | Unknown | None] = lambda key: None
        self.pays: Callable[[str], Confirmed | Failed | Unknown] = lambda key: Confirmed("ref-1")

    def send(
        self, key: str, to: Recipient, text: str, *, channel: str, case: str, automatic: bool = False
    ) -> Sent | Failed:
        answer = self.sends(key)
        if isinstance(answer, Sent):
            self.letters.append((key, to, text, channel))
        return answer

    def refund(
        self, key: str, parts: tuple[Part, ...], *, currency: str, case: str, order: str, cause: str
    ) -> Confirmed | Failed | Unknown:
        answer = self.pays(key)
        self.refunds.append((key, parts))
        return answer

    def find(self, key: str) -> Confirmed | Failed | Unknown | None:
        return self.knows(key)


def notice(case: Case, code: str, language: str) -> str:
    return f"{code} 已关闭 [{language}]"


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def worker(desk_file: DeskFile, outside: Outside) -> Worker:
    return a_worker(desk_file, outside)


def a_worker(
    desk_file: DeskFile,
    outside: Outside | None = None,
    *,
    channel: Channel | None = None,
    provider: PaymentProvider | None = None,
    core: Core | None = None,
) -> Worker:
    """A worker with a connection of its own; its pauses have nothing of chance."""
    out = outside or Outside()
    return Worker(
        core or desk_file.core("system"), channel or out, provider or out, notice, chance=lambda: 0.0
    )
