"""Mailboxes: real IMAP and POP3 servers and a maildir; each mail is handed over once, and none is ever lost."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csdesk.desk.inbound import Inbound, Nature, Receipt
from csdesk.effects.mail.bounces import Settled
from csdesk.effects.mail.boxes import ImapBox, PopBox
from csdesk.effects.mail.inbox import FIRST_PAUSE_MS, MOST_TRIES, Inbox, Looked
from csdesk.effects.mail.maildir import REFUSED, Maildir
from csdesk.effects.mail.natures import Pace
from csdesk.effects.mail.places import Box, Places, Server
from csdesk.store.errors import StoreError
from tests.building import Clock
from tests.unit.effects.mail.desk_of import CASE, MESSAGE, SHOP, a_mail, collecting, reader
from tests.unit.effects.mail.grammar import hostile
from tests.unit.effects.mail.servers import PASSWORD, USER, Mailbox, box_server
from tests.unit.effects.mail.test_bounces import report

TOO_DEEP = a_mail("x", **{f"X-{n}": "y" for n in range(500)})


class Room:
    """An inbox over some mailboxes, and what it handed over."""

    def __init__(self, folder: Path, *boxes: Box, limit: int = 100_000) -> None:
        self.clock, self.folder, self.boxes, self.limit = Clock(), folder, boxes, limit
        self.heard: list[Inbound] = []
        self.settled: list[tuple[Settled, str]] = []
        self.receive: Callable[[Inbound], Receipt] = collecting(self.heard)
        self.pace = Pace(most=1_000)
        self.again()

    def again(self) -> None:
        """As another process would have it."""
        self.inbox = Inbox(
            self.boxes,
            reader(),
            self._received,
            lambda settled, report: self.settled.append((settled, report)),
            Places(self.folder),
            self.clock,
            limit=self.limit,
            pace=self.pace,
        )

    def _received(self, inbound: Inbound) -> Receipt:
        return self.receive(inbound)

    def look(self) -> Looked:
        return self.inbox.look()

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.heard]

    @property
    def refused(self) -> list[dict]:
        path = self.folder / "refused.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def imap() -> Iterator[Mailbox]:
    with box_server("imap") as box:
        yield box


@pytest.fixture
def pop() -> Iterator[Mailbox]:
    with box_server("pop3") as box:
        yield box


def imap_box(box: Mailbox, *, word: str = PASSWORD, folder: str = "INBOX") -> ImapBox:
    return ImapBox(Server("imap", "127.0.0.1", box.port, USER, folder), lambda: word)


def pop_box(box: Mailbox, *, word: str = PASSWORD) -> PopBox:
    return PopBox(Server("pop3", "127.0.0.1", box.port, USER), lambda: word)


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "Mail" / part).mkdir(parents=True)
    return tmp_path / "Mail"


def delivered(maildir: Path, name: str, raw: bytes, *, age: float = 60) -> None:
    path = maildir / "new" / name
    path.write_bytes(raw)
    then = path.stat().st_mtime - age
    os.utime(path, (then, then))


def maildir_box(maildir: Path) -> Maildir:
    return Maildir(Server("maildir", "", 0, path=str(maildir)))


# IMAP.


def test_new_mail_is_taken_once_and_marked_as_seen(imap: Mailbox, tmp_path: Path):
    old = imap.add(a_mail("旧的"), "\\Seen")
    first = imap.add(a_mail("一"))
    room = Room(tmp_path / "p", imap_box(imap))
    assert room.look() == Looked(taken=1)
    second = imap.add(a_mail("二"))
    room.again()
    assert room.look() == Looked(taken=1)
    assert room.look() == Looked()
    assert room.texts == ["一", "二"]
    assert [imap.flags[uid] for uid in (old, first, second)] == [{"\\Seen"}] * 3


def test_when_the_server_counts_anew_nothing_is_lost_and_nothing_comes_twice(imap: Mailbox, tmp_path: Path):
    imap.add(a_mail("一"))
    room = Room(tmp_path / "p", imap_box(imap))
    room.look()
    imap.validity, imap.mails, imap.flags = 8, {}, {}
    imap.add(a_mail("二"))
    imap.add(a_mail("一"))
    assert room.look() == Looked(taken=2)
    assert room.texts == ["一", "二"]


def test_a_lost_place_only_offers_mails_again(imap: Mailbox, tmp_path: Path):
    imap.add(a_mail("一"))
    room = Room(tmp_path / "p", imap_box(imap))
    room.look()
    (place,) = (tmp_path / "p").glob("*.json")
    place.write_bytes(b"{broken")
    imap.flags[1].clear()
    assert room.look() == Looked(taken=1)
    assert room.texts == ["一"]


def test_a_large_mail_is_fetched_as_far_as_the_limit(imap: Mailbox, tmp_path: Path):
    imap.add(a_mail("您好" + "。" * 100_000))
    room = Room(tmp_path / "p", imap_box(imap), limit=5_000)
    room.look()
    assert room.heard[0].text.startswith("您好")
    assert "mail_cut" in room.heard[0].marked
    assert "<0.5000>" in imap.fetched[0]


def test_a_refused_mail_stays_flagged_with_its_reason(imap: Mailbox, tmp_path: Path):
    uid = imap.add(TOO_DEEP)
    room = Room(tmp_path / "p", imap_box(imap))
    assert room.look() == Looked(refused=1)
    assert imap.flags[uid] == {"\\Flagged", "csdesk-too_many_headers"}
    (kept,) = room.refused
    assert (kept["ref"], kept["reason"], len(kept["id"])) == (str(uid), "too_many_headers", 64)
    imap.keywords = False
    other = imap.add(TOO_DEEP)
    room.look()
    assert imap.flags[other] == {"\\Flagged"}


def test_what_the_desk_will_not_have_stays_too(imap: Mailbox, tmp_path: Path):
    imap.add(a_mail("一"))
    room = Room(tmp_path / "p", imap_box(imap))
    room.receive = collecting([], refused="spam")
    assert room.look() == Looked(refused=1)
    assert room.refused[0]["reason"] == "spam"


def test_a_mail_that_cannot_be_taken_over_stops_no_other_and_is_tried_five_times(
    imap: Mailbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    bad, good = imap.add(a_mail("坏的")), imap.add(a_mail("好的"))
    room = Room(tmp_path / "p", imap_box(imap))
    fine = room.receive

    def receive(inbound: Inbound) -> Receipt:
        if inbound.text == "坏的":
            raise LookupError(inbound.text)
        return fine(inbound)

    room.receive = receive
    assert room.look() == Looked(taken=1, waiting=1)
    for _ in range(MOST_TRIES - 2):
        room.again()
        assert room.look() == Looked(waiting=1)
    assert room.look() == Looked(refused=1)
    assert room.look() == Looked()
    assert room.texts == ["好的"]
    assert "\\Flagged" in imap.flags[bad]
    assert "\\Seen" in imap.flags[good]
    assert "坏的" not in caplog.text


def test_a_mail_that_failed_for_a_moment_is_taken_later(imap: Mailbox, tmp_path: Path):
    imap.add(a_mail("一"))
    room = Room(tmp_path / "p", imap_box(imap))
    fine, calls = room.receive, iter([KeyError("x")])

    def receive(inbound: Inbound) -> Receipt:
        if error := next(calls, None):
            raise error
        return fine(inbound)

    room.receive = receive
    assert [room.look(), room.look()] == [Looked(waiting=1), Looked(taken=1)]
    assert room.texts == ["一"]


def test_when_the_desks_own_file_fails_the_mail_waits(imap: Mailbox, tmp_path: Path):
    imap.add(a_mail("一"))
    room = Room(tmp_path / "p", imap_box(imap))
    fine = room.receive

    def receive(inbound: Inbound) -> Receipt:
        raise StoreError("disk_full", path="x")

    room.receive = receive
    with pytest.raises(StoreError):
        room.look()
    room.receive = fine
    assert room.look() == Looked(taken=1)


def test_killed_between_taking_and_marking_it_comes_again_and_is_known(imap: Mailbox, tmp_path: Path):
    imap.add(a_mail("一"))
    box = imap_box(imap)
    room = Room(tmp_path / "p", box)

    def killed(letter: object, place: object) -> None:
        raise KeyboardInterrupt

    box.done = killed  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        room.look()
    again = Room(tmp_path / "p", imap_box(imap))
    again.receive, again.heard = room.receive, room.heard
    again.again()
    assert again.look() == Looked(taken=1)
    assert room.texts == ["一"]


@pytest.mark.parametrize("kind", ["word", "folder", "broken", "gone"])
def test_a_server_in_trouble_is_asked_again_later_and_later(
    imap: Mailbox, tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
):
    imap.broken = kind == "broken"
    box = imap_box(
        imap, word="falsch" if kind == "word" else PASSWORD, folder="X" if kind == "folder" else "INBOX"
    )
    if kind == "gone":
        box._server = Server("imap", "127.0.0.1", 1, USER)
    room = Room(tmp_path / "p", box)
    with caplog.at_level(logging.WARNING):
        assert room.look() == Looked(away=1)
        assert room.look() == Looked()
        room.clock.forward(ms=FIRST_PAUSE_MS)
        assert room.look() == Looked(away=1)
        room.clock.forward(ms=FIRST_PAUSE_MS)
        assert room.look() == Looked()
        room.clock.forward(ms=FIRST_PAUSE_MS)
        assert room.look() == Looked(away=1)
    assert len(caplog.records) == 3
    assert USER not in caplog.text


def test_one_mailbox_in_trouble_stops_no_other(imap: Mailbox, pop: Mailbox, tmp_path: Path):
    imap.broken = True
    pop.add(a_mail("一"))
    assert Room(tmp_path / "p", imap_box(imap), pop_box(pop)).look() == Looked(taken=1, away=1)


def test_two_processes_never_read_a_mailbox_at_once(imap: Mailbox, tmp_path: Path):
    imap.add(a_mail("一"))
    room = Room(tmp_path / "p", imap_box(imap))
    with Places(tmp_path / "p").held(room.boxes[0].key) as place:
        assert place is not None
        assert room.look() == Looked()
    assert room.look() == Looked(taken=1)


# POP3.


def test_pop3_knows_mails_by_their_unique_ids(pop: Mailbox, tmp_path: Path):
    pop.add(a_mail("一\r\n.一个点\r\n"))
    room = Room(tmp_path / "p", pop_box(pop))
    room.look()
    pop.add(a_mail("二"))
    room.again()
    assert room.look() == Looked(taken=1)
    assert room.texts == ["一\n.一个点", "二"]
    assert pop.fetched == ["RETR 1", "RETR 2"]


def test_pop3_takes_long_lines_and_the_beginning_of_large_mails(pop: Mailbox, tmp_path: Path):
    pop.add(a_mail("长" * 20_000))
    pop.add(a_mail("\r\n".join(["大"] * 60_000)))
    room = Room(tmp_path / "p", pop_box(pop), limit=100_000)
    assert room.look() == Looked(taken=2)
    assert room.texts[0] == "长" * 20_000
    assert room.heard[1].marked == ("mail_cut",)
    assert pop.fetched == ["RETR 1", "TOP 2"]


def test_pop3_with_a_wrong_password_is_away(pop: Mailbox, tmp_path: Path):
    assert Room(tmp_path / "p", pop_box(pop, word="falsch")).look() == Looked(away=1)


# A maildir.


def test_a_maildir_moves_what_was_taken_and_leaves_what_is_being_written(maildir: Path, tmp_path: Path):
    delivered(maildir, "1.host", a_mail("一"))
    delivered(maildir, "2.host", a_mail("未写完"), age=0)
    delivered(maildir, ".3.host", a_mail("隐藏"))
    delivered(maildir, "4.host", TOO_DEEP)
    (maildir / "new" / "5.host").symlink_to("/etc/passwd")
    os.mkfifo(maildir / "new" / "6.host")
    room = Room(tmp_path / "p", maildir_box(maildir))
    assert room.look() == Looked(taken=1, refused=1)
    assert sorted(path.name for path in (maildir / "cur").iterdir()) == ["1.host:2,S"]
    assert [path.name for path in (maildir / REFUSED / "cur").iterdir()] == ["4.host:2,F"]
    assert (maildir / "new" / "2.host").exists()
    assert room.texts == ["一"]


def test_a_maildir_writes_over_nothing(maildir: Path, tmp_path: Path):
    (maildir / "cur" / "1.host:2,S").write_bytes(b"other")
    delivered(maildir, "1.host", a_mail("一"))
    Room(tmp_path / "p", maildir_box(maildir)).look()
    assert (maildir / "cur" / "1.host:2,S").read_bytes() == b"other"
    assert (maildir / "cur" / "1.host.1:2,S").read_bytes() == a_mail("一")


def test_a_maildir_that_is_not_there_is_away(tmp_path: Path):
    assert Room(tmp_path / "p", maildir_box(tmp_path / "none")).look() == Looked(away=1)


# What becomes of a mail.


def test_a_bounce_settles_its_message_and_is_no_mail_of_a_customer(maildir: Path, tmp_path: Path):
    delivered(maildir, "1", report("failed", "5.1.1", "550 unknown"))
    room = Room(tmp_path / "p", maildir_box(maildir))
    assert room.look() == Looked(taken=1)
    ((settled, _),) = room.settled
    assert (settled.message, settled.case, settled.state) == (MESSAGE, CASE, "failed")
    assert room.heard == []


def test_a_report_about_nothing_of_ours_is_handed_on_as_what_it_is(maildir: Path, tmp_path: Path):
    delivered(maildir, "1", report("failed", "5.1.1", "550 unknown", message="<1@other.example>"))
    room = Room(tmp_path / "p", maildir_box(maildir))
    room.look()
    assert [one.nature for one in room.heard] == [Nature.BOUNCE]


def test_our_own_mail_that_comes_back_is_not_taken_for_a_customers(maildir: Path, tmp_path: Path):
    delivered(maildir, "1", a_mail("已登记", From=SHOP))
    room = Room(tmp_path / "p", maildir_box(maildir))
    assert room.look() == Looked(refused=1)
    assert room.refused[0]["reason"] == "own_mail"


def test_two_machines_that_answer_each_other_are_stopped(maildir: Path, tmp_path: Path):
    room = Room(tmp_path / "p", maildir_box(maildir))
    room.pace = Pace(most=3)
    room.again()
    for n in range(5):
        delivered(maildir, f"{n}", a_mail(f"回复 {n}"))
    assert room.look() == Looked(taken=3, refused=2)
    assert [one.nature for one in room.heard] == [Nature.WORDS] * 3
    assert [one["reason"] for one in room.refused] == ["too_many"] * 2


def test_of_500_hostile_mails_none_is_lost(maildir: Path, tmp_path: Path):
    for seed in range(500):
        delivered(maildir, f"{seed}", hostile(seed))
    room = Room(tmp_path / "p", maildir_box(maildir), limit=1_000_000)
    looks = [room.look() for _ in range(10)]
    assert room.look() == Looked()
    taken, refused = sum(look.taken for look in looks), sum(look.refused for look in looks)
    assert len(list((maildir / "cur").iterdir())) == taken
    assert len(list((maildir / REFUSED / "cur").iterdir())) == refused == len(room.refused)
    assert taken + refused == 500
    assert len(room.heard) >= taken - 10  # mails that differ in nothing are one mail
