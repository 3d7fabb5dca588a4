"""What a gateway posts: only what it signed, only now, only once; then a case and its receipt."""

import base64
import hashlib
import json
from typing import Any

import pytest

from csdesk.desk.core import Core
from csdesk.desk.intake.refusals import refusals
from csdesk.effects.webhook import WINDOW_S, Doorman
from csdesk.effects.wire import sign
from csdesk.store.evidence import folder_of
from tests.building import DeskFile

SECRET, NOW, PATH = b"a secret of desk and gateway", 1_793_584_800, "/v1/intake"


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    return desk_file.core("wang")


@pytest.fixture
def doorman() -> Doorman:
    return Doorman("gateway", SECRET, now=lambda: float(NOW))


def body(id_: str = "1", **more: Any) -> bytes:
    told = {"id": id_, "channel": "app", "text": "快递到哪了", "sender": {"external": "u-1"}, **more}
    return json.dumps(told).encode()


def signed(raw: bytes, at: int = NOW, *, secret: bytes = SECRET, path: str = PATH) -> dict[str, str]:
    stamp = str(at)
    return {"x-csdesk-timestamp": stamp, "X-CSDESK-SIGNATURE": sign(secret, stamp, "POST", path, raw)}


def test_a_signed_message_becomes_a_case(core: Core, doorman: Doorman):
    answered = doorman.answer(core, "POST", PATH, signed(body()), body())
    assert answered.status == 201
    assert json.loads(answered.body)["number"] == answered.document["number"]
    assert answered.document["queue"] == "inquiries"


def test_the_same_message_signed_anew_has_the_same_receipt(core: Core, doorman: Doorman):
    first = doorman.answer(core, "POST", PATH, signed(body()), body())
    again = doorman.answer(core, "POST", PATH, signed(body(), NOW - 1), body())
    assert again.status == 200
    assert again.document == {**first.document, "again": True}


def test_the_very_same_request_is_refused(core: Core, doorman: Doorman):
    headers = signed(body())
    doorman.answer(core, "POST", PATH, headers, body())
    again = doorman.answer(core, "POST", PATH, headers, body())
    assert (again.status, again.document) == (409, {"refused": "replayed"})


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "bad_signature"),
        (signed(body("2")), "bad_signature"),
        (signed(body(), path="/v1/other"), "bad_signature"),
        (signed(body(), secret=b"another secret, as long"), "bad_signature"),
        ({**signed(body()), "X-CSDESK-SIGNATURE": "v1=\udc80"}, "bad_signature"),
        (signed(body(), NOW - WINDOW_S - 1), "stale_signature"),
        (signed(body(), NOW + WINDOW_S + 1), "stale_signature"),
    ],
)
def test_what_the_gateway_did_not_sign_now_leaves_no_trace(
    core: Core, doorman: Doorman, headers: dict[str, str], code: str
):
    answered = doorman.answer(core, "POST", PATH, headers, body())
    assert (answered.status, answered.document) == (401, {"refused": code})
    assert refusals(core) == []
    assert core.store.conn.execute("SELECT count(*) FROM cases").fetchone() == (0,)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"<html>", "not_json"),
        (body(channel="fax"), "unknown_channel"),
        (body(source="bank"), "other_source"),
        (body(sender={}), "no_sender"),
    ],
)
def test_a_bad_message_is_refused_with_its_code_and_kept(core: Core, doorman: Doorman, raw: bytes, code: str):
    answered = doorman.answer(core, "POST", PATH, signed(raw), raw)
    assert (answered.status, answered.document["refused"]) == (422, code)
    assert [one.id for one in refusals(core)] == [answered.document["kept"]]


def test_a_body_that_is_too_long_is_not_even_hashed(core: Core, doorman: Doorman):
    raw = b"x" * 1_100_000
    assert doorman.answer(core, "POST", PATH, {}, raw).status == 413


def test_a_photograph_inside_a_message_is_evidence_of_its_case(core: Core):
    photograph = b"\xff\xd8\xff" + b"x" * 1_500_000
    attached = [{"name": "a.jpg", "media": "image/jpeg", "content": base64.b64encode(photograph).decode()}]
    raw = body("photo", attached=attached)
    narrow = Doorman("gateway", SECRET, now=lambda: float(NOW))
    assert narrow.answer(core, "POST", PATH, signed(raw), raw).status == 413
    wide = Doorman("gateway", SECRET, now=lambda: float(NOW), most=4_000_000)
    answered = wide.answer(core, "POST", PATH, signed(raw), raw)
    assert answered.status == 201
    (kept,) = core.load(core.case_id(answered.document["number"]))[0].evidence
    assert (kept.media, kept.size, kept.source) == ("image/jpeg", len(photograph), "app")
    assert wide.answer(core, "POST", PATH, signed(raw, NOW - 1), raw).status == 200
    # What is refused waits with its photograph, though it is longer than what is kept in the desk's file.
    lost = body("lost", attached=attached, thread="RT-0000-0000")
    refused = wide.answer(core, "POST", PATH, signed(lost), lost)
    assert refused.status == 422 and [one.kept for one in refusals(core)] == [True]
    (held,) = folder_of(core.store.conn.path).glob("held/*")
    assert held.name == f"{hashlib.sha256(photograph).hexdigest()}.{refused.document['kept']}"
