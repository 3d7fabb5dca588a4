"""The desk gives cases out by itself: to whom they fit, evenly, never too many, each once, and back when one goes."""

import os
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from threading import Thread
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk.desk import queries as q
from csdesk.desk import staff_queries as sq
from csdesk.desk.config import Config
from csdesk.desk.core import Core
from csdesk.desk.routing import Router
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.cases.events import Assigned
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Assign, Escalate, Note, Take
from csdesk.domain.roles import Role
from csdesk.domain.routing import GIVEN_CASES, Hand, Need, Skill, choose, nobody, unfit
from csdesk.effects.routing import give_out, routing_pollers
from csdesk.store import cases
from csdesk.store.connection import write
from csdesk.store.file import Agent, open_store
from csdesk.store.verify import verify
from tests.building import DeskFile, build, line

PUSH = Config(routing="push")


def opened(file: DeskFile, kind: Kind = Kind.RETURN, *, language: str = "", paid: int = 19_900) -> Case:
    units = (LineQty(1, 1),) if kind is Kind.RETURN else ()
    return file.core("chen").do(Open(kind, file.order(line(1, paid)), units, language=language)).case


def be(file: DeskFile, state: str, *who: str) -> None:
    for one in who:
        file.core(one).ask(sq.SetAgentState(state))


def can(file: DeskFile, who: str, **skill: object) -> None:
    file.core("zhao").ask(sq.SetSkills(who, **skill))  # type: ignore[arg-type]


def whose(core: Core) -> Counter[str]:
    """How many cases each agent has, "" for nobody's."""
    return Counter(row.assignee for row in core.ask(q.QueuePage()))


def assignments(core: Core, case: str) -> list[tuple[str, str, str]]:
    """Every assignment of a case: by whom, to whom, why."""
    past = cases.history(core.store.conn, core.desk, case)
    return [(p.actor, p.event.assignee, p.event.because) for p in past if isinstance(p.event, Assigned)]


def test_cases_go_to_who_has_least_and_each_says_why(desk_file: DeskFile):
    made = [opened(desk_file) for _ in range(5)]
    be(desk_file, "available", "wang", "li")
    core = desk_file.core("system")
    assert give_out(core, PUSH) == 5
    assert sorted(whose(core).values()) == [2, 3]
    assert all(len(assignments(core, case.id)) == 1 for case in made)
    actor, who, because = assignments(core, made[0].id)[0]
    assert (actor, because) == ("system", "routed")
    assert who in ("wang", "li")
    assert give_out(core, PUSH) == 0
    assert list(verify(core.store)) == []


def test_among_equals_the_one_who_waited_longest_for_a_case_gets_it(desk_file: DeskFile):
    be(desk_file, "available", "wang", "li")
    core, got = desk_file.core("system"), []
    for _ in range(4):
        case = opened(desk_file)
        desk_file.clock.forward(seconds=1)
        give_out(core, PUSH)
        got.append(core.load(case.id)[0].assignee)
        desk_file.core("zhao").do(Assign("chen"), case.id)
    assert got == ["li", "wang", "li", "wang"]


def test_nobody_is_given_a_case_who_did_not_say_to_be_here(desk_file: DeskFile):
    opened(desk_file)
    core = desk_file.core("system")
    assert give_out(core, PUSH) == 0
    be(desk_file, "break", "wang")
    assert give_out(core, PUSH) == 0
    be(desk_file, "available", "wang")
    assert give_out(core, PUSH) == 1


def test_a_desk_where_agents_ask_gives_nothing_out(desk_file: DeskFile):
    opened(desk_file)
    be(desk_file, "available", "wang")
    assert give_out(desk_file.core("system"), Config()) == 0
    assert routing_pollers(Config()) == []
    (poller,) = routing_pollers(PUSH)
    core = desk_file.core("system")
    poller.run(core)
    assert whose(core) == {"wang": 1}


def test_nobody_gets_more_than_they_may_have_nor_all_of_a_backlog(desk_file: DeskFile):
    can(desk_file, "wang", most_cases=2)
    be(desk_file, "available", "wang", "li")
    desk_file.core("wang").do(Take(), opened(desk_file).id)
    held = opened(desk_file)
    desk_file.core("wang").ask(q.Hold(held.id))  # what is open counts: it may be taken any moment
    for _ in range(GIVEN_CASES + 3):
        opened(desk_file)
    core = desk_file.core("system")
    assert give_out(core, PUSH) == GIVEN_CASES
    assert whose(core) == {"wang": 1, "li": GIVEN_CASES, "": 4}


def test_a_case_that_somebody_holds_is_left_to_them(desk_file: DeskFile):
    case = opened(desk_file)
    desk_file.core("li").ask(q.Hold(case.id))
    be(desk_file, "available", "wang")
    assert give_out(desk_file.core("system"), PUSH) == 0


def test_a_case_that_refuses_to_be_given_does_not_hold_up_the_rest(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    made = [opened(desk_file) for _ in range(25)]
    stuck = {case.id for case in made[:12]}
    be(desk_file, "available", "wang")
    core, within = desk_file.core("system"), Core.within

    def refuse(self: Core, command: Assign, case: str = "", **how: object) -> object:
        if case in stuck:
            raise Refused("case_of_later_version")
        return within(self, command, case, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Core, "within", refuse)
    assert give_out(core, PUSH) == 13
    assert {row.id for row in core.ask(q.QueuePage()) if not row.assignee} == stuck


def test_two_workers_at_once_give_each_case_once_and_nobody_too_many(desk_file: DeskFile):
    made = [opened(desk_file) for _ in range(30)]
    for who in ("wang", "li"):
        can(desk_file, who, most_cases=12)
    be(desk_file, "available", "wang", "li")
    given_out: list[int] = []

    def work() -> None:
        store = open_store(desk_file.path)
        given_out.append(give_out(Core(store, Actor("system", Role.SYSTEM), now=desk_file.clock), PUSH))
        store.close()

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    core = desk_file.core("system")
    assert sum(given_out) == 24
    assert whose(core) == {"wang": 12, "li": 12, "": 6}
    assert all(len(assignments(core, case.id)) <= 1 for case in made)


def test_who_goes_gives_back_what_was_given_and_not_touched(desk_file: DeskFile):
    be(desk_file, "available", "wang")
    noted, drafted, fresh, taken = (opened(desk_file) for _ in range(4))
    desk_file.core("wang").do(Take(), taken.id)
    core, wang = desk_file.core("system"), desk_file.core("wang")
    assert give_out(core, PUSH) == 3
    wang.do(Note("已致电"), noted.id)
    wang.ask(q.KeepDraft(drafted.id, "您好", 2))
    assert wang.ask(sq.SetAgentState("break")).returned == 0
    assert wang.ask(sq.SetAgentState("off")).returned == 1
    assert core.load(fresh.id)[0].assignee == ""
    assert assignments(core, fresh.id)[-1] == ("wang", "", "agent_off")
    assert whose(core) == {"wang": 3, "": 1}
    be(desk_file, "available", "li")
    assert give_out(core, PUSH) == 1
    # A supervisor who sends somebody home does the same.
    assert desk_file.core("zhao").ask(sq.SetAgentState("off", "li")).returned == 1
    assert list(verify(core.store)) == []


def test_only_the_desk_itself_gives_cases_out(desk_file: DeskFile):
    with pytest.raises(Refused, match="no_right"):
        Router(desk_file.core("zhao"))


# Any set of agents, skills and cases.

QUEUES = {Kind.RETURN: "returns", Kind.COMPLAINT: "complaints", Kind.INQUIRY: "inquiries"}
skills = st.builds(
    Skill,
    st.lists(st.sampled_from(sorted(QUEUES.values())), max_size=2, unique=True).map(tuple),
    st.lists(st.sampled_from(["en", "ja"]), max_size=2, unique=True).map(tuple),
    st.sampled_from([0, 5_000, 20_000]),
    st.sampled_from([0, 1, 2, 3]),
)
agents = st.lists(st.tuples(st.booleans(), st.sampled_from(["available", "break", ""]), skills), max_size=4)
matters = st.lists(
    st.tuples(
        st.sampled_from(sorted(QUEUES)),
        st.sampled_from(["", "zh-Hans", "en", "en-GB", "ja", "fr"]),
        st.sampled_from([1_000, 19_900, 90_000]),
        st.booleans(),
    ),
    max_size=10,
)


@settings(max_examples=15, deadline=None)
@given(staff=agents, wanted=matters)
def test_whoever_is_here_no_case_is_misplaced_and_none_waits_for_somebody_idle(
    staff: list[tuple[bool, str, Skill]], wanted: list[tuple[Kind, str, int, bool]]
):
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, CSDESK_HOME=folder):
        file = build(Path(folder))
        try:
            _lives_up_to_it(file, staff, wanted)
        finally:
            file.close()


def _lives_up_to_it(
    file: DeskFile, staff: list[tuple[bool, str, Skill]], wanted: list[tuple[Kind, str, int, bool]]
) -> None:
    zhao, hands = file.core("zhao"), dict[str, Hand]()
    for n, (senior, state, skill) in enumerate(staff):
        who = f"a{n}"
        role = Role.SENIOR if senior else Role.AGENT
        with write(zhao.store.conn):
            zhao.store.put_agent(Agent(who, who, role.value, who))
        zhao.ask(sq.SetSkills(who, skill.queues, skill.languages, skill.most_amount, skill.most_cases))
        if state:
            zhao.ask(sq.SetAgentState(state, who))
        if state == "available":
            hands[who] = Hand(who, skill, senior)
    needs: dict[str, Need] = {}
    for kind, language, paid, escalated in wanted:
        case = opened(file, kind, language=language, paid=paid)
        if escalated:
            case = zhao.do(Escalate(), case.id).case
        needs[case.id] = Need(QUEUES[kind], language, case.amount, case.escalation)
    core = file.core("system")
    moved = give_out(core, PUSH)
    rows = {row.id: row.assignee for row in core.ask(q.QueuePage())}
    load = Counter(who for who in rows.values() if who)
    assert moved == load.total()
    for case_id, who in rows.items():
        if who:
            assert not unfit(hands[who].skill, hands[who].senior, needs[case_id])
        else:
            fitting = [h for h in hands.values() if not unfit(h.skill, h.senior, needs[case_id])]
            assert all(load[h.agent] >= h.most for h in fitting)
    assert all(load[who] <= hands[who].most for who in load)
    assert give_out(core, PUSH) == 0


@given(need=st.builds(Need, st.sampled_from(sorted(QUEUES.values())), st.sampled_from(["", "en", "fr"])),
       here=st.lists(skills, max_size=4), loads=st.lists(st.integers(0, 4), min_size=4, max_size=4))  # fmt: skip
def test_the_chosen_one_fits_has_room_and_has_least_and_nobody_agrees(
    need: Need, here: list[Skill], loads: list[int]
):
    hands = [Hand(f"a{n}", skill, False, loads[n]) for n, skill in enumerate(here)]
    chosen = choose(need, hands)
    able = [hand for hand in hands if not unfit(hand.skill, False, need) and hand.room]
    assert (chosen is None) == (not able)
    if chosen is not None:
        assert chosen in able
        assert chosen.load == min(hand.load for hand in able)
        assert nobody(need, hands, []) == ""
    if nobody(need, hands, []):
        assert nobody(need, [], hands) == "away"
        assert chosen is None


def test_why_nobody_may_take_a_case_is_what_the_nearest_of_them_lacks():
    need = Need("returns", "ja", 90_000, 1)
    queue, tongue = Hand("a", Skill(queues=("repairs",)), True), Hand("b", Skill(languages=("en",)), True)
    junior, cheap = Hand("c", Skill(), False), Hand("d", Skill(most_amount=100), True)
    full, fits = Hand("e", Skill(most_cases=1), True, 1), Hand("f", Skill(), True, 99)
    told = [queue, tongue, junior, cheap, full]
    whys = ["queue", "language", "escalated", "amount", "full"]
    for n, why in enumerate(whys, 1):
        assert nobody(need, told[:n], []) == why
    assert nobody(need, told, [fits]) == "away"
    assert nobody(need, [*told, fits], []) == ""
    assert choose(need, [*told, replace(fits, load=0)]) == replace(fits, load=0)
