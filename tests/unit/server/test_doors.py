"""The doors of a running server: who may knock, what is taken, and what a sender is told."""

import json
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from csdesk.desk.core import Core
from csdesk.desk.intake.refusals import refusals
from csdesk.effects.order_simulator import Simulator
from csdesk.effects.wire import sign
from csdesk.store.cases import history
from tests.building import DeskFile
from tests.unit.interop.test_ordering import BUYER, MAP, SOURCE, order
from tests.unit.server.conftest import SECRET, SHOP_SECRET, Serve, Served

PATH = "/v1/hooks/messages/gateway"
PUSH = '\n[push]\nkey = "env:SHOP_SECRET"\norder = "data.no || data[].no"\n'


@pytest.fixture
def served(serve: Serve) -> Served:
    return serve()


def body(id_: str = "1", **more: Any) -> bytes:
    told = {"id": id_, "channel": "app", "text": "快递到哪了", "sender": {"external": "u-1"}, **more}
    return json.dumps(told).encode()


def count(core: Core, table: str = "cases") -> int:
    return core.store.conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    told = response.json()
    assert told["type"] == f"urn:csdesk:problem:{told['code']}"
    assert told["request"] == response.headers["x-request-id"]
    assert told["title"] and told["title"] != told["code"]
    assert told["status"] == response.status_code
    return response.status_code, told["code"]


def test_a_message_is_taken_once_and_told_the_same_again(served: Served, desk_file: DeskFile):
    first = served.post(PATH, body())
    assert first.status_code == 201
    assert first.json()["queue"] == "inquiries"
    again = served.post(PATH, body(), ago=60)
    assert again.status_code == 200
    assert again.json() == {**first.json(), "again": True}
    assert count(desk_file.core()) == 1


def test_messages_out_of_order_go_to_their_case(served: Served, desk_file: DeskFile):
    number = served.post(PATH, body("2", at=1_793_584_800_000)).json()["number"]
    late = served.post(PATH, body("1", at=1_793_584_700_000, thread=number, text="在吗"))
    assert late.status_code == 200
    assert late.json()["number"] == number
    assert count(desk_file.core()) == 1


def test_the_very_same_request_is_refused(served: Served):
    stamped = served.post(PATH, body()).request.headers
    again = served.client.post(PATH, content=body(), headers=stamped)
    assert problem(again) == (409, "replayed")


UNWELCOME: list[tuple[str, dict[str, Any], tuple[int, str]]] = [
    (PATH, {"secret": b"another secret, as long as it"}, (401, "bad_signature")),
    (PATH, {"ago": 400}, (401, "stale_signature")),
    (PATH, {"ago": -400}, (401, "stale_signature")),
    (PATH, {"Content_Type": "text/html"}, (415, "not_json_media")),
    (PATH, {"Content_Encoding": "gzip"}, (415, "not_json_media")),
    ("/v1/hooks/messages/nobody", {}, (404, "unknown_source")),
    ("/v1/hooks/orders/shop", {}, (404, "unknown_source")),
    ("/v1/hooks/tracking/sf", {}, (404, "unknown_source")),
    ("/v1/intake", {}, (404, "unknown_source")),
    ("/v2/intake", {}, (404, "not_found")),
]


def test_whoever_may_not_knock_leaves_no_trace(served: Served, desk_file: DeskFile):
    core = desk_file.core()
    for path, more, told in UNWELCOME:
        assert problem(served.post(path, body(), **more)) == told, (path, more)
        assert (count(core), refusals(core)) == (0, []), (path, more)


def test_a_door_takes_nothing_but_posts(served: Served):
    assert problem(served.client.get(PATH)) == (405, "method_not_allowed")


WRONG = [
    (b"<!DOCTYPE html><html>OK</html>", "not_json"),
    (b"\x00\x00", "not_json"),
    (b"", "not_json"),
    (b"[" * 100_000, "not_json"),
    (body(source="bank"), "other_source"),
    (body(channel="fax"), "unknown_channel"),
]


def test_what_is_signed_and_wrong_is_kept_and_said(served: Served, desk_file: DeskFile):
    core, kept = desk_file.core(), set[str]()
    for raw, code in WRONG:
        answered = served.post(PATH, raw)
        assert problem(answered) == (422, code), raw[:40]
        kept.add(answered.json()["kept"])
        assert {one.id for one in refusals(core)} == kept, raw[:40]
    assert len(kept) == len(WRONG)


def test_null_bytes_in_a_text_do_not_come_through(served: Served, desk_file: DeskFile):
    receipt = served.post(PATH, body(text="你好\x00\x1b[2J世界")).json()
    core = desk_file.core()
    past = history(core.store.conn, core.desk, core.case_id(receipt["number"]), core.store.keys)
    said = [text for one in past if (text := getattr(one.event, "summary", ""))]
    assert said and not any(sign in text for text in said for sign in "\x00\x1b")
    assert "世界" in said[0]


def test_what_is_no_json_is_told_so_at_every_door(serve: Serve):
    served = serve(carrier_key="env:SHOP_SECRET", language="en")
    tracks = "/v1/hooks/tracking/carriers"
    for path, secret in ((PATH, SECRET), (tracks, SHOP_SECRET)):
        answered = served.post(path, b"<html>", secret=secret)
        assert problem(answered) == (422, "not_json")
        assert answered.json()["title"] == "The body is not one whole JSON document."


def test_a_huge_body_is_not_read(served: Served, desk_file: DeskFile):
    assert problem(served.post(PATH, body(text="退" * 600_000))) == (413, "body_too_large")
    small = served.post(PATH, body())
    assert small.status_code == 201, "the next one is taken as ever"


def test_a_huge_body_without_a_length_is_not_read_either(served: Served):
    pieces = (b"x" * 65_536 for _ in range(40))
    answered = served.client.post(PATH, content=pieces, headers={"Content-Type": "application/json"})
    assert problem(answered) == (413, "body_too_large")


def test_intake_takes_messages_of_a_named_sender(serve: Serve, tmp_path: Path):
    senders = tmp_path / "senders.toml"
    senders.write_text('[erp]\nkey = "env:SHOP_SECRET"\n')
    served = serve(senders=str(senders))
    sent = served.post("/v1/intake", body(source="erp"), secret=SHOP_SECRET, X_Csdesk_Source="erp")
    assert sent.status_code == 201
    other = served.post("/v1/intake", body("2"), secret=SECRET, X_Csdesk_Source="erp")
    assert problem(other) == (401, "bad_signature")


def test_health_is_told_without_a_signature(served: Served):
    assert served.client.get("/healthz").json() == {"status": "ok"}
    assert served.client.get("/readyz").json() == {"status": "ready"}


def test_killed_in_between_a_message_sent_again_is_one_case(serve: Serve, desk_file: DeskFile):
    first = serve()
    number = first.post(PATH, body()).json()["number"]
    first.kill()
    again = serve().post(PATH, body())
    assert again.json()["number"] == number and again.json()["again"]
    assert count(desk_file.core()) == 1


def test_a_client_that_does_not_come_to_the_point_is_let_go(serve: Serve):
    served = serve(request_seconds="1")
    host, _, port = served.where.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as slow:
        slow.sendall(b"POST /v1/intake HTTP/1.1\r\nHost: desk\r\n")
        assert slow.recv(100) == b"", "closed without an answer: it has not yet asked for anything"
    with socket.create_connection((host, int(port)), timeout=20) as slow:
        head = "POST /v1/hooks/messages/gateway HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\n"
        slow.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        assert slow.recv(4096).startswith(b"HTTP/1.1 408 ")
        slow.sendall(b"{")
        assert ended(slow), "answered, and not kept for what it still sends"
    assert served.post(PATH, body()).status_code == 201


def test_more_connections_than_it_can_hold_are_closed_and_the_others_go_on(serve: Serve):
    most = 200
    served = serve(files=2 * most)
    host, _, port = served.where.rpartition(":")
    with ExitStack() as silent:
        for _ in range(most):
            silent.enter_context(socket.create_connection((host, int(port)), timeout=20))
        with socket.create_connection((host, int(port)), timeout=5) as another:
            assert ended(another)
    assert served.post(PATH, body()).status_code == 201
    assert served.stop() == 0
    told = [line for line in served.lines if line["event"] != "request"]
    assert [(line["event"], line["most"]) for line in told] == [("too_many_connections", most)]


def ended(client: socket.socket) -> bool:
    """Whether the server ends the connection, after whatever it still tells, before the client's patience does."""
    while client.recv(4096):
        continue
    return True


def test_a_client_that_goes_away_in_the_middle_is_no_fault_of_ours(serve: Serve):
    served = serve()
    host, _, port = served.where.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as client:
        head = "POST /v1/hooks/messages/gateway HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\n"
        client.sendall(f"{head}Content-Length: 100\r\nExpect: 100-continue\r\n\r\n".encode())
        assert client.recv(4096).startswith(b"HTTP/1.1 100 ")
    assert served.stop() == 0
    assert [(one["event"], one.get("code")) for one in served.lines] == [("request", "bad_request")]


def test_it_ends_when_told_with_a_request_under_way_answered(serve: Serve):
    served = serve()
    host, _, port = served.where.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as client:
        head = "POST /v1/hooks/messages/gateway HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\n"
        client.sendall(f"{head}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode())
        assert client.recv(4096).startswith(b"HTTP/1.1 100 ")
        served.process.terminate()
        client.sendall(b"{}")
        assert client.recv(4096).startswith(b"HTTP/1.1 401 ")
    assert served.stop() == 0


def test_what_cannot_be_answered_before_it_ends_is_told_to_come_again(serve: Serve, desk_file: DeskFile):
    served = serve(drain_seconds="1")
    conn = desk_file.store().conn
    conn.execute("BEGIN IMMEDIATE")
    host, _, port = served.where.rpartition(":")
    stamp = str(int(time.time()))
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
        f"Content-Length: {len(body())}\r\nX-Csdesk-Timestamp: {stamp}\r\n"
        f"X-Csdesk-Signature: {sign(SECRET, stamp, 'POST', PATH, body())}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=20) as client:
        client.sendall(head.encode())
        assert client.recv(4096).startswith(b"HTTP/1.1 100 ")
        client.sendall(body())
        served.process.terminate()
        assert client.recv(4096).startswith(b"HTTP/1.1 503 ")
    conn.execute("ROLLBACK")
    assert served.stop() == 0
    assert [line.get("code") for line in served.lines if line["event"] == "request"] == ["draining"]


def test_the_log_names_routes_and_codes_and_nobody(serve: Serve):
    served = serve()
    served.post(PATH, body(text="我叫王小明，电话13812345678"))
    served.post("/v1/hooks/messages/13812345678", body())
    assert served.stop() == 0
    requests = [line for line in served.lines if line["event"] == "request"]
    assert [(one["route"], one["status"], one.get("code")) for one in requests] == [
        ("/v1/hooks/messages/{source}", 201, None),
        ("/v1/hooks/messages/{source}", 404, "unknown_source"),
    ]
    assert "13812345678" not in json.dumps(served.lines) and "王小明" not in str(served.lines)


def test_a_unix_socket_is_its_owners_and_groups(serve: Serve, tmp_path: Path):
    path = tmp_path / "desk.sock"
    served = serve(f"unix:{path}")
    assert path.stat().st_mode & 0o777 == 0o660
    assert served.post(PATH, body()).status_code == 201
    served.kill()
    assert path.exists()
    again = serve(f"unix:{path}")
    assert again.post(PATH, body()).json()["again"]
    assert again.stop() == 0
    assert not path.exists()


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    (tmp_path / "shop-map.toml").write_text(MAP)
    with Simulator(SHOP_SECRET) as made:
        made.customers.append(BUYER)
        (tmp_path / "shop.toml").write_text(SOURCE.format(address=made.address) + PUSH)
        yield made


def test_news_of_an_order_is_asked_after_and_not_believed(
    serve: Serve, shop: Simulator, tmp_path: Path, desk_file: DeskFile
):
    shop.orders["W1"] = order(status="pending")
    served = serve(orders=str(tmp_path / "shop.toml"))
    told = json.dumps({"data": {"no": "W1", "status": "delivered", "buyer": "somebody else"}}).encode()
    answered = served.post("/v1/hooks/orders/shop", told, secret=SHOP_SECRET)
    assert (answered.status_code, answered.json()) == (200, {"asked": 1, "told": 1, "problems": 0})
    assert shop.asked[-1] == ("GET", "/orders/W1")
    row = desk_file.core().store.conn.execute("SELECT number, status FROM orders").fetchone()
    assert row == ("W1", "pending")


@pytest.mark.parametrize(
    "raw",
    [b"{}", b'{"data": {"no": true}}', b'{"data": {"no": ""}}', b'{"data": {"no": "a\\u0000b"}}', b"[1]"],
)
def test_news_that_names_no_order_asks_nobody(serve: Serve, shop: Simulator, tmp_path: Path, raw: bytes):
    served = serve(orders=str(tmp_path / "shop.toml"))
    assert problem(served.post("/v1/hooks/orders/shop", raw, secret=SHOP_SECRET)) == (422, "no_order_number")
    assert shop.asked == []


def test_an_order_system_that_is_away_is_told_to_come_again(serve: Serve, shop: Simulator, tmp_path: Path):
    shop.plan("html")
    served = serve(orders=str(tmp_path / "shop.toml"))
    raw = b'{"data": [{"no": "W1"}]}'
    answered = served.post("/v1/hooks/orders/shop", raw, secret=SHOP_SECRET)
    assert problem(answered) == (503, "order_system_away")
    assert answered.headers["retry-after"] == "30"
