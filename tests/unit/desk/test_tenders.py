"""Methods of payment that are not money: the shipped table, a desk's own, and what is wrong with one."""

from pathlib import Path

import pytest

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.own_policy import policy_of
from csdesk.desk.tenders import SHIPPED, Tenders
from csdesk.domain.roles import Role
from csdesk.domain.tender import MONEY, Tender, counted, tender


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("积分", "points"),
        (" Points ", "points"),
        ("优惠券", "coupon"),
        ("礼品卡", "credit"),
        ("gift_card", "credit"),
    ],
)
def test_the_shipped_table_knows_what_goes_back_in_kind(method: str, kind: str):
    assert tender(SHIPPED, method).kind == kind


@pytest.mark.parametrize(
    "method", ["wechat", "微信支付", "支付宝", "bank_card", "paypal", "", "something new"]
)
def test_all_else_is_money(method: str):
    assert tender(SHIPPED, method) is MONEY


def test_units_are_the_difference_of_what_was_returned_by_then():
    points = Tender("points", "point", 10)
    assert [counted(points, by_then, before) for by_then, before in ((33, 0), (66, 3), (100, 6))] == [3, 3, 4]
    assert counted(MONEY, 100, 0) == 0
    assert counted(points, 10, 5) == 0


def test_a_desk_has_its_own_table_and_its_own_limits(tmp_path: Path):
    file = tmp_path / "tenders.toml"
    file.write_text(
        '[[tender]]\nnames = ["鲸币"]\nkind = "points"\nunit = "point"\nvalue = 5\n', encoding="utf-8"
    )
    policy = policy_of(
        Config(tenders=str(file), refund_limit_agent=1, compensation_limit_senior=2, freight_cap=3)
    )
    assert tender(policy.tenders, "鲸币") == Tender("points", "point", 5)
    assert tender(policy.tenders, "积分") is MONEY
    assert (
        policy.refund_limits[Role.AGENT],
        policy.compensation_limits[Role.SENIOR],
        policy.freight_cap,
    ) == (1, 2, 3)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("x = 1", "tender"),
        ("[[tender]]\nkind = 'points'", "names"),
        ("[[tender]]\nnames = []\nkind = 'points'", "names"),
        ("[[tender]]\nnames = ['a']\nkind = 'wish'", "kind"),
        ("[[tender]]\nnames = ['a']\nkind = 'points'\nvalue = -1", "value"),
        ("[[tender]]\nnames = ['a']\nkind = 'points'\nvalue = true", "value"),
        ("[[tender]]\nnames = ['a']\nkind = 'coupon'\nif_expired = 'pay'", "if_expired"),
        ("[[tender]]\nnames = ['a']\nkind = 'coupon'\nunit = 1", "unit"),
        ("[[tender]]\nnames = ['a']\nkind = 'coupon'\ncolour = 1", "colour"),
        ("[[tender]]\nnames = ['a', 'A ']\nkind = 'coupon'", "names: A "),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_row_and_field(tmp_path: Path, text: str, field: str):
    file = tmp_path / "tenders.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as wrong:
        Tenders(file)
    assert (wrong.value.code, wrong.value.detail["field"]) == ("config_tenders", field)
    assert str(file) in str(wrong.value.detail["where"])


def test_a_table_that_cannot_be_read_is_told(tmp_path: Path):
    with pytest.raises(ConfigError) as missing:
        Tenders(tmp_path / "none.toml")
    assert missing.value.code == "config_unreadable"
    (tmp_path / "bad.toml").write_text("[[tender", encoding="utf-8")
    with pytest.raises(ConfigError) as broken:
        Tenders(tmp_path / "bad.toml")
    assert broken.value.code == "config_broken"
