"""What an agent learns of a stranger's case by asking around: by question, search, filter, sort, count and refusal."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from csdesk.desk import queries as q
from csdesk.desk.asking import questions
from csdesk.desk.caller_queries import CallerChecks, VerifyCaller
from csdesk.desk.core import Core
from csdesk.desk.desk import Ask
from csdesk.desk.filter_queries import TallyFilter
from csdesk.desk.look_queries import Looks, Reveal
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Policy, Refused
from csdesk.domain.cases.conversation import Hear
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Assign, Note, Take
from csdesk.domain.looking import SHOWN_MS
from csdesk.effects.evidence_in import file_one
from csdesk.store.errors import StoreError
from csdesk.store.verify import verify
from tests.building import DeskFile, build, desk_file

__all__ = ["desk_file"]

NAME, PHONE, EMAIL = "诸葛孔明", "13798765432", "kongming@longzhong.example"
SAID, NOTED, FILED = "耳机里爬出一只蟑螂", "消费者要找记者曝光", "蟑螂照片"
# What must stand in no answer: nor any part that a mask leaves out.
SECRETS = (NAME, "孔明", "98765432", "9876", "kongming", "文三路", "西湖区", "蟑螂", "记者", "曝光")
ENDLESS = Policy(caller_checks=100_000, person_searches=100_000)


class Stranger:
    """A desk with a case that li has, of a customer whom wang must learn nothing of."""

    def __init__(self, file: DeskFile) -> None:
        self.file = file
        self.cores = {who: file.core(who, policy=ENDLESS) for who in ("wang", "li", "sun", "gao")}
        self.li = self.cores["li"]
        self.order = file.order(customer=file.customer(NAME, phone=PHONE, email=EMAIL))
        done = self.li.do(Open(Kind.RETURN, self.order, (LineQty(1, 1),), reason="quality", summary=SAID))
        self.case, self.number = done.case.id, done.number
        self.li.do(Take(), self.case)
        self.li.ask(q.Hold(self.case))
        self.li.do(Note(NOTED), self.case)
        self.li.do(Hear(SAID), self.case)
        picture = io.BytesIO(b"\x89PNG\r\n\x1a\n" + FILED.encode())
        self.sha256 = file_one(self.li, self.case, picture, f"{FILED}.png", "cli", 1_000_000).sha256
        report = Open(Kind.REPORT, self.order, summary=SAID)
        self.report = self.li.do(report).case.id
        self.li.do(Take(), self.report)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stranger]:
    folder: Path = tmp_path_factory.mktemp("stranger")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSDESK_HOME", str(folder / "home"))
        file = build(folder)
        yield Stranger(file)
        file.close()


def plain(value: Any) -> str:
    """Everything in an answer as text, whatever it is made of."""
    if isinstance(value, msgspec.Struct):
        value = {name: getattr(value, name) for name in value.__struct_fields__}
    elif is_dataclass(value) and not isinstance(value, type):
        value = {one.name: getattr(value, one.name) for one in fields(value)}
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{plain(k)}: {plain(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple | set | frozenset):
        return "[" + ", ".join(plain(one) for one in value) + "]"
    return str(value) if isinstance(value, str | int | float | None) else repr(value)


def asked(core: Core, question: Ask[Any]) -> str:
    """The answer, or the refusal with all its detail."""
    try:
        return plain(core.ask(question))
    except Refused as why:
        return f"refused {why.code} {plain(why.detail)}"
    except StoreError as why:
        return f"error {why}"


def filled(kind: type[Ask[Any]], stranger: Stranger, text: str) -> Ask[Any]:
    """A question about the stranger's case, as far as its fields can be."""
    about: dict[str, Any] = {
        "case": stranger.case, "cases": (stranger.case,), "ids": (stranger.case, stranger.report),
        "order": stranger.order, "hash": stranger.sha256, "folder": str(stranger.file.path.parent),
        "text": text, "of": "li", "agent": "li", "limit": 50, "queue": "all",
        "incident": stranger.report, "reason": "call_back",
    }  # fmt: skip
    plainly = {"str": "x", "int": 1, "bool": False, "float": 1.0}
    given: dict[str, Any] = {}
    for one in fields(kind):
        needed = one.default is MISSING and one.default_factory is MISSING
        plain_cases = one.name != "cases" or one.type == tuple[str, ...]
        if one.name in about and plain_cases and (needed or one.name not in ("limit", "agent")):
            given[one.name] = about[one.name]
        elif needed:
            told = one.type.__name__ if isinstance(one.type, type) else str(one.type)
            given[one.name] = {} if "Mapping" in told else () if "tuple" in told else plainly.get(told, "x")
    return kind(**given)


@pytest.mark.parametrize("who", ["wang", "sun", "gao"])
def test_no_question_answers_an_agent_without_the_case_with_its_words_or_its_person(
    stranger: Stranger, who: str
):
    core = stranger.cores[who]
    answered, leaks = set(), []
    for name, kind in questions().items():
        # What a question keeps of what was typed would be told by the next one.
        typed = (
            (stranger.number,)
            if kind.writes
            else ("5432", NAME, PHONE, EMAIL, "蟑螂", stranger.number, stranger.order)
        )
        for text in typed:
            said = asked(core, filled(kind, stranger, text))
            answered |= set() if said.startswith(("refused", "error")) else {name}
            # What was typed may be repeated; what was not, may not be told.
            leaks += [(name, text, secret) for secret in SECRETS if secret in said and secret not in text]
            if "text" not in {one.name for one in fields(kind)}:
                break
    assert leaks == []
    if who == "wang":
        assert {"show_case", "find_cases", "find_orders", "show_order", "evidence_of", "rows", "queue_page",
                "show_rulings", "check_reply", "tally_filter"} <= answered  # fmt: skip
        assert core.ask(q.ShowCase(stranger.case)).lease.holder == "li"  # type: ignore[union-attr]


def test_what_was_said_finds_a_case_only_for_who_has_it(stranger: Stranger):
    wang, li = stranger.cores["wang"], stranger.cores["li"]
    for word in ("蟑螂", "耳机里爬出", "记者", "曝光"):
        assert wang.ask(q.FindCases(word)) == []
        assert wang.ask(TallyFilter(word)).cases == 0
        assert wang.ask(q.QueuePage(f"?{word}")) == wang.ask(q.QueuePage(f"?{word} sort:due")) == []
        # Left out is nothing either: the count with and without the word is the same.
        assert wang.ask(TallyFilter(f"-{word}")).cases == wang.ask(TallyFilter("")).cases
        assert stranger.case in [row.id for row in li.ask(q.FindCases(word))]
        assert stranger.case in [row.id for row in li.ask(q.QueuePage(f"?{word}"))]


def test_who_made_a_report_is_found_by_none_of_it(stranger: Stranger):
    wang = stranger.cores["wang"]
    for said in (NAME, PHONE, EMAIL, "5432"):
        assert stranger.report not in [row.id for row in wang.ask(q.FindCases(said))]
        assert stranger.report not in [row.id for row in wang.ask(q.QueuePage(f"?客户:{said}"))]
    assert NAME not in plain(wang.ask(q.ShowCase(stranger.report)))
    view = wang.ask(q.ShowCase(stranger.report))
    (row,) = wang.ask(q.Rows((stranger.report,)))
    whose = stranger.cores["wang"].ask(q.ShowCase(stranger.case)).case.customer
    assert whose and whose not in plain((view, row)) and PHONE[:7] not in plain(view.person)


def test_no_order_of_cases_follows_what_is_sealed(stranger: Stranger):
    wang = stranger.cores["wang"]
    for sort in ("name", "phone", "customer", "客户", "text", "summary"):
        with pytest.raises(Refused, match="filter_"):
            wang.ask(q.QueuePage(f"?sort:{sort}"))


@pytest.fixture
def desk(desk_file: DeskFile) -> Stranger:
    return Stranger(desk_file)


def code(core: Core, question: Ask[Any]) -> str:
    with pytest.raises(Refused) as why:
        core.ask(question)
    return why.value.code


def test_looking_a_person_up_is_masked_on_record_and_only_so_often(desk: Stranger):
    wang = desk.file.core("wang", policy=Policy(person_searches=3))
    (found,) = wang.ask(q.FindOrders(NAME))
    assert found.person is not None and found.person.name == "诸*" and found.person.phone == "137****5432"
    again = wang.ask(q.FindOrders(NAME))
    assert again == [found]
    (check,) = wang.ask(CallerChecks())
    assert (check.sorts, check.result, check.persons) == (("search",), "found", (found.person.id,))
    # The same person again is no new look; a number that finds nobody is one, once.
    assert wang.ask(q.FindOrders(PHONE)) == wang.ask(q.FindOrders("5432")) == [found]
    for _ in range(2):
        assert wang.ask(q.FindCases("13798760000")) == []
    assert wang.ask(q.QueuePage("?客户:13798760001")) == []
    assert [one.result for one in wang.ask(CallerChecks())] == ["none", "none", "found"]
    # Spent: the same answer whether or not there is such a person, by every door.
    other = desk.file.customer("周瑜", phone="13600001111")
    desk.file.order(number="W770001", customer=other)
    for said in ("周瑜", "没有这人", "13600001111", "13600002222", "zhou", "1111"):
        assert code(wang, q.FindCases(said)) == code(wang, q.FindOrders(said)) == "search_quota"
        assert (
            code(wang, q.QueuePage(f"?客户:{said}"))
            == code(wang, TallyFilter(f"-客户:{said}"))
            == "search_quota"
        )
    assert wang.ask(q.FindOrders(PHONE)) == [found]  # what was told is told
    assert [one.order.number for one in wang.ask(q.FindOrders("W770001"))] == ["W770001"]
    assert wang.ask(VerifyCaller(phone="5432", called=NAME)).result == "verified"  # a quota of its own
    desk.file.clock.forward(hours=2)
    assert len(wang.ask(q.FindOrders("周瑜"))) == 1
    assert [finding.code for finding in verify(desk.file.store())] == []


def test_a_look_up_is_chained_like_every_check(desk: Stranger):
    wang = desk.file.core("wang")
    wang.ask(q.FindOrders(NAME))
    conn = desk.file.store().conn
    conn.execute("UPDATE caller_check SET persons = ''")
    assert [finding.code for finding in verify(desk.file.store())] != []
    assert NAME not in plain(conn.execute("SELECT * FROM caller_check").fetchall())


def test_a_reply_that_is_only_tried_tells_nobody_whose_a_number_or_a_name_is(desk: Stranger):
    wang = desk.file.core("wang", policy=Policy(person_searches=2))

    def told(core: Core, text: str) -> list[tuple[str, str]]:
        return [(one.name, one.severity) for one in core.ask(q.CheckReply(desk.case, text))]

    for mine, others in ((PHONE, "13798765433"), (EMAIL, "kongming@longzhong.examplf")):
        assert told(wang, f"请联系 {mine}") == told(wang, f"请联系 {others}") != []
    other = desk.file.customer("司马相如", phone="13700137000")
    desk.file.order(customer=other)
    assert told(wang, "收件人司马相如") == told(wang, "收件人司马不如") == []
    # For who has the case it does, and each such name is on record, even where the reply itself is refused.
    li = desk.file.core("li")
    assert told(li, "收件人司马相如") == [("personal.name", "confirm")]
    assert [one.result for one in li.ask(CallerChecks())] == ["found"]


def test_a_name_in_a_reply_that_was_refused_is_on_record_too(desk: Stranger):
    from csdesk.domain.cases.conversation import Reply

    desk.file.order(customer=desk.file.customer("司马相如", phone="13700137000"))
    li = desk.file.core("li")
    with pytest.raises(Refused, match="needs_confirming"):
        li.do(Reply("收件人司马相如"), desk.case)
    assert [(one.sorts, one.result) for one in li.ask(CallerChecks())] == [(("search",), "found")]


def test_a_key_of_somebody_elses_request_tells_nothing_of_it(desk: Stranger):
    desk.li.do(Note("又来电", ), desk.case, key="known-key")  # fmt: skip
    wang = desk.file.core("wang")
    with pytest.raises(Refused) as why:
        wang.do(Note("随便"), desk.case, key="known-key")
    assert why.value.code == "key_reused" and "又来电" not in plain(why.value.detail)


def test_a_hash_tells_nothing_without_the_case(desk: Stranger):
    wang = desk.file.core("wang")
    there = asked(wang, questions()["save_evidence"](desk.case, desk.sha256, str(desk.file.path.parent)))  # type: ignore[call-arg]
    absent = asked(wang, questions()["save_evidence"](desk.case, "ab" * 32, str(desk.file.path.parent)))  # type: ignore[call-arg]
    assert there == absent and there.startswith("refused evidence_not_yours")


def test_a_reveal_without_the_case_or_after_its_time_shows_nothing(desk: Stranger):
    wang = desk.file.core("wang")
    reason = desk.li.ask(questions()["purposes"](desk.case)).purposes[0].code  # type: ignore[call-arg]
    refused = asked(wang, Reveal(desk.case, reason))
    assert refused.startswith("refused reveal_not_held") and not any(one in refused for one in SECRETS)
    shown = desk.li.ask(Reveal(desk.case, reason))
    assert shown.values and shown.until <= desk.file.clock() + SHOWN_MS
    desk.file.clock.forward(ms=SHOWN_MS + 1)
    # The desk keeps nothing of it: a second look is a new one, on record and counted.
    again = desk.li.ask(Reveal(desk.case, reason))
    assert again.left == shown.left - 1 and len(desk.li.ask(Looks(agent="li"))) == 2
    # Who has lost the case sees nothing from that moment on, whatever was open.
    desk.file.core("zhao").do(Assign("wang"), desk.case)
    desk.file.clock.forward(hours=1)
    assert code(desk.li, Reveal(desk.case, reason)) == "reveal_not_held"
    assert NAME not in repr(again) and PHONE not in repr(again)
