"""Opening hours and targets from the settings, the calendar when it is needed, and the words of an explanation."""

from datetime import UTC
from pathlib import Path

import pytest

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.law.calendars import load_calendar
from csdesk.desk.law.wording import line
from csdesk.desk.queries import QueuePage, ShowCase
from csdesk.desk.times import desk_times, targets
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.clocks import SENDERS, Notice
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.goods import Approve, Receive
from csdesk.domain.cases.machine import BESIDE
from csdesk.domain.cases.opening import Open
from csdesk.domain.clocks.calendar import WorkingCalendar
from csdesk.domain.clocks.explain import step
from csdesk.domain.clocks.sla import SlaPolicy
from csdesk.domain.clocks.span import Span
from csdesk.domain.clocks.times import PARTIES
from tests.building import DeskFile


def test_targets_are_read_by_kind_with_their_units():
    assert targets("first=30 next=1h resolution=2d; complaint first=15m", ("customer",)) == {
        "": SlaPolicy(30, 60, 2880, ("customer",)),
        "complaint": SlaPolicy(15, None, None, ("customer",)),
    }


@pytest.mark.parametrize("text", ["first", "first=0", "soon=3", "nonsense first=3", "complaint", "first=-3"])
def test_a_target_that_cannot_be_read_is_named(text: str):
    with pytest.raises(ConfigError) as wrong:
        targets(f"next=5; {text}")
    assert (wrong.value.code, wrong.value.detail) == ("config_sla", {"part": text})


@pytest.mark.parametrize(
    ("config", "code"),
    [
        (Config(hours="Mon 9-5"), "config_hours"),
        (Config(sla="first"), "config_sla"),
        (Config(sla_pauses="weather"), "config_sla_pauses"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_setting_that_cannot_be_used_is_said_in_one_sentence(config: Config, code: str, language: str):
    with pytest.raises(ConfigError) as wrong:
        desk_times(config=config)
    assert wrong.value.code == code
    told = Words(language, UTC).error(code, wrong.value.detail, "")
    assert str(wrong.value.detail["part"]) in told and "{" not in told


def test_without_settings_the_desk_is_always_open_and_sets_itself_nothing():
    times = desk_times(config=Config())
    assert times.hours is None
    assert times.target("return") is None


def test_only_what_needs_the_calendar_reads_it(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch):
    read: list[object] = []

    def load(code: str, folder: Path | None) -> WorkingCalendar:
        read.append(code)
        return load_calendar(code, folder)

    monkeypatch.setattr("csdesk.desk.law.calendars.load_calendar", load)
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case
    wang.ask(QueuePage("all"))
    wang.ask(ShowCase(case.id))
    wang.do(Notice("A", "3日"), case.id)
    assert read == []
    for ref in ("B", "C"):
        wang.do(Notice(ref, "3个工作日"), case.id)
    assert read == ["CN"]


def test_goods_that_come_back_read_the_calendar_of_the_desk(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case
    wang.do(Approve(), case.id)
    clocks = wang.do(Receive(), case.id).case.clocks
    refund = next(clock for clock in clocks if clock.name == "refund")
    assert (refund.span, refund.flags) == (Span(7, "days", "next_working_day"), ())


def test_a_letter_is_owned_by_somebody_who_works_here(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case
    with pytest.raises(Refused) as refused:
        wang.do(Notice("B", "3日", owner="nobody"), case.id)
    assert refused.value.code == "no_such_agent"
    clocks = wang.do(Notice("B", "3日", owner="li"), case.id).case.clocks
    assert [clock.owner for clock in clocks if clock.basis == "notice"] == ["li"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_parties_senders_and_clocks_are_worded(language: str):
    words = Words(language, UTC)
    for group, codes in (("party", PARTIES), ("sender", SENDERS), ("clock", BESIDE)):
        for code in codes:
            assert words.has(f"{group}.{code}")
    for party in (*PARTIES, "platform"):
        assert words.has(f"term.{party}")
        assert words.code("term", party) in line(step("paused_since", start=0, reason=party), words)
