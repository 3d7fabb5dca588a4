"""How a made-up case goes: for each state the verbs that may come next, how likely, after how long, and by whom."""

from dataclasses import dataclass

from csdesk.domain.cases.case import Kind


@dataclass(frozen=True, slots=True)
class Move:
    """A verb with its weight and the hours, least and most, before it happens. `by`: agent, senior."""

    verb: str
    weight: int
    hours: tuple[int, int]
    by: str = "agent"


_REVIEW = {
    "submitted": (Move("take", 100, (0, 40)),),
    "approved_wait_ship": (
        Move("ship_back", 88, (4, 120)),
        Move("withdraw", 5, (6, 72)),
        Move("wait", 7, (24 * 8, 24 * 9)),
    ),
    "return_in_transit": (Move("receive", 100, (30, 130)),),
    "rejected": (Move("appeal", 18, (3, 90)), Move("close", 82, (90, 160))),
    "platform_review": (Move("approve", 55, (20, 120), "senior"), Move("reject", 45, (20, 120), "senior")),
}

SCRIPTS: dict[Kind, dict[str, tuple[Move, ...]]] = {
    Kind.RETURN: {
        **_REVIEW,
        "reviewing": (Move("approve", 86, (1, 46)), Move("reject", 14, (2, 60))),
        "received_inspecting": (
            Move("inspect", 60, (2, 60)),
            Move("receive", 20, (20, 70)),
            Move("dispute", 5, (3, 40)),
            Move("refund", 90, (2, 120)),
        ),
        "dispute": (Move("settle_dispute", 100, (20, 120), "senior"),),
        "refunding": (Move("wait", 100, (1, 20)),),
        "refunded": (Move("close", 100, (2, 60)),),
    },
    Kind.EXCHANGE: {
        **_REVIEW,
        "reviewing": (Move("approve", 90, (1, 40)), Move("reject", 10, (2, 60))),
        "received_inspecting": (
            Move("inspect", 80, (2, 30)),
            Move("no_stock", 8, (3, 40)),
            Move("reissue", 92, (3, 70)),
        ),
        "reissue_shipped": (Move("deliver", 100, (30, 120)),),
        "delivered": (Move("close", 100, (4, 70)),),
        "out_of_stock": (Move("inspect", 30, (1, 20)), Move("refund", 70, (2, 90))),
        "refunding": (Move("wait", 100, (1, 20)),),
        "refunded": (Move("close", 100, (2, 60)),),
    },
    Kind.REPAIR: {
        **_REVIEW,
        "diagnosing": (Move("approve", 92, (2, 46)), Move("reject", 8, (2, 60))),
        "sent_in": (Move("receive", 100, (30, 130)),),
        "in_repair": (Move("finish_repair", 75, (24, 400)), Move("wait_parts", 25, (12, 90))),
        "waiting_parts": (Move("parts_arrived", 100, (48, 900)),),
        "repaired": (Move("send_home", 100, (3, 60)),),
        "returned": (Move("deliver", 100, (30, 120)),),
        "observing": (
            Move("fail_again", 12, (48, 600)),
            Move("close", 30, (300, 700)),
            Move("wait", 58, (740, 760)),
        ),
    },
    Kind.COMPLAINT: {
        "received": (Move("acknowledge", 100, (0, 28)),),
        "acknowledged": (Move("negotiate", 65, (2, 70)), Move("ask_evidence", 35, (2, 60))),
        "evidence": (Move("negotiate", 80, (6, 80)), Move("withdraw", 20, (10, 90))),
        "negotiating": (Move("rule", 70, (6, 90), "senior"), Move("mediate", 30, (10, 90))),
        "platform_mediation": (Move("rule", 100, (24, 180), "senior"),),
        "decided": (Move("accept", 78, (3, 120)), Move("appeal", 22, (3, 140))),
        "human_review": (Move("rule", 100, (10, 90), "senior"),),
        "accepted": (Move("close", 100, (1, 60)),),
    },
    Kind.INQUIRY: {"open": (Move("close", 100, (0, 60)),)},
}

# What an agent writes on doing a verb: the key of replies.toml.
ANSWERS = {
    "approve": "approve",
    "reject": "reject",
    "refund": "refund",
    "reissue": "reissue",
    "send_home": "send_home",
    "acknowledge": "acknowledge",
    "rule": "rule",
}
REJECT = {
    "late_return": ("expired", "P02"),
    "opened_refused": ("not_intact", "P05"),
    "tag_cut": ("not_intact", "P08"),
    "cosmetics_tried": ("not_intact", "P06"),
    "custom_change_of_mind": ("excluded_custom_made", "P03"),
    "digital_wrong_purchase": ("excluded_digital_unsealed", "P03"),
}
