"""The kinds of cases: what each is called, the letters of its numbers, the queue in which it waits."""

from enum import StrEnum
from typing import Self


class Kind(StrEnum):
    """What the customer asks for; each kind has its own room, machine and queue.

    An incident is nobody's request: the one cause behind many cases, which name it (`Case.incident`).
    """

    letters: str
    queue: str

    INQUIRY = "inquiry", "IQ", "inquiries"
    RETURN = "return", "RT", "returns"
    EXCHANGE = "exchange", "EX", "exchanges"
    REPAIR = "repair", "RP", "repairs"
    REISSUE = "reissue", "RI", "reissues"
    REFUND_ONLY = "refund_only", "RO", "refunds"
    COMPLAINT = "complaint", "CP", "complaints"
    REPORT = "report", "RE", "reports"
    PAYMENT_ANOMALY = "payment_anomaly", "PA", "payments"
    PRIVACY_REQUEST = "privacy_request", "PR", "privacy"
    INCIDENT = "incident", "IN", "incidents"

    def __new__(cls, name: str, letters: str = "", queue: str = "") -> Self:
        """A kind is its name; `letters` begin the numbers of its cases, `queue` is where they wait."""
        made = str.__new__(cls, name)
        made._value_ = name
        made.letters, made.queue = letters, queue
        return made


# Cases with an open letter of an authority; no common pool, and nobody is handed one from it.
AUTHORITY = "authority"
QUEUES = (*(kind.queue for kind in Kind), AUTHORITY)
