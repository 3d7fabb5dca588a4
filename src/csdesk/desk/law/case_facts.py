"""The facts that a case and its order already tell a decision; what they do not tell is left for `needs_info`."""

from datetime import UTC, datetime, tzinfo

from csdesk.domain.cases.case import Case, CaseLine
from csdesk.domain.cases.context import Order
from csdesk.domain.entitlement.pack import Pack

# A reason of these is a claim that the goods are not as owed (消法 §24, 七日办法 §35); any other is no-reason.
QUALITY = frozenset({
    "quality", "wrong_item", "damaged", "not_as_described", "counterfeit", "expired_goods", "defect_on_arrival",
    "custom_defect", "wrong_color", "wrong_model", "colour", "defect_swap", "damaged_in_transit", "activation_noise",
    "no_power", "noise", "screen", "screen_fault", "battery", "overheating", "part_broken", "noise_vibration",
    "half_year_burden", "repeated_fault", "early_fault", "two_repairs_failed",
})  # fmt: skip


def facts_of(
    case: Case, order: Order | None, line: CaseLine | None, zone: tzinfo, pack: Pack
) -> dict[str, object]:
    """One line of a case in the vocabulary of `csdesk decide`; times in the desk's zone.

    A category that `pack` has no class for is left out: what the goods are is then asked, not guessed.
    """
    quality = case.reason in QUALITY
    facts: dict[str, object] = {
        "kind": "quality_remedy" if quality else "no_reason_return",
        "sale_channel": "online",
        "request_at": _moment(case.opened_at, zone),
    }
    if order is None:
        return facts
    if order.signed_at:
        facts["received_at" if quality else "signed_at"] = _moment(order.signed_at, zone)
    category = next((o.category for o in order.lines if line is not None and o.line == line.line), "")
    if pack.product_class(category) is not None:
        facts["product_class"] = category
    if not quality:
        facts["buyer"] = "consumer"
        # All that was looked at was taken back: intact. What went back to the consumer is in dispute, so not said.
        if line is not None and line.inspected and line.accepted == line.inspected:
            facts["intact"] = True
    return facts


def _moment(ms: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).isoformat(timespec="seconds")
