"""How a door gets its desk: the configured file, the person at the keyboard, and the desk's own numbers."""

from pathlib import Path

from csdesk.desk.carriers import carriers
from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.desk.login import agent_of, desk_file
from csdesk.desk.operations import read_operations
from csdesk.desk.tenders import SHIPPED, Tenders
from csdesk.desk.times import desk_times
from csdesk.domain.cases.context import Actor, Policy
from csdesk.domain.roles import Role
from csdesk.domain.value import replace
from csdesk.store.dsn import Dsn, dsn_of
from csdesk.store.file import Store, open_store
from csdesk.store.keys import KeySource, parse_source

__all__ = ["SYSTEM", "desk_file", "key_source", "open_core", "replica_of", "who"]

SYSTEM = Actor("system", Role.SYSTEM)
# Who has a limit of money to set; all others move none.
LIMITED = (Role.AGENT, Role.SENIOR, Role.SUPERVISOR)


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


def policy_of(config: Config) -> Policy:
    """The desk's own numbers as configured; ConfigError when a file that is named cannot be used."""
    limits = {role: getattr(config, f"refund_limit_{role}") for role in LIMITED}
    compensation = {role: getattr(config, f"compensation_limit_{role}") for role in LIMITED}
    return Policy(
        hold_ms=config.hold_seconds * 1000,
        reopen_days=config.reopen_days,
        refund_limits=limits,
        compensation_limits=compensation,
        two_people_over=config.two_people_over,
        freight_cap=config.freight_cap,
        approve_hours=config.approve_hours,
        looks_a_day={role: getattr(config, f"looks_a_day_{role}") for role in LIMITED},
        caller_checks=config.caller_checks_an_hour,
        person_searches=config.person_searches_an_hour,
        file_most=config.evidence_limit_mb * 1_000_000,
        files_most=config.evidence_message_mb * 1_000_000,
        learns=config.learning,
        semantic=config.semantic,
        tenders=Tenders(Path(config.tenders).expanduser()) if config.tenders else SHIPPED,
    )


def with_operations(policy: Policy, config: Config, store: Store) -> Policy:
    """The policy with what the desk does by itself, and how much it may pay back so; ConfigError as `policy_of`."""

    def merchant_id(code: str) -> str:
        row = store.conn.execute(
            "SELECT id FROM merchant WHERE desk_id = ? AND external_id = ?", (store.desk.id, code)
        ).fetchone()
        return row[0] if row else ""

    path = Path(config.operations).expanduser() if config.operations else None
    operations = read_operations(path, merchant_id)
    limits = {**policy.refund_limits, Role.SYSTEM: operations.refund_limit}
    return replace(policy, operations=operations, refund_limits=limits)


def _with_orders(policy: Policy, config: Config) -> Policy:
    """The policy with what is asked of carriers and the order system; a desk without one loads no reader of it."""
    policy = replace(policy, carriage=bool(config.carrier_api))
    if not config.orders:
        return policy
    from csdesk.desk.order_source import read_settings

    return replace(policy, write_back=read_settings(config.orders).writes)


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
        policy = _with_orders(with_operations(policy_of(config), config, store), config)
        calendars = Path(config.calendars).expanduser() if config.calendars else None
        times = desk_times(calendars, config)
        if config.carriers:
            carriers(config.carriers)  # a file of the desk's own may err: better now than at the first parcel
        return Core(store, me, policy=policy, calendars=calendars, times=times, carriers=config.carriers)
    except BaseException:
        store.close()
        raise
