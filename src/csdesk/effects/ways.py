"""The way out of a message by how its customer came: a channel of its own, else the one for all others."""

from collections.abc import Mapping

from csdesk.effects.ports import Channel, Failed, Recipient, Sent


class Ways:
    """A `Channel` that hands each message to the channel that is configured for its way."""

    def __init__(self, other: Channel, ways: Mapping[str, Channel]) -> None:
        self._other = other
        self._ways = ways

    def send(
        self, key: str, to: Recipient, text: str, *, channel: str, case: str, automatic: bool = False
    ) -> Sent | Failed:
        """See `Channel.send`."""
        way = self._ways.get(channel, self._other)
        return way.send(key, to, text, channel=channel, case=case, automatic=automatic)
