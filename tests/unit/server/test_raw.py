"""Requests that no library sends: two in one, lengths that contradict each other, signs that end a line in a header."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import h11
import pytest

from tests.building import DeskFile, build
from tests.serving import Serving

ASK = b"POST /v1/ask/agents HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\n"
HIDDEN = b"GET /v1/me HTTP/1.1\r\nHost: desk\r\n\r\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("raw")


@pytest.fixture(autouse=True)
def at_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of the module's desk are where it was made."""
    monkeypatch.setenv("CSDESK_HOME", str(folder / "home"))


@pytest.fixture(scope="module")
def desk(folder: Path) -> Iterator[DeskFile]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSDESK_HOME", str(folder / "home"))
        made = build(folder)
        yield made
        made.close()


@pytest.fixture(scope="module")
def serving(desk: DeskFile) -> Iterator[Serving]:
    made = Serving(desk)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def bearer(serving: Serving) -> bytes:
    return b"Authorization: Bearer " + serving.token("wang").encode() + b"\r\n"


def told(serving: Serving, sent: bytes) -> bytes:
    """All that the server says to some bytes until it ends the connection."""
    host, _, port = serving.where.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        found = b""
        # Who is let go with words still under way may not get the answer whole.
        with suppress(ConnectionError):
            line.sendall(sent)
            while data := line.recv(65_536):
                found += data
        return found


def statuses(raw: bytes) -> list[int]:
    return [int(part[:3]) for part in raw.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize(
    "more",
    [
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
        b"Content-Length: 2, 40\r\n\r\n{}",
        b"Content-Length: +2\r\n\r\n{}",
        b"Content-Length: -1\r\n\r\n{}",
        b"Content-Length: 0x2\r\n\r\n{}",
        b"Content-Length : 2\r\n\r\n{}",
        b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        b"X-A: b\rX-Injected: c\r\nContent-Length: 2\r\n\r\n{}",
        b"X-A: b\x00c\r\nContent-Length: 2\r\n\r\n{}",
        b"X A: b\r\nContent-Length: 2\r\n\r\n{}",
        b": b\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_what_two_programs_could_read_differently_is_refused_and_nothing_behind_it_is_read(
    serving: Serving, bearer: bytes, more: bytes
):
    answer = told(serving, ASK + bearer + more + HIDDEN.replace(b"Host", bearer + b"Host"))
    # Of two lengths the framing goes before, and nothing more is read from that line (RFC 9112, 6.1).
    both = b"Content-Length" in more and b"Transfer-Encoding" in more
    assert statuses(answer) == ([200] if both else [400])
    assert b"X-Injected" not in answer


def test_a_head_that_never_ends_is_not_kept(serving: Serving):
    answer = told(serving, b"GET /v1/me HTTP/1.1\r\nHost: desk\r\n" + b"X-A: " + b"b" * 200_000 + b"\r\n\r\n")
    assert statuses(answer) in ([400], []) and len(answer) < 500


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (b"X-Request-Id", b"a%0d%0aSet-Cookie: b"),
        (b"X-Request-Id", b"a\tb"),
        (b"If-Match", b'"1"\x0b'),
        (b"If-None-Match", b'"1%0d%0a"'),
        (b"Idempotency-Key", b"k\xe7\x8e\x8b"),
        (b"X-Csdesk-Session", b"\xff\xfe" * 50),
        (b"Last-Event-ID", b"9" * 300),
        (b"X-Forwarded-For", b"1.2.3.4\x00" * 3),
        (b"Accept-Encoding", b"gzip;q=nan,,;"),
        (b"Content-Type", b"application/json; charset=\xff"),
        (b"Authorization", b"Bearer " + b"." * 5_000),
        (b"Authorization", b"Basic \xff\xff"),
    ],
)
def test_whatever_stands_in_a_header_is_answered_in_whole_lines_and_comes_back_nowhere(
    serving: Serving, bearer: bytes, name: bytes, said: bytes
):
    head = b"POST /v1/cases/RT-0000-0000/verbs/note HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n"
    known = b"" if name == b"Authorization" else bearer
    media = b"" if name == b"Content-Type" else b"Content-Type: application/json\r\n"
    raw = told(serving, head + known + media + name + b": " + said + b"\r\nContent-Length: 2\r\n\r\n{}")
    reading = h11.Connection(h11.CLIENT)
    reading.send(h11.Request(method="POST", target="/", headers=[("Host", "desk")]))
    reading.receive_data(raw)
    event = reading.next_event()
    assert isinstance(event, h11.Response) and 400 <= event.status_code < 500
    names = {line[0] for line in event.headers}
    assert names <= {
        b"date", b"content-type", b"content-length", b"x-request-id", b"connection", b"www-authenticate",
        b"vary", b"transfer-encoding", b"server",
    }  # fmt: skip
    assert b"Set-Cookie" not in raw and said not in raw.partition(b"\r\n\r\n")[0]


def test_a_body_as_long_as_it_likes_reaches_no_verb_no_question_and_no_sign_in(
    serving: Serving, bearer: bytes
):
    for path in (b"/v1/cases", b"/v1/ask/agents", b"/v1/login", b"/v1/device/token", b"/v1/orders/ask"):
        head = (
            b"POST "
            + path
            + b" HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nIdempotency-Key: k\r\n"
            + bearer
        )
        head += b"Content-Type: application/json\r\nContent-Length: 999999999\r\n\r\n"
        assert statuses(told(serving, head))[:1] in ([413], [404]), path
