"""Proxies before the server: which are believed, and where a request that came through them comes from."""

import ipaddress
from collections.abc import Iterable
from contextlib import suppress

from csdesk.desk.config import ConfigError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Headers = Iterable[tuple[bytes, bytes]]
FORWARDED = b"x-forwarded-for"


class Proxies:
    """The addresses of the setting `proxies`."""

    def __init__(self, said: str = "") -> None:
        """Addresses or networks, apart by blanks; ConfigError for what is neither."""
        self._networks: list[Network] = []
        for word in said.split():
            try:
                self._networks.append(ipaddress.ip_network(word))
            except ValueError:
                raise ConfigError("config_proxies", value=word) from None

    def __contains__(self, host: str) -> bool:
        with suppress(ValueError):
            found = ipaddress.ip_address(host)
            return any(found in network for network in self._networks)
        return False

    @property
    def elsewhere(self) -> bool:
        """Whether one of them is another machine."""
        return any(not network.is_loopback for network in self._networks)

    def origin(self, host: str, headers: Headers) -> str:
        """Where a request comes from whose connection comes from `host`.

        Each proxy adds to `X-Forwarded-For` the address that it saw, so they are read from the last one on, as long as
        it was a proxy that wrote; what stands before may be the sender's own invention.
        """
        if host not in self:
            return host
        told = b",".join(value for name, value in headers if name.lower() == FORWARDED).decode("latin-1")
        for word in reversed(told.split(",")):
            try:
                host = str(ipaddress.ip_address(word.strip()))
            except ValueError:
                break
            if host not in self:
                break
        return host
