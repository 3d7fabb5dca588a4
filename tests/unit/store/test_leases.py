"""Who holds a case: one at a time, for a while, fenced; and which case comes next."""

from csdesk.desk.queries import Held, Hold, LetGo
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.goods import Reject
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Snooze, Take
from csdesk.store.claims import next_case
from csdesk.store.connection import write
from csdesk.store.file import Store
from csdesk.store.leases import FRESH_MS, HOLD_MS, PARK_MS, Lease, held, hold, of_holder, release
from tests.building import DeskFile


def holding(store: Store, case: str, who: str, now: int, *, park: bool = False, force: bool = False) -> Lease:
    with write(store.conn):
        return hold(store.conn, "main", case, who, f"{who}:1", now, park=park, force=force)


def opened(desk_file: DeskFile, kind: Kind = Kind.RETURN) -> Case:
    order = desk_file.order()
    return desk_file.core("wang").do(Open(kind, order, (LineQty(1, 1),))).case


def coming(
    store: Store, who: str, now: int, *, queue: str = "all", skipped: tuple[str, ...] = ()
) -> str | None:
    return next_case(store.conn, "main", who, queue, skipped, now)


def test_a_case_is_held_by_one_and_the_other_is_told_by_whom(desk_file: DeskFile):
    store, now = desk_file.store(), desk_file.clock.now
    mine = holding(store, "c1", "wang", now)
    assert (mine.holder, mine.expires) == ("wang", now + HOLD_MS)
    assert holding(store, "c1", "li", now + HOLD_MS - 1) == mine
    assert held(store.conn, "main", "c1", now + HOLD_MS - 1) == mine


def test_a_lease_ends_by_itself_at_its_last_millisecond(desk_file: DeskFile):
    store, now = desk_file.store(), desk_file.clock.now
    holding(store, "c1", "wang", now)
    assert held(store.conn, "main", "c1", now + HOLD_MS) is None
    assert holding(store, "c1", "li", now + HOLD_MS).holder == "li"


def test_the_holders_keys_renew_a_lease_without_a_new_fence(desk_file: DeskFile):
    store, now = desk_file.store(), desk_file.clock.now
    first = holding(store, "c1", "wang", now)
    again = holding(store, "c1", "wang", now + 1000)
    assert (again.fence, again.expires) == (first.fence, now + 1000 + HOLD_MS)


def test_a_second_console_of_the_holder_gives_nothing_away_that_the_first_has_in_use(desk_file: DeskFile):
    first = desk_file.core("wang")
    second = first.acting(first.me, "wang:second")
    case = opened(desk_file).id
    first.ask(Hold(case))
    assert second.ask(Hold(case)).holder == "wang"
    second.ask(LetGo(case))
    assert [lease.case for lease in first.ask(Held())] == [case]
    first.ask(LetGo(case))
    assert first.ask(Held()) == []
    # Whoever has pressed no key for a while, or whose console is gone, is followed by the next.
    first.ask(Hold(case))
    desk_file.clock.forward(ms=FRESH_MS)
    second.ask(Hold(case))
    first.ask(LetGo(case))
    assert [lease.case for lease in first.ask(Held())] == [case]
    second.ask(LetGo(case))
    assert first.ask(Held()) == []


def test_the_fence_grows_with_every_new_holding_and_never_falls_back(desk_file: DeskFile):
    store, now = desk_file.store(), desk_file.clock.now
    fences = [holding(store, "c1", "wang", now).fence]
    fences.append(holding(store, "c1", "wang", now + HOLD_MS).fence)  # it had ended in between
    fences.append(holding(store, "c1", "zhao", now + HOLD_MS, force=True).fence)
    with write(store.conn):
        release(store.conn, "main", "c1", "zhao")
    fences.append(holding(store, "c1", "li", now + HOLD_MS).fence)
    assert fences == sorted(set(fences))


def test_only_the_holder_can_give_a_case_back(desk_file: DeskFile):
    store, now = desk_file.store(), desk_file.clock.now
    holding(store, "c1", "wang", now)
    with write(store.conn):
        release(store.conn, "main", "c1", "li")
    assert held(store.conn, "main", "c1", now) is not None
    with write(store.conn):
        release(store.conn, "main", "c1", "wang")
    assert held(store.conn, "main", "c1", now) is None


def test_a_parked_case_waits_out_a_call_and_the_last_parked_is_named_first(desk_file: DeskFile):
    store, now = desk_file.store(), desk_file.clock.now
    holding(store, "c1", "wang", now, park=True)
    holding(store, "c2", "wang", now + 10, park=True)
    holding(store, "c3", "wang", now)
    assert [lease.case for lease in of_holder(store.conn, "main", "wang", now + 20)] == ["c2", "c1", "c3"]
    assert [lease.case for lease in of_holder(store.conn, "main", "wang", now + HOLD_MS)] == ["c2", "c1"]
    assert of_holder(store.conn, "main", "wang", now + 10 + PARK_MS) == []
    assert holding(store, "c1", "wang", now + 20).parked == 0


def test_the_next_case_is_the_one_whose_time_runs_out_first(desk_file: DeskFile):
    later = opened(desk_file, Kind.COMPLAINT)  # 24 hours
    first = opened(desk_file, Kind.RETURN)  # 48 hours, opened a day earlier
    desk_file.clock.forward(days=1)
    middle = opened(desk_file, Kind.EXCHANGE)
    store, now = desk_file.store(), desk_file.clock.now
    order = sorted((later, first, middle), key=lambda case: (case.due, case.id))
    assert coming(store, "wang", now) == order[0].id
    assert coming(store, "wang", now, skipped=(order[0].id,)) == order[1].id
    assert coming(store, "wang", now, queue="exchanges") == middle.id
    assert coming(store, "wang", now, skipped=tuple(case.id for case in order)) is None


def test_a_case_of_somebody_else_never_comes_next(desk_file: DeskFile):
    case = opened(desk_file)
    store, now = desk_file.store(), desk_file.clock.now
    holding(store, case.id, "li", now)
    assert coming(store, "wang", now) is None
    assert coming(store, "li", now) == case.id
    assert coming(store, "wang", now + HOLD_MS) == case.id
    desk_file.core("li").do(Take(), case.id)
    assert coming(store, "wang", now + HOLD_MS) is None
    assert coming(store, "li", now + HOLD_MS) == case.id


def test_a_parked_case_does_not_come_next_to_the_one_who_parked_it(desk_file: DeskFile):
    parked, other = opened(desk_file), opened(desk_file)
    store, now = desk_file.store(), desk_file.clock.now
    holding(store, parked.id, "wang", now, park=True)
    assert coming(store, "wang", now) == other.id
    assert coming(store, "wang", now, skipped=(other.id,)) is None
    assert coming(store, "wang", now + PARK_MS) is not None


def test_cases_that_wait_for_others_or_sleep_do_not_come_next(desk_file: DeskFile):
    waiting, asleep = opened(desk_file), opened(desk_file)
    wang = desk_file.core("wang")
    wang.do(Reject("expired", "P02", override="过期，主管已核"), waiting.id)
    wang.do(Snooze(4), asleep.id)
    assert coming(desk_file.store(), "wang", desk_file.clock.now) is None


def test_my_own_queue_gives_only_what_is_mine(desk_file: DeskFile):
    opened(desk_file)
    mine = opened(desk_file)
    desk_file.core("wang").do(Take(), mine.id)
    assert coming(desk_file.store(), "wang", desk_file.clock.now, queue="mine") == mine.id
    assert coming(desk_file.store(), "li", desk_file.clock.now, queue="mine") is None
