"""How a door gets its desk: the configured file, the person at the keyboard, and the desk's own numbers."""

from pathlib import Path
from typing import TYPE_CHECKING

from csdesk.desk.carriers import carriers
from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.desk.login import agent_of, desk_file
from csdesk.desk.times import desk_times
from csdesk.domain.cases.actor import Actor
from csdesk.domain.roles import Role
from csdesk.store.dsn import Dsn, dsn_of
from csdesk.store.file import Store, open_store
from csdesk.store.keys import KeySource, parse_source

if TYPE_CHECKING:
    from csdesk.domain.cases.policy import Policy

__all__ = ["SYSTEM", "desk_file", "key_source", "open_core", "replica_of", "who"]

SYSTEM = Actor("system", Role.SYSTEM)


def key_source(config: Config) -> KeySource | None:
    """Where the keys are, or None for the usual place; ConfigError when the setting cannot be read."""
    if not config.keys:
        return None
    try:
        return parse_source(config.keys)
    except ValueError as exc:
        raise ConfigError("config_keys", value=config.keys, reason=str(exc)) from None


def replica_of(config: Config) -> Dsn | None:
    """Where reports are read; ConfigError for what is no address, or beside a file, which has no replica."""
    if not config.replica:
        return None
    found = dsn_of(config.replica)
    if found is None or dsn_of(config.file) is None:
        raise ConfigError("config_replica", value=found.shown if found else config.replica)
    return found


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
    if config.server:
        raise ConfigError("server_instead", server=config.server)
    store = open_store(
        desk_file(config),
        desk_id=config.desk,
        source=key_source(config),
        handed_over=handed_over,
        readonly=readonly,
        evidence=Path(config.evidence_folder).expanduser() if config.evidence_folder else None,
        replica=replica_of(config),
    )
    try:
        me = SYSTEM if system else who(store, config)

        def policy() -> "Policy":
            from csdesk.desk.own_policy import own_policy

            return own_policy(config, store)

        # Files of the desk's own may err: better now than at the first verb. Who looks at a queue needs no shipped one.
        own = config.operations or config.tenders or config.orders
        calendars = Path(config.calendars).expanduser() if config.calendars else None
        times = desk_times(calendars, config)
        if config.carriers:
            carriers(config.carriers)  # a file of the desk's own may err: better now than at the first parcel
        return Core(
            store,
            me,
            policy=policy() if own else policy,
            now=store.conn.now,
            calendars=calendars,
            times=times,
            carriers=config.carriers,
        )
    except BaseException:
        store.close()
        raise
