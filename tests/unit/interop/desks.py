"""Small desks of other systems in the shapes that their APIs answer with; all people and words are made up."""

from typing import Any

Json = dict[str, Any]


def zendesk_users() -> Json:
    """GET /api/v2/incremental/users.json: two customers, two agents."""

    def user(id_: int, name: str, email: str, role: str, phone: str | None = None) -> Json:
        return {
            "id": id_,
            "url": f"https://example.zendesk.com/api/v2/users/{id_}.json",
            "name": name,
            "email": email,
            "created_at": "2025-11-01T08:00:00Z",
            "updated_at": "2025-11-01T08:00:00Z",
            "time_zone": "Beijing",
            "phone": phone,
            "locale": "zh-CN",
            "role": role,
            "tags": [],
            "suspended": False,
            "user_fields": {},
        }

    users = [
        user(1001, "王小明", "xiaoming@example.com", "end-user", "13812345678"),
        user(1002, "Bob Smith", "bob@example.com", "end-user"),
        user(2001, "Li", "li@shop.example", "agent"),
        user(2002, "Somebody Else", "else@shop.example", "admin"),
    ]
    return {"users": users, "count": 4, "next_page": None, "end_time": 1763716000}


def zendesk_ticket(id_: int, subject: str, description: str, status: str, **more: Any) -> Json:
    """One ticket of GET /api/v2/incremental/tickets/cursor.json."""
    return {
        "id": id_,
        "url": f"https://example.zendesk.com/api/v2/tickets/{id_}.json",
        "external_id": None,
        "via": {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": "2025-11-03T02:00:00Z",
        "updated_at": "2025-11-05T02:00:00Z",
        "type": None,
        "subject": subject,
        "raw_subject": subject,
        "description": description,
        "priority": None,
        "status": status,
        "recipient": None,
        "requester_id": 1001,
        "submitter_id": 1001,
        "assignee_id": None,
        "group_id": 300,
        "problem_id": None,
        "tags": [],
        "custom_fields": [{"id": 77, "value": None}],
        "satisfaction_rating": {"score": "unoffered"},
        "brand_id": 9,
        **more,
    }


def zendesk_tickets() -> Json:
    """Three tickets: one solved, one open and urgent, one deleted."""
    tickets = [
        zendesk_ticket(11, "包裹没到", "我的包裹到哪了？", "solved", tags=["物流", "vip"], assignee_id=2001),
        zendesk_ticket(
            12, "Broken", "It came broken", "open", requester_id=1002, priority="urgent", assignee_id=2002
        ),
        zendesk_ticket(13, "Scrubbed", "SCRUBBED", "deleted"),
    ]
    return {"tickets": tickets, "after_url": None, "after_cursor": "MTc2", "end_of_stream": True}


def zendesk_comment(
    id_: int, ticket: int, author: int, body: str, at: str, public: bool = True, **more: Any
) -> Json:
    """One comment of GET /api/v2/tickets/{id}/comments.json, with the ticket's id put into it."""
    return {
        "id": id_,
        "ticket_id": ticket,
        "type": "Comment",
        "author_id": author,
        "body": body,
        "html_body": f'<div class="zd-comment"><p dir="auto">{body}</p></div>',
        "plain_body": body,
        "public": public,
        "attachments": [],
        "audit_id": id_ + 1,
        "via": {"channel": "email"},
        "created_at": at,
        **more,
    }


def zendesk_comments() -> Json:
    """Out of order: a private note, the opening, the answer with a file, the last word; and one of no ticket."""
    file = {"id": 5, "file_name": "运单.pdf", "content_type": "application/pdf", "size": 2048}
    comments = [
        zendesk_comment(503, 11, 2001, "催了快递", "2025-11-03T04:00:00Z", public=False),
        zendesk_comment(501, 11, 1001, "我的包裹到哪了？", "2025-11-03T02:00:00Z"),
        zendesk_comment(502, 11, 2001, "明天送达", "2025-11-03T05:00:00Z", attachments=[file]),
        zendesk_comment(504, 11, 1001, "收到了，谢谢", "2025-11-04T02:00:00Z"),
        zendesk_comment(505, 12, 1002, "It came broken", "2025-11-03T02:00:01Z"),
        zendesk_comment(506, 99, 1002, "Nobody's", "2025-11-03T02:00:01Z"),
    ]
    return {"comments": comments, "next_page": None, "count": 6}


def zendesk_macros() -> Json:
    """Three macros: words and deeds, words in a pair, deeds only."""

    def macro(id_: int, title: str, *actions: tuple[str, Any]) -> Json:
        told = [{"field": field, "value": value} for field, value in actions]
        return {
            "id": id_,
            "title": title,
            "active": True,
            "description": None,
            "actions": told,
            "restriction": None,
        }

    macros = [
        macro(
            1,
            "道歉并关闭",
            (
                "comment_value",
                "您好 {{ticket.requester.name}}，工单 {{ticket.id}} 已处理。{{ticket.title | upcase}}",
            ),
            ("status", "solved"),
            ("set_tags", "done"),
            ("custom_fields_77", "x"),
        ),
        macro(
            2,
            "Ask",
            ("comment_value", ["channel:all", "Hello {% if x %}dear{% endif %} {{current_user.name}}"]),
        ),
        macro(3, "Close", ("status", "solved")),
    ]
    return {"macros": macros, "count": 3}


def freshdesk_contacts() -> list[Json]:
    """GET /api/v2/contacts."""
    contact = {"active": False, "address": None, "company_id": None, "description": None, "job_title": None}
    return [
        {**contact, "id": 80001, "name": "陈晨", "email": "chen@example.com", "mobile": "13900001111", "phone": None,
         "language": "zh-CN", "created_at": "2025-10-01T01:00:00Z", "updated_at": "2025-10-01T01:00:00Z"},
        {**contact, "id": 80002, "name": "Eve", "email": "eve@example.com", "mobile": None, "phone": None,
         "language": "en", "created_at": "2025-10-01T01:00:00Z", "updated_at": "2025-10-01T01:00:00Z"},
    ]  # fmt: skip


def freshdesk_agents() -> list[Json]:
    """GET /api/v2/agents."""
    contact = {
        "name": "wang",
        "email": "wang@shop.example",
        "mobile": None,
        "phone": None,
        "language": "zh-CN",
    }
    return [{"id": 90001, "available": True, "occasional": False, "ticket_scope": 1, "contact": contact}]


def freshdesk_ticket(id_: int, subject: str, description: str, status: int, **more: Any) -> Json:
    """One ticket of GET /api/v2/tickets?include=description,requester,stats."""
    return {
        "cc_emails": [],
        "fwd_emails": [],
        "fr_escalated": False,
        "spam": False,
        "email_config_id": None,
        "group_id": None,
        "priority": 1,
        "requester_id": 80001,
        "responder_id": 90001,
        "source": 2,
        "company_id": None,
        "status": status,
        "subject": subject,
        "to_emails": None,
        "product_id": None,
        "id": id_,
        "type": "Question",
        "due_by": "2025-11-10T01:00:00Z",
        "is_escalated": False,
        "description": f"<div>{description}<br>谢谢</div>",
        "description_text": f"{description} 谢谢",
        "custom_fields": {},
        "created_at": "2025-11-06T01:00:00Z",
        "updated_at": "2025-11-07T01:00:00Z",
        "tags": ["退款"],
        **more,
    }


def freshdesk_tickets() -> list[Json]:
    """An open one, a closed one with its times, one with a state of the desk's own."""
    stats = {
        "resolved_at": "2025-11-06T09:00:00Z",
        "closed_at": "2025-11-06T10:00:00Z",
        "first_responded_at": None,
    }
    return [
        freshdesk_ticket(1, "退款进度", "退款什么时候到？", 2, priority=4),
        freshdesk_ticket(2, "Invoice", "I need an invoice", 5, requester_id=80002, stats=stats, source=1),
        freshdesk_ticket(3, "Other", "Waiting for you", 12, requester_id=80002, responder_id=None),
    ]


def freshdesk_conversations() -> list[Json]:
    """GET /api/v2/tickets/{id}/conversations of all tickets: HTML only where its text is missing."""

    def said(id_: int, ticket: int, text: str, at: str, **more: Any) -> Json:
        return {
            "body": f"<div>{text}</div>",
            "body_text": text,
            "id": id_,
            "incoming": False,
            "private": False,
            "user_id": 90001,
            "support_email": None,
            "source": 0,
            "category": 1,
            "ticket_id": ticket,
            "created_at": at,
            "updated_at": at,
            "attachments": [],
            **more,
        }

    html = "<p>请看 <b>附件</b></p><script>alert(1)</script><p>&lt;完&gt;</p>"
    return [
        said(701, 1, "1-3 个工作日", "2025-11-06T02:00:00Z"),
        said(702, 1, "内部：已催财务", "2025-11-06T03:00:00Z", private=True),
        said(703, 1, "", "2025-11-06T04:00:00Z", incoming=True, user_id=80001, body=html, body_text=None),
        said(704, 2, "Here it is", "2025-11-06T05:00:00Z"),
    ]
