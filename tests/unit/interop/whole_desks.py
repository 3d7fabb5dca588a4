"""Whole desks of other systems, as their APIs export them in pages: made from a seed, with all that is awkward in them.

`Desk.truth` is what such a desk holds by its own books, which no importer has seen.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

Json = dict[str, Any]
START = datetime(2025, 9, 1, 1, tzinfo=UTC)
WORDS = (
    "我的包裹到哪了？", "想退货，尺码不对", "退款什么时候到账", "发票开错了抬头",
    "Where is my order?", "収到商品破損，請處理", "😀 谢谢！👨‍👩‍👧‍👦", "订单 20251101-8831 少发一件",
    "shipping is slow &amp; dear", "质量有问题，要求换货",
)  # fmt: skip
HOSTILE = (
    "\x1b]52;c;aGk=\x07看这里", "[@click=app.quit]点我[/]", "=cmd|' /C calc'!A0", "a\x00b\x08c\x9b31m",
    "\u202eevil\u202c",
    "</b>[/b] plan", "零\u200b宽\u200b字",
)  # fmt: skip
HTML = (
    "<div><p>{}</p><script>alert(1)</script></div>",
    "<div>{}<br><img src='cid:1' alt='截图'><style>p{{color:red}}</style></div>",
    "<p onclick=x>{}</p><blockquote>&lt;旧信&gt;</blockquote>",
)


def iso(at: datetime) -> str:
    """As both APIs write a time."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class Desk:
    """Files in a folder, and the counts of the desk they were exported from.

    `truth` counts each thing once; `extra` what pages tell again; `left` what no import takes, by reason.
    """

    folder: Path
    truth: Counter[str] = field(default_factory=Counter)
    extra: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)

    def page(self, name: str, content: object) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        return path

    def lines(self, name: str, records: Iterable[Json]) -> Path:
        path = self.folder / name
        path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), "utf-8")
        return path


def _said(dice: random.Random) -> str:
    roll = dice.random()
    if roll < 0.06:
        return ""
    if roll < 0.15:
        return dice.choice(HOSTILE)
    return " ".join(dice.sample(WORDS, dice.randint(1, 3)))


def _when(dice: random.Random, days: float = 60) -> datetime:
    return START + timedelta(seconds=dice.randint(0, int(days * 86_400)))


# --- Zendesk ---------------------------------------------------------------------------------------------------------


def zendesk_user(id_: int, role: str | None, dice: random.Random, **more: Any) -> Json:
    """One user of /api/v2/incremental/users; `role` None: deleted for good."""
    return {
        "id": id_, "url": f"https://desk.example/api/v2/users/{id_}.json", "name": f"用户{id_}",
        "email": f"u{id_}@example.com" if dice.random() > 0.1 else None, "role": role, "active": True,
        "created_at": iso(START), "updated_at": iso(START), "time_zone": "Beijing", "iana_time_zone": "Asia/Shanghai",
        "phone": f"138{id_:08d}" if dice.random() > 0.5 else None, "locale": "zh-CN", "verified": True,
        "suspended": False, "tags": [], "user_fields": {"vip": None}, "organization_id": None, "photo": None,
        **more,
    }  # fmt: skip


def _zendesk_comment(id_: int, author: int | None, at: datetime, dice: random.Random) -> Json:
    text, files = _said(dice), []
    if dice.random() < 0.2:
        files = [
            {
                "id": id_ * 10 + n,
                "file_name": name,
                "content_type": "image/png",
                "size": 1000 + n,
                "inline": n == 1,
            }
            for n, name in enumerate(("发票\x1b[2J.pdf", "inline-截图.png")[: dice.randint(1, 2)])
        ]
    if dice.random() < 0.03:
        text, files = "▇▇▇▇▇▇", [{"id": id_ * 10, "file_name": "redacted.txt", "size": 0}]
    return {
        "id": id_, "type": "Comment", "author_id": author, "body": text, "plain_body": text,
        "html_body": dice.choice(HTML).format(text), "public": True, "attachments": files, "audit_id": id_ + 1,
        "via": {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}}, "created_at": iso(at),
        "metadata": {"system": {"client": "x"}, "custom": {}},
    }  # fmt: skip


def zendesk(folder: Path, seed: int = 7, tickets: int = 400) -> Desk:
    """A Zendesk desk: pages of users, tickets with side-loaded users, comments as lines, macros, organizations."""
    dice, desk = random.Random(seed), Desk(folder)
    agents, people = list(range(2001, 2009)), list(range(10_001, 10_121))
    users = [zendesk_user(id_, "agent" if id_ > 2001 else "admin", dice) for id_ in agents]
    users += [zendesk_user(id_, "end-user", dice, suspended=id_ % 40 == 0) for id_ in people]
    users.append(zendesk_user(10_999, None, dice, active=False, name=None, email=None))
    desk.truth.update(staff=len(agents), customers=len(people) + 1)
    said, made = list[Json](), list[Json]()
    for n in range(tickets):
        made.append(_zendesk_ticket(desk, 35_000 + n, dice, agents, people, said))
    _zendesk_pages(desk, dice, users, made)
    half = len(said) // 2
    overlap = said[half - 5 : half]
    desk.extra["comments"] += len(overlap)
    _count_comments(desk.extra, overlap)
    # Names chosen so that the second half comes first.
    desk.page(
        "a-comments.json", {"comments": said[half - 5 :], "next_page": None, "count": len(said) - half + 5}
    )
    desk.lines("b-comments.jsonl", said[:half])
    _zendesk_macros(desk)
    desk.page(
        "organizations.json",
        {"organizations": [{"id": 1, "name": "甲公司"}, {"id": 2, "name": "乙"}], "count": 2},
    )
    desk.page(
        "suspended_tickets.json", {"suspended_tickets": [{"id": 5, "cause": "Detected as spam"}], "count": 1}
    )
    return desk


def _zendesk_ticket(
    desk: Desk, id_: int, dice: random.Random, agents: list[int], people: list[int], said: list[Json]
) -> Json:
    opened = _when(dice)
    requester: int | None = dice.choice(people)
    if dice.random() < 0.04:
        requester = dice.choice([*agents, None, 77_777])  # an agent's own ticket, nobody, somebody long gone
    status = dice.choices(
        ("new", "open", "pending", "hold", "solved", "closed", "deleted"), (4, 8, 4, 2, 20, 50, 5)
    )[0]
    changed = opened + timedelta(minutes=dice.randint(1, 20_000))
    first = _said(dice)
    one: Json = {
        "id": str(id_) if dice.random() < 0.05 else id_, "url": f"https://desk.example/api/v2/tickets/{id_}.json",
        "external_id": None, "via": {"channel": dice.choice(("email", "web", "voice", "chat", "api"))},
        "created_at": iso(opened), "updated_at": iso(changed), "generated_timestamp": int(changed.timestamp()),
        "type": dice.choice((None, "question", "problem")), "subject": _said(dice)[:60], "raw_subject": None,
        "description": first, "priority": dice.choice((None, "low", "normal", "high", "urgent")), "status": status,
        "requester_id": requester, "submitter_id": requester, "assignee_id": dice.choice([*agents, None]),
        "group_id": 300, "tags": dice.choice(([], ["退款", "vip"], ["很长" * 20], [""])), "brand_id": 9,
        "custom_fields": [{"id": 77, "value": None}, {"id": 78, "value": ["a", 1, None]}], "custom_status_id": 14_501,
        "satisfaction_rating": {"score": dice.choice(("unoffered", "good", "bad")), "comment": "不错"},
        "merged_ticket_ids": [id_ - 1] if dice.random() < 0.02 else [], "followup_ids": [], "a_field_of_tomorrow": {},
    }  # fmt: skip
    state = {"solved": "closed", "closed": "closed", "deleted": "deleted"}.get(status, "open")
    desk.truth.update({"tickets": 1, f"tickets.{state}": 1})
    silent = dice.random() < 0.05
    comments: list[Json] = []
    for n in range(0 if silent else dice.randint(1, 6)):
        at = opened + timedelta(minutes=n * 37)
        author = requester if n % 2 == 0 else dice.choice(agents)
        comment = _zendesk_comment(id_ * 100 + n, author, at, dice)
        if n == 0 and dice.random() < 0.8:
            comment["body"] = comment["plain_body"] = first
        if n and dice.random() < 0.2:
            comment["public"] = False
        comments.append({**comment, "ticket_id": id_})
    desk.truth["comments"] += len(comments)
    _count_comments(desk.truth, comments)
    if state == "deleted":
        desk.left.update({"tickets": 1, "tickets.deleted": 1, "comments": len(comments)})
        _count_comments(desk.left, comments)
    said.extend(comments)
    return one


def _count_comments(into: Counter[str], comments: Iterable[Json]) -> None:
    for one in comments:
        public = one["public"] if "public" in one else not one["private"]
        into["comments.public" if public else "comments.private"] += 1
        into["attachments"] += len(one["attachments"])


def _older(one: Json, minutes: int = 5) -> Json:
    """The ticket as it stood before its last change: open still, and told again by the page before."""
    before = datetime.fromisoformat(one["updated_at"]) - timedelta(minutes=minutes)
    return {**one, "status": "open", "updated_at": iso(before), "tags": ["旧标签"], "priority": "urgent"}


def _zendesk_pages(desk: Desk, dice: random.Random, users: list[Json], made: list[Json]) -> None:
    """Cursor pages whose edges overlap, a page of time-based duplicates, and an empty last one."""
    size = 90
    for page, at in enumerate(range(0, len(made), size), 1):
        tickets = made[at : at + size]
        again = [_older(one) for one in made[at + size : at + size + 6]]
        twice = tickets[:3]
        desk.extra["tickets"] += len(again) + len(twice)
        desk.extra["tickets.open"] += len(again)
        for one in twice:
            state = {"solved": "closed", "closed": "closed", "deleted": "deleted"}.get(one["status"], "open")
            desk.extra[f"tickets.{state}"] += 1
        some = users[page * 20 - 20 : page * 20]
        for user in some:
            desk.extra["staff" if user["role"] in ("agent", "admin") else "customers"] += 1
        # The newest page comes first by name.
        desk.page(
            f"tickets-{9 - page}.json",
            {"tickets": tickets + again + twice, "users": some, "after_cursor": f"MTU{page}", "after_url": "https://x",
             "end_of_stream": False},
        )  # fmt: skip
    desk.page(
        "tickets-9.json", {"tickets": [], "after_cursor": None, "after_url": None, "end_of_stream": True}
    )
    cut = len(users) // 2
    desk.page("users/1.json", {"users": users[:cut], "count": cut, "next_page": "https://x", "end_time": 1})
    desk.page(
        "users/2.json", {"users": users[cut:], "count": len(users) - cut, "next_page": None, "end_time": 2}
    )


def _zendesk_macros(desk: Desk) -> None:
    def macro(id_: int, active: bool, *actions: tuple[str, Any]) -> Json:
        told = [{"field": field, "value": value} for field, value in actions]
        return {"id": id_, "title": f"宏{id_}", "active": active, "actions": told, "restriction": None,
                "updated_at": iso(START)}  # fmt: skip

    macros = [
        macro(1, True, ("comment_value", "您好 {{ticket.requester.name}}，已处理。"), ("status", "solved")),
        macro(2, True, ("comment_value", ["channel:all", "Hello {{current_user.name}}"])),
        macro(3, True, ("status", "solved")),
        macro(4, False, ("comment_value", "停用的")),
    ]
    desk.truth["macros"], desk.left["macros"] = 4, 1
    desk.truth["macros.ours"] = 2
    desk.page("macros.json", {"macros": macros, "count": 4, "next_page": None})


# --- Freshdesk -------------------------------------------------------------------------------------------------------


def freshdesk(folder: Path, seed: int = 11, tickets: int = 400) -> Desk:
    """A Freshdesk desk by API v2: lists in pages, conversations a page each, canned responses."""
    dice, desk = random.Random(seed), Desk(folder)
    agents, people = list(range(90_001, 90_006)), list(range(80_001, 80_101))
    contacts = [_contact(id_, dice) for id_ in people]
    desk.page("contacts_1.json", contacts[:60])
    desk.page("contacts_2.json", contacts[55:])
    desk.page("contacts_3.json", [])
    desk.truth["customers"], desk.extra["customers"] = len(people), 5
    staff = {"available": True, "occasional": False, "ticket_scope": 1, "updated_at": iso(START)}
    desk.page("agents.json", [{"id": n, **staff, "contact": {"name": f"客服{n}", "email": f"a{n}@desk.example"}}
                              for n in agents])  # fmt: skip
    desk.truth["staff"] = len(agents)
    made, said = list[Json](), list[Json]()
    for n in range(tickets):
        made.append(_freshdesk_ticket(desk, n + 1, dice, agents, people, said))
    for page, at in enumerate(range(0, tickets, 100)):
        again = [{**_older(one), "status": 2} for one in made[at + 100 : at + 104]]
        desk.extra.update({"tickets": len(again), "tickets.open": 0})
        for one in again:
            gone = one["deleted"] or one["spam"]
            desk.extra["tickets.deleted" if gone else "tickets.open"] += 1
            desk.extra["attachments"] += len(one["attachments"])
        desk.page(f"tickets_{9 - page}.json", made[at : at + 100] + again)
    for page, at in enumerate(range(0, len(said), 250)):
        desk.page(f"conversations_{page}.json", said[at : at + 250])
    canned = [{"id": 1, "title": "致歉", "content": "您好 {{ticket.requester.name}}", "content_html": "<p>您好</p>",
               "folder_id": 3, "updated_at": iso(START), "attachments": []}]  # fmt: skip
    desk.page("canned.json", canned)
    desk.truth["macros"] = 1
    return desk


def _contact(id_: int, dice: random.Random) -> Json:
    return {
        "id": id_, "name": f"联系人{id_}", "email": f"c{id_}@example.com",
        "mobile": dice.choice((None, f"139{id_:08d}")), "phone": None, "address": None,
        "active": False, "deleted": False, "company_id": None, "language": "zh-CN",
        "created_at": iso(START), "updated_at": iso(START), "custom_fields": {}, "blocked": id_ % 25 == 0,
    }  # fmt: skip


def _freshdesk_ticket(
    desk: Desk, id_: int, dice: random.Random, agents: list[int], people: list[int], said: list[Json]
) -> Json:
    opened, text = _when(dice), _said(dice)
    status = dice.choices((2, 3, 4, 5, 6, 12, "5"), (10, 5, 15, 50, 2, 3, 5))[0]
    gone = dice.choices(({}, {"deleted": True}, {"spam": True}), (90, 4, 3))[0]
    closed = str(status) in ("4", "5")
    files = [{"id": id_, "name": "说明.docx", "size": 10}] if dice.random() < 0.1 else []
    # Eight hours behind midnight in UTC, as a desk in Shanghai may be told.
    there = opened.astimezone(timezone(timedelta(hours=8)))
    one: Json = {
        "id": id_, "subject": _said(dice)[:60], "description": dice.choice(HTML).format(text),
        "description_text": dice.choice((text, None)), "status": status, "priority": dice.choice((1, 2, 3, 4, "4")),
        "source": dice.choice((1, 2, 3, 7, 9, 10, 99)), "requester_id": dice.choice([*people, 90_001, 55_555, None]),
        "responder_id": dice.choice([*agents, None]), "group_id": None, "company_id": None, "type": None,
        "tags": dice.choice(([], ["退款"])), "created_at": there.isoformat(timespec="seconds"), "spam": False,
        "deleted": False, "updated_at": iso(opened + timedelta(minutes=dice.randint(1, 20_000))),
        "stats": {"closed_at": iso(opened + timedelta(hours=3)) if closed else None, "resolved_at": None},
        "attachments": files, "custom_fields": {"cf_x": None}, "fr_escalated": False, **gone,
    }  # fmt: skip
    state = "deleted" if gone else "closed" if closed else "open"
    desk.truth.update({"tickets": 1, f"tickets.{state}": 1, "attachments": len(files)})
    mine = [_conversation(id_ * 100 + n, id_, opened + timedelta(minutes=20 * n + 5), dice, agents)
            for n in range(dice.randint(0, 5))]  # fmt: skip
    desk.truth["comments"] += len(mine)
    _count_comments(desk.truth, mine)
    if gone:
        desk.left.update(
            {"tickets": 1, "tickets.deleted": 1, "comments": len(mine), "attachments": len(files)}
        )
        _count_comments(desk.left, mine)
    said.extend(mine)
    return one


def _conversation(id_: int, ticket: int, at: datetime, dice: random.Random, agents: list[int]) -> Json:
    text, incoming = _said(dice), dice.random() < 0.4
    return {
        "id": id_, "ticket_id": ticket, "body": dice.choice(HTML).format(text), "body_text": dice.choice((text, None)),
        "incoming": incoming, "private": not incoming and dice.random() < 0.3, "user_id": dice.choice(agents),
        "source": 0, "category": 1, "support_email": None, "created_at": iso(at), "updated_at": iso(at),
        "attachments": [{"id": id_, "name": "a/../b\n.png", "size": 5, "content_type": "x/y"}] * dice.randint(0, 1),
    }  # fmt: skip


def account_export(folder: Path) -> Desk:
    """The same kind of desk as its account export has it: everything in wrappers, notes inside their ticket."""
    desk = Desk(folder)
    user = {"active": True, "address": None, "description": None, "deleted": False, "language": "zh-CN", "phone": None,
            "created_at": iso(START), "updated_at": iso(START), "time_zone": "Beijing"}  # fmt: skip
    users = [
        {
            **user,
            "id": 1,
            "name": "陈晨",
            "email": "c@example.com",
            "mobile": "13900001111",
            "helpdesk_agent": False,
        },
        {**user, "id": 2, "name": "wang", "email": "w@desk.example", "mobile": None, "helpdesk_agent": True},
    ]
    desk.page("Users0.json", [{"user": one} for one in users])
    note: Json = {
        "deleted": False,
        "source": 0,
        "support_email": None,
        "user_id": 2,
        "created_at": iso(START),
        "attachments": [],
    }
    file = {
        "content_file_name": "合同.pdf",
        "content_file_size": 9,
        "content_content_type": "application/pdf",
    }
    notes = [
        {
            **note,
            "id": 71,
            "body": "可以退",
            "body_html": "<p>可以退</p>",
            "incoming": False,
            "private": False,
        },
        {
            **note,
            "id": 72,
            "body": "",
            "body_html": "<p>谢谢</p>",
            "incoming": True,
            "private": False,
            "attachments": [file],
        },
        {**note, "id": 73, "body": "已核实", "body_html": "x", "incoming": False, "private": True},
    ]
    ticket = {"requester_id": 1, "requester_name": "陈晨", "responder_id": 2, "priority": 1, "source": 2, "spam": False,
              "deleted": False, "description_html": "<p>x</p>", "created_at": iso(START), "updated_at": iso(START),
              "tags": [{"name": "退货"}], "custom_field": {}, "to_emails": None}  # fmt: skip
    tickets = [
        {**ticket, "id": 6_001, "display_id": 1, "subject": "退货", "description": "想退", "status": 5, "notes": notes},
        {**ticket, "id": 6_002, "display_id": 2, "subject": "y", "description": "z", "status": 2,
         "notes": [{"note": {**notes[0], "id": 74}}]},
        {**ticket, "id": 6_003, "display_id": 3, "subject": "广告", "description": "spam", "status": 2, "spam": True,
         "notes": []},
    ]  # fmt: skip
    desk.page("Tickets0.json", [{"helpdesk_ticket": one} for one in tickets])
    desk.truth.update({"customers": 1, "staff": 1, "tickets": 3, "tickets.closed": 1, "tickets.open": 1,
                       "tickets.deleted": 1, "comments": 4, "comments.public": 3, "comments.private": 1,
                       "attachments": 1})  # fmt: skip
    desk.left.update({"tickets": 1, "tickets.deleted": 1})
    return desk
