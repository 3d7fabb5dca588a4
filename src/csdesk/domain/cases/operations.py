"""Who carries out receipt, delivery and refund, and when: a person or the desk, before goods are back or after."""

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from csdesk.domain.cases.kind import Kind
from csdesk.domain.value import dataclass

STEPS = ("receipt", "delivery", "refund")
MODES = ("manual", "automatic")
TIMINGS = ("on_confirm", "after_receipt")
# The timer of an automatic step, and the verb that the desk then runs by itself.
AUTOMATIC: Mapping[str, str] = MappingProxyType({step: f"auto_{step}" for step in STEPS})
GRADES = ("A", "B", "C", "scrap")


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a kind: who does it (`mode`), and whether it may come before the goods are back (`timing`).

    A refund on confirm is a refund without return; a delivery on confirm sends the other goods in advance (先行换货).
    A receipt on confirm is booked with the approval, one after receipt when the carrier has taken the parcel over.
    """

    mode: str = "manual"
    timing: str = "after_receipt"

    @property
    def automatic(self) -> bool:
        """Whether the desk does it by itself."""
        return self.mode == "automatic"

    @property
    def early(self) -> bool:
        """Whether it may come before the goods do."""
        return self.timing == "on_confirm"


@dataclass(frozen=True, slots=True)
class Rules:
    """The three steps of one kind for one merchant."""

    receipt: Operation = Operation()
    delivery: Operation = Operation()
    refund: Operation = Operation()

    def step(self, name: str) -> Operation:
        """One of `STEPS`; KeyError for anything else."""
        return {"receipt": self.receipt, "delivery": self.delivery, "refund": self.refund}[name]


@dataclass(frozen=True, slots=True)
class Operations:
    """The desk's policy: rules by kind, and by merchant's id and kind; `pause_ms` is how long people may step in.

    `refund_limit`: minor units that the desk may pay back by itself in one case. `grades`: what inspected goods can be.
    """

    kinds: Mapping[Kind, Rules] = field(default_factory=dict)
    merchants: Mapping[tuple[str, Kind], Rules] = field(default_factory=dict)
    pause_ms: int = 0
    refund_limit: int = 0
    grades: tuple[str, ...] = GRADES

    def rules(self, kind: Kind, merchant: str) -> Rules:
        """What holds for a merchant's cases of this kind; all manual and after receipt where nothing is said."""
        return self.merchants.get((merchant, kind)) or self.kinds.get(kind) or Rules()


MANUAL = Operations()
