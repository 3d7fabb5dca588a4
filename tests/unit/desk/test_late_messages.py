"""A message on a closed case: it reopens the case inside the window, and opens one linked follow-up after it."""

from typing import Any

from csdesk.desk import queries as q
from csdesk.desk.core import Core
from csdesk.desk.desk import Done
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.command import VERBS, Command
from csdesk.domain.cases.conversation import Hear
from csdesk.domain.cases.events import MessageReceived
from csdesk.domain.cases.goods import Approve
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take, Withdraw
from csdesk.store.cases import history
from csdesk.store.verify import verify
from tests.building import DAY, DeskFile

WINDOW = 15 * DAY


def withdrawn(core: Core, order: str, kind: Kind = Kind.COMPLAINT) -> Done:
    """A case of the order's first line that its customer took back."""
    case = core.do(Open(kind, order, (LineQty(1, 1),))).case.id
    if kind is Kind.RETURN:
        core.do(Take(), case)
        core.do(Approve(), case)
    return core.do(Withdraw(), case)


def _said(verb: str) -> Command:
    data: dict[str, dict[str, Any]] = {
        "find_unfounded": {"reason": "no_lead"},
        "reply": {"text": "经核查未发现问题"},
        "tell_outcome": {"items": ("result", "reasons")},
    }
    return VERBS[verb](**data.get(verb, {}))


def inquiries(core: Core) -> list[str]:
    return [row.id for row in core.ask(q.QueuePage("inquiries"))]


def test_inside_the_window_the_case_is_open_again_with_the_words_in_it(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = withdrawn(wang, desk_file.order()).case.id
    desk_file.clock.forward(ms=WINDOW)
    done = wang.do(Hear("还是没解决"), case)
    assert (done.case.id, done.case.state, done.opened) == (case, "acknowledged", "")
    # Before the words stands the notice that the case was withdrawn.
    assert [message.direction for message in done.case.messages] == ["out", "in"]
    assert inquiries(wang) == []


def test_after_the_window_one_follow_up_is_opened_that_has_the_words(desk_file: DeskFile):
    wang = desk_file.core("wang")
    old = withdrawn(wang, desk_file.order())
    desk_file.clock.forward(ms=WINDOW + 1)
    done = wang.do(Hear("又坏了", "chat"), old.case.id, key="k1")
    assert wang.do(Hear("又坏了", "chat"), old.case.id, key="k1").again
    assert (done.case.id, done.case.state, done.case.messages) == (
        old.case.id,
        "withdrawn",
        old.case.messages,
    )
    ((how, new_id),) = done.case.links
    assert (how, inquiries(wang)) == ("follow_up", [new_id])
    view = wang.ask(q.ShowCase(new_id))
    assert done.opened == view.number
    assert view.case.links == (("follows", old.case.id),)
    assert (view.case.order, view.case.customer, view.case.channel) == (
        old.case.order,
        old.case.customer,
        "chat",
    )
    past = history(wang.store.conn, wang.desk, new_id, wang.store.keys)
    assert [p.event.text for p in past if isinstance(p.event, MessageReceived)] == ["又坏了"]
    assert list(verify(wang.store)) == []


def test_what_comes_next_goes_to_the_follow_up_that_there_is(desk_file: DeskFile):
    wang = desk_file.core("wang")
    old = withdrawn(wang, desk_file.order()).case.id
    desk_file.clock.forward(ms=WINDOW + 1)
    wang.do(Hear("又坏了"), old)
    done = wang.do(Hear("在吗？"), old, key="k2")
    assert (done.case.kind, len(done.case.messages), done.opened) == (Kind.INQUIRY, 2, "")
    assert wang.do(Hear("在吗？"), old, key="k2").again
    assert inquiries(wang) == [done.case.id]


def test_a_case_whose_goods_another_case_has_by_now_is_followed_up_and_not_reopened(desk_file: DeskFile):
    wang, order = desk_file.core("wang"), desk_file.order()
    old = withdrawn(wang, order, Kind.RETURN).case.id
    wang.do(Open(Kind.RETURN, order, (LineQty(1, 1),)))
    done = wang.do(Hear("我还是想退"), old)
    assert (done.case.state, [how for how, _ in done.case.links]) == ("withdrawn", ["follow_up"])


def test_what_somebody_adds_to_an_old_report_stays_a_report(desk_file: DeskFile):
    wang = desk_file.core("wang")
    report = wang.do(Open(Kind.REPORT, desk_file.order(), (LineQty(1, 1),), "counterfeit")).case.id
    for verb in ("acknowledge", "investigate", "find_unfounded", "reply", "tell_outcome", "close"):
        wang.do(_said(verb), report)
    desk_file.clock.forward(ms=WINDOW + 1)
    done = wang.do(Hear("我又发现一批"), report)
    assert done.opened.startswith("RE-")
    assert inquiries(wang) == []
