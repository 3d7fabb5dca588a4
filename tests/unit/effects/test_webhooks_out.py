"""Events sent to a real receiver on this machine: signed, in order, at least once, given up only on record."""

import hmac
import json
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from csdesk.desk.core import Core
from csdesk.desk.webhook_queries import (
    WebhookAdd,
    WebhookLetters,
    WebhookRemove,
    WebhookRetry,
    Webhooks,
)
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note, Prioritise
from csdesk.effects.practice import NoChannel, NoProvider
from csdesk.effects.webhooks_out import MOST_REFUSED, MOST_TRIES, Courier, try_out
from csdesk.effects.worker import Worker
from csdesk.store import webhooks
from csdesk.store.dsn import Dsn
from tests.building import DeskFile, on_postgres

SECRET = "s" * 40


class Receiver:
    """Keeps what it was sent; answers what it is told to, at last 204."""

    def __init__(self) -> None:
        self.got: list[dict[str, object]] = []
        self.heads: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.answers: list[int] = []
        self.hold = threading.Event()
        self.hold.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.heads.append({"path": self.path, **{n.lower(): v for n, v in self.headers.items()}})
                receiver.bodies.append(body)
                receiver.got.append(json.loads(body))
                receiver.hold.wait(20)
                status = receiver.answers.pop(0) if receiver.answers else 204
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/desk?of=csdesk"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def told(self) -> list[tuple[object, object]]:
        return [(one["case"], one["seq"]) for one in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.hold.set()
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch, home: object) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)


def add(desk: DeskFile, url: str, name: str = "bi", **more: object) -> None:
    desk.core("gao").ask(WebhookAdd(name, url, "env:HOOK_SECRET", **more))  # type: ignore[arg-type]


def opened(desk: DeskFile, kind: Kind = Kind.RETURN) -> Case:
    return desk.core("wang").do(Open(kind, desk.order(), (LineQty(1, 1),))).case


def turn(desk: DeskFile, courier: Courier | None = None, **more: object) -> int:
    """One turn of a new worker's courier, after every wait."""
    desk.clock.forward(hours=1)
    courier = courier or Courier(desk.core("system"), **more)  # type: ignore[arg-type]
    return courier.turn(lambda: True) if courier.due(desk.clock()) else 0


def line(desk: DeskFile):
    (one,) = desk.core("gao").ask(Webhooks())
    return one


def test_events_arrive_signed_once_and_in_order(desk_file: DeskFile, receiver: Receiver):
    opened(desk_file)  # before the hook: not its business
    add(desk_file, receiver.url)
    case = opened(desk_file)
    wang = desk_file.core("wang")
    case = wang.do(Note("客户张伟电话 13812345678"), case.id, version=case.version).case
    other = opened(desk_file)
    turn(desk_file)
    assert receiver.told == [
        *((case.id, n) for n in range(1, case.version + 1)),
        *((other.id, n) for n in range(1, other.version + 1)),
    ]
    assert turn(desk_file) == 0
    first, head = receiver.got[0], receiver.heads[0]
    assert first["id"] == f"{case.id}:1" == head["idempotency-key"]
    assert (first["event"], first["verb"], first["kind"], first["state"]) == (
        "opened",
        "open",
        "return",
        case.state,
    )
    assert first["number"] == wang.number(case)
    said = f"{head['x-csdesk-timestamp']}\nPOST\n{head['path']}\n".encode() + receiver.bodies[0]
    expected = hmac.new(SECRET.encode(), said, sha256).hexdigest()
    assert head["x-csdesk-signature"] == f"v1={expected}"
    everything = b"".join(receiver.bodies).decode()
    assert not any(part in everything for part in ("张伟", "1381234", "138*", "W2611", case.customer))
    assert (line(desk_file).behind, line(desk_file).fault) == (0, "")


def test_a_desk_in_a_database_sends_and_gives_up_the_same(
    desk_file: DeskFile, postgres_desks: Dsn, receiver: Receiver
):
    on_postgres(desk_file, postgres_desks)
    add(desk_file, receiver.url)
    receiver.answers = [400] * MOST_REFUSED
    case = opened(desk_file)
    for _ in range(MOST_REFUSED + 1):
        turn(desk_file)
    assert [seq for _, seq in receiver.told] == [1] * MOST_REFUSED + list(range(2, case.version + 1))
    assert line(desk_file).dead == 1
    assert desk_file.core("gao").ask(WebhookRetry("bi")) == 1
    assert turn(desk_file) == 1
    desk_file.core("gao").ask(WebhookRemove("bi"))
    assert turn(desk_file) == 0


def test_a_filter_lets_through_what_it_names(desk_file: DeskFile, receiver: Receiver):
    add(desk_file, receiver.url, verbs=("prioritise",), kinds=("return",))
    case, other = opened(desk_file), opened(desk_file, Kind.REFUND_ONLY)
    for one in (case, other):
        desk_file.core("zhao").do(Prioritise(2), one.id, version=one.version)
    turn(desk_file)
    assert {(one["verb"], one["case"]) for one in receiver.got} == {("prioritise", case.id)}


def test_what_fails_waits_and_keeps_its_order(desk_file: DeskFile, receiver: Receiver):
    add(desk_file, receiver.url)
    receiver.answers = [500, 302, 429]
    case = opened(desk_file)
    courier = Courier(desk_file.core("system"), chance=lambda: 0.0)
    waits = []
    for fault in ("http_500", "http_302", "http_429"):
        assert courier.turn(lambda: True) == 0
        waits.append(line(desk_file).next_at - desk_file.clock())
        assert line(desk_file).fault == fault
        assert not courier.due(desk_file.clock())  # nothing before its time
        desk_file.clock.forward(ms=waits[-1])
    assert waits == [2_000, 4_000, 8_000]
    assert courier.turn(lambda: True) == case.version
    # The first event was sent until it was taken, and none before it; no redirect was followed.
    assert [seq for _, seq in receiver.told] == [1, 1, 1, *range(1, case.version + 1)]
    assert all(head["path"] == "/desk?of=csdesk" for head in receiver.heads)
    assert line(desk_file).fault == ""


def test_what_is_refused_is_given_up_on_record_and_sent_again_when_wanted(
    desk_file: DeskFile, receiver: Receiver
):
    add(desk_file, receiver.url)
    receiver.answers = [422] * MOST_REFUSED
    case = opened(desk_file)
    for _ in range(MOST_REFUSED):
        turn(desk_file)
    (letter,) = desk_file.core("gao").ask(WebhookLetters("bi"))
    assert (letter.id, letter.fault, letter.tries) == (f"{case.id}:1", "http_422", MOST_REFUSED)
    turn(desk_file)  # the others go on
    assert [seq for _, seq in receiver.told] == [1] * MOST_REFUSED + list(range(2, case.version + 1))
    assert desk_file.core("zhao").ask(WebhookRetry("bi")) == 1
    assert turn(desk_file) == 1
    assert receiver.told[-1] == (case.id, 1)
    assert desk_file.core("gao").ask(WebhookLetters()) == []


def test_a_receiver_that_is_down_gives_up_one_by_one_until_it_is_back(
    desk_file: DeskFile, receiver: Receiver
):
    add(desk_file, receiver.url)
    case = opened(desk_file)
    assert case.version > 1
    receiver.answers = [503] * (MOST_TRIES + 1)
    for _ in range(MOST_TRIES + 1):
        turn(desk_file)
    assert [one.id for one in desk_file.core("gao").ask(WebhookLetters())] == [f"{case.id}:1", f"{case.id}:2"]
    desk_file.core("wang").do(Note("再来"), case.id, version=case.version)
    assert turn(desk_file) > 0
    assert line(desk_file).tries == 0


def test_a_slow_receiver_and_none_at_all_are_told_apart(desk_file: DeskFile, receiver: Receiver):
    add(desk_file, receiver.url)
    opened(desk_file)
    receiver.hold.clear()
    assert turn(desk_file, seconds=0.05) == 0
    assert line(desk_file).fault == "timeout"
    receiver.hold.set()
    receiver.server.shutdown()
    receiver.server.server_close()
    assert turn(desk_file) == 0
    assert line(desk_file).fault == "unreachable: ConnectError"


def test_a_worker_killed_after_sending_sends_the_same_ids_again(
    desk_file: DeskFile, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    add(desk_file, receiver.url)
    case = opened(desk_file)

    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(webhooks, "move", killed)
        with pytest.raises(KeyboardInterrupt):
            turn(desk_file)
    turn(desk_file)
    ids = [one["id"] for one in receiver.got]
    assert ids == [f"{case.id}:{n}" for n in range(1, case.version + 1)] * 2


def test_a_courier_that_lost_its_lead_sends_nothing(desk_file: DeskFile, receiver: Receiver):
    add(desk_file, receiver.url)
    opened(desk_file)
    assert Courier(desk_file.core("system")).turn(lambda: False) == 0
    assert receiver.got == []


def test_the_worker_sends_and_an_idle_desk_writes_nothing(desk_file: DeskFile, receiver: Receiver):
    core: Core = desk_file.core("system")
    worker = Worker(core, NoChannel(), NoProvider(), lambda *_: "", hooks=Courier(core))
    add(desk_file, receiver.url)
    case = opened(desk_file)
    assert worker.turn() == case.version == len(receiver.got)
    before = core.store.conn.total_changes
    assert worker.turn() == 0
    assert core.store.conn.total_changes == before


def test_private_addresses_are_reached_only_when_allowed(desk_file: DeskFile):
    add(desk_file, "https://hooks.example.com/in")
    opened(desk_file)
    for found in (["10.0.0.8"], ["93.184.216.34", "127.0.0.1"], ["::ffff:192.168.0.1"], ["169.254.169.254"]):
        assert turn(desk_file, look_up=lambda *_, found=found: found) == 0
        assert line(desk_file).fault == "webhook_private"
    add(desk_file, "https://inside.example.com/in", "inside", private=True)
    opened(desk_file)
    turn(desk_file, look_up=lambda *_: ["127.0.0.1"], seconds=0.2)
    (inside,) = [one for one in desk_file.core("gao").ask(Webhooks()) if one.id == "inside"]
    assert inside.fault.startswith("unreachable")
    # A name for this machine that leads elsewhere is no way around it.
    add(desk_file, "http://localhost:9/in", "here")
    hook = webhooks.hook(desk_file.store().conn, "main", "here")
    assert hook is not None
    courier = Courier(desk_file.core("system"), look_up=lambda *_: ["10.0.0.8"])
    assert courier.try_out(hook).fault == "webhook_private"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"url": "http://example.com/"}, "webhook_address"),
        ({"url": "https://joe:x@example.com/"}, "webhook_address"),
        ({"url": "file:///etc/passwd"}, "webhook_address"),
        ({"url": "https://a.example/\r\nX: y"}, "webhook_address"),
        ({"secret": "command:cat /etc/passwd"}, "webhook_secret"),
        ({"webhook": "Über"}, "webhook_name"),
        ({"verbs": ("explode",)}, "webhook_filter"),
        ({"kinds": ("nothing",)}, "webhook_filter"),
    ],
)
def test_a_hook_that_cannot_be_is_refused(desk_file: DeskFile, change: dict[str, object], code: str):
    fields = {"webhook": "bi", "url": "https://example.com/in", "secret": "env:HOOK_SECRET", **change}
    with pytest.raises(Refused) as refused:
        desk_file.core("gao").ask(WebhookAdd(**fields))  # type: ignore[arg-type]
    assert refused.value.code == code


def test_who_may(desk_file: DeskFile, receiver: Receiver):
    add(desk_file, receiver.url)
    assert try_out(desk_file.core("gao"), "bi").fault == ""
    assert receiver.got[0]["event"] == "test"
    refused: list[tuple[str, object]] = [
        ("zhao", WebhookRemove("bi")), ("zhao", WebhookAdd("x", receiver.url, "env:HOOK_SECRET")),
        ("wang", Webhooks()), ("wang", WebhookRetry("bi")), ("sun", WebhookLetters()),
    ]  # fmt: skip
    for who, ask in refused:
        with pytest.raises(Refused, match="no_right"):
            desk_file.core(who).ask(ask)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="no_right"):
        try_out(desk_file.core("zhao"), "bi")
    desk_file.core("gao").ask(WebhookRemove("bi"))
    assert desk_file.core("gao").ask(Webhooks()) == []
