"""The customer's line on the case page: words beside signs, in one or two lines, and none when there is nothing."""

import pytest

from csdesk.desk import queries
from csdesk.desk.inbound import Inbound, Sender
from csdesk.desk.intake.receiving import receive
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.persons import GROUNDS, FlagPerson
from csdesk.tui import cells
from csdesk.tui.screens.choices import following
from csdesk.tui.screens.facts import customer, facts
from csdesk.tui.screens.leads import LinksScreen
from csdesk.tui.screens.scene import Scene
from tests.building import DeskFile, desk_file, line
from tests.tui.consoles import NARROW, console
from tests.tui.test_case import open_case

__all__ = ["desk_file"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_strip_is_told_in_two_lines_of_the_narrow_page_above_all_else(desk_file: DeskFile, language: str):
    senior, who = desk_file.core("chen"), desk_file.customer()
    number = desk_file.order(line(), customer=who)
    case = senior.do(Open(Kind.RETURN, number, (LineQty(1, 1),), reason="quality")).case

    def scene() -> Scene:
        view = senior.ask(queries.ShowCase(case.id, timeline=False))
        return Scene(view, Words(language, senior.zone), senior.now(), "chen", str, str)

    assert customer(scene(), 60) == []
    senior.do(Open(Kind.INQUIRY, desk_file.order(line(), customer=who), reason="other"))
    for flag, grounds in (("vip", "purchases"), ("minor", "age_told"), ("abusive", "threat")):
        senior.do(FlagPerson(flag, grounds), case.id)
    lines = customer(scene(), 60)
    told = ["".join(text for text, _ in one) for one in lines]
    assert len(told) <= 2
    assert all(cells.width(text.rstrip()) <= 60 for text in told)
    assert all(sign in "".join(told) for sign in ("! ", "? ", "+ VIP"))
    assert facts(scene(), 80)[0][1:] == lines[0]


async def test_the_page_of_linked_cases_lists_what_intake_found_alike(desk_file: DeskFile):
    desk_file.customer("张伟", phone="13812345678")
    who, core = Sender(phone="+86 138-1234-5678", proven=True), desk_file.core("wang")
    one, two = (
        receive(core, Inbound(source="gw", id=f"m-{n}", channel="chat", sender=who, text="我要退货"))
        for n in (1, 2)
    )
    async with console(desk_file, size=NARROW) as hands:
        await open_case(hands, core.case_id(two.number))
        await hands.sees(f"疑似重复：{one.number}")
        await hands.press("links")
        await hands.at(LinksScreen)
        await hands.sees(one.number, "疑似重复")


def test_the_grounds_on_offer_are_those_of_the_mark_that_is_chosen(desk_file: DeskFile):
    core = desk_file.core("wang")
    case = core.do(Open(Kind.RETURN, desk_file.order(line()), (LineQty(1, 1),), reason="quality")).case
    for flag, grounds in GROUNDS.items():
        assert following("grounds", "flag_person", case, {"flag": flag}) == grounds
    assert following("grounds", "flag_person", case, {"flag": ""}) == ()
