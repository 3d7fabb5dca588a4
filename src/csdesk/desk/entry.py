"""How a door gets its desk: the configured file, the person at the keyboard, and the desk's own numbers."""

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.desk.login import agent_of, desk_file
from csdesk.domain.cases.context import Actor, Policy
from csdesk.domain.roles import Role
from csdesk.store.file import Store, open_store
from csdesk.store.keys import KeySource, parse_source

__all__ = ["SYSTEM", "desk_file", "key_source", "open_core", "who"]

SYSTEM = Actor("system", Role.SYSTEM)


def key_source(config: Config) -> KeySource | None:
    """Where the keys are, or None for the usual place; ConfigError when the setting cannot be read."""
    if not config.keys:
        return None
    try:
        return parse_source(config.keys)
    except ValueError as exc:
        raise ConfigError("config_keys", value=config.keys, reason=str(exc)) from None


def who(store: Store, config: Config) -> Actor:
    """The agent that is named, else the one whose os_user is the login name; ConfigError names those there are."""
    agents = store.agents()
    mine = agent_of(config, [(agent.id, agent.os_user) for agent in agents])
    return Actor(mine, Role(next(agent.role for agent in agents if agent.id == mine)))


def open_core(
    config: Config, *, system: bool = False, handed_over: bool = False, readonly: bool = False
) -> Core:
    """A Core on the configured desk for the person at the keyboard, or for the desk itself (`system`).

    `handed_over` lets another thread own the connection. Raises StoreError and ConfigError.
    """
    store = open_store(
        desk_file(config),
        desk_id=config.desk,
        source=key_source(config),
        handed_over=handed_over,
        readonly=readonly,
    )
    try:
        me = SYSTEM if system else who(store, config)
        policy = Policy(hold_ms=config.hold_seconds * 1000, reopen_days=config.reopen_days)
        return Core(store, me, policy=policy)
    except BaseException:
        store.close()
        raise
