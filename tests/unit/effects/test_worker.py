"""The worker of the outbox: one at a time, each job once, what fails is tried again and never guessed at."""

import threading

import pytest

from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.cases.conversation import Recall, Reply
from csdesk.domain.cases.goods import Approve, Inspect, Receive
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack
from csdesk.domain.cases.shared import Close, Note, Snooze, TakeBack
from csdesk.domain.roles import Role
from csdesk.effects.ports import Confirmed, Failed, Sent, Unknown
from csdesk.effects.worker import MOST_TRIES, Worker
from csdesk.store import feed, outbox, tokens
from csdesk.store.connection import write
from csdesk.store.errors import StoreError
from csdesk.store.file import open_store
from tests.building import DAY, HOUR, DeskFile, line
from tests.unit.effects.conftest import Outside, a_worker

# As many changes are kept here, in place of effects.worker.CHANGES_KEPT.
FEW = 500


def opened(core: Core, desk_file: DeskFile, kind: Kind = Kind.RETURN, *, paid: int = 19_900) -> Case:
    order = desk_file.order(line(1, paid), customer=desk_file.customer("张伟", phone="13812345678"))
    return core.do(Open(kind, order, (LineQty(1, 1),))).case


def refunding(core: Core, desk_file: DeskFile, *, paid: int = 19_900) -> Case:
    case = opened(core, desk_file, paid=paid)
    for command in (Approve(), Receive(), Inspect(), PayBack()):
        case = core.do(command, case.id).case
    return case


def job(core: Core, kind: str) -> tuple[str, int, str]:
    """State, attempts and result of the only job of a kind."""
    (row,) = core.store.conn.execute(
        "SELECT state, attempts, result FROM outbox WHERE kind = ?", (kind,)
    ).fetchall()
    return tuple(row)


def state(core: Core, case: Case) -> str:
    return core.load(case.id)[0].state


def test_a_held_reply_leaves_after_its_hold_and_not_before(
    desk_file: DeskFile, outside: Outside, worker: Worker
):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    wang.do(Reply("您好，已为您登记"), case.id)
    desk_file.clock.forward(ms=9_999)
    assert (worker.turn(), outside.letters) == (0, [])
    desk_file.clock.forward(ms=1)
    assert worker.turn() == 1
    ((key, to, text, channel),) = outside.letters
    assert (to.name, to.phone, text, channel) == ("张伟", "13812345678", "您好，已为您登记", "phone")
    (message,) = wang.load(case.id)[0].messages
    assert (message.state, key) == ("sent", f"message:{message.id}")
    assert job(wang, "message")[0] == "done"
    assert worker.turn() == 0


def test_a_recalled_reply_never_leaves_and_one_that_left_cannot_be_recalled(
    desk_file: DeskFile, outside: Outside, worker: Worker
):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    wang.do(Reply("写错了"), case.id)
    wang.do(Recall(), case.id)
    desk_file.clock.forward(seconds=11)
    assert (worker.turn(), outside.letters) == (0, [])
    wang.do(Reply("写对了"), case.id)
    desk_file.clock.forward(seconds=11)
    worker.turn()
    with pytest.raises(Refused) as refused:
        wang.do(TakeBack(), case.id)
    assert refused.value.code == "already_sent"
    assert [text for _, _, text, _ in outside.letters] == ["写对了"]


def test_a_reply_that_the_worker_already_has_cannot_be_recalled(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    wang.do(Reply("您好"), case.id)
    desk_file.clock.forward(seconds=11)
    seen: list[str] = []

    class Recalling(Outside):
        def send(self, key, to, text, *, channel, case, automatic=False):
            with pytest.raises(Refused) as refused:
                wang.do(Recall(), wang.case_id(case))
            seen.append(refused.value.code)
            return Sent()

    assert a_worker(desk_file, Recalling()).turn() == 1
    assert seen == ["already_sent"]
    assert wang.load(case.id)[0].messages[0].state == "sent"


def test_a_channel_that_fails_is_tried_again_after_longer_and_longer_pauses_and_then_told(
    desk_file: DeskFile, outside: Outside, worker: Worker
):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    wang.do(Reply("您好"), case.id)
    desk_file.clock.forward(seconds=10)
    outside.sends = lambda key: Failed("gateway_down")
    pauses = []
    for tries in range(1, MOST_TRIES):
        assert worker.turn() == 1
        assert job(wang, "message") == ("ready", tries, "gateway_down")
        (at,) = wang.store.conn.execute("SELECT run_at FROM outbox WHERE kind = 'message'").fetchone()
        pauses.append(at - desk_file.clock.now)
        desk_file.clock.now = at - 1
        assert worker.turn() == 0
        desk_file.clock.forward(ms=1)
    assert pauses == sorted(pauses)
    assert pauses[:3] == [2_000, 4_000, 8_000]
    assert max(pauses) <= 600_000
    worker.turn()
    assert wang.load(case.id)[0].messages[0].state == "failed"
    assert job(wang, "message") == ("failed", MOST_TRIES, "gateway_down")


def test_a_final_failure_is_told_at_once(desk_file: DeskFile, outside: Outside, worker: Worker):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    wang.do(Reply("您好"), case.id)
    desk_file.clock.forward(seconds=10)
    outside.sends = lambda key: Failed("number_unknown", final=True)
    worker.turn()
    assert wang.load(case.id)[0].messages[0].state == "failed"


def test_a_refund_goes_out_by_the_payments_that_paid_and_is_confirmed_once(
    desk_file: DeskFile, outside: Outside, worker: Worker
):
    wang = desk_file.core("wang")
    case = refunding(wang, desk_file)
    assert worker.turn() == 1
    ((key, parts),) = outside.refunds
    assert key == f"refund:{case.refunds[0].id}"
    assert [(p.method, p.reference, p.minor) for p in parts] == [
        ("wechat", f"pay-{case.order_number}-1", 19_900)
    ]
    after, _ = wang.load(case.id)
    assert (after.state, after.refunds[0].state, after.refunded) == ("refunded", "confirmed", 19_900)
    assert worker.turn() == 0


def test_a_refund_of_a_gift_asks_no_provider(desk_file: DeskFile, outside: Outside, worker: Worker):
    wang = desk_file.core("wang")
    case = refunding(wang, desk_file, paid=0)
    worker.turn()
    assert outside.refunds == []
    assert state(wang, case) == "refunded"


def test_a_refund_that_the_provider_refuses_is_owed_again_and_the_retry_pays_once(
    desk_file: DeskFile, outside: Outside, worker: Worker
):
    wang = desk_file.core("wang")
    case = refunding(wang, desk_file)
    outside.pays = lambda key: Failed("card_closed", final=True)
    worker.turn()
    after, _ = wang.load(case.id)
    assert (after.state, after.refunded, after.lines[0].refundable) == ("received_inspecting", 0, 1)
    outside.pays = lambda key: Confirmed("ref-2")
    wang.do(PayBack(), case.id)
    worker.turn()
    assert wang.load(case.id)[0].refunded == 19_900
    assert len({key for key, _ in outside.refunds}) == 2


def test_a_refund_of_unknown_fate_is_asked_with_the_same_key_and_never_taken_for_failed(
    desk_file: DeskFile, outside: Outside, worker: Worker
):
    wang = desk_file.core("wang")
    case = refunding(wang, desk_file)
    outside.pays = lambda key: Unknown("timeout")
    while wang.load(case.id)[0].refunds[0].state != "in_doubt":
        worker.turn()
        desk_file.clock.forward(seconds=600)
    assert job(wang, "refund") == ("ready", MOST_TRIES, "timeout")
    assert len({key for key, _ in outside.refunds}) == 1
    assert state(wang, case) == "refunding"
    asked = len(outside.refunds)
    desk_file.clock.forward(hours=1)
    worker.turn()
    assert len(outside.refunds) == asked  # nobody knows how long a provider remembers: it is only asked after
    outside.knows = lambda key: Confirmed("ref-1")
    desk_file.clock.forward(hours=1)
    worker.turn()
    assert state(wang, case) == "refunded"


def test_a_deadline_that_passes_is_recorded_once_and_counted_as_late(desk_file: DeskFile, worker: Worker):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    review = next(clock for clock in case.clocks if clock.name == "review")
    desk_file.clock.now = review.due - 1
    assert worker.turn() == 0
    desk_file.clock.forward(ms=1)
    assert worker.turn() == 1
    kinds = [
        row[0] for row in wang.store.conn.execute("SELECT type FROM event WHERE case_id = ?", (case.id,))
    ]
    assert kinds.count("breached") == 1
    counts = {count.queue: count.breached for count in feed.counts(wang.store.conn, wang.desk, "wang")}
    assert counts["returns"] == 1


def test_a_deadline_whose_case_moved_on_is_moot_until_an_undo_brings_it_back(
    desk_file: DeskFile, worker: Worker
):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    review = next(clock for clock in case.clocks if clock.name == "review")
    desk_file.clock.now = review.due
    with write(wang.store.conn) as conn:  # the worker had it in its hands
        fence = outbox.elect(conn, wang.desk, "dead", desk_file.clock.now)
        assert fence is not None
        outbox.take(conn, wang.desk, fence, desk_file.clock.now)
    wang.do(Approve(), case.id)
    desk_file.clock.forward(seconds=7)
    assert worker.turn() == 1
    key = f"clock:{case.id}:review:{review.due}"
    told = "SELECT state, result FROM outbox WHERE key = ?"
    assert tuple(wang.store.conn.execute(told, (key,)).fetchone()) == ("moot", "clock_stopped")
    wang.do(TakeBack(), case.id)
    assert worker.turn() == 1
    assert tuple(wang.store.conn.execute(told, (key,)).fetchone()) == ("done", "breached")


def test_a_case_that_the_consumer_forgot_is_closed_with_a_notice_in_words(
    desk_file: DeskFile, outside: Outside, worker: Worker
):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    case = wang.do(Approve(), case.id).case
    desk_file.clock.now = case.due
    assert worker.turn() == 1
    assert state(wang, case) == "auto_closed"
    worker.turn()
    assert [text for _, _, text, _ in outside.letters] == ["notice.auto_closed 已关闭 [zh-Hans]"]


def test_a_sleeping_case_wakes_when_its_time_has_come(desk_file: DeskFile, worker: Worker):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    wang.do(Snooze(4), case.id)
    assert feed.page(wang.store.conn, wang.desk, "returns", "wang", 10) == []
    desk_file.clock.forward(hours=4)
    assert worker.turn() == 1
    assert [row.id for row in feed.page(wang.store.conn, wang.desk, "returns", "wang", 10)] == [case.id]


def test_an_old_alarm_does_not_wake_a_case_that_was_put_to_sleep_again(desk_file: DeskFile, worker: Worker):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    wang.do(Snooze(2), case.id)
    later = wang.do(Snooze(5), case.id).case.snoozed_until
    desk_file.clock.forward(hours=2)
    assert worker.turn() == 1
    assert wang.load(case.id)[0].snoozed_until == later
    desk_file.clock.forward(hours=3)
    worker.turn()
    assert wang.load(case.id)[0].snoozed_until == 0


def test_an_undone_closing_gives_a_sleeping_case_its_alarm_back(desk_file: DeskFile, worker: Worker):
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.INQUIRY)).case
    wang.do(Reply("您好"), case.id)
    wang.do(Snooze(2), case.id)
    wang.do(Close(), case.id)
    desk_file.clock.forward(hours=2)
    while worker.turn():
        pass
    wang.do(TakeBack(), case.id)
    worker.turn()
    assert wang.load(case.id)[0].snoozed_until == 0


def test_a_job_of_unknown_kind_stays_and_is_reported(
    desk_file: DeskFile, worker: Worker, caplog: pytest.LogCaptureFixture
):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    with write(wang.store.conn) as conn:
        conn.execute(
            "INSERT INTO outbox VALUES (?,'fax:1','fax',?,'1','ready',?,0,0,'',?)",
            (wang.desk, case.id, desk_file.clock.now, desk_file.clock.now),
        )
    assert worker.turn() == 1
    assert "unknown kind fax" in caplog.text
    assert job(wang, "fax") == ("ready", 1, "unknown_kind")
    assert worker.turn() == 0
    desk_file.clock.forward(ms=HOUR)
    assert worker.turn() == 1


def test_a_job_that_nobody_foresaw_does_not_stop_the_others(
    desk_file: DeskFile, outside: Outside, worker: Worker, caplog: pytest.LogCaptureFixture
):
    wang = desk_file.core("wang")
    first, second = opened(wang, desk_file), opened(wang, desk_file)
    wang.do(Reply("一"), first.id)
    desk_file.clock.forward(ms=1)
    wang.do(Reply("二"), second.id)
    bad = f"message:{wang.load(first.id)[0].messages[0].id}"

    def sends(key: str) -> Sent:
        if key == bad:
            raise ZeroDivisionError
        return Sent()

    outside.sends = sends
    desk_file.clock.forward(seconds=10)
    assert worker.turn() == 2
    assert [text for _, _, text, _ in outside.letters] == ["二"]
    assert "ZeroDivisionError" in caplog.text
    outside.sends = lambda key: Sent()
    desk_file.clock.forward(seconds=2)
    worker.turn()
    assert [text for _, _, text, _ in outside.letters] == ["二", "一"]


def test_a_person_who_was_erased_gets_no_message(desk_file: DeskFile, outside: Outside, worker: Worker):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    wang.do(Reply("您好"), case.id)
    with write(wang.store.conn) as conn:
        conn.execute("UPDATE person_key SET sealed = x'', shredded_at = 1 WHERE person = ?", (case.customer,))
    desk_file.clock.forward(seconds=10)
    worker.turn()
    assert outside.letters == []
    assert wang.load(case.id)[0].messages[0].state == "failed"


def test_only_one_of_two_workers_works_and_the_other_takes_over_when_it_is_gone(
    desk_file: DeskFile, outside: Outside
):
    wang = desk_file.core("wang")
    one, two = a_worker(desk_file, outside), a_worker(desk_file, outside)
    case = opened(wang, desk_file)
    wang.do(Reply("一"), case.id)
    desk_file.clock.forward(seconds=10)
    assert one.turn() == 1
    wang.do(Reply("二"), case.id)
    desk_file.clock.forward(ms=1)
    wang.do(Reply("三"), case.id)
    desk_file.clock.forward(seconds=10)
    assert two.turn() == 2  # the lease of the first has ended by now
    wang.do(Reply("四"), case.id)
    desk_file.clock.forward(seconds=10)
    two.resign()
    assert one.turn() == 1
    assert [text for _, _, text, _ in outside.letters] == ["一", "二", "三", "四"]


def test_a_worker_that_resigns_is_followed_at_once(desk_file: DeskFile, outside: Outside):
    wang = desk_file.core("wang")
    one, two = a_worker(desk_file, outside), a_worker(desk_file, outside)
    case = opened(wang, desk_file)
    wang.do(Reply("一"), case.id)
    desk_file.clock.forward(seconds=10)
    assert one.turn() == 1
    wang.do(Note("电话无人接听"), case.id)
    refunding(wang, desk_file)
    assert two.turn() == 0
    one.resign()
    assert two.turn() == 1


def test_a_worker_that_lost_its_lease_while_it_sent_touches_nothing_more(desk_file: DeskFile):
    wang = desk_file.core("wang")
    first, second = opened(wang, desk_file), opened(wang, desk_file)
    wang.do(Reply("一"), first.id)
    desk_file.clock.forward(ms=1)
    wang.do(Reply("二"), second.id)
    desk_file.clock.forward(seconds=10)
    after = a_worker(desk_file, successor := Outside())

    class Slow(Outside):
        def send(self, key, to, text, *, channel, case, automatic=False):
            answer = super().send(key, to, text, channel=channel, case=case)
            desk_file.clock.forward(ms=outbox.WORKER_MS + 1)
            assert after.turn() == 2
            return answer

    slow = Slow()
    assert a_worker(desk_file, slow).turn() == 1
    assert [text for _, _, text, _ in slow.letters] == ["一"]
    assert [text for _, _, text, _ in successor.letters] == ["一", "二"]
    assert slow.letters[0][0] == successor.letters[0][0]  # the adapter sees one key: it sends once
    messages = [wang.load(case.id)[0].messages[0].state for case in (first, second)]
    assert messages == ["sent", "sent"]


def test_a_long_turn_keeps_its_lease(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    for text in ("一", "二", "三"):
        wang.do(Reply(text), case.id)
    desk_file.clock.forward(seconds=10)
    other = a_worker(desk_file)

    class Slow(Outside):
        def send(self, key, to, text, *, channel, case, automatic=False):
            desk_file.clock.forward(ms=outbox.WORKER_MS // 2)
            assert other.turn() == 0
            return super().send(key, to, text, channel=channel, case=case)

    slow = Slow()
    assert a_worker(desk_file, slow).turn() == 3
    assert len(slow.letters) == 3


def test_a_turn_that_broke_off_is_made_good_by_the_same_worker(desk_file: DeskFile, outside: Outside):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    wang.do(Reply("您好"), case.id)
    desk_file.clock.forward(seconds=10)
    full = StoreError("disk_full", path="desk.db")

    def sends(key: str) -> Sent:
        outside.sends = lambda key: Sent()
        raise full

    outside.sends = sends
    worker = a_worker(desk_file, outside)
    with pytest.raises(StoreError):
        worker.turn()
    assert job(wang, "message")[0] == "running"
    assert worker.turn() == 1
    assert len(outside.letters) == 1


def test_an_idle_worker_writes_nothing(desk_file: DeskFile, outside: Outside):
    core = desk_file.core("system")
    worker = a_worker(desk_file, outside, core=core)
    opened(desk_file.core("wang"), desk_file)
    before = core.store.conn.total_changes
    assert [worker.turn() for _ in range(3)] == [0, 0, 0]
    assert core.store.conn.total_changes == before
    assert core.store.conn.execute("SELECT count(*) FROM worker").fetchone() == (0,)


def test_an_agent_cannot_be_the_worker(desk_file: DeskFile, outside: Outside):
    with pytest.raises(Refused) as refused:
        a_worker(desk_file, outside, core=desk_file.core("zhao"))
    assert refused.value.code == "no_right"


def test_the_list_of_changes_stays_bounded_and_its_sequence_goes_on(
    desk_file: DeskFile, worker: Worker, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("csdesk.effects.worker.CHANGES_KEPT", FEW)
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    with write(wang.store.conn) as conn:
        conn.executemany(
            "INSERT INTO change VALUES (?,?,?,1,0,0)",
            [(wang.desk, n, case.id) for n in range(2, FEW + 50)],
        )
    last = feed.last_change(wang.store.conn, wang.desk)
    wang.do(Reply("您好"), case.id)
    desk_file.clock.forward(seconds=10)
    worker.turn()
    (rows,) = wang.store.conn.execute("SELECT count(*) FROM change").fetchone()
    assert rows <= FEW + 1
    assert feed.last_change(wang.store.conn, wang.desk) == last + 2


def test_a_deadline_in_days_ends_with_the_day_of_the_desk(desk_file: DeskFile, worker: Worker):
    wang = desk_file.core("wang")
    case = wang.do(Approve(), opened(wang, desk_file).id).case
    assert (case.due - desk_file.clock.now) // DAY == 7
    desk_file.clock.now = case.due - 1
    assert worker.turn() == 0


# In a thread.


def test_an_elected_console_thread_works_until_it_is_told_to_stop_and_hands_over(
    desk_file: DeskFile, outside: Outside
):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file)
    wang.do(Reply("您好"), case.id)
    desk_file.clock.forward(seconds=10)
    sent, stop = threading.Event(), threading.Event()

    def sends(key: str) -> Sent:
        sent.set()
        return Sent()

    outside.sends = sends

    def work() -> None:
        store = open_store(desk_file.path)  # a connection of the thread's own
        core = Core(store, Actor("system", Role.SYSTEM), now=desk_file.clock)
        a_worker(desk_file, outside, core=core).run(stop, poll_s=0.01)
        store.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert sent.wait(20)
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
    assert wang.load(case.id)[0].messages[0].state == "sent"
    assert wang.store.conn.execute("SELECT expires FROM worker").fetchone() == (0,)


@pytest.mark.parametrize("code", ["locked", "disk_full", "io_failed"])
def test_a_worker_waits_out_what_passes(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: str
):
    stop, tries = threading.Event(), []

    def turn(self: Worker) -> int:
        tries.append(1)
        if len(tries) == 3:
            stop.set()
            return 0
        raise StoreError(code, path="desk.db", holder="4711", reason="x")

    monkeypatch.setattr(Worker, "turn", turn)
    a_worker(desk_file).run(stop, poll_s=0.0)
    assert len(tries) == 3
    assert len(caplog.records) == 2


def test_a_worker_gives_up_a_file_that_is_damaged(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch):
    def turn(self: Worker) -> int:
        raise StoreError("torn", path="desk.db")

    monkeypatch.setattr(Worker, "turn", turn)
    with pytest.raises(StoreError) as error:
        a_worker(desk_file).run(threading.Event(), poll_s=0.0)
    assert error.value.code == "torn"


def test_sessions_of_long_ago_are_forgotten_and_tokens_stay_on_record(desk_file: DeskFile, worker: Worker):
    wang = desk_file.core("wang")
    conn = wang.store.conn

    def made(kind: str, days: int) -> str:
        now = desk_file.clock()
        ends = now + days * DAY
        with write(conn):
            one, _ = tokens.make(conn, "main", "wang", label="", by="wang", now=now, expires=ends, kind=kind)
        return one.id

    old, token = made(tokens.SESSION, 30), made(tokens.TOKEN, 30)
    desk_file.clock.forward(days=30)
    late = made(tokens.SESSION, 30)

    def left() -> set[str]:
        wang.do(Snooze(1), opened(wang, desk_file).id)
        desk_file.clock.forward(hours=2)
        assert worker.turn() > 0
        return {one.id for one in tokens.of_agent(conn, "main", "wang")}

    assert left() == {old, token, late}
    desk_file.clock.forward(days=90)
    assert left() == {token, late}
    desk_file.clock.forward(days=30)
    assert left() == {token}
