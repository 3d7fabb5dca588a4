"""How made-up reports, payment anomalies and personal-data requests go, and what runs beside a case."""

from collections.abc import Sequence
from typing import Any

from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.courses import COURSES
from csdesk.domain.cases.telling import TELLS
from csdesk.domain.cases.tracks import opened
from csdesk.domain.value import dataclass
from csdesk.interop.seeds.draw import Draw


@dataclass(frozen=True, slots=True)
class Move:
    """A verb with its weight and the hours, least and most, before it happens. `by`: agent, senior."""

    verb: str
    weight: int
    hours: tuple[int, int]
    by: str = "agent"


_TELL = (Move("tell_outcome", 100, (1, 40)),)
_CLOSE = (Move("close", 100, (1, 40)),)

MATTERS: dict[Kind, dict[str, tuple[Move, ...]]] = {
    Kind.REPORT: {
        "lodged": (Move("acknowledge", 100, (0, 26)),),
        "triage": (
            Move("investigate", 70, (2, 60)),
            Move("ask_evidence", 20, (2, 40)),
            Move("find_unfounded", 10, (5, 60)),
        ),
        "evidence": (Move("investigate", 100, (6, 80)),),
        "investigating": (
            Move("open_track", 30, (2, 40)),
            Move("take_down", 45, (12, 200)),
            Move("refer_report", 20, (24, 260), "senior"),
            Move("find_unfounded", 35, (12, 260)),
        ),
        "taken_down": _TELL,
        "referred": _TELL,
        "unfounded": _TELL,
        "told": (Move("close_track", 300, (1, 30)), *_CLOSE),
    },
    Kind.PAYMENT_ANOMALY: {
        "reported": (Move("reconcile", 90, (0, 26)), Move("freeze_payment", 10, (0, 3))),
        "reconciling": (
            Move("find_duplicate", 60, (1, 40)),
            Move("find_orphan", 25, (1, 40)),
            Move("repair_order", 20, (1, 30)),
            Move("explain_payment", 25, (2, 70)),
            Move("freeze_payment", 30, (0, 4)),
            Move("open_track", 10, (0, 10)),
        ),
        "order_repaired": (Move("confirm_result", 90, (2, 60)), Move("appeal", 10, (4, 50))),
        "refund_duplicate": (Move("refund_payment", 100, (0, 26)),),
        "refund_orphan_capture": (Move("refund_payment", 100, (0, 26)),),
        "refunding": (Move("wait", 100, (1, 20)),),
        "unauthorised_frozen": (Move("to_provider", 80, (0, 26)), Move("open_track", 60, (0, 8))),
        "provider": (Move("provider_ruled", 100, (24, 300)),),
        "explained": (
            Move("confirm_result", 60, (2, 60)),
            Move("appeal", 10, (4, 50)),
            Move("close", 30, (30, 90)),
        ),
        "result_confirmed": (Move("close_track", 300, (1, 30)), *_CLOSE),
    },
    Kind.PRIVACY_REQUEST: {
        "requested": (
            Move("ask_identity", 65, (0, 50)),
            Move("verify_identity", 30, (0, 40)),
            Move("declare_breach", 5, (0, 6), "senior"),
        ),
        "verify_identity": (Move("verify_identity", 85, (2, 90)), Move("refuse_request", 15, (48, 200))),
        "scoping": (Move("scope_request", 95, (4, 100)), Move("refuse_request", 5, (4, 60))),
        "fulfilling": (Move("fulfil_request", 60, (20, 300)), Move("fulfil_partly", 40, (20, 300))),
        "fulfilled": _TELL,
        "partly": _TELL,
        "refused": (*_TELL, Move("appeal", 10, (10, 60))),
        "told": _CLOSE,
        "detected": (Move("contain_breach", 100, (0, 2), "senior"),),
        "contained": (Move("assess_breach", 100, (0, 2), "senior"),),
        "assessed": (Move("notify_authority", 100, (0, 2), "senior"),),
        "authority_notified": (
            Move("notify_people", 80, (2, 60), "senior"),
            Move("waive_people", 20, (2, 60), "senior"),
        ),
        "people_notified": _CLOSE,
        "waived": _CLOSE,
    },
}
# What fits only some reasons.
MATTERS_FOR = {
    "find_duplicate": ("double_charge",),
    "find_orphan": ("paid_no_order",),
    "repair_order": ("paid_no_order", "amount_mismatch"),
    "explain_payment": ("amount_mismatch", "refund_not_arrived", "fake_support", "other"),
    "freeze_payment": ("unauthorised", "fake_support"),
    "declare_breach": ("leak_scam_call",),
}
# What may run beside a complaint: a letter that came with it, or a question to the merchant.
BESIDE_COMPLAINT = (
    Move("open_track", 35, (0, 20)),
    Move("remind_track", 15, (10, 60)),
    Move("close_track", 40, (20, 90)),
)

_LEAK = {
    "leaked": "姓名、电话、收货地址；一个查询接口未限权，可能被用于诈骗。",
    "measures": "接口已停用，相关密钥已更换；请勿轻信自称客服的来电。",
    "contact": "个人信息保护负责人，客服热线转 9",
}
_ENTERED: dict[str, dict[str, Any]] = {
    "take_down": {"article": "P48"},
    "refer_report": {"authority": "余杭区市场监督管理局"},
    "explain_payment": {"proof": "与支付机构对账单逐笔核对一致"},
    "verify_identity": {"identifiers": ("phone", "order")},
    "scope_request": {"systems": ("订单", "客服记录", "营销名单")},
    "fulfil_partly": {"kept": ("交易记录",), "article": "电子商务法 §31"},
    "contain_breach": {"note": "已停用查询接口，更换密钥。"},
    "waive_people": {"note": "外泄文件已加密，密钥未泄露，已有效避免危害。"},
    "notify_authority": _LEAK,
    "notify_people": _LEAK,
}


def entered(verb: str, case: Case, draw: Draw, seniors: Sequence[str], payments: int) -> dict[str, Any]:
    """What somebody would enter for one of these verbs; nothing for any other."""
    number = draw.digits(6)
    match verb:
        case "take_down":
            return {**_ENTERED[verb], "listing": case.lines[0].sku if case.lines else case.order_number}
        case "refer_report":
            return {**_ENTERED[verb], "ref": f"移{number}"}
        case "find_unfounded":
            return {"reason": draw.pick(("not_confirmed", "no_lead", "already_handled"))}
        case "tell_outcome":
            return {"items": TELLS.get(case.state, ())}
        case "find_duplicate" | "find_orphan" | "refund_payment":
            return {"payment": payments}
        case "repair_order":
            return {"ref": case.order_number}
        case "to_provider":
            return {"ref": f"ZF{number}"}
        case "provider_ruled":
            return {"outcome": "provider_bears", "proof": f"ZF{number}"}
        case "refuse_request":
            stranger = case.state == "verify_identity"
            return {"reason": "identity_not_verified" if stranger else "law_keeps"}
        case "fulfil_request" | "fulfil_partly":
            return {**_ENTERED.get(verb, {}), "proof": f"办结记录 {number}"}
        case "assess_breach":
            return {"level": draw.pick(("general", "general", "large")), "people": 20 + draw.below(900)}
        case "open_track":
            return _track(case, number, draw.pick(seniors))
        case "close_track":
            return (
                {"outcome": draw.pick(COURSES[opened(case)[0].kind].outcomes)}
                if opened(case)
                else {"outcome": ""}
            )
    return _ENTERED.get(verb, {})


def _track(case: Case, number: str, owner: str) -> dict[str, Any]:
    if case.reason in ("fake_support", "phishing"):
        return {"track_kind": "police", "ref": f"受案{number}"}
    if case.channel == "12315" and case.kind is Kind.COMPLAINT:
        letter = {"track_kind": "authority", "ref": f"12315-{number}", "owner": owner}
        return {**letter, "counterpart": "余杭区市场监督管理局", "deadline": "7个工作日"}
    return {"track_kind": "merchant", "note": "请在两日内说明情况并提供进货凭证。"}
