"""The tables on personal data, a row a test: rights, time, refusal, retention, leaks, children, marketing, automation.

Each id names the line and the article that it rests on; each row goes through a desk, a case or the engine of the law.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest

from csdesk.desk.law.packs import load_lawbook
from csdesk.desk.rights_export import hand_over
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.command import VERBS, Command, Deciding
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Hear, Reply
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.persons import FlagPerson
from csdesk.domain.cases.privacy_request import RefuseRequest, VerifyIdentity
from csdesk.domain.cases.privacy_rights import CorrectRecord, EraseData, WithdrawConsent
from csdesk.domain.cases.shared import Take
from csdesk.domain.cases.telling import TellOutcome
from csdesk.domain.entitlement.decision import Decision, as_json
from csdesk.domain.entitlement.kinds import decide
from csdesk.domain.roles import Right
from csdesk.store import restraint
from tests.building import DAY, MONDAY, DeskFile
from tests.unit.domain.cases.play import HOUR, Play, make

NEW_PHONE = "13900002222"
LEAK = ("declare_breach", "contain_breach", "assess_breach", "notify_authority")


@dataclass
class Table:
    """A desk with an order of somebody, and a folder for what leaves it."""

    file: DeskFile
    folder: Path

    def __post_init__(self) -> None:
        self.core = self.file.core("chen")

    def request(self, reason: str, *path: str, order: str = "") -> Case:
        """A request, by default of somebody who is known, and begun."""
        number = order or self.file.order()
        case = self.core.do(Open(Kind.PRIVACY_REQUEST, number, (), reason)).case
        self.core.do(Take(), case.id)
        for verb in path or ("verify_identity", "scope_request"):
            case = self.core.do(make(verb), case.id).case
        return case

    def do(self, command: Command, case: Case) -> Case:
        return self.core.do(command, case.id).case

    def no(self, command: Command, case: Case) -> str:
        with pytest.raises(Refused) as error:
            self.core.do(command, case.id)
        return error.value.code


def law(**facts: object) -> dict[str, object]:
    """What the law as shipped says of a request or a leak, on a day of 2026."""
    told = {"kind": "personal_data", "request_at": "2026-03-05", **facts}
    decided = decide(told, load_lawbook(), now_ms=MONDAY)
    assert isinstance(decided, Decision)
    return as_json(decided)


def access_and_copy(table: Table) -> None:
    assert law(data_request="access", identity_verified=True)["decision"] == "eligible"
    case = table.request("access_copy")
    table.do(Hear("请给我一份"), case)
    hand_over(table.core, case.id, to := table.folder / "copy.json")
    copy = json.loads(to.read_text(encoding="utf-8"))
    assert copy["person"]["name"] == "张伟"
    assert copy["cases"][0]["messages"][-1]["text"] == "请给我一份"


def portability(table: Table) -> None:
    assert law(data_request="port", identity_verified=True)["decision"] == "eligible"
    case = table.request("port_data")
    made = hand_over(table.core, case.id, to := table.folder / "port.json")
    copy = json.loads(to.read_bytes())
    assert (copy["format"], copy["version"]) == ("csdesk-person-copy", 1)
    assert made.orders == len(copy["orders"]) == 1


def correction(table: Table) -> None:
    assert law(data_request="correct", identity_verified=True, data_wrong=False)["reason"] == "data_is_right"
    case = table.request("correct_info")
    table.do(CorrectRecord(new_phone=NEW_PHONE), case)
    assert table.core.store.people.find(NEW_PHONE) == [case.customer]


def deletion(table: Table) -> None:
    old = table.file.order(signed=MONDAY - 4 * 366 * DAY)
    case = table.do(EraseData(), table.request("delete_data", order=old))
    held = restraint.of_person(table.core.store.conn, table.core.desk, case.customer)
    assert case.state == "fulfilled"
    assert held is not None and held.until == MONDAY  # at once, as soon as the request is closed


def closing_an_account(table: Table) -> None:
    decided = law(data_request="close_account", identity_verified=True, must_be_kept=False)
    assert decided["remedies"] == ["close_account"]
    case = table.request("close_account")
    assert table.no(make("fulfil_request"), case) == "not_carried_out"
    table.do(EraseData(), case)
    assert table.core.store.people.open(case.customer) is None


def explanation(table: Table) -> None:
    assert law(data_request="explain", identity_verified=True)["decision"] == "eligible"
    case = table.do(make("fulfil_request", proof="说明函 2026-7"), table.request("explain_rules"))
    table.do(Reply("我们如此处理您的信息。"), case)
    assert table.do(TellOutcome(("result",)), case).state == "told"


def consent_taken_back(table: Table) -> None:
    assert law(data_request="withdraw_consent")["decision"] == "eligible"  # whoever it is
    case = table.request("withdraw_consent", "ask_identity")
    table.do(WithdrawConsent(("survey",)), case)
    (one,) = restraint.withdrawn(table.core.store.conn, table.core.desk, case.customer)
    assert one.purpose == "survey"


def fifteen_working_days(table: Table) -> None:
    assert law(data_request="access", identity_verified=True)["respond_due"] == "2026-03-26"
    case = table.request("access_copy")
    clock = next(one for one in case.clocks if one.name == "fulfil")
    assert clock.basis == "policy"  # the law says in time: the number is the desk's
    assert datetime.fromtimestamp(clock.due / 1000 - 1, table.core.zone).date() == date(2026, 11, 23)


def identity_first(table: Table) -> None:
    case = table.request("access_copy", "ask_identity")
    assert table.no(VerifyIdentity(("phone",)), case) == "too_few_identifiers"
    with pytest.raises(Refused) as error:
        hand_over(table.core, case.id, table.folder / "no.json")
    assert error.value.code == "wrong_state"
    assert law(data_request="copy", identity_verified=False)["decision"] == "ineligible"


def refusal_gives_reasons(table: Table) -> None:
    case = table.request("access_copy")
    assert table.no(RefuseRequest(), case) == "unknown_reason"
    assert table.no(RefuseRequest(reason="repeated", article=" "), case) == "needs_article"
    case = table.do(RefuseRequest(reason="repeated", override="同一事项三日内第四次"), case)
    table.do(Reply("不予办理，理由如下。"), case)
    assert (
        table.no(TellOutcome(("result", "reasons")), case) == "notice_lacks"
    )  # nor without the way to court
    assert table.do(TellOutcome(("result", "reasons", "remedies")), case).state == "told"


def retention_means_storage_only(table: Table) -> None:
    decided = law(data_request="delete", identity_verified=True, must_be_kept=True)
    assert (decided["reason"], decided["remedies"]) == ("kept_by_law", ["delete", "restrict"])
    order = table.file.order()
    case = table.request("delete_data", order=order)
    assert table.no(RefuseRequest(reason="law_keeps", override="须保存"), case) == "not_carried_out"
    case = table.do(EraseData(), case)
    held = restraint.of_person(table.core.store.conn, table.core.desk, case.customer)
    assert held is not None
    # Three years from the signature on the last of October 2026 (电子商务法 §31), to the end of that day.
    assert datetime.fromtimestamp(held.until / 1000 - 1, table.core.zone).date() == date(2029, 10, 31)
    assert table.core.store.people.open(case.customer) is None
    assert table.core.store.people.open_kept(case.customer) is not None
    assert [case.state, *(c.name for c in case.clocks)] == ["partly", "tell"]


def leak_is_told(table: Table) -> None:
    assert law(data_request="leak", leak_found=True)["notify_people"] is True
    play = Play(Kind.PRIVACY_REQUEST, None).begin(reason="leak_scam_call")
    for verb in LEAK[:3]:
        play.do(verb)
    for verb in ("notify_authority", "notify_people"):
        for lacks in ("leaked", "measures", "contact"):
            assert play.no(make(verb, **{lacks: " "})) == "field_empty"
        play.do(verb)
    assert play.case.state == "people_notified"


def people_left_untold(table: Table) -> None:
    assert law(data_request="leak", leak_found=True, harm_avoided=True)["notify_people"] is False
    play = Play(Kind.PRIVACY_REQUEST, None).begin(reason="leak_scam_call")
    for verb in LEAK:
        play.do(verb)
    assert play.no("waive_people", note=" ") == "field_empty"
    assert play.do("waive_people").state == "waived"


def four_hours(table: Table) -> None:
    for found, due in (("19:59", "2026-03-05"), ("20:01", "2026-03-06")):
        at = f"2026-03-05T{found}:00+08:00"
        decided = law(data_request="leak", leak_found=True, incident_level="larger", found_at=at)
        assert decided["authority_report_due"] == due
    play = Play(Kind.PRIVACY_REQUEST, None).begin(reason="leak_scam_call")
    play.do("declare_breach")
    clock = next(one for one in play.case.clocks if one.name == "notify_authority")
    assert (clock.basis, clock.due - play.now) == ("law", 4 * HOUR)


def under_fourteen(table: Table) -> None:
    case = table.request("access_copy", "ask_identity")
    table.do(FlagPerson("minor", "guardian_told"), case)
    assert table.no(VerifyIdentity(("phone", "order")), case) == "needs_guardian"
    assert table.no(VerifyIdentity(("phone", "guardian")), case) == "too_few_identifiers"
    assert table.do(VerifyIdentity(("phone", "order", "guardian")), case).state == "scoping"


def marketing_stops(table: Table) -> None:
    decided = law(data_request="stop_marketing")
    assert (decided["decision"], decided["remedies"]) == ("eligible", ["stop_marketing"])
    case = table.request("withdraw_consent", "ask_identity")
    assert case.state == "verify_identity"  # at once: before anybody is known
    table.do(WithdrawConsent(("marketing",)), case)
    (one,) = restraint.withdrawn(table.core.store.conn, table.core.desk, case.customer)
    assert (one.purpose, one.at) == ("marketing", MONDAY)


def people_decide(table: Table) -> None:
    # What the desk does by itself gives or reports; every verb that can deny is somebody's.
    denying = [cls for cls in VERBS.values() if issubclass(cls, Deciding)]
    assert denying and all(cls.verb.right is not Right.RUN for cls in denying)
    for reason, state in (("repeated", "refused"), ("law_keeps", "refused")):
        play = Play(Kind.PRIVACY_REQUEST, None).begin(reason="access_copy")
        for verb in ("verify_identity", "scope_request"):
            play.do(verb)
        assert play.do("refuse_request", reason=reason).state == state
        assert play.do("appeal").state == "scoping"  # and whoever was denied has a person look again


ROWS: dict[str, Callable[[Table], None]] = {
    "access and copy: PIPL 45": access_and_copy,
    "portability: PIPL 45(3)": portability,
    "correct: PIPL 46": correction,
    "delete: PIPL 47": deletion,
    "close account: e-commerce law 24": closing_an_account,
    "explain: PIPL 48": explanation,
    "withdraw consent: PIPL 15": consent_taken_back,
    "answered in 15 working days: app rules": fifteen_working_days,
    "only whoever proves who they are: PIPL 50": identity_first,
    "refusal needs reasons: PIPL 50": refusal_gives_reasons,
    "retention means storage only: PIPL 47, e-commerce law 31": retention_means_storage_only,
    "leak: authority and people, three contents: PIPL 57": leak_is_told,
    "leak: people untold where harm was avoided: PIPL 57(2)": people_left_untold,
    "leak: four hours from larger on: incident reporting rules": four_hours,
    "under 14: the guardian: PIPL 31": under_fourteen,
    "marketing stops at once: implementing regulation 24": marketing_stops,
    "automated decision: explanation and a person: PIPL 24": people_decide,
}


@pytest.mark.parametrize("row", ROWS)
def test_line_of_the_privacy_table(row: str, desk_file: DeskFile, tmp_path: Path):
    ROWS[row](Table(desk_file, tmp_path))
