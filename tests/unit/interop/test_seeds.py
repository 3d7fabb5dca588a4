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
from csdesk.interop.seeds import CaseSeed, Order, Overlay, SeedError, Seeds

FOLDER = resources.path("data/seeds")
SHANGHAI = timezone(timedelta(hours=8))
DAY_MS = 86_400_000
NOW = int(datetime(2026, 11, 22, 9, 30, tzinfo=SHANGHAI).timestamp() * 1000) + 123

# Every prefix that Chinese operators hold, mobile data and virtual operators included.
HELD = re.compile(r"1(?:3\d|4[014-9]|5[0-35-9]|6[2-7]|7[0-8]|8\d|9[0-35-9])\d{8}")
ELEVEN_DIGITS = re.compile(r"(?<![\w-])1[3-9]\d{9}(?![\w-])")

RETAIL_PRODUCTS = (
    """
Action Camera|Air Purifier|Backpack|Bicycle|Bluetooth Speaker|Bookshelf|Coffee Maker|Cycling Helmet|Desk Lamp
Digital Camera|Dumbbell Set|E-Reader|Electric Kettle|Electric Toothbrush|Espresso Machine|Fleece Jacket
Gaming Mouse|Garden Hose|Grill|Headphones|Hiking Boots|Indoor Security Camera|Jigsaw Puzzle|LED Light Bulb|Laptop
Luggage Set|Makeup Kit|Mechanical Keyboard|Notebook|Office Chair|Patio Umbrella|Perfume|Pet Bed|Portable Charger
Running Shoes|Skateboard|Smart Thermostat|Smart Watch|Smartphone|Sneakers|Sunglasses|T-Shirt|Tablet|Tea Kettle
Vacuum Cleaner|Wall Clock|Water Bottle|Wireless Earbuds|Wristwatch|Yoga Mat
""".strip()
    .replace("\n", "|")
    .split("|")
)

RETAIL_OPTIONS = {
    "RAM": "4GB|6GB|8GB",
    "armrest": "adjustable|fixed|none",
    "backlight": "RGB|none|white",
    "backrest height": "high-back|standard",
    "bagged/bagless": "bagged|bagless",
    "band material": "leather|metal|silicone",
    "battery life": "10 hours|20 hours|4 hours|6 hours|8 hours",
    "battery type": "AA batteries|rechargeable",
    "brand": "Brand A|Brand B|Brand C",
    "brightness": "100W equivalent|60W equivalent|75W equivalent|high|low|medium",
    "capacity": "1 cup|1 liter|1.5 liters|10000mAh|1000ml|2 cups|2 liters|20000mAh|4 cups|5000mAh|500ml"
    "|750ml|8 cups",
    "color": "RGB|beige|black|blue|brown|gold|gray|green|navy|pink|purple|red|rose gold|silver|space grey"
    "|stainless steel|white|wood|yellow",
    "color temperature": "daylight|warm white",
    "compartment": "camera|hydration|laptop",
    "compatibility": "Amazon Alexa|Apple HomeKit|Google Assistant",
    "connectivity": "Bluetooth|Ethernet|Wi-Fi|Wi-Fi + Cellular|none|wired|wireless",
    "cover type": "hard cover|soft cover",
    "deck material": "bamboo|maple|plastic",
    "design": "custom|graphic|plain",
    "dial color": "black|blue|white",
    "diameter": "10 inches|12 inches|14 inches",
    "difficulty level": "beginner|expert|intermediate",
    "display": "AMOLED|LCD",
    "features": "HEPA filter|auto shutoff|built-in grinder|cordless|night mode|none|pet hair removal"
    "|quiet operation|rotisserie|side burner|smart sensors|timer",
    "field of view": "110 degrees|130 degrees|160 degrees",
    "filter type": "HEPA|carbon|ionic",
    "frame color": "black|brown|silver",
    "frame material": "metal|plastic",
    "frame size": "large|medium|small",
    "gender": "men|unisex|women",
    "height": "3 ft|4 ft|5 ft|6 ft",
    "kit size": "basic|professional",
    "length": "100ft|25ft|28 inch|31 inch|34 inch|50ft",
    "lens color": "black|blue|brown|green",
    "lens type": "non-polarized|polarized",
    "material": "PVC|TPE|canvas|ceramic|cotton|fabric|fleece|glass|hardshell|iron|latex|leather|memory foam"
    "|mesh|metal|natural rubber|nylon|olefin|plastic|polyester|rubber|softshell|stainless steel|sunbrella"
    "|synthetic|urethane|vinyl|wood",
    "output": "USB-A|USB-C|Wireless",
    "piece count": "2-piece|3-piece|4-piece",
    "pieces": "1000|1500|2000|500",
    "power source": "AC adapter|USB|battery",
    "pressure": "15 bar|19 bar|9 bar",
    "processor": "i5|i7|i9",
    "ram": "16GB|32GB|8GB",
    "resolution": "1080p|20MP|24MP|2K|30MP|4K|5K",
    "room size": "large|medium|small",
    "scent family": "fresh|oriental|woody",
    "screen size": "10-inch|13-inch|15-inch|17-inch|5.8-inch|6-inch|6.1-inch|6.5-inch|7-inch|8-inch",
    "sensor type": "laser|optical",
    "set type": "adjustable|fixed",
    "size": "10|100ml|11|12|30ml|50ml|6|6 ft|60%|7|7 ft|8|80%|9|A4|A5|A6|L|M|S|XL|XS|XXL|full size|large"
    "|medium|portable|small",
    "skin tone": "dark|light|medium",
    "sole": "EVA|rubber",
    "speed settings": "high|low",
    "storage": "128GB|1TB SSD|256GB|256GB SSD|32GB|512GB SSD|64GB|8GB|CF card|SD card",
    "stovetop compatibility": "electric|gas|induction",
    "strap material": "leather|metal|silicone",
    "style": "crew neck|v-neck",
    "switch type": "clicky|linear|tactile",
    "theme": "animals|art|fantasy|landscape",
    "thickness": "4mm|5mm|6mm",
    "tilt mechanism": "auto tilt|manual tilt",
    "type": "analog|automatic|canister|capsule|charcoal|digital|drip|electric|espresso|french press|gas|in-ear"
    "|manual|mountain|on-ear|over-ear|road|robotic|upright",
    "ventilation": "high|low|medium",
    "water resistance": "IPX4|IPX7|not resistant",
    "waterproof": "no|yes",
    "weight range": "30-50 lbs|5-25 lbs|55-75 lbs",
    "zipper": "full|half",
    "zoom": "10x|3x|5x",
}
SAME_IN_CHINESE = re.compile(r"\d+GB|[24-5]K|1080p|i[579]|A[456]|X?X?[SLM]|IPX[47]|USB(-[AC])?|[A-Z]{3,6}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")

NARRATIVES = """
签收第8天要退 拆了封说不能退 吊牌剪了 口红试色 内衣尺码 手机激活后有杂音 手机第10天坏 修两次还坏 寄修40天没消息
冰箱半年内坏谁举证 水果烂了一半 少发一件 发错颜色 定制婚纱有瑕疵 赠品没寄回被扣款 满减退一件少退钱 运费险不够
商家不给退货地址 退货签收10天没退款 快递丢件互相推 放驿站没告知被签收 显示签收未收到 付款成功没订单 重复扣款
自动续费没提醒 先涨后降 假一赔十不兑现 食品过期 预付卡店关门 个人信息泄露接诈骗电话
跨境奶粉退货 孩子游戏充值 押金不退 商家威胁给差评者
""".split()

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
    return [seeds.case(n, NOW, kind=kind.value) for kind in Kind for n in range(500)]


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
    assert {agent.role for agent in seeds.agents} == {role.value for role in Role} - {"system"}
    assert {skill for agent in seeds.agents for skill in agent.skills} == {kind.value for kind in Kind}


def test_stories_cover_every_kind_and_all_the_standard_narratives(seeds: Seeds):
    assert {kind.code for kind in seeds.kinds} == {kind.value for kind in Kind}
    assert {reason.kind for reason in seeds.reasons} == {kind.value for kind in Kind}
    assert sorted(reason.narrative for reason in seeds.reasons if reason.narrative) == sorted(NARRATIVES)
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
    assert all(meets[need] if need in meets else need in promises for need in reason.needs)


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
    assert drawn.keys() == {kind.value for kind in Kind}
    assert drawn["return"] > 6 * drawn["report"]


def test_an_unknown_kind_is_refused_in_a_sentence(seeds: Seeds):
    with pytest.raises(SeedError, match="no kind 'haggle'; it has return, exchange"):
        seeds.case(1, NOW, kind="haggle")


# The overlay


def assert_year(overlay: Overlay, now: int) -> None:
    assert now - 365 * DAY_MS <= overlay.placed_ms <= overlay.paid_ms <= now
    later = [overlay.shipped_ms, overlay.signed_ms]
    happened = [overlay.paid_ms, *(moment for moment in later if moment is not None)]
    assert happened == sorted(happened)
    assert happened[-1] <= now
    if overlay.cancelled_ms is not None:
        assert overlay.refunded_ms is not None
        assert overlay.paid_ms <= overlay.cancelled_ms <= overlay.refunded_ms <= now


@pytest.mark.parametrize(
    ("status", "shipped", "signed", "cancelled"),
    [
        ("pending", False, False, False),
        ("pending (items modified)", False, False, False),
        ("processed", True, False, False),
        ("delivered", True, True, False),
        ("return requested", True, True, False),
        ("exchange requested", True, True, False),
        ("cancelled", False, False, True),
    ],
)
def test_a_foreign_order_gets_the_times_of_its_status(
    seeds: Seeds, status: str, shipped: bool, signed: bool, cancelled: bool
):
    for n in range(300):
        overlay = seeds.overlay(f"#W{n}", f"user_{n % 7}", status, ["Laptop", "T-Shirt"], NOW)
        assert_year(overlay, NOW)
        got = (
            overlay.shipped_ms is not None,
            overlay.signed_ms is not None,
            overlay.cancelled_ms is not None,
        )
        assert got == (shipped, signed, cancelled)
        assert len(overlay.parcels) == (1 if shipped else 0)
        assert overlay.currency == "CNY"
        assert overlay.buyer == seeds.person(f"user_{n % 7}")
        assert [product.name for product in overlay.products] == ["Laptop", "T-Shirt"]


@given(order=st.text(max_size=20), user=st.text(max_size=20), now=moments, parcels=st.integers(1, 4))
@settings(max_examples=100)
def test_any_foreign_id_has_a_year(order: str, user: str, now: int, parcels: int):
    overlay = WORLD.overlay(order, user, "delivered", ["Bicycle"], now, parcels)
    assert_year(overlay, now)
    assert len(overlay.parcels) == parcels == len({parcel.waybill for parcel in overlay.parcels})
    assert all(re.fullmatch(parcel.carrier.pattern, parcel.waybill) for parcel in overlay.parcels)


def test_delivered_orders_lie_over_the_whole_year_and_paid_ones_in_the_last_days(seeds: Seeds):
    delivered = [seeds.overlay(f"d{n}", "u", "delivered", ["Grill"], NOW) for n in range(800)]
    assert len({f"{day(o.placed_ms):%m}" for o in delivered}) == 12
    pending = sorted(seeds.overlay(f"p{n}", "u", "pending", ["Grill"], NOW).paid_ms for n in range(400))
    assert pending[200] > NOW - 2 * DAY_MS
    assert pending[0] > NOW - 13 * DAY_MS


@pytest.mark.parametrize("name", RETAIL_PRODUCTS)
def test_every_retail_product_has_a_chinese_title_a_category_and_a_shop_for_it(seeds: Seeds, name: str):
    product = seeds.retail_product(name)
    assert CHINESE.search(product.title)
    assert product.category.code != "general"
    assert product.merchant == seeds.retail_product(name).merchant
    assert product.category.code in product.merchant.categories


def test_there_are_fifty_retail_products_with_fifty_titles(seeds: Seeds):
    assert len({seeds.retail_product(name).title for name in RETAIL_PRODUCTS}) == 50


def test_a_product_that_is_not_listed_keeps_its_name(seeds: Seeds):
    product = seeds.retail_product("Theremin")
    assert (product.title, product.category.code) == ("Theremin", "general")


@pytest.mark.parametrize("name", RETAIL_OPTIONS)
def test_every_retail_option_and_value_is_said_in_chinese_without_loss(seeds: Seeds, name: str):
    said = []
    for value in RETAIL_OPTIONS[name].split("|"):
        ((title, here),) = seeds.retail_options({name: value}).items()
        assert CHINESE.search(title)
        assert CHINESE.search(here) or SAME_IN_CHINESE.fullmatch(value)
        said.append(here)
    assert len(set(said)) == len(said)


def test_options_keep_their_order_and_unknown_words(seeds: Seeds):
    options = {"size": "9", "color": "wood", "material": "wood", "flavour": "plaid"}
    assert list(seeds.retail_options(options).items()) == [
        ("尺码", "美码9"),
        ("颜色", "木色"),
        ("材质", "木"),
        ("flavour", "plaid"),
    ]


def test_foreign_methods_become_methods_here(seeds: Seeds):
    assert [seeds.retail_method(m) for m in ("paypal", "credit_card", "gift_card", "cheque")] == [
        "alipay",
        "bank_card",
        "gift_card",
        "cheque",
    ]


def test_a_foreign_order_that_cannot_be_placed_is_refused_in_a_sentence(seeds: Seeds):
    with pytest.raises(
        SeedError, match=r"order '#W1': retail_cn.toml has no stage for 'lost\\x1b' \(only pending"
    ):
        seeds.overlay("#W1", "u", "lost\x1b", ["Laptop"], NOW)
    with pytest.raises(SeedError, match="order '#W1' has no products"):
        seeds.overlay("#W1", "u", "delivered", [], NOW)


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
