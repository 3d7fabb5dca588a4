"""The ways out of a practice desk: everything is taken and nothing goes anywhere."""

from csdesk.effects.ports import Confirmed, Failed, Part, Recipient, Sent, Unknown


class NoChannel:
    """Takes every message; nobody gets one."""

    def send(
        self, key: str, to: Recipient, text: str, *, channel: str, case: str, automatic: bool = False
    ) -> Sent | Failed:
        """See `Channel.send`."""
        return Sent()


class NoProvider:
    """Says of every refund that it is on its way; no money moves. Its references say so."""

    def refund(
        self, key: str, parts: tuple[Part, ...], *, currency: str, case: str, order: str, cause: str
    ) -> Confirmed | Failed | Unknown:
        """See `PaymentProvider.refund`."""
        return Confirmed(f"PRACTICE-{case}")

    def find(self, key: str) -> Confirmed | Failed | Unknown | None:
        """See `PaymentProvider.find`: nothing was ever asked for."""
        return None
