"""Importing tracking files: once, in order, whoever's they are; cases hear of changes, bad lines are told."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from csdesk.desk import parcel_queries as q
from csdesk.desk import queries
from csdesk.desk.core import Core
from csdesk.desk.words import Words
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.findings import Establish
from csdesk.domain.cases.goods import Approve, Receive, ShipBack
from csdesk.domain.cases.opening import Open
from csdesk.interop.importer import Report, run_import
from csdesk.store import load, tracking
from csdesk.store import orders as kept_orders
from csdesk.store.connection import write as writing
from csdesk.tui.screens.parcel_lines import parcels
from csdesk.tui.screens.scene import Scene
from tests.building import DAY, HOUR, MONDAY, DeskFile
from tests.unit.effects.conftest import Outside, a_worker

SF = "SF1234567890123"
Write = Callable[..., Path]
PLACE, TEXT = "杭州市西湖区文三路", "快递员王大力（13900001111）正在派送"


def scan(at: int, code: str, *, waybill: str = SF, **more: Any) -> dict[str, Any]:
    return {"waybill": waybill, "at": at, "scan": code, **more}


@pytest.fixture
def told(zhao: Core, write: Write) -> Callable[..., Report]:
    """Imports scans: times in ms, so that a test can count with them."""
    path = Path(__file__).parents[3] / "data" / "maps" / "tracking.toml"
    text = path.read_text("utf-8").replace('source = "tracking"', 'source = "tracking"\ntimes = "ms"')
    own = write("ms.toml", text)
    numbers = iter(range(100))

    def told(*scans: dict[str, Any], core: Core = zhao) -> Report:
        return run_import(core, [write(f"scans{next(numbers)}.json", list(scans))], str(own))

    return told


def returned(desk_file: DeskFile, waybill: str = SF) -> tuple[Core, str]:
    """A return on its way back; gives the agent and the case."""
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case
    wang.do(Approve(), case.id)
    wang.do(ShipBack("顺丰", waybill), case.id)
    return wang, case.id


def shipped(desk_file: DeskFile, waybill: str = SF, consent: str = "") -> str:
    """An order with one parcel on its way out; gives its number."""
    number = desk_file.order(status="shipped")
    store = desk_file.store()
    id_ = kept_orders.find(store.conn, store.desk.id, number)
    (customer,) = store.conn.execute("SELECT customer FROM orders WHERE id = ?", (id_,)).fetchone()
    row = (waybill, id_, "顺丰", customer, "1", MONDAY - 4 * DAY, consent, 0)
    with writing(store.conn) as conn:
        tracking.put_of_orders(conn, store.desk.id, [row])
    return number


def types(core: Core, case_id: str) -> list[str]:
    rows = core.store.conn.execute("SELECT type FROM event WHERE case_id = ? ORDER BY seq", (case_id,))
    return [row[0] for row in rows if row[0] in ("tracking_told", "handed_over", "clocks_set")]


def work(desk_file: DeskFile) -> int:
    return a_worker(desk_file, Outside()).turn()


def test_scans_out_of_order_and_twice_give_one_trail_and_one_event(desk_file: DeskFile, zhao: Core, told):
    wang, case_id = returned(desk_file)
    late, early = scan(MONDAY, "arrived", id="b"), scan(MONDAY - HOUR, "collected", id="a")
    report = told(late, early, late)
    assert (report.total("added"), report.total("repeated"), report.told) == (2, 1, 1)
    trail = tracking.trail(zhao.store.conn, zhao.desk, SF)
    assert [event.id for event in trail] == ["a", "b"]
    again = told(early, late)
    assert (again.total("unchanged"), again.told) == (2, 0)
    assert types(wang, case_id).count("tracking_told") == 1


def test_a_scan_told_again_corrects_itself_in_one_file_and_in_the_next(desk_file: DeskFile, zhao: Core, told):
    wang, case_id = returned(desk_file)
    told(scan(MONDAY, "lost", id="a"), scan(MONDAY, "arrived", id="a"))
    assert wang.load(case_id)[0].parcels[0].findings == ()
    told(scan(MONDAY, "lost", id="a"))
    assert wang.load(case_id)[0].parcels[0].findings == ("lost",)
    report = told(scan(MONDAY, "arrived", id="a"))
    assert (report.total("changed"), report.told) == (1, 1)
    assert wang.load(case_id)[0].parcels[0].findings == ()


def test_the_refund_clock_starts_at_the_signature(desk_file: DeskFile, told):
    wang, case_id = returned(desk_file)
    desk_file.clock.forward(days=2)
    told(scan(MONDAY + DAY, "signed_by_other", id="z"))
    case, _ = wang.load(case_id)
    refund = next(clock for clock in case.clocks if clock.name == "refund")
    assert (case.state, refund.started) == ("return_in_transit", MONDAY + DAY)
    assert case.parcels[0].findings == ()
    (timer,) = wang.store.conn.execute(
        "SELECT run_at FROM outbox WHERE kind = 'clock' AND ref LIKE 'refund:%'"
    ).fetchone()
    assert timer == refund.due


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("您的快件已放入丰巢快递柜，取件码 123456", "您的快件已放入丰巢快递柜，取件码 ******"),
        ("取货码：8-2-3021，请尽快领取", "取货码：********，请尽快领取"),
        ("快递员正在派送", "快递员正在派送"),
        ("派件员：李四正在派件", "派件员：李*正在派件"),
        ("签收人：本人签收", "签收人：本人签收"),
    ],
)
def test_codes_of_lockers_and_names_of_couriers_are_masked(zhao: Core, told, text: str, shown: str):
    told(scan(MONDAY, "in_transit", id="a", text=text))
    assert zhao.ask(q.ShowParcel(SF)).scans[0].text == shown


def test_scans_of_nobodys_parcel_wait_for_it(desk_file: DeskFile, zhao: Core, told):
    report = told(scan(MONDAY, "signed", id="z", place=PLACE, text=TEXT))
    assert (report.unknown_parcel, report.told) == (1, 0)
    assert [(one.waybill, one.scans) for one in zhao.ask(q.UnknownParcels())] == [(SF, 1)]
    assert told(scan(MONDAY, "collected", id="y")).unknown_parcel == 0
    stand_ins = zhao.store.conn.execute("SELECT count(*) FROM person_key").fetchone()
    wang, case_id = returned(desk_file, f" {SF.lower()} ")
    assert work(desk_file) >= 1
    case, _ = wang.load(case_id)
    assert case.parcels[0].signed_at == MONDAY
    assert zhao.ask(q.UnknownParcels()) == []
    # The stand-in's key is gone, the customer's has come; the text is still there, masked.
    assert zhao.store.conn.execute("SELECT count(*) FROM person_key").fetchone() == stand_ins
    scans = zhao.ask(q.ShowParcel(SF)).scans
    assert [one.scan for one in scans] == ["collected", "signed"]
    assert scans[1].text.startswith("快递员王*（139****1111）正在派送")
    assert scans[1].place == "杭州市***"


def test_an_order_that_comes_after_its_scans_is_joined(zhao: Core, shop: list[Path], told):
    told(scan(MONDAY, "signed", waybill="555000111222", id="z"))
    run_import(zhao, shop, "retail")
    assert zhao.ask(q.UnknownParcels()) == []
    (trail,) = zhao.ask(q.ShowParcel("555000111222")).parcels
    assert (trail.order, trail.signed_at) == ("#W1000001", MONDAY)
    assert zhao.ask(queries.ShowOrder("#W1000001")).order.signed_at == MONDAY


def test_silence_is_told_by_the_timer_though_no_scan_comes(desk_file: DeskFile, told):
    wang, case_id = returned(desk_file)
    work(desk_file)
    told(scan(MONDAY, "collected", id="a"))
    desk_file.clock.forward(hours=47)
    work(desk_file)
    assert wang.load(case_id)[0].parcels[0].findings == ()
    desk_file.clock.forward(hours=1)
    work(desk_file)
    assert wang.load(case_id)[0].parcels[0].findings == ("stale",)
    version = wang.load(case_id)[0].version
    desk_file.clock.forward(days=1)
    work(desk_file)
    assert wang.load(case_id)[0].version == version
    told(scan(MONDAY + 3 * DAY, "arrived", id="b"))
    assert wang.load(case_id)[0].parcels[0].findings == ()


def test_a_complaint_hears_of_its_orders_parcel_and_decides_by_it(desk_file: DeskFile, told):
    number = shipped(desk_file)
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.COMPLAINT, number, reason="station_without_consent")).case
    other = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case
    told(scan(MONDAY, "station", id="a"))
    kept, _ = wang.load(case.id)
    assert kept.shipments[0].findings == ("station_without_consent",)
    assert wang.load(other.id)[0].version == other.version
    view = wang.ask(queries.ShowCase(case.id))
    assert [(one.order, one.findings) for one in view.trails] == [(number, ("station_without_consent",))]
    verdict = wang.ask(queries.ShowVerdict(case.id))
    assert verdict.judged is not None and verdict.judged.facts["signed_by"] == "station"
    wang.do(Establish(("proxy_consented=true",)), case.id)
    told(scan(MONDAY + HOUR, "other", id="b", text="已联系收件人"))
    assert wang.load(case.id)[0].shipments[0].findings == ()


def test_recorded_consent_makes_a_locker_a_delivery(desk_file: DeskFile, zhao: Core, told):
    shipped(desk_file, consent="locker")
    told(scan(MONDAY, "locker", id="a"))
    (trail,) = zhao.ask(q.ShowParcel(SF)).parcels
    assert (trail.findings, trail.signed_at, trail.consent) == ((), MONDAY, "locker")


def test_who_delivered_without_a_check_that_holds_is_marked(
    desk_file: DeskFile, zhao: Core, told, write: Write
):
    wang, case_id = returned(desk_file)
    lines = [
        {
            "carrier": "顺丰",
            "courier": "77",
            "verified": True,
            "checked_at": "2026-01-01",
            "expires_at": "2026-10-01",
        },
        {
            "carrier": "顺丰",
            "courier": "78",
            "verified": True,
            "checked_at": "2026-10-01",
            "expires_at": "2026-01-01",
        },
    ]
    report = run_import(zhao, [write("couriers.jsonl", lines)], "couriers")
    assert (report.total("added"), dict(report.reasons)) == (1, {"before_check": 1})
    told(scan(MONDAY, "signed", id="a", courier="77"))
    assert wang.load(case_id)[0].parcels[0].findings == ("courier_expired",)
    kept = zhao.ask(q.SetCourier("SF", "77", verified=False))
    assert (kept.carrier, kept.doubt) == ("SF", "courier_unverified")
    with pytest.raises(Refused):
        wang.ask(q.SetCourier("SF", "77"))


BAD = [
    ({"waybill": "", "at": MONDAY, "scan": "lost"}, "waybill", "missing"),
    ({"waybill": "++", "at": MONDAY, "scan": "lost"}, "waybill", "not_a_waybill"),
    ({"waybill": SF, "at": "gestern", "scan": "lost"}, "scans[0].at", "bad_time"),
    ({"waybill": SF, "at": MONDAY, "scan": "teleported"}, "scans[0].scan", "bad_choice"),
    ({"waybill": SF, "at": MONDAY + 40 * DAY, "scan": "lost"}, "scans[0].at", "in_the_future"),
    ([1], "", "not_an_object"),
]


@pytest.mark.parametrize(("line", "field", "code"), BAD)
def test_a_bad_line_is_rejected_with_file_line_and_reason(zhao: Core, told, line: Any, field: str, code: str):
    report = told(scan(MONDAY, "collected", id="a"), line)
    assert (report.total("added"), report.total("rejected")) == (1, 1)
    (reject,) = report.rejects
    assert (reject.line, reject.problem.field, reject.problem.code) == (2, field, code)
    assert reject.file.startswith("scans")
    assert len(tracking.trail(zhao.store.conn, zhao.desk, SF)) == 1


def test_the_answers_of_two_aggregators_are_read(zhao: Core, write: Write):
    kdniao = {
        "LogisticCode": "773061155005903",
        "ShipperCode": "STO",
        "State": "3",
        "Traces": [
            {"AcceptTime": "2026-10-17 12:45:03", "AcceptStation": "快件已由菜鸟驿站代收", "Action": "211"},
            {"AcceptTime": "2026-10-14 11:45:41", "AcceptStation": "浙江临安公司-已收件"},
        ],
    }
    kuaidi = {
        "nu": "YT1234567890123",
        "com": "yuantong",
        "data": [
            {"time": "2026-10-17 17:32:23", "context": "已签收，签收人凭取货码签收。", "statusCode": "301"},
            {"time": "2026-10-16 08:14:00", "context": "派件中", "statusCode": "5"},
        ],
    }
    for name, answer in (("kdniao", kdniao), ("kuaidi100", kuaidi)):
        report = run_import(zhao, [write(f"{name}.json", answer)], name)
        assert (report.total("added"), report.total("rejected")) == (1, 0)
        again = run_import(zhao, [write(f"{name}.json", [answer])], name)
        assert again.total("added") == again.total("changed") == 0

    def read(waybill: str) -> list[str]:
        return [event.scan.value for event in tracking.trail(zhao.store.conn, zhao.desk, waybill)]

    assert read("773061155005903") == ["collected", "station"]
    assert read("YT1234567890123") == ["out_for_delivery", "signed"]


def test_a_csv_of_scans_is_read(zhao: Core, write: Write):
    text = f"waybill,time,scan,text,place\n{SF},2026-11-01T10:00:00,,已揽收,杭州市\n"
    report = run_import(zhao, [write("scans.csv", text)], "tracking")
    assert report.total("added") == 1
    assert [event.scan for event in tracking.trail(zhao.store.conn, zhao.desk, SF)] == ["collected"]


def test_the_file_holds_no_place_and_no_word_of_a_scan(desk_file: DeskFile, zhao: Core, told):
    returned(desk_file)
    told(
        scan(MONDAY, "out_for_delivery", id="a", place=PLACE, text=TEXT),
        scan(MONDAY, "out_for_delivery", waybill="YT1234567890123", place=PLACE, text=TEXT),
    )
    zhao.store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = b"".join(path.read_bytes() for path in desk_file.path.parent.glob("desk.db*"))
    for secret in ("西湖", "文三路", "王大力", "13900001111"):
        assert secret.encode() not in raw
    assert TEXT in {event.text for event in tracking.opened(zhao.store, SF)}


CHILD = """
import sys
from pathlib import Path
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Actor
from csdesk.domain.roles import Role
from csdesk.interop.importer import run_import
from csdesk.store.file import open_store
core = Core(open_store(Path(sys.argv[1])), Actor("zhao", Role.SUPERVISOR), now=lambda: int(sys.argv[2]))
run_import(core, [Path(sys.argv[3])], "tracking")
core.store.close()
"""


def test_two_processes_that_import_the_same_file_at_once_tell_once(desk_file: DeskFile, write: Write):
    wang, case_id = returned(desk_file)
    line = {"waybill": SF, "at": "2026-11-02T09:00:00+08:00", "scan": "signed", "id": "z"}
    others = [
        {"waybill": f"YT{n:013}", "at": "2026-11-01T09:00:00+08:00", "scan": "collected", "text": "已揽收"}
        for n in range(2_500)
    ]
    path = write("scans.jsonl", [*others, line])
    arguments = [sys.executable, "-c", CHILD, str(desk_file.path), str(desk_file.clock()), str(path)]
    started = [subprocess.Popen(arguments, stderr=subprocess.PIPE) for _ in range(2)]
    assert [(child.communicate()[1], child.returncode) for child in started] == [(b"", 0), (b"", 0)]
    assert types(wang, case_id).count("handed_over") == 1
    assert types(wang, case_id).count("tracking_told") == 1
    count = wang.store.conn.execute("SELECT count(*) FROM scan").fetchone()
    assert count == (2_501,)
    assert len(wang.ask(q.UnknownParcels(500))) == 500


def test_an_order_told_anew_keeps_what_its_parcels_scans_say(zhao: Core, shop: list[Path], told):
    run_import(zhao, shop, "retail")
    told(scan(MONDAY, "signed", waybill="555000111222", id="z"))
    data = json.loads(shop[0].read_text("utf-8"))
    data["#W1000001"]["payment_history"][0]["amount"] = 138.0
    shop[0].write_text(json.dumps(data), "utf-8")
    assert run_import(zhao, shop, "retail").total("changed") == 1
    (trail,) = zhao.ask(q.ShowParcel("555000111222")).parcels
    assert trail.signed_at == MONDAY


def test_erased_people_leave_no_text(desk_file: DeskFile, zhao: Core, told):
    wang, case_id = returned(desk_file)
    person = wang.load(case_id)[0].customer
    with writing(zhao.store.conn) as conn:
        conn.execute("UPDATE person_key SET sealed = x'', shredded_at = 1 WHERE person = ?", (person,))
    zhao.store.keys.drop(zhao.desk, person)
    assert load.erased(zhao.store, person)
    told(scan(MONDAY, "signed", id="a", place=PLACE, text=TEXT))
    (event,) = tracking.opened(zhao.store, SF)
    assert (event.text, event.place, event.scan) == ("", "", "signed")


def test_what_the_order_itself_says_was_signed_for_is_never_silent(
    desk_file: DeskFile, zhao: Core, shop: list[Path]
):
    run_import(zhao, shop, "retail", overlay="retail_cn", overlay_now=MONDAY)
    numbers = [row[0] for row in zhao.store.conn.execute("SELECT number FROM orders WHERE signed_at > 0")]
    desk_file.clock.forward(days=30)
    trails = [trail for number in numbers for trail in zhao.ask(queries.ShowOrder(number)).trails]
    assert trails and all(trail.signed_at and "stale" not in trail.findings for trail in trails)


def test_a_parcel_that_was_booked_is_never_silent(desk_file: DeskFile, told):
    wang, case_id = returned(desk_file)
    told(scan(MONDAY, "collected", id="a"))
    wang.do(Receive(waybill=SF), case_id)
    desk_file.clock.forward(days=9)
    work(desk_file)
    assert wang.load(case_id)[0].parcels[0].findings == ()
    assert wang.ask(queries.ShowCase(case_id)).trails[0].findings == ()


def test_a_case_is_found_by_the_waybill_of_its_own_parcel(desk_file: DeskFile):
    wang, case_id = returned(desk_file)
    assert [row.id for row in wang.ask(queries.FindCases("sf 1234567890123"))] == [case_id]


def test_the_case_page_tells_a_parcels_standing_by_sign_and_word(desk_file: DeskFile, told):
    wang, case_id = returned(desk_file)

    def lines() -> str:
        view = wang.ask(queries.ShowCase(case_id, timeline=False))
        scene = Scene(view, Words("zh-Hans", wang.zone), wang.now(), "wang", str, str)
        return "".join(text for line in parcels(scene, 200) for text, _ in line)

    desk_file.clock.forward(hours=3)
    told(scan(MONDAY, "out_for_delivery", id="a"))
    assert "派送中" in lines() and "!" not in lines()
    told(scan(MONDAY + HOUR, "damaged", id="b"))
    assert "! 运输破损" in lines()
    told(scan(MONDAY + 2 * HOUR, "signed", id="c"))
    assert "+ 物流显示签收" in lines()


def test_a_scan_ahead_of_the_desks_clock_counts_once_its_time_has_come(desk_file: DeskFile, told):
    wang, case_id = returned(desk_file)
    told(scan(MONDAY - HOUR, "arrived", id="a"), scan(MONDAY + HOUR, "signed", id="b"))
    assert wang.load(case_id)[0].parcels[0].signed_at == 0
    desk_file.clock.forward(hours=1)
    work(desk_file)
    assert wang.load(case_id)[0].parcels[0].signed_at == MONDAY + HOUR
