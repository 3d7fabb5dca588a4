"""What is paid back after a no-reason return, part by part."""

import pytest

A, B, C = {"sku": "A", "price": 150.0}, {"sku": "B", "price": 100.0}, {"sku": "C", "price": 30.0}


@pytest.fixture
def repaid(told):
    return lambda **facts: told("no_reason_refund_amount", **facts)


@pytest.mark.parametrize(
    ("article", "facts", "wanted"),
    [
        ("七日办法§17 price paid", {"paid": 88.8}, {"refund": 88.8, "refund_min": 88.8}),
        ("七日办法§12 gift back", {"paid": 150, "gift_returned": True, "gift_price": 20}, {"refund": 150.0}),
        ("七日办法§12 gift kept", {"paid": 150, "gift_returned": False, "gift_price": 20}, {"refund": 130.0}),
        ("七日办法§12 gift not marked", {"paid": 150, "gift_returned": False}, {"refund": 150.0}),
        (
            "七日办法§12 gift dearer than all",
            {"paid": 15, "gift_returned": False, "gift_price": 20},
            {"refund": 0.0},
        ),
        (
            "七日办法§15 coupon in kind",
            {"list_price": 130, "coupon": 30, "cash_paid": 100},
            {"refund_cash": 100.0, "coupon_returned": 30.0},
        ),
        ("七日办法§16(1) own card fee", {"paid": 500, "card_fee": 6}, {"card_fee_refund_required": False}),
        (
            "七日办法§16(2) waived card fee",
            {"paid": 500, "card_fee_waived_by_seller": 6},
            {"refund": 500.0, "refund_min": 494.0, "card_fee_may_deduct": 6.0},
        ),
        (
            "七日办法§17(2) discount lost",
            {"items": [A, B], "promo": "满200减50", "paid": 200, "returned": ["B"]},
            {"refund": 50.0},
        ),
        (
            "七日办法§17(2) all of it back",
            {"items": [A, B], "promo": "满200减50", "paid": 200, "returned": "all"},
            {"refund": 200.0},
        ),
        (
            "七日办法§17(2) kept costs more than was paid",
            {"items": [A, C], "promo": "满180减60", "paid": 120, "returned": ["C"]},
            {"refund": 0.0, "consumer_pays": 30.0},
        ),
        (
            "七日办法§17(2) bundle",
            {"items": [A, B], "paid": 180, "returned": ["B"]},
            {"refund": 30.0},
        ),
        (
            "七日办法§18(2) free shipping lost",
            {
                "items": [{"sku": "A", "paid": 70}, {"sku": "B", "paid": 40}],
                "returned": ["B"],
                "free_shipping_threshold": 100,
                "shipping_fee_if_below": 8,
            },
            {"refund": 40.0, "refund_min": 32.0, "outbound_freight_may_deduct": 8.0},
        ),
        (
            "七日办法§18(2) free shipping kept",
            {
                "items": [{"sku": "A", "paid": 100}, {"sku": "B", "paid": 40}],
                "returned": ["B"],
                "free_shipping_threshold": 100,
                "shipping_fee_if_below": 8,
            },
            {"refund_min": 40.0, "outbound_freight_may_deduct": 0.0},
        ),
        (
            "one piece of three, to the fen",
            {"items": [{"sku": "A", "paid": 100, "qty": 3}], "returned": [{"sku": "A", "qty": 1}]},
            {"refund": 33.33},
        ),
        ("条例§18(2) invoice", {"invoice_price": 700, "reason": "quality_return"}, {"refund": 700.0}),
        (
            "条例§18(2) price proven",
            {"invoice_price": 700, "provable_paid": 650, "reason": "quality_return"},
            {"refund": 650.0},
        ),
        (
            "七日办法§14(3) credit refused",
            {"paid": 60, "seller_offers": "store_credit_only", "buyer_agrees": False},
            {"refund_method": "original", "store_credit_allowed": False},
        ),
        (
            "七日办法§14(3) credit agreed",
            {"paid": 60, "seller_offers": "store_credit", "buyer_agrees": True},
            {"store_credit_allowed": True},
        ),
    ],
)
def test_what_goes_back(repaid, article, facts, wanted):
    decision = repaid(**facts)
    assert {name: decision.get(name) for name in wanted} == wanted


def test_a_refund_follows_the_methods_that_paid_by_measures_14(repaid):
    paid_by = [{"method": "card", "amount": 60}, {"method": "points", "amount": 40}]
    items = [{"sku": "A", "paid": 50}, {"sku": "B", "paid": 50}]
    assert repaid(items=items, returned=["A"], paid_by=paid_by)["refund_by"] == [
        {"method": "card", "amount": 30.0},
        {"method": "points", "amount": 20.0},
    ]


def test_a_discount_that_still_holds_is_read_in_two_ways(repaid):
    decision = repaid(items=[A, B, C], promo="满200减40", paid=240, returned=["C"])
    assert decision["refund"] == 25.71
    assert decision["contested"] == [{"point": "discount_still_holds", "pro_rata": "25.71", "anew": "30.00"}]
    assert decision["confidence"] == "interpretation"


@pytest.mark.parametrize(("promo", "paid"), [("每满100减20", 210), ({"threshold": 250, "off": 25}, 225)])
def test_how_a_promotion_may_be_written(repaid, promo, paid):
    assert repaid(items=[A, B], promo=promo, paid=paid, returned="all")["refund"] == paid


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"items": [A], "paid": 100, "returned": ["B"]}, ("returned", "not_among")),
        (
            {"items": [A, B], "promo": "满200减50", "paid": 250, "returned": ["A"]},
            ("paid", "does_not_add_up"),
        ),
        (
            {"items": [A], "promo": "会员随机立减", "paid": 150, "returned": ["A"]},
            ("promo", "unknown_promotion"),
        ),
        ({"list_price": 100, "coupon": 20, "cash_paid": 70}, ("cash_paid", "does_not_add_up")),
        ({"paid": 90, "paid_by": [{"method": "card", "amount": 80}]}, ("paid_by", "does_not_add_up")),
        (
            {"items": [{"sku": "A", "paid": 9, "qty": 1}], "returned": [{"sku": "A", "qty": 2}]},
            ("returned", "more_than_bought"),
        ),
    ],
)
def test_sums_that_do_not_hold_are_faults(faults, facts, fault):
    assert faults("no_reason_refund_amount", **facts) == [fault]


def test_nothing_to_reckon_with_is_asked_for(repaid):
    assert repaid()["missing"] == ["paid"]
