"""`csdesk verify`: a desk that worked is sound, and every kind of damage is found and named by its case."""

from collections.abc import Callable
from pathlib import Path

import pytest

from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.goods import Approve, Inspect, Receive, ShipBack
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack, SettleRefund
from csdesk.domain.cases.shared import Close, Note, Snooze, Take
from csdesk.store import verify as module
from csdesk.store.connection import checkpoint, write
from csdesk.store.verify import Finding, verify
from tests.building import DeskFile, line


def worked(desk_file: DeskFile) -> Case:
    """A return of two units that was paid back and closed, beside cases in the middle of their lives."""
    wang, system = desk_file.core("wang"), desk_file.core("system")
    order = desk_file.order(line(2, 39_801), payments=[("wechat", 30_000), ("points", 9_801)])
    case = wang.do(Open(Kind.RETURN, order, (LineQty(1, 2),), summary="左耳没有声音")).case
    for command in (Take(), Approve(), ShipBack("顺丰", "SF1234567890"), Receive(), Inspect(), PayBack()):
        case = wang.do(command, case.id).case
    system.do(SettleRefund(case.refunds[0].id, "confirmed", "ref"), case.id)
    wang.do(Reply("已经退款"), case.id)
    case = wang.do(Close(), case.id).case
    held = wang.do(Open(Kind.INQUIRY)).case
    wang.do(Reply("您好"), held.id)
    wang.do(Snooze(2), held.id)
    wang.do(Open(Kind.EXCHANGE, desk_file.order(), (LineQty(1, 1),)))
    return case


def findings(desk_file: DeskFile) -> list[Finding]:
    return list(verify(desk_file.store()))


def change(core: Core, sql: str, *values: object) -> None:
    with write(core.store.conn) as conn:
        assert conn.execute(sql, values).rowcount >= 1


def test_a_desk_that_worked_is_sound(desk_file: DeskFile):
    worked(desk_file)
    assert findings(desk_file) == []


def test_an_empty_desk_is_sound(desk_file: DeskFile):
    assert findings(desk_file) == []


def test_one_byte_of_an_old_event_changed_in_the_file_names_the_case(desk_file: DeskFile):
    case = worked(desk_file)
    wang = desk_file.core("wang")
    number = wang.number(case)
    (payload,) = wang.store.conn.execute(
        "SELECT payload FROM event WHERE case_id = ? AND type = 'refund_proposed'", (case.id,)
    ).fetchone()
    checkpoint(wang.store.conn)
    desk_file.close()
    content = bytearray(desk_file.path.read_bytes())
    at = content.find(payload)
    assert at > 0
    assert content.count(payload) == 1
    content[at + payload.index(b"39801")] ^= 1  # 39801 becomes 29801
    desk_file.path.write_bytes(content)
    (found,) = findings(desk_file)
    assert (found.code, found.number) == ("changed", number)
    assert str(found.detail["seq"]) in str(found)


BREAKS: dict[str, str] = {
    "changed": "UPDATE event SET actor = 'li' WHERE case_id = ? AND seq = 3",
    "changed text": "UPDATE event SET payload = replace(payload, '1', '2') WHERE case_id = ? AND seq = 1",
    "head text": "UPDATE cases SET head = 'x', version = 'y' WHERE id = ?",
    "gap": "DELETE FROM event WHERE case_id = ? AND seq = 3",
    "head": "DELETE FROM event WHERE case_id = ? AND type = 'moved' AND verb = 'close'",
    "row": "UPDATE cases SET assignee = 'li', due = 5 WHERE id = ?",
    "row of a case that nobody waits for": "UPDATE cases SET held = 1 WHERE id = ?",
    "snapshot": "UPDATE cases SET snapshot = replace(snapshot, '\"refunded\"', '\"closed\"') WHERE id = ?",
    "refunds": "UPDATE refund_part SET minor = minor - 1 WHERE case_id = ?",
    "lines": "UPDATE case_line SET refunded_units = 0 WHERE case_id = ?",
}


@pytest.mark.parametrize("code", BREAKS)
def test_each_kind_of_damage_is_named_with_its_case(desk_file: DeskFile, code: str):
    case = worked(desk_file)
    wang = desk_file.core("wang")
    change(wang, BREAKS[code], case.id)
    found = [f for f in findings(desk_file) if f.number]
    assert [(f.code, f.number) for f in found] == [(code.partition(" ")[0], wang.number(case))]


def test_text_in_place_of_the_same_bytes_is_no_damage(desk_file: DeskFile):
    case = worked(desk_file)
    change(
        desk_file.core("wang"), "UPDATE event SET payload = CAST(payload AS TEXT) WHERE case_id = ?", case.id
    )
    assert findings(desk_file) == []


def test_a_row_tells_which_columns_are_wrong(desk_file: DeskFile):
    case = worked(desk_file)
    change(desk_file.core("wang"), BREAKS["row"], case.id)
    (found,) = findings(desk_file)
    assert found.detail == {"columns": "assignee, due"}


def test_a_case_without_events_and_events_without_a_case_are_found(desk_file: DeskFile):
    case = worked(desk_file)
    wang = desk_file.core("wang")
    change(wang, "DELETE FROM event WHERE case_id = ?", case.id)
    (found,) = findings(desk_file)
    assert (found.code, found.number, found.detail) == ("head", wang.number(case), {"seq": 0})


def test_events_of_a_deleted_case_and_its_money_are_found(desk_file: DeskFile):
    case = worked(desk_file)
    wang = desk_file.core("wang")
    change(wang, "DELETE FROM cases WHERE id = ?", case.id)
    found = findings(desk_file)
    assert [f.code for f in found] == ["orphan", "stray"]
    assert found[0].detail["id"] == case.id


def test_a_counter_that_miscounts_is_found(desk_file: DeskFile):
    worked(desk_file)
    change(desk_file.core("wang"), "UPDATE counter SET live = live + 1 WHERE queue = 'exchanges'")
    (found,) = findings(desk_file)
    assert found.code == "counter"
    assert found.detail == {"queue": "exchanges", "counted": 1, "kept": 2, "late": 0, "late_kept": 0}


def test_a_payment_that_gave_back_more_than_it_took_is_found(desk_file: DeskFile):
    case = worked(desk_file)
    change(desk_file.core("wang"), "UPDATE payment SET returned = 1 WHERE number = 2 AND captured = 9801")
    (found,) = findings(desk_file)
    assert found.code == "over_refunded"
    assert found.detail == {"order": case.order_number, "where": "payment 2", "paid": 9_801, "back": 9_802}


def test_a_line_that_gave_back_more_than_it_cost_is_found(desk_file: DeskFile):
    case = worked(desk_file)
    change(desk_file.core("wang"), "UPDATE order_line SET paid = paid - 1 WHERE order_id = ?", case.order)
    (found,) = findings(desk_file)
    assert found.detail == {"order": case.order_number, "where": "line 1", "paid": 39_800, "back": 39_801}


@pytest.mark.parametrize("kind", ["message", "wake", "clock"])
@pytest.mark.parametrize("damage", ["DELETE FROM outbox", "UPDATE outbox SET state = 'moot'"])
def test_a_promise_without_its_job_is_found(desk_file: DeskFile, kind: str, damage: str):
    worked(desk_file)
    change(
        desk_file.core("wang"),
        f"{damage} WHERE kind = ? AND case_id IN (SELECT id FROM cases WHERE kind = 'inquiry')",
        kind,
    )
    (found,) = findings(desk_file)
    assert found.code == "promise"
    assert str(found.detail["key"]).startswith(f"{kind}:")


def test_a_refund_that_nobody_will_pay_is_found(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case
    for command in (Approve(), Receive(), Inspect(), PayBack()):
        case = wang.do(command, case.id).case
    assert findings(desk_file) == []
    change(wang, "UPDATE outbox SET state = 'done' WHERE kind = 'refund'")
    (found,) = findings(desk_file)
    assert (found.number, found.detail["found"]) == (wang.number(case), "done")


def test_a_case_of_a_later_csdesk_is_named_but_not_called_broken(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    case = worked(desk_file)
    wang = desk_file.core("wang")
    monkeypatch.setattr(module, "decode", _never_heard_of("assigned"))
    (found,) = findings(desk_file)
    assert (found.code, found.number) == ("unknown_event", wang.number(case))


def _never_heard_of(name: str) -> Callable[..., object]:
    from csdesk.store.codec import UnknownEvent, decode

    def reading(type_: str, v: int, payload: bytes) -> object:
        if type_ == name:
            raise UnknownEvent(f"{name} version {v}")
        return decode(type_, v, payload)

    return reading


def test_many_batches_find_as_much_as_one(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch):
    wang = desk_file.core("wang")
    opened = [wang.do(Open(Kind.INQUIRY)).case for _ in range(7)]
    for case in opened:
        wang.do(Note("一"), case.id)
        change(wang, "UPDATE event SET actor = 'x' WHERE case_id = ? AND seq = 3", case.id)
    for size in (1, 2, 7, 100):
        monkeypatch.setattr(module, "CASES_A_BATCH", size)
        seen: list[int] = []
        found = list(verify(wang.store, seen.append))
        assert [f.number for f in found] == [wang.number(case) for case in sorted(opened, key=lambda c: c.id)]
        assert seen[-1] == 7


def test_a_desk_may_work_on_while_it_is_verified(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "CASES_A_BATCH", 1)
    wang = desk_file.core("wang")
    for _ in range(4):
        wang.do(Open(Kind.INQUIRY))
    looks: list[int] = []

    def work(done: int) -> None:
        looks.append(done)
        if len(looks) <= 3:
            note = wang.do(Open(Kind.INQUIRY)).case
            wang.do(Note("一"), note.id)

    assert list(verify(desk_file.store(), work)) == []
    assert len(looks) >= 4


def test_nothing_is_written_by_looking(desk_file: DeskFile):
    worked(desk_file)
    store = desk_file.store()
    before = store.conn.total_changes
    assert list(verify(store)) == []
    assert store.conn.total_changes == before
    assert Path(store.conn.path) == desk_file.path.resolve()
