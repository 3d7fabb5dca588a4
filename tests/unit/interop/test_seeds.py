"""The made-up world is the same every time, agrees with itself, and harms nobody real."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk import resources
from csdesk.domain.cases.case import Kind
from csdesk.domain.roles import Role
from csdesk.interop.seeds import CaseSeed, Order, SeedError, Seeds

FOLDER = resources.path("data/seeds")
# What people ask for; an incident is nobody's request.
KINDS = {kind.value for kind in Kind if kind is not Kind.INCIDENT}
SHANGHAI = timezone(timedelta(hours=8))
DAY_MS = 86_400_000
NOW = int(datetime(2026, 11, 22, 9, 30, tzinfo=SHANGHAI).timestamp() * 1000) + 123

# Every prefix that Chinese operators hold, those of virtual operators and of cards for things included.
HELD = re.compile(r"1(?:3\d|4[014-9]|5[0-35-9]|6[2-7]|7[0-8]|8\d|9[0-35-9])\d{8}")
ELEVEN_DIGITS = re.compile(r"(?<![\w-])1[3-9]\d{9}(?![\w-])")

NARRATIVES = (
    "签收第8天要退 拆了封说不能退 吊牌剪了 口红试色 内衣尺码 手机激活后有杂音 手机第10天坏 修两次还坏 "
    "寄修40天没消息 冰箱半年内坏谁举证 水果烂了一半 少发一件 发错颜色 定制婚纱有瑕疵 赠品没寄回被扣款 "
    "满减退一件少退钱 运费险不够 商家不给退货地址 退货签收10天没退款 快递丢件互相推 放驿站没告知被签收 "
    "显示签收未收到 付款成功没订单 重复扣款 自动续费没提醒 先涨后降 假一赔十不兑现 食品过期 预付卡店关门 "
    "个人信息泄露接诈骗电话 跨境奶粉退货 孩子游戏充值 押金不退 商家威胁给差评者"
)

numbers = st.integers(0, 10**9)
moments = st.integers(0, 5000).map(lambda days: NOW - 2500 * DAY_MS + days * (DAY_MS + 12_345_678))
stages = st.sampled_from(["paid", "shipped", "signed", "cancelled"])


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return Seeds.load()


@pytest.fixture(scope="module")
def orders(seeds: Seeds) -> list[Order]:
    return [seeds.order(n, NOW) for n in range(4000)]


@pytest.fixture(scope="module")
def cases(seeds: Seeds) -> list[CaseSeed]:
    return [seeds.case(n, NOW, kind=kind.value) for kind in Kind if kind.value in KINDS for n in range(500)]


def day(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, tz=UTC).astimezone(SHANGHAI)


def table(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def texts(value: object) -> Iterator[str]:
    """Every string in a parsed file."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


# The files


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_file_parses_says_that_it_is_made_up_and_writes_no_held_number(path: Path):
    text = path.read_text("utf-8")
    header = " ".join(line for line in text.splitlines()[:8] if line.startswith("#"))
    assert re.search("made.up|nobody said it", header, re.IGNORECASE)
    assert [found for value in texts(tomllib.loads(text)) for found in HELD.findall(value)] == []


def test_no_list_names_a_thing_twice():
    names, places, products, stories = table("names"), table("places"), table("products"), table("stories")
    merchants, carriers, orders = table("merchants"), table("carriers"), table("orders")
    lists = {
        "surnames": [row[0] for row in names["surnames"]],
        "given names": [row[0] for row in names["single"] + names["double"]],
        "provinces": [row["name"] for row in places["province"]],
        "cities": [city["name"] for row in places["province"] for city in row["cities"]],
        "streets": places["streets"],
        "estates": places["estate_first"],
        "promises": [row["code"] for row in merchants["promise"]],
        "merchants": [row["code"] for row in merchants["merchant"]],
        "merchant names": [row["name"] for row in merchants["merchant"]],
        "merchant phones": [row["phone"] for row in merchants["merchant"]],
        "carriers": [row["code"] for row in carriers["carrier"]],
        "signers": [row["code"] for row in carriers["signer"]],
        "categories": [row["code"] for row in products["categories"]],
        "products": [row["code"] for row in products["products"]],
        "product titles": [row["title"] for row in products["products"]],
        "kinds": [row["code"] for row in stories["kind"]],
        "channels": [row["code"] for row in stories["channel"]],
        "reasons": [(row["kind"], row["code"]) for row in stories["reason"]],
        "promotions": [row["code"] for row in orders["promotions"]],
        "gifts": [row["code"] for row in orders["gifts"]],
        "agents": [row["account"] for row in table("agents")["agents"]],
    }
    for province in places["province"]:
        for city in province["cities"]:
            lists[f"districts of {city['name']}"] = city["districts"]
    for reason in stories["reason"]:
        lists[f"utterances of {reason['kind']} {reason['code']}"] = reason["utterances"]
    assert {name: [x for x, n in Counter(rows).items() if n > 1] for name, rows in lists.items()} == {
        name: [] for name in lists
    }


def test_the_world_is_large_enough_to_be_believed(seeds: Seeds):
    names, places = table("names"), table("places")
    assert len(names["surnames"]) >= 120
    assert len(names["single"]) + len(names["double"]) >= 300
    assert len(places["province"]) == 31
    assert sum(len(row["cities"]) for row in places["province"]) >= 120
    assert len(seeds.merchants) >= 24
    assert len(seeds.carriers) >= 8
    assert len(table("products")["products"]) >= 90
    assert len(seeds.agents) >= 14


def test_every_category_with_goods_has_a_shop_and_every_shop_at_least_two_products(seeds: Seeds):
    sold = {item.category.code for item in seeds.products}
    assert {row["category"] for row in table("products")["products"]} == sold
    shelf = Counter(item.merchant for item in seeds.products)
    assert min(shelf[merchant.code] for merchant in seeds.merchants) >= 2
    assert len({variant.sku for item in seeds.products for variant in item.variants}) == sum(
        len(item.variants) for item in seeds.products
    )


def test_agents_have_the_desks_roles_and_skills(seeds: Seeds):
    assert {agent.role for agent in seeds.agents} == {role.value for role in Role} - {"system", "integration"}
    assert {skill for agent in seeds.agents for skill in agent.skills} == KINDS


def test_stories_cover_every_kind_and_all_the_standard_narratives(seeds: Seeds):
    assert {kind.code for kind in seeds.kinds} == KINDS
    assert {reason.kind for reason in seeds.reasons} == KINDS
    assert sorted(reason.narrative for reason in seeds.reasons if reason.narrative) == sorted(
        NARRATIVES.split()
    )
    assert {r.code: len(r.utterances) for r in seeds.reasons if not 8 <= len(r.utterances) <= 20} == {}
    assert {r.code for r in seeds.reasons if not r.notes} == set()


# The same every time


@given(n=numbers, others=st.lists(numbers, max_size=3), stage=st.none() | stages)
@settings(max_examples=60)
def test_a_record_does_not_depend_on_what_was_made_before_it(n: int, others: list[int], stage: Any):
    used, fresh = Seeds.load(), Seeds.load()
    for other in others:
        used.person(other)
        used.order(other, NOW - other % 900 * DAY_MS)
        used.case(other, NOW)
    for make in (
        lambda s: s.person(n),
        lambda s: s.order(n, NOW, stage=stage),
        lambda s: s.case(n, NOW),
        lambda s: s.story("repair", n),
        lambda s: s.overlay(f"#W{n}", f"user_{n}", "delivered", ["Laptop", "T-Shirt"], NOW),
    ):
        assert make(used) == make(fresh)


def test_another_process_with_other_string_hashes_makes_the_same_bytes():
    code = (
        "from hashlib import sha256; from csdesk.interop.seeds import Seeds; s = Seeds.load(); h = sha256()\n"
        "for n in range(300):\n"
        f"    h.update(repr((s.case(n, {NOW}), s.order(n, {NOW}), s.person(str(n)))).encode())\n"
        "print(h.hexdigest())"
    )
    seeds, digest = Seeds.load(), sha256()
    for n in range(300):
        digest.update(repr((seeds.case(n, NOW), seeds.order(n, NOW), seeds.person(str(n)))).encode())
    for salt in ("1", "77"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": salt, "PYTHONPATH": ":".join(sys.path), "TZ": "America/New_York"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == digest.hexdigest()


def test_another_seed_makes_another_world():
    one, two = Seeds.load(seed=1), Seeds.load(seed=2)
    same = sum(one.order(n, NOW).lines == two.order(n, NOW).lines for n in range(200))
    assert same < 20


# People


def test_no_generated_number_can_belong_to_anyone(seeds: Seeds, orders: list[Order]):
    said = [seeds.person(key).phone for key in (*range(2000), *(f"user_{n}" for n in range(500)))]
    said += [merchant.phone for merchant in seeds.merchants]
    for order in orders[:1000]:
        said += [
            found
            for parcel in order.parcels
            for e in parcel.events
            for found in ELEVEN_DIGITS.findall(e.text)
        ]
    assert {len(phone) for phone in said} == {11}
    assert {phone[:3] for phone in said} == {"154"}
    assert not any(HELD.fullmatch(phone) for phone in said)


def test_numbered_people_never_share_a_phone(seeds: Seeds):
    assert len({seeds.person(n).phone for n in range(50_000)}) == 50_000


def test_mail_goes_to_the_domains_kept_for_examples_only(seeds: Seeds):
    domains = {seeds.person(n).email.partition("@")[2] for n in range(500)}
    assert domains == {"example.com", "example.net", "example.org"}
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+\d{1,4}@.*", seeds.person(n).email) for n in range(500))


def test_people_live_where_parcels_go(seeds: Seeds):
    homes = [seeds.person(n).address for n in range(4000)]
    provinces = Counter(home.province for home in homes)
    assert len(provinces) == 31
    assert provinces.most_common(1)[0][0] == "广东省"
    assert provinces["西藏自治区"] < provinces["浙江省"] / 8
    assert str(homes[0]).startswith(homes[0].province)
    assert not any("市北京市" in str(home) or "{" in home.detail for home in homes)
    known = {
        (row["name"], city["name"], district)
        for row in table("places")["province"]
        for city in row["cities"]
        for district in city["districts"]
    }
    assert {(home.province, home.city, home.district) for home in homes} <= known


# Orders


def assert_sound(order: Order, now: int) -> None:
    """Times are ordered and inside the year; money and parcels agree."""
    assert now - 365 * DAY_MS <= order.placed_ms <= order.paid_ms <= now
    happened = [order.paid_ms, order.shipped_ms, order.signed_ms]
    times = [moment for moment in happened if moment is not None]
    assert happened[: len(times)] == times == sorted(times)
    assert times[-1] <= now
    assert order.promotion.off == sum(line.discount for line in order.lines)
    assert all(
        line.quantity > 0 and 0 <= line.discount <= line.quantity * line.unit_price for line in order.lines
    )
    assert [line.number for line in order.lines] == list(range(1, len(order.lines) + 1))
    assert all(payment.amount > 0 and payment.at_ms == order.paid_ms for payment in order.payments)
    assert sum(payment.amount for payment in order.payments) == order.total > 0
    if order.stage == "cancelled":
        assert order.cancelled_ms is not None
        assert order.paid_ms <= order.cancelled_ms <= now
        assert order.shipped_ms is None
        assert [(r.method, r.amount) for r in order.refunds] == [(p.method, p.amount) for p in order.payments]
        assert all(order.cancelled_ms <= refund.at_ms <= now for refund in order.refunds)
    else:
        assert order.cancelled_ms is None
        assert order.refunds == ()
    reached = "shipped" if order.shipped_ms else "paid"
    assert order.stage == ("cancelled" if order.cancelled_ms else "signed" if order.signed_ms else reached)
    assert_sound_parcels(order, now)


def assert_sound_parcels(order: Order, now: int) -> None:
    travels = {line.number for line in order.lines if not line.product.category.virtual}
    packed = [number for parcel in order.parcels for number in parcel.lines]
    assert sorted(packed) == (sorted(travels) if order.shipped_ms else [])
    for parcel in order.parcels:
        assert parcel.shipped_ms == order.shipped_ms
        assert re.fullmatch(parcel.carrier.pattern, parcel.waybill)
        moments = [event.at_ms for event in parcel.events]
        assert moments[0] == parcel.shipped_ms
        assert moments == sorted(moments)
        assert moments[-1] <= now
        assert (
            (parcel.events[-1].code == "signed")
            == (parcel.signed_ms is not None)
            == (parcel.signer is not None)
        )
        assert not any("{" in event.text for event in parcel.events)
    if order.signed_ms and order.parcels:
        assert max(parcel.signed_ms or 0 for parcel in order.parcels) == order.signed_ms


@given(n=numbers, now=moments, stage=st.none() | stages, within=st.integers(2, 365))
@settings(max_examples=400)
def test_an_order_is_sound_whenever_and_however_it_is_asked_for(n: int, now: int, stage: Any, within: int):
    order = WORLD.order(n, now, stage=stage, within_days=within)
    assert_sound(order, now)
    assert stage in (None, order.stage)


WORLD = Seeds.load()


def test_four_thousand_orders_are_sound_and_each_has_its_own_reference(orders: list[Order]):
    for order in orders:
        assert_sound(order, NOW)
    assert len({order.reference for order in orders}) == len(orders)
    assert all(order.reference.startswith(f"{day(order.placed_ms):%Y%m%d}") for order in orders)


def test_lines_are_the_shops_own_goods_at_the_listed_price(seeds: Seeds, orders: list[Order]):
    listed = {v.sku: (p.code, v.price) for p in seeds.products for v in p.variants}
    span = {row["code"]: row["price"] for row in table("products")["products"]}
    for order in orders:
        for line in order.lines:
            assert line.product.merchant == order.shelf.merchant.code
            if line.gift_value is None:
                assert listed[line.variant.sku] == (line.product.code, line.unit_price)
                assert span[line.product.model][0] <= line.unit_price <= span[line.product.model][1]
            else:
                assert (line.unit_price, line.paid) == (0, 0)
                assert line.gift_value > 0
        models = [line.product.code for line in order.lines]
        assert len(models) == len(set(models))


def test_the_year_has_its_two_peaks(orders: list[Order]):
    days = Counter(f"{day(order.placed_ms):%m-%d}" for order in orders)
    usual = mean(days[f"04-{n:02d}"] for n in range(1, 31))
    assert days["11-11"] > 8 * usual
    assert days["06-18"] > 5 * usual
    assert {day for day, _ in days.most_common(2)} == {"11-11", "06-18"}
    hours = Counter(day(order.placed_ms).hour for order in orders)
    assert hours[21] > 5 * hours[4]


def test_stages_payments_savings_and_returning_buyers_keep_believable_shares(orders: list[Order]):
    count = len(orders)
    stages = Counter(order.stage for order in orders)
    assert 0.02 < stages["cancelled"] / count < 0.07
    assert stages["signed"] / count > 0.8
    assert stages["paid"] > 0
    assert stages["shipped"] > 0
    methods = Counter(payment.method.code for order in orders for payment in order.payments)
    assert methods["wechat_pay"] > methods["alipay"] > methods["bank_card"] > methods["balance"] > 0
    assert 0.03 < sum(len(order.payments) == 2 for order in orders) / count < 0.09
    assert 0.1 < sum(order.promotion.off > 0 for order in orders) / count < 0.5
    assert 0.03 < sum(len(order.parcels) == 2 for order in orders) / count < 0.09
    assert 0.03 < sum(any(line.gift_value for line in order.lines) for order in orders) / count < 0.09
    buyers = Counter(order.buyer.key for order in orders)
    assert 0.5 < len(buyers) / count < 0.9
    assert buyers.most_common(1)[0][1] < 15


def test_every_shop_carrier_and_signer_takes_part(seeds: Seeds, orders: list[Order]):
    assert {order.shelf.merchant.code for order in orders} == {merchant.code for merchant in seeds.merchants}
    parcels = [parcel for order in orders for parcel in order.parcels]
    assert {parcel.carrier.code for parcel in parcels} == {carrier.code for carrier in seeds.carriers}
    assert {parcel.signer.code for parcel in parcels if parcel.signer} == {
        row["code"] for row in table("carriers")["signer"]
    }
    assert all(
        parcel.carrier.code in order.shelf.merchant.carriers for order in orders for parcel in order.parcels
    )


def test_a_waybill_alone_names_its_carrier(seeds: Seeds, orders: list[Order]):
    for order in orders[:1500]:
        for parcel in order.parcels:
            fits = [c.code for c in seeds.carriers if re.fullmatch(c.pattern, parcel.waybill)]
            assert fits == [parcel.carrier.code]


def test_a_year_outside_two_to_365_days_is_refused(seeds: Seeds):
    for within in (1, 366):
        with pytest.raises(SeedError, match="within_days must lie between 2 and 365"):
            seeds.order(1, NOW, within_days=within)


# Cases


def test_every_reason_makes_a_case_that_its_order_bears_out(seeds: Seeds, cases: list[CaseSeed]):
    assert {(case.kind.code, case.reason.code) for case in cases} == {(r.kind, r.code) for r in seeds.reasons}
    for case in cases:
        assert_sound(case.order, NOW)
        assert_told(case)
        assert_fits(case)


def assert_told(case: CaseSeed) -> None:
    """Opened on the right day, when the order stood where the customer says it does; every slot filled."""
    order = case.order
    steps = [order.paid_ms, order.shipped_ms, order.signed_ms, None]
    at = ["paid", "shipped", "signed"].index(case.reason.after)
    reached, following = steps[at], steps[at + 1]
    assert reached is not None
    assert reached <= case.opened_ms <= NOW
    assert following is None or case.opened_ms < following
    assert (day(case.opened_ms).date() - day(reached).date()).days == case.days
    assert case.reason.days[0] <= case.days <= case.reason.days[1]
    assert not re.search(r"[{}]|None", case.text + case.note)
    assert "（）" not in case.text
    assert case.channel.code in case.kind.channels


def assert_fits(case: CaseSeed) -> None:
    """The line and the order are of the sort that the reason is about."""
    order, line, reason = case.order, case.line, case.reason
    assert line is order.lines[0]
    assert 1 <= case.quantity <= line.quantity
    assert not reason.categories or line.product.category.code in reason.categories
    assert not reason.products or line.product.model in reason.products
    assert reason.categories or not line.product.category.virtual
    promises = {promise.code for promise in order.promises}
    meets = {
        "gift": any(line.gift_value for line in order.lines),
        "discount": order.promotion.off > 0,
        "several": sum(line.gift_value is None for line in order.lines) > 1,
        "units": line.quantity > 1,
        "station": all(parcel.signer and parcel.signer.code == "station" for parcel in order.parcels),
    }
    assert all(meets.get(need, need in promises) for need in reason.needs)


def test_templates_speak_of_a_parcel_only_where_there_is_one(seeds: Seeds):
    virtual = {item.category.code for item in seeds.products if item.category.virtual}
    for reason in seeds.reasons:
        spoken = set(re.findall(r"{(\w+)}", " ".join((*reason.utterances, *reason.notes))))
        if reason.after == "paid" or virtual & set(reason.categories):
            assert not spoken & {"waybill", "carrier", "signer"}, reason.code
        if reason.after == "shipped":
            assert "signer" not in spoken, reason.code


@given(n=numbers, within=st.integers(2, 60))
@settings(max_examples=150)
def test_cases_can_be_asked_for_from_the_last_days_only(n: int, within: int):
    case = WORLD.case(n, NOW, within_days=within)
    assert NOW - within * DAY_MS <= case.opened_ms <= NOW


def test_kinds_come_by_their_weight(seeds: Seeds):
    drawn = Counter(seeds.case(n, NOW).kind.code for n in range(2500))
    assert drawn.most_common(1)[0][0] == "return"
    assert drawn.keys() == KINDS
    assert drawn["return"] > 6 * drawn["report"]


def test_an_unknown_kind_is_refused_in_a_sentence(seeds: Seeds):
    with pytest.raises(SeedError, match="no kind 'haggle'; it has return, exchange"):
        seeds.case(1, NOW, kind="haggle")


# Seed files that a desk has replaced


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("names", "surnames = [", "surnames = ", "names.toml: "),
        ("names", 'phone_prefix = "154"', "phone_prefix = 154", r"names.toml: Expected `str`.*phone_prefix"),
        ("places", "{house}号", "{house}号{tower}", "places.toml: patterns have unknown slots: tower"),
        ("merchants", '["electronics", "computer"]', '["clouds"]', "M01 has an unknown category 'clouds'"),
        ("merchants", '["xunan", "zhongchi"]', '["owl"]', "M01 has an unknown carrier 'owl'"),
        ("merchants", '["ship_48h", 100]', '["ship_never", 100]', "M01 has an unknown promise 'ship_never'"),
        ("merchants", 'province = "广东省"', 'province = "广东"', "M01 has an unknown province '广东'"),
        (
            "products",
            'category = "apparel", title',
            'category = "hats", title',
            "P001 has an unknown category",
        ),
        ("stories", "{product}收到了", "{produkt}收到了", "stories.toml: unknown slot produkt in"),
        ("stories", "{product}收到了", "{product收到了", "seed files: .* in '{product收到了"),
        ("stories", 'kind = "return"', 'kind = "regret"', "has an unknown kind 'regret'"),
        ("stories", "channels = { phone", "channels = { fax", "kind 'return' has unknown channels: fax"),
        (
            "retail_cn",
            'apparel = "M03"',
            'apparel = "M99"',
            "merchant_of has an unknown name in apparel = M99",
        ),
        ("retail_cn", 'apparel = "M03"', "", "merchant_of has no shop for 'apparel'"),
    ],
)
def test_a_bad_seed_file_is_named_in_one_sentence(
    tmp_path: Path, file: str, old: str, new: str, sentence: str
):
    folder = shutil.copytree(FOLDER, tmp_path / "seeds")
    text = (folder / f"{file}.toml").read_text("utf-8")
    assert old in text
    (folder / f"{file}.toml").write_text(text.replace(old, new, 1), "utf-8")
    seeds = Seeds.load(folder)
    with pytest.raises(SeedError, match=sentence) as refused:
        seeds.case(1, NOW)
        seeds.overlay("#W1", "u", "delivered", ["T-Shirt"], NOW)
    assert "\n" not in str(refused.value)


def test_a_missing_seed_file_is_named(tmp_path: Path):
    with pytest.raises(SeedError, match=r"agents\.toml cannot be read"):
        _ = Seeds.load(tmp_path).agents
