"""The provider over HTTP, against a real server that fails on purpose: nothing is paid twice, nothing is believed."""

import socket
import threading
from collections.abc import Iterator

import pytest

from csdesk.effects.http_provider import HttpProvider
from csdesk.effects.ports import Confirmed, Failed, Part, Unknown
from csdesk.effects.provider_simulator import Paid, Simulator
from csdesk.effects.wire import checked, sign

SECRET = b"a secret of the desk and its bank"
PARTS = (
    Part(1, "wechat", "pay-1", 7_500),
    Part(2, "points", "pay-2", 5_000, "points", 500, "compensate"),
)


@pytest.fixture
def bank() -> Iterator[Simulator]:
    with Simulator(SECRET) as simulator:
        yield simulator


@pytest.fixture
def provider(bank: Simulator) -> HttpProvider:
    # Short, since some of these answers never come; long enough for a loaded machine to answer the others.
    return HttpProvider(bank.address, SECRET, seconds=1.5)


def ask(provider: HttpProvider, key: str = "refund:1", parts: tuple[Part, ...] = PARTS) -> object:
    return provider.refund(key, parts, currency="CNY", case="RT-1", order="W1", cause="goods")


def test_a_refund_is_paid_once_for_a_key_and_points_as_points(bank: Simulator, provider: HttpProvider):
    answers = [ask(provider) for _ in range(3)]
    assert answers == [Confirmed("SIM-000002")] * 3
    assert bank.paid == [
        Paid("refund:1", 1, "wechat", "money", 7_500, 0),
        Paid("refund:1", 2, "points", "points", 5_000, 500),
    ]
    assert provider.find("refund:1") == Confirmed("SIM-000002")
    assert provider.find("refund:2") is None


@pytest.mark.parametrize(
    "fault",
    ["paid_then_silence", "paid_then_500", "paid_then_html_200", "paid_then_garbage", "other_key", "endless"],
)
def test_what_paid_without_saying_so_is_unknown_and_found_afterwards(
    bank: Simulator, provider: HttpProvider, fault: str
):
    bank.plan(fault)
    assert isinstance(ask(provider), Unknown)
    assert provider.find("refund:1") == Confirmed("SIM-000002")
    assert ask(provider) == Confirmed("SIM-000002")
    assert len(bank.paid) == len(PARTS)


@pytest.mark.parametrize("fault", ["silence", "500", "html_200", "redirect"])
def test_what_did_nothing_and_did_not_say_so_is_unknown_too(
    bank: Simulator, provider: HttpProvider, fault: str
):
    bank.plan(fault)
    assert isinstance(ask(provider), Unknown)
    assert bank.paid == []
    assert provider.find("refund:1") is None
    assert ask(provider) == Confirmed("SIM-000002")


def test_answers_that_say_no_are_final_or_not_as_they_say(bank: Simulator, provider: HttpProvider):
    bank.plan("busy", "declined")
    assert ask(provider) == Failed("busy", final=False)
    assert ask(provider) == Failed("account_closed", final=True)
    assert ask(provider) == Failed("account_closed", final=True)
    assert bank.paid == []


def test_a_provider_that_is_still_at_it_is_asked_again(bank: Simulator, provider: HttpProvider):
    bank.plan("pending")
    assert ask(provider) == Unknown("pending")
    assert provider.find("refund:1") == Unknown("pending")
    bank.settle("refund:1")
    assert provider.find("refund:1") == Confirmed("SIM-000002")


def test_a_provider_pays_twice_when_it_is_asked_without_a_key(bank: Simulator, provider: HttpProvider):
    ask(provider, "")
    ask(provider, "")
    assert len(bank.paid) == 2 * len(PARTS)  # so the key is what keeps us: it must always be sent


def test_in_kind_by_transfer_is_refused_by_the_provider(bank: Simulator, provider: HttpProvider):
    parts = (Part(0, "transfer", "", 100, "points", 100),)
    assert ask(provider, parts=parts) == Failed("in_kind_by_transfer", final=True)


def test_a_wrong_secret_pays_nothing(bank: Simulator):
    stranger = HttpProvider(bank.address, b"another secret, quite another")
    assert isinstance(
        ask(stranger), Unknown
    )  # 401 is not about this key: whoever said it paid nothing we know of
    assert (bank.paid, bank.asked) == ([], [])


def test_a_body_that_was_changed_on_its_way_has_another_signature():
    one = sign(SECRET, "1", "POST", "/refunds", b'{"minor":1}')
    assert one.startswith("v1=")
    assert (
        len(
            {
                one,
                sign(SECRET, "1", "POST", "/refunds", b'{"minor":9}'),
                sign(SECRET, "2", "POST", "/refunds", b'{"minor":1}'),
            }
        )
        == 3
    )


def test_a_provider_that_cannot_be_reached_did_nothing_but_knows_nothing_either():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    nobody = HttpProvider(f"http://127.0.0.1:{port}", SECRET, seconds=1.5)
    assert ask(nobody) == Failed("unreachable")
    assert nobody.find("refund:1") == Unknown("unreachable")


def test_a_line_that_breaks_after_the_request_is_unknown():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            line, _ = server.accept()
            line.recv(100)
            line.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        port = server.getsockname()[1]
        assert isinstance(ask(HttpProvider(f"http://127.0.0.1:{port}", SECRET, seconds=1.5)), Unknown)
        thread.join()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://pay.example.com/v2", ""),
        ("http://127.0.0.1:8080", ""),
        ("http://pay.example.com", "http"),
        ("https://desk:secret@pay.example.com", "credentials"),
        ("https://pay.example.com/?key=1", "credentials"),
        ("pay.example.com", "address"),
        ("https://[::", "address"),
        ("https://pay.example.com:99999", "address"),
        ("ftp://pay.example.com", "address"),
    ],
)
def test_an_address_must_be_safe_to_send_money_orders_to(address: str, why: str):
    assert checked(address) == why


def test_a_simulator_refuses_a_fault_it_does_not_know(bank: Simulator):
    with pytest.raises(ValueError, match="earthquake"):
        bank.plan("earthquake")
    assert "paid_then_500" in Simulator.FAULTS
