"""The ways out of a desk: what a channel for messages and a payment provider must do, and may answer.

Both are asked with a key. The same key again, from this process or after a crash from another, must have no
second effect and gives the first answer. Adapters answer what they can foresee and raise what nobody did.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message goes to, in clear; without address for an unknown caller: the gateway has the thread."""

    person: str
    name: str = ""
    phone: str = ""
    email: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel has the message for good."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one payment gives back: its number on the order, method, the provider's reference, minor units."""

    payment: int
    method: str
    reference: str
    minor: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The money is on its way; `reference` is the provider's name for it."""

    reference: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing was done, for a reason (a code). `final`: trying again cannot help."""

    reason: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether the money went: asked again with the same key, and never taken for failed."""

    reason: str


class Channel(Protocol):
    """Sends messages to customers."""

    def send(self, key: str, to: Recipient, text: str, *, channel: str, case: str) -> Sent | Failed:
        """Send `text` by `channel` (phone, chat, email …) about the case with this number, once for a key."""
        ...


class PaymentProvider(Protocol):
    """Gives money back."""

    def refund(
        self, key: str, parts: tuple[Part, ...], *, currency: str, case: str, order: str
    ) -> Confirmed | Failed | Unknown:
        """Give back all parts or none, each by the payment that paid, once for a key.

        A Failed that is not `final` left nothing behind and is tried again, as Unknown is.
        """
        ...
