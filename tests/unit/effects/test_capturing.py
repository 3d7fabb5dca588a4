"""Listing pages as evidence, from a real server of this machine, among them pages that mean harm; and what changed."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from csdesk.desk import queries
from csdesk.desk.core import Core
from csdesk.desk.evidence_answers import look_into
from csdesk.desk.look_queries import Looks
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take
from csdesk.effects import capturing
from csdesk.effects.captured import Captured, compared, packed, read, unpacked
from csdesk.effects.capturing import Doors, Kept, capture, differences, public
from csdesk.store.evidence import folder_of
from csdesk.store.verify import verify
from tests.building import DeskFile

HERE = Doors(plain=True, private=True)
Answer = Callable[["Asked"], None]


class Asked(BaseHTTPRequestHandler):
    """Answers a path as the test says, and remembers the headers that came."""

    server: "Shop"

    def do_GET(self) -> None:
        self.server.asked.append((self.path, {name.lower(): told for name, told in self.headers.items()}))
        self.server.pages[self.path.partition("?")[0]](self)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal."""


class Shop(ThreadingHTTPServer):
    """A shop on a free port of this machine; asked of its pages, what it was asked for."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.pages: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.over = threading.Event()
        self.address = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that hangs up on an endless page is what is wanted."""


@pytest.fixture(scope="module")
def serving() -> Iterator[Shop]:
    server = Shop()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def shop(serving: Shop) -> Shop:
    serving.pages, serving.asked = {}, []
    return serving


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    return desk_file.core("wang")


@pytest.fixture
def case(desk_file: DeskFile, core: Core) -> str:
    done = core.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),), reason="quality"))
    core.do(Take(), done.case.id)
    return done.case.id


def page(
    content: bytes | str, type_: str = "text/html; charset=utf-8", status: int = 200, **headers: str
) -> Answer:
    body = content.encode() if isinstance(content, str) else content

    def answer(asked: Asked) -> None:
        asked.send_response(status)
        asked.send_header("Content-Type", type_)
        asked.send_header("Content-Length", str(len(body)))
        for name, told in headers.items():
            asked.send_header(name.replace("_", "-"), told)
        asked.end_headers()
        asked.wfile.write(body)

    return answer


def moved(to: str) -> Answer:
    return page("", status=302, Location=to)


def endless(piece: bytes, **headers: str) -> Answer:
    def answer(asked: Asked) -> None:
        asked.send_response(200)
        asked.send_header("Content-Type", "text/html")
        for name, told in headers.items():
            asked.send_header(name.replace("_", "-"), told)
        asked.end_headers()
        while not asked.server.over.is_set():
            asked.wfile.write(piece)

    return answer


def never(asked: Asked) -> None:
    """Begins, and then says nothing more until the tests are over."""
    asked.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Slow: ")
    asked.wfile.flush()
    asked.server.over.wait(30)


def code(core: Core, case: str, what: str, doors: Doors = HERE, **more: float) -> str:
    with pytest.raises(Refused) as why:
        capture(core, case, what, doors, **more)  # type: ignore[arg-type]
    assert core.load(case)[0].evidence == ()  # nothing is half-kept
    return why.value.code


def listing(price: str, more: str = "") -> str:
    return (
        "<html><head><title>蓝牙耳机 Pro &amp; 充电盒</title>"
        f'<meta property="product:price:amount" content="{price}">'
        f'<script type="application/ld+json">{{"offers": {{"price": "{price}"}}}}</script></head>'
        f"<body><h1>蓝牙耳机</h1><div>券后价 ¥{price}</div><div>原价 1,299元</div>{more}</body></html>"
    )


def test_a_page_is_kept_as_it_came_with_what_it_says_and_its_change_is_told(
    core: Core, case: str, shop: Shop, desk_file: DeskFile
):
    first_bytes = listing("399", "<p>七天无理由退货</p>")
    shop.pages["/item"] = page(first_bytes, Set_Cookie="track=1")
    first = capture(core, case, f"{shop.address}/item?id=1", HERE)
    assert look_into(core, case, first.page.sha256, 10_000) == first_bytes.encode()
    told = json.loads(look_into(core, case, first.told.sha256, 10_000))
    assert (told["title"], told["status"], told["at"]) == ("蓝牙耳机 Pro & 充电盒", 200, core.now())
    assert told["final"] == f"{shop.address}/item?id=1" and "date" in told["headers"]
    assert told["page"] == {"sha256": first.page.sha256, "size": len(first_bytes.encode())}
    assert {(one["amount"], one["label"]) for one in told["prices"]} == {
        ("399.00", "meta product:price:amount"),
        ("399.00", "json-ld price"),
        ("399.00", "券后价 …"),
        ("1299.00", "原价 …"),
    }
    shop.pages["/item"] = page(listing("459", "<p>定制商品，不支持退货</p>"))
    again = capture(core, case, f"{shop.address}/item?id=1", HERE)
    changed = differences(core, case, first.told.sha256[:8], again.told.sha256[:8])
    assert ("券后价 …", "399.00 CNY", "459.00 CNY") in changed.prices
    assert not any(label.startswith("原价") for label, _, _ in changed.prices)
    assert sorted((sign, text) for _, sign, text in changed.lines) == [
        ("+", "券后价 ¥459"), ("+", "定制商品，不支持退货"), ("-", "七天无理由退货"), ("-", "券后价 ¥399"),
    ]  # fmt: skip
    # The pages themselves say the same, whatever the JSON holds.
    assert differences(core, case, first.page.sha256, again.page.sha256) == changed
    assert all("cookie" not in headers and "authorization" not in headers for _, headers in shop.asked)
    assert [finding.code for finding in verify(core.store, contents=True)] == []


def test_who_kept_it_when_and_who_looked_is_on_record_and_nobody_else_reads_it(
    core: Core, case: str, shop: Shop, desk_file: DeskFile
):
    shop.pages["/item"] = page(listing("399"))
    kept = capture(core, case, f"{shop.address}/item", HERE)
    filed = [one for one in core.ask(queries.ShowCase(case)).timeline if one.code == "evidence_filed"]
    assert [one.detail["hash"] for one in filed] == [kept.page.sha256[:8], kept.told.sha256[:8]]
    assert {one.actor for one in filed} == {"wang"}
    assert {one.source for one in core.load(case)[0].evidence} == {"capture"}
    differences(core, case, kept.page.sha256, kept.told.sha256)
    assert [(one.actor, one.fields) for one in core.ask(Looks(agent="wang"))] == [("wang", ("file",))] * 2
    li = desk_file.core("li")
    with pytest.raises(Refused, match="evidence_not_yours"):
        differences(li, case, kept.page.sha256, kept.told.sha256)
    with pytest.raises(Refused, match="no_right"):
        capture(desk_file.core("sun"), case, f"{shop.address}/item", HERE)
    lying = b"".join(one.read_bytes() for one in folder_of(desk_file.path).rglob("*") if one.is_file())
    assert "蓝牙耳机".encode() not in lying


def test_the_same_page_again_is_kept_once_and_says_that_nothing_changed(core: Core, case: str, shop: Shop):
    shop.pages["/item"] = page(listing("399"))
    first = capture(core, case, f"{shop.address}/item", HERE)
    again = capture(core, case, f"{shop.address}/item", HERE)
    assert again.page.again and again.page.sha256 == first.page.sha256
    changed = differences(core, case, first.told.sha256, again.told.sha256)
    assert changed.nothing and changed.same_bytes


GB = "<title>耳机</title><p>促销价 ￥88.5 元，限时优惠</p>"


@pytest.mark.parametrize(
    ("content", "type_", "charset"),
    [
        (GB.encode("gb18030"), "text/html; charset=gb2312", "gb18030"),
        (GB.encode("gb18030"), "text/html; charset=utf-8", "gb18030"),
        (GB.encode("gb18030"), "text/html", "gb18030"),
        (GB.encode(), "text/html; charset=gbk", "utf-8"),
        (b"\xef\xbb\xbf" + GB.encode(), "text/html; charset=base64", "utf-8"),
        (GB.encode("big5", "ignore"), "text/html; charset=big5", "big5"),
        (b'<meta charset="gb2312">' + GB.encode("gb18030"), "text/html", "gb18030"),
    ],
)
def test_a_page_is_read_in_the_charset_that_it_is_in(
    core: Core, case: str, shop: Shop, content: bytes, type_: str, charset: str
):
    shop.pages["/gb"] = page(content, type_)
    found = capture(core, case, f"{shop.address}/gb", HERE).captured
    assert found.charset == charset
    if charset != "big5":
        assert found.title == "耳机" and [one.amount for one in found.prices] == ["88.50"]


def test_what_a_page_hides_or_runs_does_nothing(core: Core, case: str, shop: Shop):
    shop.pages["/bad"] = page(
        b"<script src='/beacon'>fetch('/beacon')</script><img src=/beacon><iframe src=/beacon></iframe>"
        b"<style>@import '/beacon'</style><meta http-equiv=refresh content='0;url=/beacon'>"
        b"<p>\x1b]52;c;aGk=\x07\x1b[2Jprice \xe2\x80\xae $9\x00\x9f</p><title>\x1b[31m</title>"
    )
    found = capture(core, case, f"{shop.address}/bad", HERE).captured
    assert [path for path, _ in shop.asked] == ["/bad"]
    whole = "\n".join((found.title, *found.lines))
    assert not any(sign in whole for sign in ("\x1b", "\x00", "\u202e", "fetch(", "aGk="))
    assert [(one.amount, one.currency) for one in found.prices] == [("9.00", "USD")]


def test_a_page_of_one_endless_looking_line_is_read_to_its_limit(core: Core, case: str, shop: Shop):
    shop.pages["/long"] = page(b"<p>" + b"9" * 4_900_000)
    found = capture(core, case, f"{shop.address}/long", HERE).captured
    assert found.page.size == 4_900_003 and all(len(line) <= 500 for line in found.lines)


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (page(b"x" * 10_000_000), "capture_large"),
        (endless(b"<p>more</p>" * 10_000), "capture_large"),
        (page(gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip"), "capture_large"),
        (page(gzip.compress(listing("1").encode())[:-9], Content_Encoding="gzip"), "capture_packed"),
        (page(b"no gzip", Content_Encoding="gzip"), "capture_packed"),
        (page(b"x", Content_Encoding="br"), "capture_packed"),
        (page(b"%PDF-1.7 and html", "text/html"), "capture_type"),
        (page(b"MZ<html>", "text/html"), "capture_type"),
        (page(b"x", "application/pdf"), "capture_type"),
        (page(b"not here", status=404), "capture_status"),
        (page(b""), "evidence_empty"),
        (moved("/again"), "capture_redirects"),
        (moved("file:///etc/passwd"), "capture_address"),
        (moved("gopher://127.0.0.1/x"), "capture_address"),
        (moved("http://wang:secret@127.0.0.1/"), "capture_login"),
        (moved("http://[::1"), "capture_failed"),
        (moved("http://127.0.0.1:99999/"), "capture_address"),
        (lambda asked: asked.wfile.write(b"garbage\r\n\r\n"), "capture_failed"),
    ],
)
def test_a_page_that_means_harm_is_refused_with_its_reason_and_keeps_nothing(
    core: Core, case: str, shop: Shop, answer: Answer, refused: str
):
    shop.pages["/again"] = answer
    assert code(core, case, f"{shop.address}/again") == refused


def test_a_page_that_never_ends_its_headers_is_given_up(core: Core, case: str, shop: Shop):
    shop.pages["/slow"] = never
    assert code(core, case, f"{shop.address}/slow", seconds=0.3) == "capture_slow"


@pytest.mark.parametrize(
    ("what", "doors", "refused"),
    [
        ("http://shop.example/", Doors(), "capture_plain"),
        ("https://127.0.0.1/", Doors(), "capture_private"),
        ("127.0.0.1/", Doors(), "capture_private"),
        ("https://[::1]/", Doors(), "capture_private"),
        ("https://[::ffff:10.0.0.1]/", Doors(), "capture_private"),
        ("https://169.254.169.254/latest/meta-data", Doors(), "capture_private"),
        ("https://2130706433/", Doors(), "capture_private"),
        ("https://shop.example:22/", Doors(), "capture_port"),
        ("https://a:b@shop.example/", Doors(), "capture_login"),
        ("ftp://shop.example/", HERE, "capture_address"),
        ("file:///etc/passwd", HERE, "capture_address"),
        ("https:///", Doors(), "capture_address"),
        (f"https://{'a' * 64}.example/", Doors(), "capture_address"),
        ("https://x.example/" + "a" * 3_000, Doors(), "capture_address"),
    ],
)
def test_only_the_public_internet_is_asked_and_only_by_https(
    core: Core, case: str, what: str, doors: Doors, refused: str
):
    assert code(core, case, what, doors) == refused


def test_a_redirect_into_the_own_network_or_a_name_that_leads_there_is_not_followed(
    core: Core, case: str, shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    # 127.0.0.1 plays a public host; whatever else the names lead to is judged as ever.
    monkeypatch.setattr(capturing, "_PORTS", {"http": shop.server_port})
    monkeypatch.setattr(capturing, "public", lambda address: address == "127.0.0.1" or public(address))
    names = {
        "shop.example": ["127.0.0.1"],
        "inside.example": ["10.0.0.7"],
        "both.example": ["8.8.8.8", "10.0.0.7"],
    }

    def look_up(host: str, port: int) -> list[str]:
        return names.get(host, [host])

    for to in ("http://127.0.0.2/", "http://inside.example/", "http://both.example/", "http://[::1]/"):
        shop.pages["/"] = moved(to)
        with pytest.raises(Refused) as why:
            capture(core, case, "http://shop.example/", Doors(plain=True), look_up=look_up)
        assert why.value.code == "capture_private"
    shop.pages["/"] = moved("/there")
    shop.pages["/there"] = page(listing("5"))
    kept = capture(core, case, "http://shop.example/", Doors(plain=True), look_up=look_up)
    assert kept.captured.final == "http://shop.example/there"
    assert kept.captured.redirects == ("http://shop.example/",)
    assert {headers["host"] for _, headers in shop.asked} == {"shop.example"}


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "::", "::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::127.0.0.1",
     "2002:7f00:1::", "64:ff9b::10.0.0.1", "x"],
)  # fmt: skip
def test_no_inner_address_passes_for_a_public_one(address: str):
    assert not public(address)
    assert public("93.184.216.34") and public("2606:2800:220:1::1") and public("64:ff9b::8.8.8.8")


def test_a_page_saved_by_a_browser_is_captured_from_its_file(core: Core, case: str, tmp_path: Path):
    saved = tmp_path / "商品\x1b[2J.html"
    saved.write_bytes(listing("399").encode("gb18030"))
    kept: Kept = capture(core, case, str(saved))
    assert kept.captured.asked == "" and ("399.00", "CNY") in {
        (one.amount, one.currency) for one in kept.captured.prices
    }
    saved.write_bytes(b"x" * 6_000_000)
    with pytest.raises(Refused, match="capture_large"):
        capture(core, case, str(saved))


def test_what_was_read_is_the_same_after_it_was_kept_and_a_broken_one_is_read_as_a_page():
    found = read(listing("399").encode(), asked="https://a/", at=5)
    assert unpacked(packed(found)) == found
    assert isinstance(unpacked(packed(found)[:40]), Captured)
    other = read(b"<!-- moved -->" + listing("399").encode())
    assert compared(found, other).nothing and not compared(found, other).same_bytes
