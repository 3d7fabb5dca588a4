"""How a made-up case goes: for each state the verbs that may come next, how likely, after how long, and by whom."""

from csdesk.domain.cases.case import Kind
from csdesk.interop.demo.matters import BESIDE_COMPLAINT, MATTERS, MATTERS_FOR, Move

_REVIEW = {
    "submitted": (Move("take", 100, (0, 40)),),
    "approved_wait_ship": (
        Move("ship_back", 88, (4, 120)),
        Move("withdraw", 5, (6, 72)),
        Move("wait", 7, (24 * 8, 24 * 9)),
    ),
    "return_in_transit": (Move("receive", 100, (30, 130)),),
    # Goods that failed inspection go home first.
    "rejected": (
        Move("send_home", 200, (2, 48)),
        Move("deliver", 200, (30, 90)),
        Move("appeal", 18, (3, 90)),
        Move("close", 82, (90, 160)),
    ),
    "platform_review": (
        Move("deliver", 100, (20, 60)),
        Move("approve", 55, (20, 120), "senior"),
        Move("reject", 45, (20, 120), "senior"),
    ),
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
        # What came in a later parcel is still to be looked over.
        "refunded": (Move("inspect", 900, (2, 60)), Move("close", 100, (2, 60))),
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
    Kind.REISSUE: {
        **_REVIEW,
        "reported": (
            Move("verify", 74, (1, 46)),
            Move("ask_evidence", 18, (1, 30)),
            Move("reject", 8, (2, 60)),
        ),
        "evidence": (Move("verify", 72, (5, 110)), Move("wait", 28, (24 * 8, 24 * 9))),
        "verified": (Move("check_stock", 100, (1, 26)),),
        "stock_check": (Move("reissue", 84, (2, 70)), Move("no_stock", 16, (3, 60))),
        "reissue_shipped": (Move("deliver", 97, (30, 120)), Move("parcel_lost", 3, (100, 170))),
        "delivered": (Move("close", 100, (4, 70)),),
        "refund_shortfall": (Move("refund", 100, (1, 90)),),
        "refunding": (Move("wait", 100, (1, 20)),),
        "refunded": (Move("close", 100, (2, 60)),),
        "platform_review": (
            Move("verify", 55, (20, 120), "senior"),
            Move("reject", 45, (20, 120), "senior"),
        ),
    },
    Kind.REFUND_ONLY: {
        **_REVIEW,
        "submitted": (Move("classify", 96, (0, 40)), Move("reject", 4, (2, 60))),
        "not_shipped": (Move("agree_refund", 90, (0, 26)), Move("dispatched", 10, (1, 20))),
        "in_transit": (
            Move("intercept", 55, (0, 26)),
            Move("turn_back", 15, (4, 60)),
            Move("goods_lost", 90, (1, 12)),
            Move("signed_for", 10, (6, 60)),
        ),
        "intercepting": (Move("turn_back", 65, (5, 80)), Move("intercept_fails", 35, (4, 60))),
        "intercept_failed": (Move("signed_for", 70, (2, 30)), Move("turn_back", 30, (6, 40))),
        "intercepted": (Move("receive", 93, (30, 150)), Move("goods_lost", 7, (100, 170))),
        "received_inspecting": (Move("inspect", 60, (2, 40)), Move("refund", 90, (2, 90))),
        "signed": (
            Move("decide_worthless", 40, (1, 46)),
            Move("agree_reduction", 40, (2, 46)),
            Move("ask_consent", 40, (0, 44)),
            Move("give_consent", 8, (2, 40)),
            Move("signal", 2, (1, 10)),
        ),
        "consent_asked": (Move("give_consent", 62, (2, 60)), Move("deny_consent", 38, (2, 60))),
        "consent_denied": (
            Move("convert_to_return", 50, (2, 60)),
            Move("decide_worthless", 15, (4, 60), "senior"),
            Move("reject", 35, (4, 60)),
        ),
        "refund_agreed": (Move("refund", 50, (0, 60)), Move("refund_difference", 50, (0, 60))),
        "refunding": (Move("wait", 100, (1, 20)),),
        "refunded": (Move("close", 100, (2, 60)),),
        "platform_review": (
            Move("classify", 60, (20, 120), "senior"),
            Move("reject", 40, (20, 120), "senior"),
        ),
    },
    Kind.COMPLAINT: {
        "received": (Move("acknowledge", 100, (0, 28)),),
        "acknowledged": (
            *BESIDE_COMPLAINT[:1],
            Move("negotiate", 65, (2, 70)),
            Move("ask_evidence", 35, (2, 60)),
        ),
        "evidence": (Move("negotiate", 80, (6, 80)), Move("withdraw", 20, (10, 90))),
        "negotiating": (
            *BESIDE_COMPLAINT,
            Move("rule", 70, (6, 90), "senior"),
            Move("mediate", 30, (10, 90)),
        ),
        "platform_mediation": (Move("rule", 100, (24, 180), "senior"),),
        "decided": (Move("accept", 78, (3, 120)), Move("appeal", 22, (3, 140))),
        "human_review": (Move("rule", 100, (10, 90), "senior"),),
        "accepted": (Move("close_track", 300, (1, 40)), Move("close", 100, (1, 60))),
    },
    **MATTERS,
    Kind.INQUIRY: {"open": (Move("close", 100, (0, 60)),)},
}

# What an agent writes on doing a verb: the key of replies.toml.
ANSWERS = {
    "approve": "approve",
    "reject": "reject",
    "refund": "refund",
    "refund_difference": "refund",
    "reissue": "reissue",
    "send_home": "send_home",
    "acknowledge": "acknowledge",
    "rule": "rule",
}
# What is said when goods go home that were not repaired, but failed inspection.
SENT_HOME = "send_failed"
# What is said of a refund or a parcel when no goods came back for it.
SENT_AGAIN = {"refund": "pay", "reissue": "resend", "refund_difference": "pay"}
# What fits only some reasons: goods nobody wants back, a flaw one can live with, a parcel that was not taken in.
ONLY_FOR = {
    **MATTERS_FOR,
    "decide_worthless": ("fruit_rotten", "fresh_spoiled", "empty_parcel"),
    "agree_reduction": ("minor_flaw",),
    "goods_lost": ("parcel_lost",),
}
GROUNDS = {"empty_parcel": "empty_parcel"}
REJECT = {
    "missing_item": ("sent_in_full", "P30"),
    "short_weight": ("sent_in_full", "P30"),
    "minor_flaw": ("consent_denied", "P34"),
    "late_return": ("expired", "P02"),
    "opened_refused": ("not_intact", "P05"),
    "tag_cut": ("not_intact", "P08"),
    "cosmetics_tried": ("not_intact", "P06"),
    "custom_change_of_mind": ("excluded_custom_made", "P03"),
    "digital_wrong_purchase": ("excluded_digital_unsealed", "P03"),
}
