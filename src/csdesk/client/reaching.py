"""Which server a login means, and by what it is let in there: one answer for every door."""

from typing import TYPE_CHECKING

from csdesk.client.credentials import token_for
from csdesk.client.remote import RemoteDesk
from csdesk.desk.config import Config, ConfigError
from csdesk.store.keys import parse_source, secret

if TYPE_CHECKING:
    from csdesk.client.offline import LinkedDesk

UNIX = "unix:"


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
    local = said.startswith(("http://127.0.0.1", "http://[::1]", "http://localhost"))
    if said.startswith((UNIX, "https://")) or local:
        return said
    raise ConfigError("config_server", value=said)


async def reach(config: Config) -> RemoteDesk:
    """The configured desk. ConfigError, StoreError, LinkLost, NotAdmitted, ServerFault."""
    return await RemoteDesk.open(server_of(config), token_of(config))


async def reach_linked(config: Config) -> "LinkedDesk":
    """The same, going on while the line is down with what is kept here; for a console. Raises as `reach`."""
    from csdesk.client.offline import LinkedDesk

    return await LinkedDesk.open(server_of(config), token_of(config))
