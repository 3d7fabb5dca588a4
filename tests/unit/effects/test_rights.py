"""Rights of persons, whole flows: the copy, the correction, the end of use and the erasing, consents taken back."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from csdesk.cli.main import run
from csdesk.desk import look_queries as lq
from csdesk.desk import queries as q
from csdesk.desk import rights_carrying
from csdesk.desk.answers import reads
from csdesk.desk.core import Core
from csdesk.desk.rights_export import hand_over, open_kept
from csdesk.desk.rights_queries import RightsPlan
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Hear, Reply
from csdesk.domain.cases.evidence import KeepEvidence, ReleaseEvidence
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.privacy_request import FulfilPartly, FulfilRequest, RefuseRequest
from csdesk.domain.cases.privacy_rights import CorrectRecord, EraseData, LiftRestraint, WithdrawConsent
from csdesk.domain.cases.shared import Note, Take, Withdraw
from csdesk.effects.worker import Worker
from csdesk.store import looks, restraint
from csdesk.store.connection import write
from csdesk.store.crypto import Shredded
from csdesk.store.verify import verify
from tests.building import DAY, DeskFile
from tests.unit.desk.test_plans import asked, endless
from tests.unit.domain.cases.play import make
from tests.unit.effects.conftest import Outside

OWN, OTHERS, MAIL = "13812345678", "13900002222", "zhang@example.com"
YEARS = 3 * 366 * DAY


def request(core: Core, order: str, reason: str, *path: str) -> Case:
    """A request of the order's customer, by default with the person known and the work begun."""
    case = core.do(Open(Kind.PRIVACY_REQUEST, order, (), reason, summary=f"我要办理，电话 {OWN}")).case
    core.do(Take(), case.id)
    for verb in path or ("verify_identity", "scope_request"):
        case = core.do(make(verb), case.id).case
    return case


def told(core: Core, case: Case) -> Case:
    """The outcome is told and the request closed."""
    core.do(Reply("您的请求已办结，结果如下。"), case.id)
    core.do(make("tell_outcome", items=("result", "reasons", "remedies", "kept", "law")), case.id)
    return core.do(make("close"), case.id).case


def no(core: Core, command: Command, case: Case) -> str:
    with pytest.raises(Refused) as error:
        core.do(command, case.id)
    return error.value.code


def refused(act: Any, *arguments: Any, **named: Any) -> str:
    with pytest.raises(Refused) as error:
        act(*arguments, **named)
    return error.value.code


def past(core: Core, order: str) -> Case:
    """A case of the order that is over, with words of the customer, of others in them, and an answer."""
    case = core.do(Open(Kind.RETURN, order, (LineQty(1, 1),), summary="杂音很大，收件人李雷")).case
    core.do(Take(), case.id)
    core.do(Hear(f"我的电话 {OWN}，也可以打给我妈 {OTHERS}"), case.id)
    core.do(Reply("您好，已收到。"), case.id)
    core.do(Note("老顾客"), case.id)
    core.do(make("flag_person"), case.id)
    return core.do(Withdraw(), case.id).case


def test_the_copy_holds_what_is_theirs_masks_others_goes_out_once_and_is_on_record(
    desk_file: DeskFile, tmp_path: Path
):
    chen, order = desk_file.core("chen"), desk_file.order()
    desk_file.customer("李雷", phone=OTHERS)
    before = past(chen, order)
    customer = before.customer
    report = chen.do(Open(Kind.REPORT, order)).case
    desk_file.clock.forward(hours=1)
    case = request(chen, order, "access_copy", "ask_identity")
    to = tmp_path / "copy.json"
    assert refused(hand_over, chen, case.id, to) == "wrong_state"  # nobody is known yet
    for verb in ("verify_identity", "scope_request"):
        chen.do(make(verb), case.id)
    assert refused(hand_over, desk_file.core("wang"), case.id, to) == "rights_not_yours"
    assert refused(hand_over, chen, before.id, to) == "not_a_request"
    assert not to.exists()
    handed = hand_over(chen, case.id, to)
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    copy = json.loads(to.read_text(encoding="utf-8"))
    assert (copy["format"], copy["version"], copy["request"]) == ("csdesk-person-copy", 1, handed.number)
    assert copy["person"] == {
        "name": "张伟", "phone": OWN, "email": MAIL, "address": "浙江省杭州市西湖区文三路1号",
        "language": "zh-Hans", "payment_methods": [],
    }  # fmt: skip
    assert [one["number"] for one in copy["orders"]] == [order]
    assert copy["orders"][0]["lines"][0]["paid_minor"] == 19_900
    assert [one["kind"] for one in copy["cases"]] == ["return", "privacy_request"]
    assert chen.number(report) not in to.read_text(encoding="utf-8")
    said = copy["cases"][0]["messages"]
    assert [one["by"] for one in said] == ["customer", "customer", "agent", "desk"]
    assert said[0]["text"] == "杂音很大，收件人李*"
    assert said[1]["text"] == f"我的电话 {OWN}，也可以打给我妈 139****2222"
    whole = to.read_text(encoding="utf-8")
    assert "李雷" not in whole and OTHERS not in whole and "老顾客" not in whole and "chen" not in whole
    assert copy["marks"][0]["mark"] == "vip"
    (look, *_) = looks.of_person(chen.store.conn, chen.desk, customer, 5)
    assert (look.reason, look.actor, look.fields[-1]) == ("person_copy", "chen", "file")
    line = next(e for e in chen.ask(q.ShowCase(case.id)).timeline if e.code == "copy_handed")
    assert line.detail["sha256"] == handed.sha256
    assert refused(hand_over, chen, case.id, tmp_path / "again.json") == "copy_handed_already"
    chen.do(FulfilRequest(handed.sha256[:12]), case.id)
    assert told(chen, case).outcome == "fulfilled"
    assert list(verify(chen.store)) == []


def test_a_correction_changes_the_record_and_what_finds_it(desk_file: DeskFile):
    chen, order = desk_file.core("chen"), desk_file.order()
    case = request(chen, order, "correct_info")
    assert no(chen, CorrectRecord(), case) == "nothing_to_correct"
    assert no(chen, CorrectRecord(new_phone="一二"), case) == "bad_contact"
    assert no(chen, CorrectRecord(new_email="zhang"), case) == "bad_contact"
    chen.do(CorrectRecord(new_name="张玮", new_phone=OTHERS), case.id)
    people = chen.store.people
    known = people.open(case.customer)
    assert known is not None
    assert (known.name, known.phone, known.email) == ("张玮", OTHERS, MAIL)
    assert (people.find(OWN), people.find("张伟")) == ([], [])
    assert people.find(OTHERS) == people.find("张玮") == [case.customer]
    (row,) = chen.store.conn.execute("SELECT payload FROM event WHERE type = 'record_corrected'").fetchone()
    assert OTHERS.encode() not in bytes(row)


def test_what_a_law_keeps_is_only_stored_and_found_shown_and_answered_by_nobody(
    desk_file: DeskFile, worker: Worker, outside: Outside, tmp_path: Path
):
    chen, order = desk_file.core("chen"), desk_file.order()
    before = past(chen, order)
    busy = chen.do(Open(Kind.INQUIRY, order, summary="什么时候发货")).case
    case = request(chen, order, "delete_data")
    # Neither a word nor a refusal ends what the desk itself still uses.
    assert no(chen, FulfilRequest("删除记录"), case) == "not_carried_out"
    assert no(chen, FulfilPartly(("交易记录",), "电子商务法 §31", "记录"), case) == "not_carried_out"
    assert no(chen, RefuseRequest(reason="law_keeps"), case) == "not_carried_out"
    assert no(chen, EraseData(), case) == "erase_busy"
    plan = chen.ask(RightsPlan(case.id))
    assert plan.busy == (chen.number(busy),) and plan.orders == 1 and plan.marks == 1
    chen.do(Take(), busy.id)
    chen.do(Reply("今天发货。"), busy.id)
    chen.do(make("close"), busy.id)
    assert refused(desk_file.core("wang").do, EraseData(), case.id) == "no_right"
    after = chen.do(EraseData(), case.id).case
    assert (after.state, after.outcome) == ("partly", "partly_fulfilled")
    # Asked in November 2026 of an order signed for on the last of October: kept till the end of October 2029.
    assert (
        next(e for e in chen.ask(q.ShowCase(case.id)).timeline if e.code == "moved.erase_data").detail["ref"]
        == "2029-10-31"
    )
    frozen_out(chen, before, order)
    assert refused(chen.ask, lq.Reveal(case.id, "call_back")) == "only_stored"
    assert told(chen, after).state == "closed"
    worker.turn()
    desk_file.clock.forward(seconds=20)
    worker.turn()
    assert [to.phone for _, to, text, _ in outside.letters if "已办结" in text] == [OWN]  # §50: they are told
    to = tmp_path / "kept.json"
    sun = desk_file.core("sun")
    assert refused(open_kept, chen, case.id, "court", "(2026)浙0106民初1号", to) == "no_right"
    assert refused(open_kept, sun, case.id, "curiosity", "1", to) == "bad_choice"
    assert refused(open_kept, sun, case.id, "court", " ", to) == "field_empty"
    open_kept(sun, case.id, "court", "(2026)浙0106民初1号", to)
    assert json.loads(to.read_text(encoding="utf-8"))["person"]["phone"] == OWN
    assert looks.of_person(sun.store.conn, sun.desk, case.customer, 1)[0].reason == "kept_court"
    until = restraint.of_person(chen.store.conn, chen.desk, case.customer)
    assert until is not None
    desk_file.clock.forward(ms=until.until - desk_file.clock() - 1)
    worker.turn()
    assert chen.store.people.open_kept(case.customer) is not None
    desk_file.clock.forward(ms=1)
    worker.turn()
    erased(chen, case)


def frozen_out(core: Core, case: Case, order: str) -> None:
    """Nobody finds, opens, reads or works on anything of the case's customer, whoever holds it."""
    people = core.store.people
    assert people.open(case.customer) is None
    assert people.find(OWN) == people.find("张伟") == people.find(MAIL) == people.find("5678") == []
    assert core.ask(q.FindCases("杂音")) == [] and core.ask(q.FindCases("张伟")) == []
    assert [found.person for found in core.ask(q.FindOrders(order))] == [None]
    core.ask(q.Hold(case.id))
    assert not reads(core, case)
    view = core.ask(q.ShowCase(case.id))
    assert view.person is None
    assert all(not line.text for line in view.timeline)
    assert refused(core.ask, lq.Reveal(case.id, "call_back")) in ("reveal_closed", "reveal_erased")
    for command in (make("reopen"), Note("问一下"), Hear("在吗"), Take()):
        assert no(core, command, case) == "only_stored"
    assert refused(core.do, Open(Kind.RETURN, order, (LineQty(1, 1),))) == "only_stored"
    marks = core.store.conn.execute("SELECT count(*) FROM person_flag").fetchone()
    assert marks == (0,)


def erased(core: Core, case: Case) -> None:
    """The key is gone, so is every clear word; the chains are whole, and the request says when."""
    core.store.keys.drop(core.desk, case.customer)
    assert isinstance(core.store.keys.for_person(core.desk, case.customer), Shredded)
    assert core.store.people.open_kept(case.customer) is None
    assert restraint.of_person(core.store.conn, core.desk, case.customer) is None
    last = core.store.conn.execute(
        "SELECT type FROM event WHERE case_id = ? ORDER BY seq DESC LIMIT 1", (case.id,)
    ).fetchone()
    assert last == ("data_erased",)
    assert list(verify(core.store)) == []


def test_what_no_law_keeps_is_erased_once_the_request_is_closed(desk_file: DeskFile, worker: Worker):
    chen = desk_file.core("chen")
    order = desk_file.order(signed=desk_file.clock() - YEARS - 5 * DAY)
    case = request(chen, order, "close_account")
    assert chen.ask(RightsPlan(case.id)).keep_until == 0
    assert chen.do(EraseData(), case.id).case.state == "fulfilled"
    worker.turn()
    assert chen.store.people.open_kept(case.customer) is not None  # they must be told first
    told(chen, case)
    desk_file.clock.forward(hours=2)
    worker.turn()
    erased(chen, case)
    worker.turn()
    assert chen.store.conn.execute(
        "SELECT count(*) FROM outbox WHERE kind = 'erase' AND state = 'ready'"
    ).fetchone() == (0,)


def test_what_is_held_for_proceedings_is_only_stored_until_they_are_over(desk_file: DeskFile, worker: Worker):
    chen, wang = desk_file.core("chen"), desk_file.core("wang")
    order = desk_file.order(signed=desk_file.clock() - YEARS - 5 * DAY)
    disputed = past(chen, order)
    assert refused(wang.do, KeepEvidence("court"), disputed.id) == "no_right"
    assert no(chen, KeepEvidence("court", 0), disputed) == "bad_months"
    assert no(chen, ReleaseEvidence(), disputed) == "evidence_not_held"
    chen.do(KeepEvidence("court", 24), disputed.id)
    case = request(chen, order, "delete_data")
    plan = chen.ask(RightsPlan(case.id))
    assert plan.keep_until > desk_file.clock() + 700 * DAY and plan.article == ""
    done = chen.do(EraseData(), case.id).case
    assert done.state == "partly"
    told(chen, done)
    desk_file.clock.forward(days=700)
    worker.turn()
    assert chen.store.people.open_kept(case.customer) is not None
    # A hold that is renewed on the way puts the day off; the last one ends it.
    chen.do(KeepEvidence("court", 12), disputed.id)
    desk_file.clock.forward(days=100)
    worker.turn()
    assert chen.store.people.open_kept(case.customer) is not None
    chen.do(ReleaseEvidence(), disputed.id)
    desk_file.clock.forward(days=400)
    worker.turn()
    erased(chen, case)


def test_whoever_wants_their_data_used_again_is_found_and_answered_as_before(desk_file: DeskFile):
    chen, order = desk_file.core("chen"), desk_file.order()
    before = past(chen, order)
    first = request(chen, order, "delete_data")
    assert no(chen, LiftRestraint(), first) == "not_restrained"
    told(chen, chen.do(EraseData(), first.id).case)
    again = request(chen, order, "other")
    assert no(chen, EraseData(), again) == "already_restrained"
    assert refused(hand_over, chen, again.id, Path("/nowhere")) == "only_stored"
    chen.do(LiftRestraint(), again.id)
    assert chen.store.people.find(OWN) == [before.customer]
    assert before.id in [row.id for row in chen.ask(q.FindCases("杂音"))]
    waiting = "SELECT count(*) FROM outbox WHERE kind = 'erase' AND state = 'ready'"
    assert chen.store.conn.execute(waiting).fetchone() == (0,)


def test_a_consent_is_taken_back_at_once_without_proof_and_nothing_leans_on_it_any_more(desk_file: DeskFile):
    wang, order = desk_file.core("wang"), desk_file.order(status="shipped")
    conn, desk = wang.store.conn, wang.desk
    (id_,) = conn.execute("SELECT id FROM orders").fetchone()
    with write(conn):
        for waybill, signed in (("SF1", 0), ("SF2", 1)):
            conn.execute(
                "INSERT INTO parcel VALUES (?,?,?,'','out','sf','','1',1,'locker',0,?)",
                (desk, waybill, id_, signed),
            )
    case = request(wang, order, "withdraw_consent", "ask_identity")
    assert no(wang, WithdrawConsent(()), case) == "field_empty"
    assert no(wang, WithdrawConsent(("everything",)), case) == "bad_choice"
    wang.do(WithdrawConsent(("delivery", "marketing")), case.id)
    assert conn.execute("SELECT waybill, consent FROM parcel ORDER BY waybill").fetchall() == [
        ("SF1", ""),
        ("SF2", "locker"),  # what was done stays lawful (个人信息保护法 §15)
    ]
    assert [one.purpose for one in restraint.withdrawn(conn, desk, case.customer)] == [
        "delivery",
        "marketing",
    ]


def test_the_command_line_plans_hands_over_and_encloses(
    desk_file: DeskFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    chen = desk_file.core("chen")
    case = request(chen, desk_file.order(), "access_copy")
    number, to = chen.number(case), tmp_path / "copy.zip"

    def call(*said: str) -> int:
        return run([*said, "--file", str(desk_file.path), "--agent", "chen", "--language", "zh-Hans"])

    assert call("person", "plan", number) == 0
    assert "电子商务法 §31" in capsys.readouterr().out
    assert call("person", "export", number, "--to", str(to), "--enclose") == 0
    assert "订单 1 个" in capsys.readouterr().out
    assert to.read_bytes()[:2] == b"PK"
    assert call("person", "export", number, "--to", str(to)) == 1
    assert "已经交付过" in capsys.readouterr().err
    assert call("person", "kept", number, "--ground", "audit", "--letter", "1", "--to", str(to)) == 1
    assert capsys.readouterr().err.strip()  # who works the case does not audit it
    assert to.read_bytes()[:2] == b"PK"


def test_nothing_of_it_goes_through_a_whole_table(desk_file: DeskFile, worker: Worker, tmp_path: Path):
    chen, order = desk_file.core("chen"), desk_file.order(signed=desk_file.clock() - YEARS - 5 * DAY)
    case = request(chen, order, "delete_data")
    said = [
        *asked(chen, lambda: chen.ask(RightsPlan(case.id))),
        *asked(chen, lambda: hand_over(chen, case.id, tmp_path / "copy.json")),
        *asked(chen, lambda: chen.do(WithdrawConsent(("delivery",)), case.id)),
        *asked(chen, lambda: chen.do(EraseData(), case.id)),
    ]
    told(chen, case)
    desk_file.clock.forward(hours=2)
    core = desk_file.core("system")
    said += asked(core, lambda: rights_carrying.erase_due(core, case, case.customer))
    erased(chen, case)
    assert len(said) > 30
    assert {sql: steps for sql in said if (steps := endless(chen, sql))} == {}
