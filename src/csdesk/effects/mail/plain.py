"""What becomes of a mail by itself: into the case it proves to belong to, else a new inquiry of its sender; once."""

import os

from csdesk.desk.core import Core
from csdesk.desk.inbound import Inbound, Nature, Receipt
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.conversation import Hear
from csdesk.domain.cases.opening import Open
from csdesk.domain.ids import uuid7
from csdesk.effects.mail.inbox import Receive
from csdesk.store.connection import write
from csdesk.store.crypto import normal_email
from csdesk.store.people import Customer


def receiver(core: Core) -> Receive:
    """Takes mails over for a Core of the actor `system`. What a machine wrote of its own accord opens no case."""

    def receive(inbound: Inbound) -> Receipt:
        key = f"{inbound.source}:{inbound.id}"
        heard = Hear(inbound.text, inbound.channel)
        if inbound.thread:
            done = core.do(heard, inbound.thread, key=key)
            return Receipt(done.number, False, again=done.again)
        if inbound.nature is not Nature.WORDS:
            return Receipt("", False, refused=inbound.nature.value)
        command = Open(Kind.INQUIRY, reason="other", channel=inbound.channel, customer=_person(core, inbound))
        opened = core.do(command, key=f"{key}:case")
        done = core.do(heard, opened.case.id, key=key)
        return Receipt(opened.number, not done.again, again=done.again)

    return receive


def _person(core: Core, inbound: Inbound) -> str:
    """The customer with this address, or a new one. A forged sender gets into a case of his own, and no answer."""
    email = inbound.sender.email
    known = core.store.people.find(email, 1) if normal_email(email) else []
    if known:
        return known[0]
    person = uuid7(core.now(), os.urandom(10))
    with write(core.store.conn):
        core.store.people.add(person)
        record = Customer(inbound.sender.name, email=email, language=inbound.language)
        core.store.people.put([(person, f"email:{normal_email(email) or person}", record, 1)], core.now())
    return person
