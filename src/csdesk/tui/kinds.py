"""What a starting console must know of the kinds of cases: their letters, their queues, and the tabs in their order.

The one place in this room where they are written out, and held against the machines by a test: the domain takes
longer to import than the first picture to paint.
"""

# Kind: its letters, its queue. In the order of the tabs.
_KINDS = {
    "return": ("RT", "returns"),
    "exchange": ("EX", "exchanges"),
    "repair": ("RP", "repairs"),
    "reissue": ("RI", "reissues"),
    "refund_only": ("RO", "refunds"),
    "complaint": ("CP", "complaints"),
    "inquiry": ("IQ", "inquiries"),
    "payment_anomaly": ("PA", "payments"),
    "report": ("RE", "reports"),
    "privacy_request": ("PR", "privacy"),
    "incident": ("IN", "incidents"),
}
LETTERS = {kind: letters for kind, (letters, _) in _KINDS.items()}
# Letters of authorities: for those who may hand them out, as the desk answers it.
AUTHORITY = "authority"
# These stay in sight however many tabs there are.
PINNED = ("mine", "all")
TABS = (*(queue for _, queue in _KINDS.values()), AUTHORITY, *PINNED)


def queue_of(kind: str) -> str:
    """The queue of a kind."""
    return _KINDS[kind][1]


def tabs(*, letters: bool) -> tuple[str, ...]:
    """The tabs of somebody; `letters`: may hand out authorities' letters."""
    return TABS if letters else tuple(name for name in TABS if name != AUTHORITY)
