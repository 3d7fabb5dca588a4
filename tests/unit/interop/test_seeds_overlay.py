"""Foreign retail orders get a Chinese year that fits their state, and Chinese words for all they name."""

import re
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk.interop.seeds import Overlay, SeedError, Seeds

SHANGHAI = timezone(timedelta(hours=8))
DAY_MS = 86_400_000
NOW = int(datetime(2026, 11, 22, 9, 30, tzinfo=SHANGHAI).timestamp() * 1000) + 123
WORLD = Seeds.load()

moments = st.integers(0, 5000).map(lambda days: NOW - 2500 * DAY_MS + days * (DAY_MS + 12_345_678))

RETAIL_PRODUCTS = (
    "Action Camera|Air Purifier|Backpack|Bicycle|Bluetooth Speaker|Bookshelf|Coffee Maker|"
    "Cycling Helmet|Desk Lamp|Digital Camera|Dumbbell Set|E-Reader|Electric Kettle|"
    "Electric Toothbrush|Espresso Machine|Fleece Jacket|Gaming Mouse|Garden Hose|Grill|Headphones|"
    "Hiking Boots|Indoor Security Camera|Jigsaw Puzzle|LED Light Bulb|Laptop|Luggage Set|Makeup Kit|"
    "Mechanical Keyboard|Notebook|Office Chair|Patio Umbrella|Perfume|Pet Bed|Portable Charger|"
    "Running Shoes|Skateboard|Smart Thermostat|Smart Watch|Smartphone|Sneakers|Sunglasses|T-Shirt|"
    "Tablet|Tea Kettle|Vacuum Cleaner|Wall Clock|Water Bottle|Wireless Earbuds|Wristwatch|Yoga Mat"
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
    "type": "analog|automatic|canister|capsule|charcoal|digital|drip|electric|espresso|french press|gas"
    "|in-ear|manual|mountain|on-ear|over-ear|road|robotic|upright",
    "ventilation": "high|low|medium",
    "water resistance": "IPX4|IPX7|not resistant",
    "waterproof": "no|yes",
    "weight range": "30-50 lbs|5-25 lbs|55-75 lbs",
    "zipper": "full|half",
    "zoom": "10x|3x|5x",
}
SAME_IN_CHINESE = re.compile(r"\d+GB|[24-5]K|1080p|i[579]|A[456]|X?X?[SLM]|IPX[47]|USB(-[AC])?|[A-Z]{3,6}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


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
    status: str, shipped: bool, signed: bool, cancelled: bool
):
    for n in range(300):
        overlay = WORLD.overlay(f"#W{n}", f"user_{n % 7}", status, ["Laptop", "T-Shirt"], NOW)
        assert_year(overlay, NOW)
        got = (
            overlay.shipped_ms is not None,
            overlay.signed_ms is not None,
            overlay.cancelled_ms is not None,
        )
        assert got == (shipped, signed, cancelled)
        assert len(overlay.parcels) == (1 if shipped else 0)
        assert overlay.currency == "CNY"
        assert overlay.buyer == WORLD.person(f"user_{n % 7}")
        assert [product.name for product in overlay.products] == ["Laptop", "T-Shirt"]


@given(order=st.text(max_size=20), user=st.text(max_size=20), now=moments, parcels=st.integers(1, 4))
@settings(max_examples=100)
def test_any_foreign_id_has_a_year(order: str, user: str, now: int, parcels: int):
    overlay = WORLD.overlay(order, user, "delivered", ["Bicycle"], now, parcels)
    assert_year(overlay, now)
    assert len(overlay.parcels) == parcels == len({parcel.waybill for parcel in overlay.parcels})
    assert all(re.fullmatch(parcel.carrier.pattern, parcel.waybill) for parcel in overlay.parcels)


def test_delivered_orders_lie_over_the_whole_year_and_paid_ones_in_the_last_days():
    delivered = [WORLD.overlay(f"d{n}", "u", "delivered", ["Grill"], NOW) for n in range(800)]
    assert len({f"{datetime.fromtimestamp(o.placed_ms / 1000, tz=SHANGHAI):%m}" for o in delivered}) == 12
    pending = sorted(WORLD.overlay(f"p{n}", "u", "pending", ["Grill"], NOW).paid_ms for n in range(400))
    assert pending[200] > NOW - 2 * DAY_MS
    assert pending[0] > NOW - 13 * DAY_MS


@pytest.mark.parametrize("name", RETAIL_PRODUCTS.split("|"))
def test_every_retail_product_has_a_chinese_title_a_category_and_a_shop_for_it(name: str):
    product = WORLD.retail_product(name)
    assert CHINESE.search(product.title)
    assert product.category.code != "general"
    assert product.merchant == WORLD.retail_product(name).merchant
    assert product.category.code in product.merchant.categories


def test_there_are_fifty_retail_products_with_fifty_titles():
    assert len({WORLD.retail_product(name).title for name in RETAIL_PRODUCTS.split("|")}) == 50


def test_a_product_that_is_not_listed_keeps_its_name():
    product = WORLD.retail_product("Theremin")
    assert (product.title, product.category.code) == ("Theremin", "general")


@pytest.mark.parametrize("name", RETAIL_OPTIONS)
def test_every_retail_option_and_value_is_said_in_chinese_without_loss(name: str):
    said = []
    for value in RETAIL_OPTIONS[name].split("|"):
        ((title, here),) = WORLD.retail_options({name: value}).items()
        assert CHINESE.search(title)
        assert CHINESE.search(here) or SAME_IN_CHINESE.fullmatch(value)
        said.append(here)
    assert len(set(said)) == len(said)


def test_options_keep_their_order_and_unknown_words():
    options = {"size": "9", "color": "wood", "material": "wood", "flavour": "plaid"}
    assert list(WORLD.retail_options(options).items()) == [
        ("尺码", "美码9"),
        ("颜色", "木色"),
        ("材质", "木"),
        ("flavour", "plaid"),
    ]


def test_foreign_methods_become_methods_here():
    assert [WORLD.retail_method(m) for m in ("paypal", "credit_card", "gift_card", "cheque")] == [
        "alipay",
        "bank_card",
        "gift_card",
        "cheque",
    ]


def test_a_foreign_order_that_cannot_be_placed_is_refused_in_a_sentence():
    with pytest.raises(
        SeedError, match=r"order '#W1': retail_cn.toml has no stage for 'lost\\x1b' \(only pending"
    ):
        WORLD.overlay("#W1", "u", "lost\x1b", ["Laptop"], NOW)
    with pytest.raises(SeedError, match="order '#W1' has no products"):
        WORLD.overlay("#W1", "u", "delivered", [], NOW)
