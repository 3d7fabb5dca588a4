"""The worker of a configured desk: its folders, and its notices in the customer's language."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.inbound import Inbound, Sender
from csdesk.desk.intake.receiving import receive
from csdesk.desk.words import LANGUAGES
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.goods import Approve, Inspect, Receive
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack
from csdesk.effects.desk_worker import gateway_secret, make_worker, outgoing, provider_of
from csdesk.effects.http_provider import HttpProvider
from csdesk.effects.provider import FileProvider
from csdesk.store.connection import write
from csdesk.store.errors import StoreError
from csdesk.store.people import Customer
from tests.building import DeskFile


def files(folder: Path) -> list[dict[str, object]]:
    return [json.loads(path.read_bytes()) for path in folder.glob("*.json")]


@pytest.mark.parametrize("language", [*LANGUAGES, "fr", ""])
def test_a_case_that_ends_by_itself_is_told_in_the_customers_language(
    desk_file: DeskFile, tmp_path: Path, language: str
):
    wang, system = desk_file.core("wang"), desk_file.core("system")
    customer = desk_file.customer("张伟")
    with write(wang.store.conn):
        wang.store.people.put([(customer, "x", Customer("张伟", "13812345678", language=language), 2)], 1)
    done = wang.do(Open(Kind.RETURN, desk_file.order(customer=customer), (LineQty(1, 1),)))
    desk_file.clock.now = wang.do(Approve(), done.case.id).case.due
    worker = make_worker(system, Config(outgoing=str(tmp_path / "out")))
    while worker.turn():
        pass
    (message,) = files(tmp_path / "out" / "messages")
    text = str(message["text"])
    assert done.number in text
    assert not {"{", "}", "…"} & set(text)
    assert text.isascii() == (language == "en")


def test_refunds_go_to_their_own_folder_beside_the_messages(desk_file: DeskFile, tmp_path: Path):
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case
    for command in (Approve(), Receive(), Inspect(), PayBack()):
        wang.do(command, case.id)
    make_worker(desk_file.core("system"), Config(outgoing=str(tmp_path / "out"))).turn()
    (refund,) = files(tmp_path / "out" / "refunds")
    assert (refund["minor"], refund["currency"]) == (19_900, "CNY")


def test_each_desk_file_has_a_folder_of_its_own_unless_told(desk_file: DeskFile, home: Path):
    core = desk_file.core("system")
    assert outgoing(core, Config()) == home / "outgoing" / core.store.desk.file_id
    assert outgoing(core, Config(outgoing="~/out")) == Path("~/out").expanduser()


@pytest.mark.parametrize(
    ("provider", "key", "why"),
    [
        ("http://pay.example.com", "env:PAY", "http"),
        ("https://me:secret@pay.example.com", "env:PAY", "credentials"),
        ("pay.example.com", "env:PAY", "address"),
        ("https://pay.example.com", "", "provider_key"),
        ("https://pay.example.com", "nowhere", "a key source"),
    ],
)
def test_a_provider_that_cannot_be_used_is_told_before_anything_runs(
    tmp_path: Path, provider: str, key: str, why: str
):
    with pytest.raises(ConfigError) as refused:
        provider_of(Config(provider=provider, provider_key=key), tmp_path)
    assert why in str(refused.value)
    assert "secret" not in str(refused.value)


def test_the_secret_of_a_provider_comes_from_where_keys_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    config = Config(provider="https://pay.example.com", provider_key="env:PAY_SECRET")
    with pytest.raises(StoreError) as missing:
        provider_of(config, tmp_path)
    assert missing.value.code == "no_key"
    monkeypatch.setenv("PAY_SECRET", "short")
    with pytest.raises(StoreError) as short:
        provider_of(config, tmp_path)
    assert (short.value.code, "short" in str(short.value)) == ("key_malformed", False)
    monkeypatch.setenv("PAY_SECRET", "long enough to be a secret")
    assert isinstance(provider_of(config, tmp_path), HttpProvider)
    file = tmp_path / "secret"
    file.write_text("long enough to be a secret\n")
    file.chmod(0o644)
    with pytest.raises(StoreError) as exposed:
        provider_of(Config(provider="https://p.example.com", provider_key=f"file:{file}"), tmp_path)
    assert exposed.value.code == "key_file_exposed"
    file.chmod(0o600)
    assert isinstance(
        provider_of(Config(provider="https://p.example.com", provider_key=f"file:{file}"), tmp_path),
        HttpProvider,
    )


def test_without_a_provider_refunds_leave_as_files(tmp_path: Path):
    assert isinstance(provider_of(Config(), tmp_path), FileProvider)


def test_a_message_is_acknowledged_in_its_language_by_its_channel_with_number_and_time(
    desk_file: DeskFile, tmp_path: Path
):
    inbound = Inbound("gw", "1", "chat", Sender(phone="13900000000"), "Where is my parcel?")
    receipt = receive(desk_file.core("wang"), inbound)
    core = desk_file.core("system")
    worker = make_worker(core, Config(outgoing=str(tmp_path / "out")))
    while worker.turn():
        pass
    (letter,) = (tmp_path / "out" / "messages").glob("*.json")
    told = json.loads(letter.read_text(encoding="utf-8"))
    assert (told["channel"], told["case"], told["to"]["phone"]) == ("chat", receipt.number, "13900000000")
    due = datetime.fromtimestamp(receipt.due / 1000, core.zone).strftime("%Y-%m-%d %H:%M")
    assert told["text"].startswith(f"Hello, we have your message; its number is {receipt.number}.")
    assert f"by {due}." in told["text"]


def test_chats_leave_by_the_gateway_and_letters_as_files(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GATEWAY", "a secret of desk and gateway")
    core = desk_file.core("system")
    with pytest.raises(ConfigError, match="config_gateway"):
        make_worker(core, Config(gateway="http://example.com", gateway_key="env:GATEWAY"))
    with pytest.raises(ConfigError, match="config_gateway"):
        make_worker(core, Config(gateway="https://example.com"))
    assert gateway_secret(Config(gateway_key="env:GATEWAY")) == b"a secret of desk and gateway"
