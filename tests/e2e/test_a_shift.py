"""One shift on one desk, told in order: mail, order system, carrier, provider and gateway are servers that misbehave.

Everything is set in one configuration file. The worker and the server are processes of their own, the agent works by
the command line, and at the end every server counts what it was asked to do: once.
"""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from csdesk.cli.main import run
from csdesk.effects import carrier_simulator, order_simulator, provider_simulator
from csdesk.effects.wire import sign
from tests.e2e.test_chat import Gateway, gateway
from tests.unit.effects.mail.servers import PASSWORD, USER, Mailbox, PostOffice, box_server, smtp_server

__all__ = ["gateway"]

WANG = "wang@example.com"
SHOP, CARRIER, PROVIDER, GATE = (
    f"a secret of desk and {who}" for who in ("shop", "carrier", "payer", "gate")
)
BACK, OUT = "SF1000000000001", "SF2000000000002"
TRACKS = "/v1/hooks/tracking/carriers"
CHAT = "您好，一副已换新，另一副的199.00元已按原支付方式退回。"
# For whatever has to happen next: a mailbox is looked into every 5 s, a dead worker's place is free after 6 s.
DEADLINE_S = 40
Process = subprocess.Popen[str]
CONFIG = """
file = "{folder}/desk.db"
agent = "wang"
language = "en"
hold_seconds = 0
mail_in = "imap://{user}@127.0.0.1:{imap}/INBOX"
mail_in_key = "file:{folder}/mail"
mail_out = "smtp://127.0.0.1:{smtp}"
mail_from = "山海客服 <{user}>"
mail_plus = true
mail_seconds = 5
orders = "{folder}/orders.toml"
carrier_api = "{carrier}"
carrier_key = "file:{folder}/carrier"
provider = "{provider}"
provider_key = "file:{folder}/payer"
provider_seconds = 1
gateway = "{gateway}"
gateway_key = "file:{folder}/gate"
listen = "127.0.0.1:0"
"""
ORDERS = """
[source]
name = "shop"
kind = "http"
map = "map.toml"
stamp = "updated"
next = "next"
more = "more"
every_seconds = 0
writes = ["cancel", "intercept", "reissue", "exchange", "refund"]
[http]
address = "{address}"
key = "file:{folder}/shop"
order = "/orders/{{value}}"
changes = "/changes?since={{cursor}}"
seconds = 3
[push]
key = "file:{folder}/shop"
order = "numbers"
"""
MAP = """
[map]
name = "shop"
currency = "CNY"
[customers]
when = "person"
records = "customers"
id = "person"
name = "name"
email = "mail"
phone = "phone"
address = "address"
[orders]
when = "no"
records = "orders"
check = ["customer"]
id = "no"
customer = "buyer"
status = "status"
placed_at = "placed"
paid_at = "placed"
shipped_at = "shipped"
signed_at = "signed"
merchant = "shop"
merchant_name = "shop"
return_address = "return_to"
[orders.lines]
each = "items"
sku = "sku"
title = "title"
qty = "qty"
price = "price"
[orders.payments]
each = "paid"
method = "by"
reference = "reference"
amount = "amount"
kind = "kind"
refund = "refund"
[orders.shipments]
each = "parcels"
carrier = "carrier"
waybill = "no"
"""
BUYER = {
    "person": "u1",
    "name": "王小明",
    "mail": WANG,
    "phone": "13812345678",
    "address": "浙江省杭州市文三路1号",
}


def ago(seconds: float, hours: float = 0) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours, seconds=seconds)).isoformat()


def bought() -> dict[str, Any]:
    """The order as its system tells it: two units, delivered yesterday."""
    item = {"sku": "EAR-2", "title": "蓝牙耳机", "qty": 2, "price": "199.00"}
    paid = {"by": "wechat", "reference": "pay-1", "amount": "398.00", "kind": "captured"}
    told = {"no": "W1", "buyer": "u1", "status": "delivered", "placed": ago(0, 96), "shipped": ago(0, 72)}
    place = {"signed": ago(0, 20), "shop": "山海数码", "return_to": "广东省深圳市科苑路2号 退货仓"}
    return {**told, **place, "items": [item], "paid": [paid], "updated": ago(0, 20)}


def scan(waybill: str, code: str, seconds: float) -> dict[str, str]:
    return {
        "waybill": waybill,
        "carrier": "SF",
        "at": ago(seconds),
        "scan": code,
        "id": f"{waybill}-{code}",
    }


@dataclass
class Shift:
    """The desk's servers, its processes, and what an agent does by the command line."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    box: Mailbox
    office: PostOffice
    shop: order_simulator.Simulator
    carrier: carrier_simulator.Simulator
    provider: provider_simulator.Simulator
    gateway: Gateway
    number: str = ""
    processes: list[Process] = field(default_factory=list)
    where: str = ""
    pushed: int = 0

    def say(self, *words: str) -> Any:
        """A command that must succeed; what it answers."""
        code = run([*words, "--json"])
        out, err = self.capsys.readouterr()
        assert code == 0, (words, err)
        return json.loads(out)

    def do(self, verb: str, *values: str) -> Any:
        return self.say("case", "do", self.number, verb, *values)

    def ask(self, question: str, **values: str) -> Any:
        code = run(["ask", question, *(f"{name}={value}" for name, value in values.items())])
        out, err = self.capsys.readouterr()
        assert code == 0, (question, err)
        return json.loads(out)

    @property
    def view(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.say("case", "show", self.number)
        return shown

    @property
    def case(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.view["case"]
        return shown

    def start(self, command: str) -> Process:
        """A process of the desk's, once it says that it is there."""
        with (self.folder / f"{command}-{len(self.processes)}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "csdesk", command], stdout=subprocess.PIPE, stderr=log, text=True
            )
        self.processes.append(process)
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said, Path(log.name).read_text()
        if command == "serve":
            self.where = said.removeprefix("Listening on ").partition(": messages")[0]
        return process

    def until(self, holds: Callable[[], Any], what: str) -> Any:
        """Wait until something is so, in the world or on the desk."""
        end = time.monotonic() + DEADLINE_S
        while not (found := holds()):
            died = [
                process.args for process in self.processes if process.poll() not in (None, -signal.SIGKILL)
            ]
            assert time.monotonic() < end and not died, (what, died, self.logs())
            time.sleep(0.05)
        return found

    def stop(self) -> list[int]:
        """End what runs as a service manager does; the exit codes."""
        running = [process for process in self.processes if process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        return [process.wait(DEADLINE_S) for process in running]

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def push(self, path: str, document: Any, secret: str) -> httpx.Response:
        """A signed request to the server; each some seconds back, so that no two signatures are alike."""
        self.pushed += 1
        body, stamp = json.dumps(document).encode(), str(int(time.time()) - 20 * self.pushed)
        headers = {
            "Content-Type": "application/json",
            "X-Csdesk-Timestamp": stamp,
            "X-Csdesk-Signature": sign(secret.encode(), stamp, "POST", path, body),
        }
        return httpx.post(f"http://{self.where}{path}", content=body, headers=headers, timeout=20)

    def mails(self, automatic: bool) -> list[EmailMessage]:
        """What left by mail: by people, or by the desk itself."""
        found = []
        for raw in list(self.office.mails):
            mail = message_from_bytes(raw, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            if ("Auto-Submitted" in mail) == automatic:
                found.append(mail)
        return found

    @property
    def written(self) -> list[dict[str, Any]]:
        """What the agent wrote, with what became of it."""
        return [one for one in self.case["messages"] if one["direction"] == "out" and one["author"] == "wang"]

    def told(self, code: str) -> list[dict[str, Any]]:
        """The lines of the timeline that say this."""
        return [entry for entry in self.view["timeline"] if entry["code"] == code]


@pytest.fixture
def shift(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    gateway: Gateway,
) -> Iterator[Shift]:
    monkeypatch.setenv("CSDESK_HOME", str(home))
    monkeypatch.setenv("CSDESK_CONFIG", str(tmp_path / "config.toml"))
    secrets = {"mail": PASSWORD, "shop": SHOP, "carrier": CARRIER, "payer": PROVIDER, "gate": GATE}
    for name, word in secrets.items():
        (tmp_path / name).write_text(word)
        (tmp_path / name).chmod(0o600)
    with ExitStack() as servers:
        box, office = servers.enter_context(box_server("imap")), servers.enter_context(smtp_server())
        shop = servers.enter_context(order_simulator.Simulator(SHOP.encode()))
        carrier = servers.enter_context(carrier_simulator.Simulator(CARRIER.encode()))
        provider = servers.enter_context(provider_simulator.Simulator(PROVIDER.encode()))
        (tmp_path / "map.toml").write_text(MAP)
        (tmp_path / "orders.toml").write_text(ORDERS.format(folder=tmp_path, address=shop.address))
        places = {"carrier": carrier.address, "provider": provider.address, "gateway": gateway.address}
        told = CONFIG.format(folder=tmp_path, user=USER, imap=box.port, smtp=office.port, **places)
        (tmp_path / "config.toml").write_text(told)
        made = Shift(tmp_path, capsys, box, office, shop, carrier, provider, gateway)
        assert run(["init"]) == 0
        assert run(["agent", "add", "wang", "--name", "王", "--agent", "admin"]) == 0
        capsys.readouterr()
        yield made
        for process in made.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()


def written(text: str, subject: str = "耳机想换货", **headers: str) -> bytes:
    mail = EmailMessage(policy=policy.SMTP)
    for name, value in ({"From": f"王小明 <{WANG}>", "To": USER, "Subject": subject} | headers).items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text, cte="base64")
    return mail.as_bytes()


def delivered(mail: EmailMessage, envelope: str) -> bytes:
    """What the customer's server reports about a mail that it took."""
    return (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.com\r\nTo: {envelope}\r\nSubject: report\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=r\r\n\r\n"
        "--r\r\n\r\nreport\r\n--r\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Final-Recipient: rfc822;{WANG}\r\nAction: delivered\r\nStatus: 2.1.5\r\n"
        "--r\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {mail['Message-ID']}\r\nTo: {WANG}\r\n\r\n--r--\r\n"
    ).encode()


def a_mail_becomes_a_case(shift: Shift) -> None:
    raw = written("您好，订单W1的耳机有杂音，两副都想换货")
    shift.box.add(raw)
    shift.box.add(raw)
    (mail,) = shift.until(lambda: shift.mails(automatic=True), "no acknowledgement")
    (shown,) = shift.say("case", "list")
    shift.number = shown["number"]
    assert (shown["row"]["kind"], shown["row"]["order_number"]) == ("exchange", "")
    assert shift.number in str(mail["Subject"])


def the_order_is_looked_up(shift: Shift) -> None:
    shift.shop.customers.append(BUYER)
    shift.shop.orders["W1"] = bought()
    shift.shop.plan("slow")
    looked = shift.say("source", "lookup", "W1")
    assert (looked["fault"], looked["problems"], len(looked["orders"])) == ("", [], 1)
    shift.do("link_order", "order=W1", "lines=1x2")
    shift.do("take")
    shift.do("establish", "facts=nonconforming=true")
    assert shift.do("approve")["state"] == "approved_wait_ship"


def a_canned_reply_that_cites_an_article_leaves(shift: Shift) -> EmailMessage:
    filled = shift.ask("fill_canned", canned="zlwt", case=shift.number)
    text, canned = str(filled["text"]), str(filled["id"])
    assert "《中华人民共和国消费者权益保护法》第二十四条" in text
    found = shift.ask("check_reply", case=shift.number, text=text, canned=json.dumps([canned]))
    assert (filled["missing"], found) == ([], [])
    shift.do("reply", f"text={text}", f"canned={canned}", f"articles={','.join(filled['articles'])}")
    (mail,) = shift.until(lambda: shift.mails(automatic=False), "the reply did not leave")
    assert text in mail.get_content() and shift.office.envelopes[-1][1] == WANG
    shift.until(lambda: shift.written[0]["state"] == "sent", "the reply is not known as sent")
    return mail


def it_is_delivered_and_answered(shift: Shift, mail: EmailMessage) -> None:
    said = "好的，请给我面单"
    answer = {"In_Reply_To": str(mail["Message-ID"]), "To": str(mail["Reply-To"])}
    shift.box.add(delivered(mail, shift.office.envelopes[-1][0]))
    shift.box.add(written(said, f"回复: {mail['Subject']}", **answer))
    shift.until(lambda: shift.written[0]["state"] == "delivered", "the report was not heard")
    shift.until(lambda: shift.told("message_received"), "the answer was not heard")
    assert any(said in (entry["text"] or "") for entry in shift.view["timeline"])
    assert len(shift.say("case", "list")) == 1


def a_label_is_made_once(shift: Shift) -> None:
    shift.carrier.plan("done_then_silence")
    shift.do("request_label", "payer=merchant")
    shift.until(lambda: shift.told("carrier_taken"), "no label came")
    (ask,) = shift.case["carrier_asks"]
    assert (ask["state"], ask["waybill"]) == ("done", BACK)
    assert [method for method, _ in shift.carrier.asked] == ["POST", "GET"]


def scans_come_twice_out_of_order_and_by_asking(shift: Shift) -> None:
    collected, moving, signed = (
        scan(BACK, code, seconds)
        for code, seconds in (("collected", 0.3), ("in_transit", 0.2), ("signed", 0.1))
    )
    answers = [shift.push(TRACKS, scans, CARRIER) for scans in ([moving], [moving], [collected, moving])]
    assert [answer.json()["added"] for answer in answers] == [1, 0, 1]
    assert shift.case["state"] == "return_in_transit"
    shift.carrier.scans[BACK] = [signed, moving, collected]
    polled = shift.say("courier", "poll")
    assert (polled["asked"], polled["added"], polled["changed"]) == (1, 1, 0)
    shift.do("receive", "lines=1x2", f"waybill={BACK}")
    shift.do("inspect", "graded=1x2:restock")


def other_goods_are_ordered_once_though_the_worker_is_killed(shift: Shift, worker: Process) -> None:
    # It is done and nobody says so; whoever asks what became of it hears nothing the first time either.
    shift.shop.plan("done_then_silence", "silence")
    shift.carrier.scans[OUT] = [scan(OUT, "collected", 0)]
    shift.do("reissue", "carrier=顺丰", f"waybill={OUT}", "lines=1x1")
    shift.until(lambda: shift.shop.done, "the order system was not asked")
    worker.kill()
    worker.wait()
    assert [ask["state"] for ask in shift.case["order_asks"]] == ["asked"]
    shift.start("work")
    shift.until(lambda: shift.told("order_taken"), "nobody settled it")
    assert [ask["state"] for ask in shift.case["order_asks"]] == ["done"]
    assert [done["ask"] for done in shift.shop.done] == ["exchange"]
    shift.until(lambda: [OUT] in shift.carrier.tracked, "the new worker did not ask after the parcel")


def the_rest_is_paid_back_once(shift: Shift) -> None:
    assert shift.push(TRACKS, [scan(OUT, "signed", 0)], CARRIER).json()["added"] == 1
    shift.do("deliver")
    shift.do("no_stock")
    shift.provider.plan("paid_then_silence")
    shift.do("refund")
    shift.until(lambda: shift.told("refund_settled"), "the refund was not confirmed")
    assert [(paid.method, paid.minor) for paid in shift.provider.paid] == [("wechat", 19_900)]
    shift.until(lambda: len(shift.told("order_taken")) == 2, "the refund was not booked at the source")


def the_order_changes_at_its_source(shift: Shift) -> None:
    (refund,) = shift.case["refunds"]
    told = shift.shop.orders["W1"]
    back = {"by": "wechat", "reference": "pay-1", "amount": "199.00", "kind": "returned"}
    back["refund"] = refund["reference"]
    new = {"paid": [*told["paid"], back], "signed": ago(0, 19), "updated": ago(0)}
    new["parcels"] = [{"carrier": "SF", "no": OUT}]
    shift.shop.orders["W1"] = told | new
    answers = [shift.push("/v1/hooks/orders/shop", {"numbers": ["W1"]}, SHOP) for _ in range(2)]
    assert [answer.json()["problems"] for answer in answers] == [0, 0]
    (changed,) = shift.told("order_changed")
    assert sorted(changed["detail"]["fields"]) == ["payments", "shipments", "signed_at"]
    assert shift.say("source", "differences")["differences"] == []


def the_result_is_told_by_chat_and_the_case_closed(shift: Shift) -> None:
    hook = "/v1/hooks/messages/gateway"
    asked = {"id": "c-1", "channel": "chat", "text": "退款到了吗", "sender": {"external": "wx-1"}}
    heard = [shift.push(hook, {**asked, "thread": shift.number}, GATE).json() for _ in range(2)]
    assert [(one["number"], one["again"]) for one in heard] == [(shift.number, False), (shift.number, True)]
    shift.do("reply", f"text={CHAT}")
    shift.until(lambda: shift.written[-1]["state"] == "sent", "the chat did not leave")
    report = {"key": f"message:{shift.written[-1]['id']}", "status": "delivered"}
    assert [shift.push(hook, report, GATE).json()["again"] for _ in range(2)] == [False, True]
    assert shift.do("close")["state"] == "closed"


def everything_was_done_once(shift: Shift) -> None:
    # Two agents' answers, one by each way, and one acknowledgement of the case's first mail.
    assert len(shift.mails(automatic=False)) == 1
    assert [str(mail["Subject"]).count(shift.number) for mail in shift.mails(automatic=True)] == [1]
    assert [one["text"] for one in shift.gateway.took if not one["automatic"]] == [CHAT]
    keys = [one["key"] for one in shift.gateway.took]
    assert len(keys) == len(set(keys))
    assert [done["ask"] for done in shift.carrier.done] == ["label"]
    assert sorted(waybill for asked in shift.carrier.tracked for waybill in asked) == [BACK, OUT]
    assert [done["ask"] for done in shift.shop.done] == ["exchange", "refund"]
    assert [paid.minor for paid in shift.provider.paid] == [19_900]
    assert shift.say("verify")["findings"] == []


def test_a_shift(shift: Shift):
    worker = shift.start("work")
    shift.start("serve")
    a_mail_becomes_a_case(shift)
    the_order_is_looked_up(shift)
    mail = a_canned_reply_that_cites_an_article_leaves(shift)
    it_is_delivered_and_answered(shift, mail)
    a_label_is_made_once(shift)
    scans_come_twice_out_of_order_and_by_asking(shift)
    other_goods_are_ordered_once_though_the_worker_is_killed(shift, worker)
    the_rest_is_paid_back_once(shift)
    the_order_changes_at_its_source(shift)
    the_result_is_told_by_chat_and_the_case_closed(shift)
    assert shift.stop() == [0, 0]
    everything_was_done_once(shift)
    logs = shift.logs()
    assert not re.search(r"Traceback|王小明|wang@|13812345678|文三路|面单", logs), logs
