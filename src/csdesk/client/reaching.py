"""Which server a login means, and by what it is let in there: one answer for every door."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from csdesk.client.credentials import token_for
from csdesk.client.remote import RemoteDesk
from csdesk.desk.config import Config, ConfigError
from csdesk.store.keys import parse_source, secret

if TYPE_CHECKING:
    from csdesk.client.offline import LinkedDesk

UNIX = "unix:"
# Where a token may go in clear: it does not leave this machine.
LOCAL = ("127.0.0.1", "::1", "localhost")


def token_of(config: Config) -> str:
    """The token for the configured server, as configured or as `csdesk login` kept it; "" on a Unix socket.

    ConfigError, StoreError.
    """
    if not config.token:
        return token_for(server_of(config)) if config.server else ""
    try:
        source = parse_source(config.token)
    except ValueError as exc:
        raise ConfigError("config_token", value=config.token, reason=str(exc)) from None
    return secret(source).decode("ascii", "replace")


def server_of(config: Config) -> str:
    """The configured server; ConfigError for what is none, or one that would see a token in clear on a network."""
    said = config.server.rstrip("/")
    if said.startswith(UNIX) and said != UNIX:
        return said
    try:
        parts = urlsplit(said)
        host, _ = parts.hostname, parts.port
    except ValueError:  # a port that is no number, half an IPv6 address
        raise ConfigError("config_server", value=said) from None
    # The whole host is compared: http://127.0.0.1.example.com is somebody else's, and so is what stands behind an @.
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in LOCAL)
    if not (safe and host) or "@" in parts.netloc or parts.path or parts.query or parts.fragment:
        raise ConfigError("config_server", value=said.rpartition("@")[2])
    return said


async def reach(config: Config) -> RemoteDesk:
    """The configured desk. ConfigError, StoreError, LinkLost, NotAdmitted, ServerFault."""
    return await RemoteDesk.open(server_of(config), token_of(config))


async def reach_linked(config: Config) -> "LinkedDesk":
    """The same, going on while the line is down with what is kept here; for a console. Raises as `reach`."""
    from csdesk.client.offline import LinkedDesk

    return await LinkedDesk.open(server_of(config), token_of(config))
