"""Whatever is typed where something is looked up: no error, nothing injected, no more work than for a word."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csdesk.desk import queries as q
from csdesk.desk.caller_queries import VerifyCaller
from csdesk.desk.core import Core
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Actor, Policy, Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note
from csdesk.domain.roles import Role
from csdesk.interop.shipped import load_knowledge
from csdesk.store import index
from tests.building import DeskFile, build, file_of
from tests.hostile import HOSTILE

CASES = 12
# Steps of SQLite's machine and statements (those of FTS5 itself among them) that one question may take on this desk,
# whose every case says 破损 and whose every customer is called alike. An honest word takes 3,400 and 58; the most that
# some thousand hostile texts took were 8,200 and 410, by a filter of many terms.
STEPS, STATEMENTS = 20_000, 1_000
SIGNS = (
    "\"*^():-+{}[]%_\\'`;,.#$&|~<>=!?/@\u200f\u202e\u200b\ufe0f\u0301\x00\x1b\x7f\ud800\udfff\uffff😀👨‍👩‍👧"
)
WORDS = (
    "NEAR", "NEAR(a b, 2)", "AND", "OR", "NOT", "terms:", "破损", "退货", "a", "1", "138", "5678", "张伟",
    "zhang@example.com", "' OR 1=1 --", "'; DROP TABLE cases; --", "%%", "__", "W2611340", "rowid", "SELECT",
    "退", "kind:", "kind:退货", "-破损", "due:<", "is:late", "..", "\n", "\t", " ", "\u3000", "RT-7K3M-9QX4",
    "SF1000200030004", "１３８", "ａｂ", "İ", "ﬀ", "ß",
)  # fmt: skip
EDGES = (
    "", " ", "破", "a", '"', "*", "破损" * 5_000, "a" * 10_000, "ab " * 3_333, "破 " * 5_000, "1 " * 5_000,
    '"' * 10_000, "(" * 10_000, "-" * 10_000, "😀" * 10_000, "\ud800" * 10_000, "\u202e破损\u202c", "破\u200b损",
    "%" * 10_000, "﷽" * 5_000, "张伟 5678 " * 4, "张伟 5678 " * 400, "ab cd ef gh ij kl mn op qr st uv wx yz " * 4,
)  # fmt: skip
hostile = st.one_of(
    st.sampled_from((*EDGES, *HOSTILE)),
    st.lists(
        st.one_of(st.sampled_from(WORDS), st.text(SIGNS, max_size=6), st.text(max_size=8)), max_size=12
    ).map("".join),
    st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join),
)


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """A desk whose cases all say the same, and a shipped library, for every question here."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSDESK_HOME", str(folder / "home"))
        file: DeskFile = build(folder)
        made = file.core("li")
        for _ in range(CASES):
            case = made.do(Open(Kind.RETURN, file.order(), (LineQty(1, 1),))).case
            made.do(Note("收到时屏幕破损，要求退货 broken screen"), case=case.id)
        load_knowledge(made.store)
        yield file.core("wang", policy=Policy(caller_checks=1_000_000, person_searches=1_000_000))
        file.close()


ASKS: dict[str, Callable[[str], object]] = {
    "cases": q.FindCases,
    "cases_without_end": lambda text: q.FindCases(text, 1 << 62),
    "orders": q.FindOrders,
    "orders_without_end": lambda text: q.FindOrders(text, 1 << 62),
    "policies": q.SearchPolicies,
    "canned": q.SearchCanned,
    "filter": lambda text: q.QueuePage(f"?{text}"),
    "caller_order": lambda text: VerifyCaller(order=text, phone="5678"),
    "caller_all": lambda text: VerifyCaller(text, text, text, text, text, text),
    "caller_name": lambda text: VerifyCaller(order="1340", called=text),
}
# What says in a sentence what it cannot take.
SAYS = {"filter": "filter_", "caller_order": "caller_", "caller_all": "caller_", "caller_name": "caller_"}


def work(core: Core, ask: object, refused: str) -> tuple[int, int]:
    """(steps, statements) of a question; a refusal must be one of those that its words may get."""
    conn, steps, said = core.store.conn, [0], list[str]()

    def step() -> int:
        steps[0] += 100
        return 0

    file_of(conn).set_progress_handler(step, 100)
    file_of(conn).set_trace_callback(said.append)
    try:
        core.ask(ask)  # type: ignore[arg-type]
    except Refused as no:
        assert refused and no.code.startswith(refused), no.code
    finally:
        file_of(conn).set_trace_callback(None)
        file_of(conn).set_progress_handler(None, 0)
    return steps[0], len(said)


@pytest.mark.parametrize("what", ASKS)
@settings(
    max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=hostile)
def test_no_query_errs_or_costs_more_than_its_bound(core: Core, what: str, text: str):
    steps, statements = work(core, ASKS[what](text), SAYS.get(what, ""))
    assert steps <= STEPS and statements <= STATEMENTS, (steps, statements)


@pytest.mark.parametrize("what", ASKS)
def test_the_edges_are_tried_each_time(core: Core, what: str):
    for text in EDGES:
        steps, statements = work(core, ASKS[what](text), SAYS.get(what, ""))
        assert steps <= STEPS and statements <= STATEMENTS, (text[:20], steps, statements)


def test_signs_of_the_engines_underneath_are_no_operators(core: Core):
    core = core.acting(Actor("chen", Role.SENIOR), "chen")  # who finds every case by its words
    everyone = {row.id for row in core.ask(q.FindCases("破损", 500))}
    assert len(everyone) == CASES
    for text in (
        "破*",
        "破损 OR 没有的词",
        "NOT 没有的词",
        "^没有",
        "%",
        "_",
        "' OR 1=1 --",
        "terms:破损",
        "NEAR(破损 屏幕)",
    ):
        assert core.ask(q.FindCases(text, 500)) == [] or text == "破*", text
    for text in (
        '"破损"',
        "破损*",
        "(破损)",
        "破\u200b损",
        "\u202e破损",
        "破损\x00",
        "\ud800破损",
        "損",
        "破損",
    ):
        assert {row.id for row in core.ask(q.FindCases(text, 500))} == everyone, text


def test_nothing_typed_finds_nothing_and_changes_nothing(core: Core):
    before = core.store.conn.execute("SELECT count(*), max(version) FROM cases").fetchone()
    for text in (
        "",
        " ",
        "\u3000",
        "\x00",
        "'; DROP TABLE cases; --",
        "'; UPDATE cases SET version = 99; --",
    ):
        assert core.ask(q.FindCases(text)) == []
        assert core.ask(q.FindOrders(text)) == []
    assert core.store.conn.execute("SELECT count(*), max(version) FROM cases").fetchone() == before


def test_all_pages_of_a_word_hold_every_case_that_says_it(core: Core):
    key, found, before, pages = core.store.people.text_key(), list[str](), index.NEWEST, 0
    while before:
        page, before = index.words_page(core.store.conn, core.desk, key, "破损", 5, before)
        found, pages = [*found, *page], pages + 1
    assert (len(found), len(set(found)), pages) == (CASES, CASES, 3)
    said = core.store.conn.execute("SELECT case_id FROM doc WHERE seq > 0 ORDER BY id DESC")
    assert found == [case for (case,) in said]
    assert index.words_page(core.store.conn, core.desk, key, "没有", 5) == ([], 0)
