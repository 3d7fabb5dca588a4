"""Return 退货: goods come back and money goes back (DOMAIN §3; 消法 §25, 七日办法; policy clocks say `policy`)."""

from csdesk.domain.cases.case import Kind, Phase
from csdesk.domain.cases.machine import Edge, Machine, State, Term, register

REASONS = (
    "no_reason",
    "quality",
    "wrong_item",
    "damaged",
    "not_as_described",
    "size",
    "late",
    "counterfeit",
    "expired_goods",
    "no_longer_wanted",
    "size_unfit",
    "late_return",
    "opened_refused",
    "tag_cut",
    "cosmetics_tried",
    "underwear_size",
    "defect_on_arrival",
    "custom_defect",
    "custom_change_of_mind",
    "digital_wrong_purchase",
    "cross_border_milk",
    "other",
)

# Here goods that failed inspection may go home.
_HOMEWARD = ("received_inspecting", "refunding", "refunded", "rejected")

MACHINE = register(
    Machine(
        Kind.RETURN,
        reasons=REASONS,
        states=(
            State(
                "submitted",
                Phase.OURS,
                (
                    Term("review", 48, "hours", "policy", pauses_on=("customer",)),
                    Term("refusal", 15, "days", "law", "处罚办法 §9", since="asked"),
                ),
            ),
            State(
                "reviewing",
                Phase.OURS,
                (Term("review", 48, "hours", "policy", pauses_on=("customer",)),),
                keeps=("review", "refusal"),
            ),
            State(
                "approved_wait_ship",
                Phase.WAITING,
                (Term("ship_back", 7, "days", "policy", then="auto_close"),),
                waits="customer",
            ),
            State(
                "return_in_transit",
                Phase.WAITING,
                (Term("stale_parcel", 7, "days", "policy"),),
                waits="carrier",
            ),
            State(
                "received_inspecting",
                Phase.OURS,
                (
                    # The last day rolls as the law's pack has it (民法典 §203(1), an interpretation); 15 days do not.
                    Term(
                        "refund",
                        7,
                        "days",
                        "law",
                        "消法 §25(3); 七日办法 §13",
                        since="received",
                        roll="next_working_day",
                    ),
                    Term("refund_refusal", 15, "days", "law", "处罚办法 §9", since="received"),
                ),
                keeps=("refund", "refund_refusal"),
            ),
            State("dispute", Phase.WAITING, keeps=("refund", "refund_refusal"), waits="customer"),
            State("refunding", Phase.WAITING, keeps=("refund", "refund_refusal"), waits="bank"),
            State("refunded", Phase.OURS, (Term("close", 3, "days", "policy"),)),
            State("rejected", Phase.WAITING, (Term("appeal", 7, "days", "policy"),), waits="customer"),
            State(
                "platform_review", Phase.WAITING, (Term("platform", 7, "days", "policy"),), waits="platform"
            ),
            State("closed", Phase.DONE),
            State("withdrawn", Phase.DONE),
            State("auto_closed", Phase.DONE),
        ),
        edges=(
            Edge("take", ("submitted",), "reviewing"),
            Edge("approve", ("submitted", "reviewing", "platform_review"), "approved_wait_ship"),
            Edge("ship_back", ("approved_wait_ship", "return_in_transit"), "return_in_transit"),
            Edge("request_label", ("approved_wait_ship", "return_in_transit", "received_inspecting")),
            Edge("request_pickup", ("approved_wait_ship", "return_in_transit", "received_inspecting")),
            Edge("cancel_pickup", ("approved_wait_ship", "return_in_transit", "received_inspecting")),
            Edge("inspect", ("received_inspecting", "refunding", "refunded"), "received_inspecting"),
            Edge(
                "receive",
                ("approved_wait_ship", "return_in_transit", "received_inspecting", "refunding", "refunded"),
                "received_inspecting",
            ),
            Edge("ship_back", ("received_inspecting", "refunding", "refunded")),
            Edge("keep_goods", ("approved_wait_ship",), "received_inspecting"),
            Edge("ask_evidence", ("reviewing", "platform_review")),
            Edge("refund", ("received_inspecting", "refunding"), "refunding"),
            Edge("send_home", _HOMEWARD),
            Edge("deliver", (*_HOMEWARD, "platform_review")),
            Edge("came_back", (*_HOMEWARD, "platform_review")),
            Edge("give_up_goods", _HOMEWARD),
            Edge("close", ("refunded", "rejected", "received_inspecting"), "closed"),
            Edge("reject", ("submitted", "reviewing", "platform_review"), "rejected"),
            Edge("dispute", ("received_inspecting",), "dispute"),
            Edge("parcel_lost", ("return_in_transit", *_HOMEWARD, "platform_review")),
            Edge("settle_dispute", ("dispute",)),
            Edge("appeal", ("rejected",), "platform_review"),
            Edge(
                "withdraw",
                (
                    "submitted",
                    "reviewing",
                    "approved_wait_ship",
                    "rejected",
                    "platform_review",
                ),
                "withdrawn",
            ),
            Edge("settle_refund", ("refunding",), "refunded"),
            Edge("refund_failed", ("refunding", "refunded"), "received_inspecting"),
            Edge("auto_close", ("approved_wait_ship",), "auto_closed"),
            Edge("reopen", ("closed", "withdrawn", "auto_closed"), "reviewing"),
        ),
    )
)
