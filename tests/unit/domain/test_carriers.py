"""Carriers by waybill: all that it can be, the surest first, and check digits where they are public."""

import pytest

from csdesk.desk.carriers import carriers
from csdesk.desk.config import ConfigError
from csdesk.domain.carriers import STALE_HOURS, normal_waybill, s10


@pytest.mark.parametrize(
    ("waybill", "codes"),
    [
        ("SF1234567890123", ["SF"]),
        ("sf 1234 5678 90123", ["SF"]),
        ("YT1234567890123", ["YTO"]),
        ("JT1234567890123", ["JTSD"]),
        ("JDVA12345678901", ["JD"]),
        ("773061155005903", ["STO"]),
        ("75123456789012", ["ZTO"]),
        ("EA123456785CN", ["EMS"]),
        ("EA123456784CN", []),
        ("nonsense", []),
    ],
)
def test_a_waybill_names_its_carrier(waybill: str, codes: list[str]):
    assert [carrier.code for carrier in carriers().candidates(waybill)] == codes


def test_an_ambiguous_number_gives_all_candidates_the_surest_first():
    found = [carrier.code for carrier in carriers().candidates("4312345678901")]
    assert found[0] == "YD" or len(found) == 1
    assert [carrier.code for carrier in carriers().candidates("1012345678901")] == ["EMS", "YD"]


@pytest.mark.parametrize("said", ["顺丰", "顺丰速运", "shunfeng", "SF", "ＳＦ", "顺丰速运(杭州)"])
def test_a_carrier_is_known_by_every_name_that_files_give_it(said: str):
    assert carriers().code(said) == "SF"


def test_who_is_not_on_the_list_keeps_its_name_and_the_usual_patience():
    assert carriers().named("迅安速运") is None
    assert carriers().code(" 迅安 速运 ") == "迅安速运"
    assert carriers().stale_hours("迅安速运", "XA112345678901") == STALE_HOURS
    assert carriers().stale_hours("", "SF1234567890123") == 48


def test_the_check_digit_of_the_postal_union():
    # RA 47312482 9: UPU S10-12, example of the standard.
    assert s10("RA473124829DE")
    assert not any(s10(f"RA47312482{digit}DE") for digit in "012345678")
    assert not s10("RA47312482") and not s10("")


def test_waybills_are_compared_without_width_case_and_blanks():
    assert normal_waybill(" ｓｆ 123\u3000４ ") == "SF1234"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('[[carrier]]\ncode = "A"\n', "name"),
        ('[[carrier]]\ncode = "A"\nname = "a"\nstale_hours = 0\n', "stale_hours"),
        ("[[carrier]]\ncode = 'A'\nname = 'a'\npatterns = [{ like = '(' }]\n", "patterns.like"),
        ("[[carrier]]\ncode = 'A'\nname = 'a'\npatterns = [{ like = 'A', check = 'x' }]\n", "patterns.check"),
        ("[[carrier]]\ncode = 'A'\nname = 'a'\n[[carrier]]\ncode = 'a'\nname = 'b'\n", "code: a"),
        ("x = 1\n", "carrier"),
    ],
)
def test_a_list_of_ones_own_that_errs_is_told_by_row_and_field(tmp_path, text: str, field: str):
    path = tmp_path / "carriers.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as told:
        carriers(str(path))
    assert told.value.code == "config_carriers" and told.value.detail["field"] == field
