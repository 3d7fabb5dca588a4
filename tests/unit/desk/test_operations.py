"""The policy file of receipt, delivery and refund: the shipped one, a desk's own, and what is wrong with one."""

from pathlib import Path

import pytest

from csdesk.desk.config import ConfigError
from csdesk.desk.operations import STEPS_OF, read_operations
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.operations import Operation

IDS = {"M1": "id-of-m1"}
EARLY = '{ mode = "automatic", timing = "on_confirm" }'


def read(path: Path, text: str):
    """The policy in a text."""
    file = path / "operations.toml"
    file.write_text(f"format = 1\n{text}", encoding="utf-8")
    return read_operations(file, lambda code: IDS.get(code, ""))


def test_the_shipped_policy_leaves_everything_to_people_and_covers_every_kind():
    shipped = read_operations(None, lambda _: "")
    assert set(shipped.kinds) == set(STEPS_OF)
    steps = [shipped.rules(kind, "").step(step).mode for kind, known in STEPS_OF.items() for step in known]
    assert set(steps) == {"manual"}
    assert shipped.rules(Kind.REFUND_ONLY, "").refund.early


def test_a_merchants_rules_stand_over_the_desks_and_under_its_id(tmp_path: Path):
    text = f'[exchange]\nreceipt = {EARLY}\n[[merchant]]\ncode = "M1"\nexchange.delivery = {EARLY}\n'
    operations = read(tmp_path, text)
    own = operations.rules(Kind.EXCHANGE, "id-of-m1")
    assert own.receipt == own.delivery == Operation("automatic", "on_confirm")
    assert operations.rules(Kind.EXCHANGE, "another").delivery == Operation()


def test_a_merchant_that_nobody_knows_yet_has_no_rules(tmp_path: Path):
    assert read(tmp_path, f'[[merchant]]\ncode = "M9"\nreturn.refund = {EARLY}\n').merchants == {}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[complaint]\nrefund = {}\n", "complaint"),
        ("[repair]\nrefund = {}\n", "repair.refund"),
        ('[return]\nrefund = { mode = "robot" }\n', "return.refund.mode"),
        ('[return]\nrefund = { timing = "never" }\n', "return.refund.timing"),
        ('[return]\nrefund = "automatic"\n', "return.refund"),
        ("[return]\nrefund = { who = 1 }\n", "return.refund"),
        ("pause_minutes = -1\n", "pause_minutes"),
        ("refund_limit = true\n", "refund_limit"),
        ("grades = []\n", "grades"),
        ('grades = ["A", "A"]\n', "grades"),
        ('grades = ["A,B"]\n', "grades"),
        ("merchant = 1\n", "merchant"),
        ("[[merchant]]\nreturn.refund = {}\n", "[[merchant]] 1 code"),
        ('[[merchant]]\ncode = "M1"\n', "[[merchant]] 1"),
        ('[[merchant]]\ncode = "M1"\nrepair.refund = {}\n', "[[merchant]] 1 repair.refund"),
    ],
)
def test_what_is_wrong_is_named_with_its_field(tmp_path: Path, text: str, field: str):
    with pytest.raises(ConfigError) as wrong:
        read(tmp_path, text)
    assert (wrong.value.code, wrong.value.detail["field"]) == ("config_operations", field)


def test_a_file_of_another_format_or_none_at_all_is_refused(tmp_path: Path):
    (tmp_path / "old.toml").write_text("format = 2\n", encoding="utf-8")
    (tmp_path / "bad.toml").write_text("format = \n", encoding="utf-8")
    codes = []
    for name in ("old.toml", "bad.toml", "none.toml"):
        with pytest.raises(ConfigError) as wrong:
            read_operations(tmp_path / name, lambda _: "")
        codes.append(wrong.value.code)
    assert codes == ["config_operations", "config_broken", "config_unreadable"]
