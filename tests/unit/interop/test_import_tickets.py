"""Desks of other systems as cases: counts equal the source's, words in time order, nothing leaves, nothing twice."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.shared import Note
from csdesk.domain.text import clean
from csdesk.interop.comments import Comments
from csdesk.interop.faults import ImportFault
from csdesk.interop.html import to_text
from csdesk.interop.importer import Report, run_import
from csdesk.interop.tickets import Tickets
from csdesk.store import cases
from csdesk.store.verify import verify
from tests.building import DeskFile, build
from tests.unit.interop import desks
from tests.unit.interop.conftest import dump

Write = Callable[..., Path]


@pytest.fixture
def zendesk(write: Write) -> list[Path]:
    """A Zendesk desk; its comments come first, as a folder would list them."""
    return [
        write("comments.json", desks.zendesk_comments()),
        write("tickets.json", desks.zendesk_tickets()),
        write("users.json", desks.zendesk_users()),
    ]


@pytest.fixture
def freshdesk(write: Write) -> list[Path]:
    return [
        write("conversations.jsonl", desks.freshdesk_conversations()),
        write("tickets.jsonl", desks.freshdesk_tickets()),
        write("contacts.jsonl", desks.freshdesk_contacts()),
        write("agents.jsonl", desks.freshdesk_agents()),
    ]


def counts(report: Report) -> dict[str, tuple[int, int, int]]:
    """Records, new ones and rejects by kind of record."""
    return {file.entity: (file.records, file.added, file.rejected) for file in report.files}


def by_source(core: Core) -> dict[str, Case]:
    rows = core.store.conn.execute("SELECT external_id, record FROM source_record WHERE entity = 'tickets'")
    return {id_.decode(): core.load(record)[0] for id_, record in rows}


def said(core: Core, case: Case) -> list[tuple[str, str]]:
    """What the case's events say, in order, each with its verb."""
    past = cases.history(core.store.conn, core.desk, case.id, core.store.keys)
    return [
        (one.verb, text) for one in past for name in one.event.sealed if (text := getattr(one.event, name))
    ]


def test_a_zendesk_desk_comes_with_the_counts_of_its_source(zhao: Core, zendesk: list[Path]):
    report = run_import(zhao, zendesk, "zendesk")
    assert counts(report) == {
        "customers": (2, 2, 0),
        "staff": (2, 2, 0),
        "tickets": (3, 2, 1),
        "comments": (6, 5, 1),
    }
    assert dict(report.reasons) == {"deleted": 1, "unknown_ticket": 1}
    assert list(verify(zhao.store)) == []


def test_words_stand_in_time_order_under_the_one_that_opened(zhao: Core, zendesk: list[Path]):
    run_import(zhao, zendesk, "zendesk")
    case = by_source(zhao)["11"]
    assert said(zhao, case) == [
        ("open", "包裹没到\n我的包裹到哪了？"),
        ("note", "催了快递"),
        ("reply", "明天送达\n[运单.pdf (2048 B)]"),
        ("hear", "收到了，谢谢"),
    ]
    assert [(m.direction, m.state) for m in case.messages] == [("out", "sent"), ("in", "received")]
    assert [m.at for m in case.messages] == [1_762_146_000_000, 1_762_221_600_000]


def test_what_was_closed_is_closed_on_its_day_and_has_no_clock(zhao: Core, zendesk: list[Path]):
    run_import(zhao, zendesk, "zendesk")
    closed, open_ = by_source(zhao)["11"], by_source(zhao)["12"]
    assert (closed.state, closed.kind, closed.clocks) == ("closed", Kind.INQUIRY, ())
    assert (closed.opened_at, closed.closed_at) == (1_762_135_200_000, 1_762_308_000_000)
    assert (open_.open, open_.priority, open_.channel) == (True, 3, "email")
    assert (closed.tags, closed.assignee, open_.assignee) == (("物流", "vip"), "li", "")


def test_nothing_leaves_the_desk(zhao: Core, zendesk: list[Path]):
    run_import(zhao, zendesk, "zendesk")
    waiting = zhao.store.conn.execute("SELECT DISTINCT kind FROM outbox WHERE state <> 'done'").fetchall()
    assert waiting in ([("clock",)], [])
    assert zhao.store.conn.execute("SELECT count(*) FROM outbox WHERE case_id = ? AND state <> 'done'",
                                   (by_source(zhao)["11"].id,)).fetchone() == (0,)  # fmt: skip


def test_who_asked_is_the_customer_and_lies_sealed(zhao: Core, zendesk: list[Path], desk_file: DeskFile):
    run_import(zhao, zendesk, "zendesk")
    person = zhao.store.people.living("zendesk:1001")
    assert by_source(zhao)["11"].customer == person
    raw = desk_file.path.read_bytes()
    assert "王小明".encode() not in raw
    assert "包裹没到".encode() not in raw


def test_a_second_import_changes_nothing(zhao: Core, zendesk: list[Path]):
    run_import(zhao, zendesk, "zendesk")
    before = dump(zhao)
    report = run_import(zhao, zendesk, "zendesk")
    assert (report.total("added"), report.total("changed"), report.total("unchanged")) == (0, 0, 11)
    assert dump(zhao) == before


def test_a_dry_run_tells_the_same_counts_and_the_mapping(zhao: Core, zendesk: list[Path]):
    before = dump(zhao)
    dry = run_import(zhao, zendesk, "zendesk", dry_run=True)
    assert dump(zhao) == before
    assert dry.mapping["tickets"]["opened_at"] == "created_at"
    assert counts(dry) == counts(run_import(zhao, zendesk, "zendesk"))


def test_a_later_export_adds_what_was_said_since_once(zhao: Core, zendesk: list[Path], write: Write):
    run_import(zhao, zendesk, "zendesk")
    again = desks.zendesk_tickets()
    again["tickets"] = [{**again["tickets"][0], "status": "open", "updated_at": "2025-11-08T02:00:00Z"}]
    more = [
        desks.zendesk_comment(504, 11, 1001, "收到了，谢谢", "2025-11-04T02:00:00Z"),
        desks.zendesk_comment(507, 11, 1001, "又坏了", "2025-11-08T01:00:00Z"),
    ]
    later = [write("later.json", again), write("more.jsonl", more)]
    report = run_import(zhao, later, "zendesk")
    assert [(file.entity, file.added, file.changed) for file in report.files] == [
        ("tickets", 0, 1),
        ("comments", 1, 0),
    ]
    case = by_source(zhao)["11"]
    assert case.open
    assert [text for _, text in said(zhao, case)][-1] == "又坏了"
    assert sum(text == "收到了，谢谢" for _, text in said(zhao, case)) == 1
    assert run_import(zhao, later, "zendesk").rows <= 2  # that the two files were seen through
    assert list(verify(zhao.store)) == []


def test_a_case_that_people_here_work_on_keeps_its_state(zhao: Core, zendesk: list[Path], write: Write):
    run_import(zhao, zendesk, "zendesk")
    number = zhao.number(by_source(zhao)["12"])
    zhao.do(Note("已联系"), number)
    done = desks.zendesk_ticket(
        12, "Broken", "It came broken", "closed", requester_id=1002, priority="urgent"
    )
    report = run_import(zhao, [write("later.json", {"tickets": [done]})], "zendesk")
    assert (report.told, by_source(zhao)["12"].open) == (1, True)


def test_a_customers_word_alone_reopens_what_was_closed(zhao: Core, zendesk: list[Path], write: Write):
    run_import(zhao, zendesk, "zendesk")
    late = [desks.zendesk_comment(508, 11, 1001, "还在吗", "2025-11-09T01:00:00Z")]
    run_import(zhao, [write("late.jsonl", late)], "zendesk")
    assert by_source(zhao)["11"].open


def test_the_full_export_has_comments_inside(zhao: Core, write: Write):
    one = desks.zendesk_tickets()["tickets"][0]
    one["comments"] = desks.zendesk_comments()["comments"][:4]
    one["requester"] = {"id": 1001, "name": "王小明", "email": "xiaoming@example.com"}
    files = [write("export.jsonl", [one])]
    assert counts(run_import(zhao, files, "zendesk")) == {"tickets": (1, 1, 0)}
    case = by_source(zhao)["11"]
    assert [verb for verb, _ in said(zhao, case)] == ["open", "note", "reply", "hear"]
    assert run_import(zhao, files, "zendesk").total("unchanged") == 1


def test_a_freshdesk_desk_comes_with_the_counts_of_its_source(zhao: Core, freshdesk: list[Path]):
    report = run_import(zhao, freshdesk, "freshdesk")
    assert counts(report) == {
        "customers": (2, 2, 0),
        "staff": (1, 1, 0),
        "tickets": (3, 3, 0),
        "comments": (4, 4, 0),
    }
    found = by_source(zhao)
    assert [(found[n].open, found[n].priority, found[n].channel) for n in "123"] == [
        (True, 3, "app"),
        (False, 0, "email"),
        (True, 0, "app"),
    ]
    assert (found["1"].assignee, found["3"].assignee) == ("wang", "")
    assert found["2"].closed_at == 1_762_423_200_000
    assert said(zhao, found["1"])[1:] == [
        ("reply", "1-3 个工作日"),
        ("note", "内部：已催财务"),
        ("hear", "请看 附件\n\n<完>"),
    ]
    assert list(verify(zhao.store)) == []


def test_a_zammad_desk(zhao: Core, write: Write):
    user = {"login": "c@example.com", "firstname": "小", "lastname": "明", "email": "c@example.com", "phone": "",
            "mobile": "", "active": True}  # fmt: skip
    users = [{**user, "id": 3, "role_ids": [3]}, {**user, "id": 4, "login": "li", "firstname": "li", "lastname": "",
             "role_ids": [2]}]  # fmt: skip
    ticket = {"id": 7, "number": "22007", "title": "退货", "group_id": 1, "owner_id": 4, "customer_id": 3,
              "state_id": 4, "priority_id": 3, "created_at": "2025-11-01T00:00:00.000Z", "article_count": 2,
              "updated_at": "2025-11-02T00:00:00.000Z", "close_at": "2025-11-01T12:00:00.000Z",
              "create_article_type_id": 1, "preferences": {}}  # fmt: skip
    article = {"ticket_id": 7, "content_type": "text/html", "internal": False, "from": "x", "attachments": []}
    articles = [
        {
            **article,
            "id": 71,
            "sender": "Customer",
            "body": "<p>想退货</p>",
            "created_at": "2025-11-01T00:00:00.000Z",
        },
        {
            **article,
            "id": 72,
            "sender": "Agent",
            "body": "<p>可以</p>",
            "created_at": "2025-11-01T01:00:00.000Z",
        },
    ]
    files = [write("users.json", users), write("tickets.json", [ticket]), write("articles.json", articles)]
    report = run_import(zhao, files, "zammad")
    assert counts(report) == {
        "customers": (1, 1, 0),
        "staff": (1, 1, 0),
        "tickets": (1, 1, 0),
        "comments": (2, 2, 0),
    }
    case = by_source(zhao)["7"]
    assert (case.state, case.closed_at, case.assignee, case.priority) == (
        "closed",
        1_761_998_400_000,
        "li",
        2,
    )
    assert said(zhao, case) == [("open", "想退货"), ("reply", "可以")]


def test_a_chatwoot_desk(zhao: Core, write: Write):
    sender = {"id": 5, "name": "小红", "email": None, "phone_number": "+8613700001111", "identifier": None}
    one = {"id": 31, "inbox_id": 2, "status": "open", "priority": "urgent", "labels": ["咨询"], "messages": [],
           "created_at": 1_762_300_000, "updated_at": 1_762_300_900.5,
           "meta": {"sender": sender, "channel": "Channel::WebWidget", "assignee": {"id": 1, "name": "wang"}},
           }  # fmt: skip
    message = {"conversation_id": 31, "private": False, "content_type": "text"}
    messages = [
        {**message, "id": 311, "message_type": 0, "content": "在吗", "created_at": 1_762_300_000},
        {**message, "id": 312, "message_type": 1, "content": "在的", "created_at": 1_762_300_010},
        {**message, "id": 313, "message_type": 2, "content": "Assigned to wang", "created_at": 1_762_300_020},
        {**message, "id": 314, "message_type": 0, "content": None, "created_at": 1_762_300_030,
         "attachments": [{"id": 1, "file_type": "image", "file_size": 9}]},
    ]  # fmt: skip
    files = [
        write("c.json", {"data": {"meta": {}, "payload": [one]}}),
        write("m.json", {"payload": messages}),
    ]
    report = run_import(zhao, files, "chatwoot")
    assert counts(report) == {"tickets": (1, 1, 0), "comments": (4, 4, 0)}
    case = by_source(zhao)["31"]
    assert (case.channel, case.priority, case.assignee, case.tags) == ("chat", 3, "wang", ("咨询",))
    assert said(zhao, case) == [
        ("open", "在吗"),
        ("reply", "在的"),
        ("note", "Assigned to wang"),
        ("hear", "[image (9 B)]"),
    ]


def test_a_plain_table(zhao: Core, write: Write):
    tickets = write(
        "tickets.csv",
        "id,subject,description,status,created_at,updated_at,requester_email,tags\n"
        'T1,发票,请开发票,已关闭,2025-11-01 10:00,2025-11-02 10:00,a@example.com,"发票，急"\n'
        "T2,=cmd(),x,open,2025-11-01 10:00,,b@example.com,\n"
        "T3,y,x,weird,2025-11-01 10:00,,,\n",
    )
    said_ = write("said.csv", "id,ticket_id,created_at,from,body\n1,T1,2025-11-01 11:00,客服,已开\n")
    report = run_import(zhao, [said_, tickets], "tickets_csv")
    assert counts(report) == {"tickets": (3, 2, 1), "comments": (1, 1, 0)}
    assert str(report.rejects[0]).startswith("tickets.csv:4: tickets 3: status has a value")
    case = by_source(zhao)["T1"]
    assert (case.state, case.tags) == ("closed", ("发票", "急"))


def broken(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    tickets = desks.zendesk_tickets()
    change(tickets["tickets"][0])
    return tickets


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t.update(id=12), "duplicate"),
        (lambda t: t.update(created_at="yesterday"), "bad_time"),
        (lambda t: t.update(status="escalated"), "unlisted"),
        (lambda t: t.update(description={"a": 1}), "wrong_type"),
        (lambda t: t.update(description="长" * 100_001), "too_long"),
        (lambda t: t.pop("id"), "missing"),
    ],
)
def test_what_is_wrong_is_named_and_the_rest_comes(zhao: Core, write: Write, change: Any, reason: str):
    report = run_import(zhao, [write("t.json", broken(change))], "zendesk")
    assert report.reasons[reason] == 1
    assert report.total("added") == 1
    assert (report.total("records"), report.total("rejected")) == (3, 2)


def test_fields_nobody_knows_are_passed_over(zhao: Core, write: Write):
    path = write(
        "t.json", broken(lambda t: t.update(followup_ids=[11], merged_ticket_ids=[11, 12], x={"y": [1]}))
    )
    assert run_import(zhao, [path], "zendesk").total("added") == 2


def test_hostile_words_pass_the_gate(zhao: Core, write: Write):
    path = write(
        "t.json",
        broken(lambda t: t.update(description="\x1b]52;c;aGk=\x07[@click=app.quit]看", status="open")),
    )
    run_import(zhao, [path], "zendesk")
    (_, text), *_ = said(zhao, by_source(zhao)["11"])
    assert "\x1b" not in text
    assert "看" in text


def test_an_erased_customer_gets_nothing_more(
    zhao: Core, zendesk: list[Path], write: Write, desk_file: DeskFile
):
    run_import(zhao, zendesk, "zendesk")
    case = by_source(zhao)["11"]
    zhao.store.conn.execute(
        "UPDATE person_key SET sealed = x'', shredded_at = 1 WHERE person = ?", (case.customer,)
    )
    again = desks.zendesk_tickets()
    again["tickets"][0]["tags"] = ["new"]
    report = run_import(desk_file.core("zhao"), [write("again.json", again)], "zendesk")
    assert report.reasons["erased"] == 1


class Cut(Exception):
    """Somebody pulls the plug."""


def test_a_broken_import_is_ended_by_the_next_as_if_whole(
    zhao: Core, freshdesk: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(Tickets, "size", 1)
    monkeypatch.setattr(Comments, "size", 1)
    for stop in (3, 5, 7):
        seen = count()

        def cut(done: int, total: int, stop: int = stop, seen: Iterator[int] = seen) -> None:
            if next(seen) == stop:
                raise Cut

        with pytest.raises(Cut):
            run_import(zhao, freshdesk, "freshdesk", progress=cut)
    run_import(zhao, freshdesk, "freshdesk")
    (tmp_path / "whole").mkdir()
    whole = build(tmp_path / "whole").core("zhao")
    run_import(whole, freshdesk, "freshdesk")
    for core in (zhao, whole):
        assert list(verify(core.store)) == []
    cut_, straight = (
        {n: (case.body, said(core, case)) for n, case in by_source(core).items()} for core in (zhao, whole)
    )
    assert cut_ == straight


def test_a_cut_off_page_is_refused_whole(zhao: Core, write: Write):
    whole = json.dumps(desks.zendesk_tickets(), ensure_ascii=False)
    with pytest.raises(ImportFault, match="is not JSON") as caught:
        run_import(zhao, [write("t.json", whole[:-40])], "zendesk")
    assert caught.value.code == "import_bad_json"
    assert by_source(zhao) == {}


def test_a_comment_of_fifty_megabytes_is_left_out_alone(zhao: Core, write: Write):
    comments = desks.zendesk_comments()["comments"][:2]
    comments[0]["body"] = comments[0]["plain_body"] = comments[0]["html_body"] = "长" * 17_000_000
    files = [write("t.json", desks.zendesk_tickets()), write("c.jsonl", comments)]
    report = run_import(zhao, files, "zendesk")
    assert counts(report)["comments"] == (2, 1, 1)
    assert report.reasons["line_too_long"] == 1


def test_tickets_merged_into_one_another_end_as_they_are(zhao: Core, write: Write):
    tickets = [
        desks.zendesk_ticket(21, "a", "x", "closed", merged_ticket_ids=[22], via_followup_source_id=22),
        desks.zendesk_ticket(22, "b", "y", "closed", merged_ticket_ids=[21], via_followup_source_id=21),
    ]
    run_import(zhao, [write("t.json", {"tickets": tickets})], "zendesk")
    assert [case.open for case in by_source(zhao).values()] == [False, False]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>一</p><p>二</p>", "一\n\n二"),
        ("a<br/>b &amp; c &#x1b;", "a\nb & c"),
        ("<script>x</script>y<!-- z -->", "y"),
        ("1 < 2", "1 < 2"),
        ("<ul><li>一</li><li>二</li></ul>", "- 一\n\n- 二"),
        ("<b>unfinished <i", "unfinished <i"),
        ("<style>never closed", ""),
    ],
)
def test_html_becomes_lines(html: str, text: str):
    assert clean(to_text(html)).text == text


def test_html_of_many_open_tags_is_read_once():
    assert to_text("<div" * 250_000).startswith("<div")
    assert to_text("<script>" * 100_000) == ""
    assert to_text("< " * 400_000 + ">").startswith("< <")
