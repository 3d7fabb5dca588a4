"""The desk's own numbers as configured: limits, holds, what it does by itself, what its order system is asked for."""

from pathlib import Path

from csdesk.desk.config import Config
from csdesk.desk.operations import read_operations
from csdesk.desk.tenders import SHIPPED, Tenders
from csdesk.domain.cases.policy import Policy
from csdesk.domain.roles import Role
from csdesk.domain.value import replace
from csdesk.store.file import Store

# Who has a limit of money to set; all others move none.
LIMITED = (Role.AGENT, Role.SENIOR, Role.SUPERVISOR)


def own_policy(config: Config, store: Store) -> Policy:
    """All of them; ConfigError when a file that is named cannot be used."""
    return _with_orders(_with_operations(policy_of(config), config, store), config)


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


def _with_operations(policy: Policy, config: Config, store: Store) -> Policy:
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
