"""`csdesk decide` as a script sees it: one object or a stream, answers on standard output, faults on the other."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from csdesk.cli.decide import MOST_LINES, read_objects
from csdesk.cli.main import run
from csdesk.domain.entitlement.facts import FactError

FRAUD = {"kind": "punitive_damages", "ground": "fraud", "price": 300}
RETURN = {
    "kind": "no_reason_return",
    "sale_channel": "online",
    "buyer": "consumer",
    "product_class": "general",
    "signed_at": "2026-03-05",
    "request_at": "2026-03-06",
    "intact": True,
}


@pytest.fixture
def decide(capfdbinary, tmp_path: Path):
    """Run the command on a file with this content; exit code, standard output, standard error."""

    def call(content: str | bytes, *flags: str) -> tuple[int, str, str]:
        file = tmp_path / "facts.json"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        code = run(["decide", str(file), "--now", "2026-11-22T12:00:00+08:00", "--language", "en", *flags])
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


def lines(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


def test_one_object_gives_one_decision_with_money_in_yuan(decide):
    code, out, err = decide(json.dumps(FRAUD), "--json")
    (decision,) = lines(out)
    assert (code, err) == (0, "")
    assert (decision["refund"], decision["additional"], decision["multiplier"]) == (300.0, 900.0, 3)
    assert decision["articles"][0]["effective_from"] == "2014-03-15"


def test_an_object_may_be_spread_over_lines(decide):
    code, out, _ = decide(json.dumps(RETURN, indent=2), "--json")
    assert code == 0
    assert [decision["decision"] for decision in lines(out)] == ["eligible"]


def test_json_lines_give_a_decision_a_line_in_order(decide):
    content = "\n".join(json.dumps({**FRAUD, "price": price}) for price in (300, 100, 200)) + "\n"
    _, out, _ = decide(content, "--json")
    assert [decision["additional"] for decision in lines(out)] == [900.0, 500.0, 600.0]


def test_without_json_a_person_reads_the_explanation(decide):
    code, out, _ = decide(json.dumps(RETURN))
    assert code == 0
    assert out.splitlines()[0] == "no-reason return: granted, conditions met (by law)"
    assert "art. 25(1)" in out


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"kind": "punitive_damages", "ground": }', "Line 1: not a valid JSON object"),
        ('{"kind": "punitive_damages"', "Line 1: not a valid JSON object"),
        ("[1, 2]", "Line 1: not a valid JSON object"),
        ("\xff\xfe", "Line 1: not a valid JSON object"),
        ("[" * 5000, "Line 1: not a valid JSON object"),
        ('{"kind": "horoscope"}', "Line 1: kind: there is no kind “horoscope”"),
        (json.dumps({**FRAUD, "price": -3}), "Line 1: price: an amount must not be negative"),
        (
            json.dumps({**RETURN, "signed_at": "2026-03-05T10:00:00"}),
            "Line 1: signed_at: the time has no zone",
        ),
    ],
)
def test_what_cannot_be_decided_is_one_sentence_with_line_and_field(decide, content, told):
    code, out, err = decide(content)
    assert (code, out) == (1, "")
    assert err.startswith(told)
    assert len(err.splitlines()) == 1


def test_a_bad_line_among_good_ones_is_named_and_stops_nothing(decide):
    content = "\n".join([json.dumps(FRAUD), "{bad", "", json.dumps({"kind": "x"}), json.dumps(FRAUD)])
    code, out, err = decide(content, "--json")
    first, second, third, fourth = lines(out)
    assert code == 1
    assert first["additional"] == fourth["additional"] == 900.0
    assert (second["line"], second["errors"][0]["code"]) == (2, "bad_json")
    assert (third["line"], third["errors"][0]["field"]) == (4, "kind")
    assert [line[:7] for line in err.splitlines()] == ["Line 2:", "Line 4:"]


def test_missing_facts_are_an_answer_not_a_fault(decide):
    code, out, err = decide('{"kind": "no_reason_return"}', "--json")
    assert (code, err) == (0, "")
    assert lines(out)[0]["missing"] == [
        "buyer",
        "sale_channel",
        "product_class",
        "signed_at",
        "request_at",
        "intact",
    ]


def test_an_unknown_fact_is_named_and_refused_only_when_strict(decide):
    content = json.dumps({**FRAUD, "pirce": 200})
    code, out, err = decide(content, "--json")
    assert (code, lines(out)[0]["unknown"]) == (0, ["pirce"])
    assert err.startswith("Line 1: pirce: punitive_damages has no such fact; it was not used")
    code, out, err = decide(content, "--json", "--strict")
    assert (code, lines(out)[0]["errors"][0]["field"]) == (1, "pirce")


@pytest.mark.parametrize(
    "arguments",
    [
        ["decide"],
        ["decide", "nowhere.json"],
        ["decide", "-", "--now", "yesterday"],
        ["decide", "-", "--now", "2026-11-22T12:00:00"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments, capfd):
    assert run(arguments) == 2
    assert "Traceback" not in capfd.readouterr().err


def test_a_pack_that_cannot_be_used_is_one_sentence(tmp_path, capfd):
    (tmp_path / "cn.toml").write_text("format = 1\nid = 3", encoding="utf-8")
    assert run(["decide", "-", "--packs", str(tmp_path)]) == 1
    assert capfd.readouterr().err.count("\n") == 1


def test_standard_input_is_answered_as_it_comes():
    """A caller that keeps the pipe open gets each answer before it sends the next facts."""
    command = [sys.executable, "-m", "csdesk", "decide", "-", "--json"]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=buffered) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for price, additional in ((300, 900.0), (1000, 3000.0)):
            process.stdin.write(json.dumps({**FRAUD, "price": price}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["additional"] == additional
        process.stdin.close()
        assert process.wait() == 0


def test_it_never_loads_textual_nor_the_store():
    code = (
        "import sys; from csdesk.cli.main import run\n"
        'import io; sys.stdin = io.TextIOWrapper(io.BytesIO(b\'{"kind": "no_reason_return"}\'))\n'
        "run(['decide', '-', '--json'])\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'textual', 'rich', 'pysqlite3', 'httpx'}))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"


@pytest.mark.parametrize("more", [3, MOST_LINES * 2])
def test_a_first_line_that_never_ends_does_not_swallow_the_stream(more):
    stream = io.BytesIO(b'{"kind": \n' + b'{"kind": "x"}\n' * more)
    found = [value for _, value in read_objects(stream)]
    assert isinstance(found[0], FactError)
    assert found[1:] == [{"kind": "x"}] * more


def test_an_object_that_never_ends_is_one_fault():
    stream = io.BytesIO(b'{\n"kind": "x",\n"paid": 1\n')
    assert [n for n, _ in read_objects(stream)] == [1]
