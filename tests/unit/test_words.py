"""Every code that the registries and the domain can produce is worded, in three languages."""

import ast
from collections.abc import Iterable, Iterator
from datetime import UTC
from pathlib import Path

import pytest

from csdesk.desk.config import Config
from csdesk.desk.guided_queries import WHY
from csdesk.desk.inbound import Nature
from csdesk.desk.law.wording import line
from csdesk.desk.queries import Entry
from csdesk.desk.registry import HIDDEN, form
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.cases import (
    arriving,
    complaint,
    courses,
    evidence,
    goods,
    opening,
    payment_anomaly,
    privacy_request,
    report,
    splitting,
    telling,
)
from csdesk.domain.cases.case import TRACKS, Disposition, Kind, LineQty
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import EVENTS
from csdesk.domain.cases.kind import QUEUES
from csdesk.domain.cases.kinds import MACHINES
from csdesk.domain.clocks.explain import Step
from csdesk.domain.roles import Right, Role
from csdesk.store.errors import SENTENCES
from csdesk.tui.actions import CONTEXTS, registry

SOURCES = Path(__file__).parent.parent.parent / "src" / "csdesk"
SILENT = {"clocks_set", "moved"}  # bookkeeping; and worded by its verb


def raised(name: str, folder: Path = SOURCES) -> Iterator[str]:
    """The codes with which `name(...)` is called anywhere in a folder."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield str(first.value)


# Functions that are told by their last argument with which code to refuse.
REFUSERS = {"check_quantities", "checked_evidence", "chosen", "waits"}


def told_to_refuse() -> set[str]:
    """The codes that the domain's own checks are told to refuse with."""
    return {
        str(call.args[-1].value)
        for path in (SOURCES / "domain" / "cases").glob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") in REFUSERS
        and isinstance(call.args[-1], ast.Constant)
    }


def moving_verbs() -> set[str]:
    """Verbs that may leave a `moved` event: `moved.<verb>` stands in timelines."""
    return {
        str(call.args[0].value)
        for path in (SOURCES / "domain" / "cases").glob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == "Moved"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    } | {
        # A command that does not decide for itself moves along its edge under its own name.
        name
        for name, cls in VERBS.items()
        if "decide" not in vars(cls) and name not in ("open", "arrive")
    }


def keys() -> set[str]:
    machines = list(MACHINES.values())
    groups: dict[str, Iterable[str]] = {
        "verb": VERBS,
        "kind": Kind,
        "queue": (*QUEUES, "mine", "all"),
        "state": {state.name for machine in machines for state in machine.states}
        | {"held", "sent", "failed", "recalled", "confirmed", "proposed"},
        "clock": {term.name for machine in machines for state in machine.states for term in state.terms},
        "basis": {term.basis for machine in machines for state in machine.states for term in state.terms},
        "reason": {reason for machine in machines for reason in machine.reasons}
        | set(goods.REJECT_REASONS)
        | {*report.UNFOUNDED, *privacy_request.REFUSALS, *privacy_request.LEVELS}
        | {"asked", "customer_back", "no_stock", "repeated_fault"},
        "outcome": {*complaint.OUTCOMES, "approved", "rejected", "refunded", "resolved", "withdrawn"}
        | {"auto_closed", "repaired"}
        | {*courses.OUTCOMES, *payment_anomaly.RULINGS, "taken_down", "referred", "unfounded", "explained"}
        | {"order_repaired", "fulfilled", "partly_fulfilled", "refused", "waived"},
        "track": TRACKS,
        "track_stage": courses.STAGES,
        "item": {*privacy_request.IDENTIFIERS, *(item for items in telling.TELLS.values() for item in items)},
        "role": Role,
        "right": Right,
        "why": {cls.verb.why for cls in VERBS.values() if cls.verb.why} | set(raised("BadNumber")),
        "channel": opening.CHANNELS,
        "unkept": evidence.UNKEPT,
        "media": evidence.MEDIA,
        "disposition": Disposition,
        "direction": ("back", "out"),
        "order_status": ("pending", "shipped", "delivered", "cancelled"),
        "claim": ("proven", "new", "unproven", "several"),
        "sorted": ("said", "words", "unknown"),
        "alike": ("order", "person", "claimed", "words"),
        "nature": Nature,
        "link": {"follow_up", "follows", "split_off", "split_from", *arriving.LINKS}
        | {"part_off", "part_of", "merged_into", "merged_from"},
        "into": splitting.INTO,
        "skip": WHY,
        "field": {field.name for verb in VERBS for field in form(verb)} - HIDDEN,
        "event": {name for name in EVENTS if name not in SILENT}
        | {f"moved.{verb}" for verb in moving_verbs()},
        "refused": {*raised("Refused"), *told_to_refuse(), "conflict"},
        "error": {*SENTENCES, *raised("ConfigError"), *raised("NoTerminal")},
        "action": {action.id for action in registry().values() if not action.verb},
        "place": CONTEXTS,
        "priority": ("0", "1", "2", "3"),
    }
    return {f"{group}.{code}" for group, codes in groups.items() for code in codes}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_is_worded(language: str):
    words = Words(language, UTC)
    assert sorted(key for key in keys() if not words.has(key)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_time_left_and_time_over_are_worded_in_every_unit(language: str):
    words = Words(language, UTC)
    minute, hour, day = 60_000, 3_600_000, 86_400_000
    told = [
        words.left(sign * n, 0) for sign in (1, -1) for n in (minute, 59 * minute, hour, 47 * hour, 2 * day)
    ]
    assert len(set(told)) == len(told)
    assert not any("." in text or "{" in text for text in told)


def test_what_is_optional_in_a_sentence_is_said_only_with_its_value():
    words = Words("en", UTC)
    entry = Entry(1, 0, "li", "reject", "moved.reject", {"reason": "expired", "to": "rejected"})
    assert words.entry(entry) == "Rejected: Past the time limit"
    cited = Entry(1, 0, "li", "reject", "moved.reject", {"reason": "expired", "article": "P02"})
    assert words.entry(cited) == "Rejected: Past the time limit, by P02"


def test_a_verb_may_word_an_event_its_own_way():
    words = Words("en", UTC)
    assert words.entry(Entry(1, 0, "li", "release", "assigned", {})) == "Released"
    assert words.entry(Entry(1, 0, "li", "escalate", "assigned", {"assignee": "wang"})) == "Assigned to wang"


def test_a_refusal_words_its_codes_and_names_those_that_a_script_may_type():
    words = Words("zh-Hans", UTC)
    told = words.refused(Refused("wrong_state", verb="refund", state="submitted", allowed=("refunding",)))
    assert told == "“待受理”状态下不能“退款”；可用于：refunding 退款中。"


def test_every_setting_has_a_language_of_the_catalogues():
    assert Config().language in LANGUAGES


def test_kinds_that_may_be_chosen_are_called_as_kinds_and_units_beyond_a_line_as_what_is_left():
    words = Words("zh-Hans", UTC)
    told = words.refused(
        Refused("bad_choice", field="kind", value="foo", allowed=(Kind.REISSUE, Kind.RETURN))
    )
    assert "reissue 补发、return 退货" in told
    assert "merchant 商家协办" in words.refused(Refused("bad_choice", value="x", allowed=tuple(TRACKS)))
    over = words.refused(Refused("over_bought", line=1, qty=5, most=2, bought=2))
    assert over == "第 1 行买了 2 件，还能申请 2 件，不能是 5 件。"


def test_a_deadline_of_several_articles_names_each_in_the_language_of_the_screen():
    told = "消法 §25(3); 七日办法 §13"
    assert Words("en", UTC).article(told) == "Consumer Law §25(3); 7-Day Measures §13"
    assert Words("zh-Hant", UTC).article(told) == "消法 §25(3)；七日辦法 §13"
    assert Words("zh-Hans", UTC).article("处罚办法 §9") == "处罚办法 §9"


def test_whole_hours_are_told_as_hours_and_a_known_zone_by_its_name():
    zh, en = Words("zh-Hans", UTC), Words("en", UTC)

    def minutes(n: int) -> Step:
        return Step("minutes_from_instant", (("start", 0), ("minutes", n), ("at", 0)))

    assert line(minutes(2_880), zh).endswith("起48小时") and line(minutes(90), zh).endswith("起90分钟")
    assert "48 hours" in line(minutes(2_880), en)
    ends = Step("ends_at_midnight", (("day", "2026-11-25"), ("zone", "Asia/Shanghai"), ("at", 0)))
    assert line(ends, zh) == "到2026-11-25 24时（北京时间）为止" and "Beijing time" in line(ends, en)
    counted = Step("counted", (("count", 7), ("unit", "working_day"), ("last", "2026-11-25")))
    assert line(counted, zh) == "数7个工作日，到2026-11-25"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh-Hans", "第1项2件、第12项3件"),
        ("zh-Hant", "第1項2件、第12項3件"),
        ("en", "2 of item 1, 3 of item 12"),
    ],
)
def test_units_are_said_as_people_count_and_codes_beside_them_stay(language: str, told: str):
    words = Words(language, UTC)
    assert words.units((LineQty(1, 2), LineQty(12, 3))) == words.value("units", "1x2, 12x3") == told
    assert words.value("home", "CN") == "CN"
