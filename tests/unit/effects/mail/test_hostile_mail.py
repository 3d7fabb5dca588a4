"""500 made-up hostile mails: none raises, each is words that passed the gate or a reason to keep it for a person."""

import re
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk.desk.inbound import Inbound
from csdesk.domain.text import clean, clean_line, file_name
from csdesk.effects.mail.reading import Read, Reader, Refusal
from csdesk.effects.mail.threads import Threads
from tests.unit.effects.mail.grammar import SAID, hostile

NOW = 1_793_584_800_000
REASONS = {"no_mail", "empty", "own_mail", "too_deep", "too_many_parts", "too_many_headers"}


def reader() -> Reader:
    threads = Threads(b"k" * 32, "main", lambda message: "")
    return Reader(threads, frozenset({"service@shop.example"}), ("—— 请在此行上方回复 ——",), lambda: NOW)


def check(raw: bytes, read: Read | Refusal) -> None:
    """What holds for any bytes."""
    if isinstance(read, Refusal):
        assert read.reason in REASONS
        assert re.fullmatch(r"[0-9a-f]{64}", read.id)
        return
    found = read.inbound
    assert clean(found.text).text == found.text
    assert found.text.strip()
    for line in (found.subject, found.sender.name, found.sender.email):
        assert clean_line(line).text == line
    for file in found.attached:
        assert clean_line(file.name).text == file.name == file_name(file.name)
        assert file.size <= len(raw)
    assert all(clean_line(mark).text == mark for mark in found.marked)
    assert not found.thread
    assert not found.reply_to
    assert not read.settles
    assert {f.name for f in fields(Inbound)} >= {"text", "subject"}


@pytest.mark.parametrize("block", range(10))
def test_500_hostile_mails_are_read_or_kept(block: int):
    read = {seed: reader().read(hostile(seed)) for seed in range(block * 50, block * 50 + 50)}
    for seed, one in read.items():
        check(hostile(seed), one)
    assert sum(isinstance(one, Read) for one in read.values()) > 20  # most of them are words, not refusals


def test_what_was_said_survives_most_troubles():
    """A refusal keeps the mail, but the words reach a person only when they are read."""
    whole = [reader().read(hostile(seed)) for seed in range(500)]
    words = [one.inbound.text for one in whole if isinstance(one, Read)]
    assert sum("退货" in text for text in words) > 200
    assert sum(SAID in text for text in words) > 120


@given(st.binary(max_size=2_000))
@settings(max_examples=300)
def test_any_bytes(raw: bytes):
    check(raw, reader().read(raw))


PIECES = [
    b"Content-Type: multipart/mixed; boundary=b", b"--b", b"--b--", b"", b"Content-Type: text/html", b"<a href='",
    b"Subject: =?gbk?Q?=C4?= =?gbk?Q?=E3?=", b"Content-Transfer-Encoding: base64", b"From: \"a, b\" <x@y.z>, (",
    b"Content-Type: message/rfc822", b"Content-Disposition: attachment; filename*1=x; filename*0*=''%ff", b"> quoted",
    b"-- ", b"=E4=BD", b"\x00", b" x",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=40))
@settings(max_examples=300)
def test_any_pieces_of_mail(lines: list[bytes]):
    raw = b"\r\n".join(lines)
    check(raw, reader().read(raw))


def test_the_same_mail_has_the_same_id_whatever_road_it_took():
    raw = hostile(1).partition(b"\r\n")[2]
    one = reader().read(b"Received: from a by b;\r\n Mon, 2 Nov 2026\r\nReturn-Path: <x@y.example>\r\n" + raw)
    two = reader().read(b"Received: from c by d\r\n" + raw)
    ids = {read.id if isinstance(read, Refusal) else read.inbound.id for read in (one, two)}
    assert len(ids) == 1
