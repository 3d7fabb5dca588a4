"""The ways out of a desk: what a channel for messages and a payment provider must do, and may answer.

Both are asked with a key. The same key again, from this process or after a crash from another, must have no
second effect and gives the first answer. Adapters answer what they can foresee and raise what nobody did.
"""

from typing import Protocol

from csdesk.domain.value import dataclass


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
    """The channel has the message for good; `delivered`: and so has its recipient."""

    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What one payment gives back: its number on the order (0: none), method, the provider's reference, minor units.

    `kind` other than `money` goes back in kind and is never paid out: `count` units of it where they are counted,
    as much as `minor` was worth where not. `if_expired` says what is done where it has run out.
    """

    payment: int
    method: str
    reference: str
    minor: int
    kind: str = "money"
    count: int = 0
    if_expired: str = ""


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

    def send(
        self, key: str, to: Recipient, text: str, *, channel: str, case: str, automatic: bool = False
    ) -> Sent | Failed:
        """Send `text` by `channel` (phone, chat, email …) about the case with this number, once for a key.

        `automatic`: the desk words it by itself, so it must say so and never answer another machine.
        """
        ...


class PaymentProvider(Protocol):
    """Gives money back."""

    def refund(
        self, key: str, parts: tuple[Part, ...], *, currency: str, case: str, order: str, cause: str
    ) -> Confirmed | Failed | Unknown:
        """Give back all parts or none, each by the payment that paid, once for a key.

        A Failed that is not `final` left nothing behind and is tried again, as Unknown is. `cause`: goods, payment,
        outbound; freight and compensation go to the consumer by a transfer, since no payment took them.
        """
        ...

    def find(self, key: str) -> Confirmed | Failed | Unknown | None:
        """What became of a key, without asking for anything; None: the provider never heard of it."""
        ...
