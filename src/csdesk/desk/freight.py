"""Who bears the freight of goods on their way back, as the desk's law has it for a case."""

from csdesk.desk import knowing
from csdesk.desk.core import Core
from csdesk.domain.cases.carriage import RequestLabel, RequestPickup
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Order, Refused
from csdesk.domain.value import replace

Booked = RequestLabel | RequestPickup


def payer(core: Core, case: Case, order: Order | None) -> str:
    """`merchant` or `consumer` where all of the case's verdicts agree; "" where facts are missing or they differ."""
    known = knowing.known(core, case, order)
    payers = {decision.payer for _, decision in known.decisions if decision.payer}
    return payers.pop() if len(payers) == 1 else ""


def with_payer(core: Core, case: Case, order: Order | None, command: Booked) -> Booked:
    """The command with the verdict's payer where nobody named one.

    Refused `freight_is_merchants` for a consumer who is to pay what the merchant must bear (消法 §24(2)).
    """
    ruled = payer(core, case, order)
    if command.payer == "consumer" and ruled == "merchant":
        raise Refused("freight_is_merchants", field="payer")
    return command if command.payer else replace(command, payer=ruled)
