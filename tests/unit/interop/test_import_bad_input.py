"""Bad files stop an import with one sentence; bad records are left out by field and reason, alone."""

import gzip
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csdesk import resources
from csdesk.desk.core import Core
from csdesk.domain.text import clean
from csdesk.interop.faults import FAULTS, REASONS, ImportFault
from csdesk.interop.importer import run_import
from csdesk.interop.seeds import Seeds
from csdesk.store.people import Customer
from tests.building import DeskFile
from tests.hostile import HOSTILE
from tests.unit.interop.conftest import DATA, change, dump

Write = Callable[..., Path]


def fault(core: Core, files: list[Path], map_: str = "retail", **options: Any) -> ImportFault:
    """The fault that stops this import, before anything was written."""
    before = core.store.conn.total_changes
    with pytest.raises(ImportFault) as caught:
        run_import(core, files, map_, **options)
    assert core.store.conn.total_changes == before
    assert str(caught.value).endswith(".")
    assert "{" not in str(caught.value)
    return caught.value


def problems(core: Core, files: list[Path], map_: str = "retail") -> list[tuple[int, str, str]]:
    """(record, field, code) of everything that was rejected."""
    return [(r.record, r.problem.field, r.problem.code) for r in run_import(core, files, map_).rejects]


def test_files_that_cannot_be_read(zhao: Core, tmp_path: Path, write: Write):
    assert fault(zhao, [tmp_path / "no.json"]).code == "import_no_file"
    os.mkfifo(tmp_path / "pipe.json")
    assert fault(zhao, [tmp_path / "pipe.json"]).code == "import_not_a_file"
    assert fault(zhao, [tmp_path]).code == "import_empty_folder"
    assert fault(zhao, [write("empty.json", "")]).code == "import_empty"
    assert fault(zhao, [write("blank.jsonl", "\ufeff \n\n")]).code == "import_empty"
    assert fault(zhao, [write("none.json", {})]).code == "import_empty"
    assert (
        fault(
            zhao,
            [write("head.csv", (DATA / "complaints.csv").read_text("utf-8").split("\n")[0])],
            "complaints",
        ).code
        == "import_empty"
    )
    packed = write("cut.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 1000)[:-9])
    assert fault(zhao, [packed]).code == "import_bad_gzip"


def test_a_file_one_may_not_read(zhao: Core, write: Write, monkeypatch: pytest.MonkeyPatch):
    secret = write("secret.json", {})
    real = Path.open

    def refuse(self: Path, *args: Any, **more: Any) -> Any:
        if self == secret:
            raise PermissionError(13, "Permission denied")
        return real(self, *args, **more)

    monkeypatch.setattr(Path, "open", refuse)
    assert fault(zhao, [secret]).code == "import_unreadable"


def test_a_broken_document_names_its_line(zhao: Core, write: Write, shop: list[Path]):
    text = shop[0].read_text("utf-8")
    cut = write("cut.json", text[: text.index('"#W1000003"') + 40])
    found = fault(zhao, [shop[1], cut])
    assert found.code == "import_bad_json"
    assert found.details["line"] == text[: text.index('"#W1000003"') + 40].count("\n") + 1
    assert fault(zhao, [write("a.json", '{"a": {"b": 1}} x')]).code == "import_bad_json"
    assert fault(zhao, [write("b.json", '{"a": {"b": 1},}')]).code == "import_bad_json"
    assert fault(zhao, [write("deep.json", "[" * 200_000)]).code == "import_bad_json"
    assert fault(zhao, [write("digits.json", '[{"a": ' + "9" * 5_000 + "}]")]).code == "import_bad_json"


def test_a_document_that_is_not_utf8_names_its_line(zhao: Core, write: Write):
    found = fault(zhao, [write("gb.json", b'{"a":\n {"b": "' + "退货".encode("gbk") + b'"}}')])
    assert (found.code, found.details["line"]) == ("import_not_utf8", 2)


def test_a_file_that_the_map_does_not_take(zhao: Core, shop: list[Path], write: Write):
    found = fault(zhao, [shop[1], DATA / "complaints.csv"])
    assert found.code == "wrong_map"
    assert "complaints.csv" in str(found)
    assert fault(zhao, [shop[0]], "complaints").code == "wrong_map"
    assert fault(zhao, [DATA / "statutes.jsonl"], "canned").code == "wrong_map"
    assert fault(zhao, [write("numbers.json", "[1, 2, 3]")]).code == "wrong_map"


def test_a_file_named_twice_and_rejects_over_a_file(zhao: Core, shop: list[Path]):
    assert fault(zhao, [*shop, shop[0]]).code == "import_twice"
    assert fault(zhao, shop, rejects_path=shop[0]).code == "rejects_is_input"
    assert shop[0].stat().st_size
    assert fault(zhao, shop, rejects_path=shop[0].parent / "no" / "folder.jsonl").code == "rejects_unwritable"


def test_overlays_that_do_not_fit(zhao: Core, shop: list[Path]):
    assert fault(zhao, shop, overlay="mars").code == "unknown_overlay"
    assert fault(zhao, [DATA / "complaints.csv"], "complaints", overlay="retail_cn").code == "no_overlay"


def test_every_code_has_a_sentence_without_values():
    assert all(text[0].islower() and text.endswith(".") for text in REASONS.values())
    assert all(text.endswith(".") for text in FAULTS.values())


Spoil = Callable[[dict[str, Any]], Any]


def item(**changed: Any) -> Spoil:
    return lambda order: order["items"][0].update(changed)


def payment(**changed: Any) -> Spoil:
    return lambda order: order["payment_history"][0].update(changed)


BAD_ORDERS: list[tuple[str, Spoil, tuple[str, str]]] = [
    ("no number", lambda o: o.pop("order_id"), ("id", "missing")),
    ("number of another type", lambda o: o.update(order_id={"a": 1}), ("id", "wrong_type")),
    ("number of blanks", lambda o: o.update(order_id=" # "), ("id", "missing")),
    ("customer is a list", lambda o: o.update(user_id=[{}]), ("customer", "wrong_type")),
    ("unknown customer", lambda o: o.update(user_id="ghost"), ("customer", "unknown_customer")),
    ("unknown status", lambda o: o.update(status="lost in space"), ("status", "unlisted")),
    ("no status", lambda o: o.pop("status"), ("status", "missing")),
    ("no lines", lambda o: o.update(items=[]), ("lines", "missing")),
    ("lines are an object", lambda o: o.update(items={"a": 1}), ("lines", "wrong_type")),
    ("a line is a number", lambda o: o["items"].append(7), ("lines[1]", "not_an_object")),
    ("negative price", item(price=-1), ("lines[0].price", "negative")),
    ("price is text", item(price="cheap"), ("lines[0].price", "not_a_number")),
    ("price is true", item(price=True), ("lines[0].price", "not_a_number")),
    ("price is a list", item(price=[1]), ("lines[0].price", "not_a_number")),
    ("no price", lambda o: o["items"][0].pop("price"), ("lines[0].price", "missing")),
    ("price of half cents", item(price=1.005), ("lines[0].price", "too_fine")),
    ("price is huge", item(price=1e30), ("lines[0].price", "too_large")),
    ("price is nan", item(price=float("nan")), ("lines[0].price", "not_finite")),
    ("price is endless", item(price=float("inf")), ("lines[0].price", "not_finite")),
    ("unknown goods", item(item_id="77"), ("lines[0].sku", "unknown_product")),
    ("unknown product", item(product_id="77"), ("lines[0].product", "unknown_product")),
    ("a megabyte of title", item(name="x" * 1_000_000), ("lines[0].title", "too_long")),
    ("a megabyte of option", item(options={"a": "长" * 1_000_000}),
     ("lines[0].options", "too_long")),
    ("negative payment", payment(amount=-5), ("payments[0].amount", "negative")),
    ("refund above payment", lambda o: o["payment_history"].append(
        {"transaction_type": "refund", "amount": 999.0, "payment_method_id": "gift_card_12"}),
     ("payments[1].amount", "refund_over_payment")),
    ("refund by another way", lambda o: o["payment_history"].append(
        {"transaction_type": "refund", "amount": 1.0, "payment_method_id": "paypal_99"}),
     ("payments[1].amount", "refund_without_payment")),
    ("payment of no kind", payment(transaction_type="gift"),
     ("payments[0].kind", "unlisted")),
    ("parcel with other goods", lambda o: o.update(fulfillments=[{"tracking_id": ["1"], "item_ids": ["5"]}]),
     ("shipments[0].skus", "unknown_line")),
    ("a thousand and one parcels", lambda o: o.update(fulfillments=[{"tracking_id": ["1"]}] * 1001),
     ("shipments", "out_of_range")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "expected"), [bad[1:] for bad in BAD_ORDERS], ids=[bad[0] for bad in BAD_ORDERS]
)
def test_a_bad_order_is_left_out_by_field_and_the_good_ones_go_in(
    zhao: Core, shop: list[Path], spoil: Spoil, expected: tuple[str, str]
):
    change(shop[0], lambda data: spoil(data["#W1000002"]))
    assert expected in [(field, code) for record, field, code in problems(zhao, shop) if record == 2]
    assert [order[0] for order in dump(zhao)["orders"]] == ["#W1000001", "#W1000003", "#W1000004"]


def test_all_that_is_wrong_with_a_record_is_told_at_once(zhao: Core, shop: list[Path]):
    def spoil(data):
        data["#W1000002"].update(status=[], user_id=7.5)
        data["#W1000002"]["items"][0].update(price="?", name=None)

    change(shop[0], spoil)
    told = {field for record, field, _ in problems(zhao, shop)}
    assert told == {"status", "customer", "lines[0].price", "lines[0].title"}


def test_bad_customers_and_products(zhao: Core, shop: list[Path]):
    change(shop[2], lambda data: data["mia_kross_1001"].update(name={"first_name": "x" * 1_000_000}))
    change(shop[1], lambda data: data["900002"]["variants"]["2001"].update(price=-0.01))
    told = run_import(zhao, shop, "retail")
    assert dict(told.reasons) == {"too_long": 1, "negative": 1, "unknown_customer": 2, "unknown_product": 1}
    assert [order[0] for order in dump(zhao)["orders"]] == ["#W1000004"]


def test_an_unknown_currency_names_the_field(zhao: Core, shop: list[Path], tmp_path: Path):
    text = (Path(__file__).parents[3] / "data/maps/retail.toml").read_text("utf-8")
    own = tmp_path / "own.toml"
    own.write_text(text.replace("[orders]\n", '[orders]\ncurrency = "coin"\n'), "utf-8")
    change(shop[0], lambda data: data["#W1000002"].update(coin="DOGE"))
    assert problems(zhao, shop, str(own)) == [(2, "currency", "unknown_currency")]


def test_the_same_id_twice_in_a_file_is_told_with_the_first(zhao: Core, write: Write, shop: list[Path]):
    order = json.loads(shop[0].read_text("utf-8"))["#W1000002"]
    again = {**order, "order_id": "w1000002"}
    text = f'{{"a": {json.dumps(order)},\n "a": {json.dumps(again)}}}'
    report = run_import(zhao, [shop[1], shop[2], write("o.json", text)], "retail")
    assert [str(reject) for reject in report.rejects] == [
        "o.json:2: orders 2: id is the same as in record 1 of this file."
    ]
    assert report.files[-1].added == 1


def test_goods_of_another_product_are_not_taken_over(zhao: Core, shop: list[Path]):
    run_import(zhao, shop, "retail")
    change(shop[1], lambda data: data["900002"]["variants"]["2001"].update(item_id="1001"))
    assert problems(zhao, shop) == [(2, "variants[0].sku", "sku_taken")]


def test_lines_of_a_jsonl_that_cannot_be_read(zhao: Core, write: Write):
    good = (DATA / "statutes.jsonl").read_text("utf-8").splitlines()
    lines = [good[0], "{broken", "[]", '"text"', "", good[1], "{" * 100_000, good[2]]
    raw = "\n".join(lines).encode() + b'\n{"law": "\xff"}\n' + b"x" * 9_000_000 + b"\n" + good[3].encode()
    path = write("mixed.jsonl", raw)
    assert [(record, code) for record, _, code in problems_of_texts(zhao, path)] == [
        (2, "bad_json"), (3, "not_an_object"), (4, "not_an_object"), (6, "bad_json"), (8, "not_utf8"),
        (9, "line_too_long"),
    ]  # fmt: skip


def problems_of_texts(core: Core, path: Path) -> list[tuple[int, str, str]]:
    """As `problems`, by a dry run: what a library keeps is another test's matter."""
    report = run_import(core, [path], "articles", dry_run=True)
    assert report.total("added") == 4
    return [(r.record, r.problem.field, r.problem.code) for r in report.rejects]


def test_rows_of_a_csv_that_cannot_be_read(zhao: Core, write: Write):
    head, *_ = (DATA / "complaints.csv").read_text("utf-8").split("\n")
    row = "2023-08-27,Mortgage,Loan,Escrow,,{},,CORP,ZZ,0,,,Phone,2023-08-27,In progress,Yes,N/A,{}"
    long = "word " * 60_000
    rows = [
        head, row.format("fine", 1), row.format('"never closed', 2), row.format("fine", 3), "too,few",
        row.format('"quote" inside', 4), row.format(f'"{long}"', 5), row.format('"two\nlines"', 6), "",
        row.format("fine", 7).replace("2023-08-27,M", "yesterday,M"), row.format('"open to the end', 8),
    ]  # fmt: skip
    report = run_import(zhao, [write("c.csv", "\n".join(rows))], "complaints")
    assert [(r.line, r.record, r.problem.field, r.problem.code) for r in report.rejects] == [
        (3, 2, "", "bad_quotes"),
        (5, 4, "", "columns"),
        (6, 5, "", "bad_quotes"),
        (7, 6, "narrative", "too_long"),
        (11, 8, "opened_at", "bad_time"),
        (12, 9, "", "bad_quotes"),
    ]
    assert report.total("added") == 3


def test_a_heading_with_two_columns_of_one_name(zhao: Core, write: Write):
    assert fault(zhao, [write("c.csv", "a,b,a\n1,2,3\n")], "complaints").code == "import_bad_csv"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_a_csv_from_a_spreadsheet_is_read_in_its_encoding(zhao: Core, write: Write, encoding: str):
    text = (DATA / "complaints.csv").read_text("utf-8").replace("They promised", "他们承诺")
    report = run_import(zhao, [write("c.csv", text.encode(encoding))], "complaints")
    assert report.files[0].encoding == encoding.removesuffix("-sig")
    assert (report.total("added"), report.total("rejected")) == (3, 0)


def test_a_csv_in_no_encoding_we_know(zhao: Core, write: Write):
    found = fault(zhao, [write("c.csv", b"Complaint ID,Date received\n1,2\n\xff\xff\xff,3\n")], "complaints")
    assert (found.code, found.details["line"]) == ("import_not_utf8", 3)


def test_control_characters_are_taken_out_and_counted(zhao: Core, shop: list[Path]):
    change(
        shop[2],
        lambda data: data["mia_kross_1001"]["name"].update(first_name="Mi\x1b]0;x\x07a", last_name="\u202eK"),
    )
    change(shop[0], lambda data: data["#W1000001"]["items"][1].update(name="Back\x1b[31mpack\nred"))
    report = run_import(zhao, shop, "retail")
    assert report.total("rejected") == 0
    assert report.total("cleaned") >= 3
    assert "\x1b" not in repr(dump(zhao)["order_line"])
    assert any(line[3] == "Back␦pack red" for line in dump(zhao)["order_line"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.sampled_from(HOSTILE))
def test_no_hostile_text_reaches_the_desk(desk_file: DeskFile, zhao: Core, shop: list[Path], text: str):
    change(shop[1], lambda data: data["900001"].update(name=f"Lamp {text}"))
    change(shop[2], lambda data: data["otto_bly_1002"]["name"].update(first_name=f"Otto {text}"))
    run_import(zhao, shop, "retail")
    titles = [row[0] for row in zhao.store.conn.execute("SELECT title FROM product")]
    people = [row[0] for row in zhao.store.conn.execute("SELECT id FROM customer")]
    shown = [*titles, *(zhao.store.people.open(person).name for person in people)]  # type: ignore[union-attr]
    assert all(clean(one).text == one and "\n" not in one for one in shown)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
places = st.sampled_from(
    ["order_id", "user_id", "address", "items", "fulfillments", "status", "payment_history", "items.0",
     "items.0.price", "items.0.options", "items.0.item_id", "payment_history.0", "payment_history.0.amount",
     "payment_history.0.payment_method_id", "fulfillments.0", "fulfillments.0.tracking_id", "address.city"]
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=places, value=json_values)
def test_whatever_stands_in_a_field_nothing_breaks(zhao: Core, shop: list[Path], place: str, value: Any):
    data = json.loads((DATA / "orders.json").read_text("utf-8"))
    spot: Any = data["#W1000001"]
    *way, last = place.split(".")
    for step in way:
        spot = spot[int(step) if step.isdigit() else step]
    spot[int(last) if last.isdigit() else last] = value
    shop[0].write_text(json.dumps(data), "utf-8")
    report = run_import(zhao, shop, "retail")
    assert report.files[-1].records == 4
    assert report.files[-1].rejected <= 1
    lines = zhao.store.conn.execute("SELECT sum(paid) FROM order_line").fetchone()[0]
    totals = zhao.store.conn.execute("SELECT sum(total) FROM orders").fetchone()[0]
    assert lines == totals


def test_an_erased_customer_stays_erased(zhao: Core, shop: list[Path]):
    run_import(zhao, shop, "retail")
    (person,) = zhao.store.people.find("mia kross")
    zhao.store.conn.execute("UPDATE person_key SET shredded_at = 1, sealed = x'' WHERE person = ?", (person,))
    zhao.store.keys.drop(zhao.desk, person)
    change(shop[2], lambda data: data["mia_kross_1001"].update(email="new@example.com"))
    change(shop[0], lambda data: data["#W1000002"].update(status="processed"))
    report = run_import(zhao, shop, "retail")
    assert dict(report.reasons) == {"erased": 1}
    assert report.files[-1].changed == 1
    sealed = zhao.store.conn.execute("SELECT sealed FROM orders WHERE number = '#W1000002'").fetchone()[0]
    assert sealed == b""
    assert zhao.store.people.open(person) is None


def test_an_unwritable_disk_is_one_sentence_and_leaves_whole_batches(
    zhao: Core, shop: list[Path], tmp_path: Path
):
    if not Path("/dev/full").exists():
        pytest.fail("this system has no /dev/full to try a full disk with")
    change(shop[0], lambda data: data["#W1000001"].update(user_id="ghost"))
    full = tmp_path / "full.jsonl"
    full.symlink_to("/dev/full")
    with pytest.raises(ImportFault) as caught:
        run_import(zhao, shop, "retail", rejects_path=full)
    assert caught.value.code == "rejects_unwritable"
    assert [order[0] for order in dump(zhao)["orders"]] == []
    assert len(dump(zhao)["customer"]) == 2


def test_a_customer_record_is_read_back_as_it_came(zhao: Core, shop: list[Path]):
    run_import(zhao, shop, "retail")
    (person,) = zhao.store.people.find("otto bly")
    assert zhao.store.people.open(person) == Customer(
        "Otto Bly",
        "",
        "otto.bly@example.com",
        "2 Made Up Lane, Unit 2, Nowhere, ZZ, 00002, USA",
        "",
        ("paypal",),
    )


def test_an_overlay_whose_data_is_broken_is_one_sentence(
    zhao: Core, shop: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    seeds = shutil.copytree(resources.path("data/seeds"), tmp_path / "seeds")
    (seeds / "retail_cn.toml").write_text("currency = 1\n", "utf-8")
    load = Seeds.load
    monkeypatch.setattr(Seeds, "load", lambda seed=0: load(seeds, seed))
    with pytest.raises(ImportFault, match=r"retail_cn\.toml") as caught:
        run_import(zhao, shop, "retail", overlay="retail_cn")
    assert caught.value.code == "bad_overlay"
    assert dump(zhao)["orders"] == []
