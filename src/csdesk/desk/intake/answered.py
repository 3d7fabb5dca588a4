"""Which case a message answers that no token proves: by the messages of ours that it names, and who it comes from.

Whoever names a message that was sent to them is heard on its case. Whoever names one that was sent to somebody else
has it from them, or took it: a case of their own, beside which the other is offered to agents and told to nobody.
"""

from csdesk.desk.core import Core
from csdesk.desk.inbound import FORGED, Inbound
from csdesk.desk.intake.senders import own_person
from csdesk.desk.rights_plan import only_stored
from csdesk.domain.cases.case import Case
from csdesk.domain.value import dataclass
from csdesk.store.crypto import Shredded, normal_email, normal_phone
from csdesk.store.outbox import case_of_message

# A thread has no more of ours than this.
MOST_NAMED = 50
KEY = "message:"


@dataclass(frozen=True, slots=True)
class Answered:
    """Ids of cases: the one to be heard on ("" none), and those that are only to be offered."""

    case: str = ""
    offered: tuple[str, ...] = ()


def answered(core: Core, inbound: Inbound) -> Answered:
    """What a message's `reply_to` comes to, the newest message first (their ids are in the order of time)."""
    named = sorted({said.strip().lower().removeprefix(KEY) for said in inbound.reply_to}, reverse=True)
    offered: list[str] = []
    for message in named[:MOST_NAMED]:
        found = case_of_message(core.store.conn, core.desk, message)
        if not found or found in offered or erased(core, found):
            continue
        case, _ = core.load(found)
        if FORGED not in inbound.marked and _theirs(core, inbound, case):
            return Answered(case.id, tuple(offered))
        offered.append(found)
    return Answered("", tuple(offered))


def erased(core: Core, case_id: str) -> bool:
    """Whether the customer of a case was erased, or their data is only stored, so that whoever writes begins anew."""
    case, _ = core.load(case_id)
    if only_stored(core, case):
        return True
    core.store.keys.drop(core.desk, case.customer)  # another process may have erased the person
    return isinstance(core.store.keys.for_person(core.desk, case.customer), Shredded)


def _theirs(core: Core, inbound: Inbound, case: Case) -> bool:
    """Whether our messages of this case go to where this one comes from, or to the person who it proves to be."""
    sender = inbound.sender
    if own_person(core, inbound) == case.customer:
        return True
    if sender.proven and case.customer in core.store.people.known(sender.phone, sender.email):
        return True
    to = core.store.people.open(case.customer)
    if to is None:
        return False
    # Mail goes to the address alone; a telephone number in a mail is only said.
    if inbound.channel == "email":
        return bool(sender.email) and normal_email(sender.email) == normal_email(to.email)
    return bool(normal_phone(sender.phone)) and normal_phone(sender.phone) == normal_phone(to.phone)
