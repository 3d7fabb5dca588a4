"""Inquiry 咨询: "where is my parcel": opened, answered, closed in five keys, or converted to what it is."""

from csdesk.domain.cases.case import Kind, Phase
from csdesk.domain.cases.machine import Edge, Machine, State, Term, register

REASONS = (
    "where_is_parcel",
    "how_to_return",
    "refund_progress",
    "warranty",
    "invoice",
    "product",
    "promotion",
    "when_dispatched",
    "parcel_stalled",
    "return_freight",
    "how_to_use",
    "refund_arrival",
    "change_address",
    "price_protection",
    "warranty_query",
    "other",
)

MACHINE = register(
    Machine(
        Kind.INQUIRY,
        reasons=REASONS,
        states=(
            State("open", Phase.OURS, (Term("answer", 24, "hours", "policy"),)),
            State("closed", Phase.DONE),
        ),
        edges=(
            Edge("close", ("open",), "closed"),
            Edge("convert", ("open",)),
            Edge("reopen", ("closed",), "open"),
        ),
    )
)
