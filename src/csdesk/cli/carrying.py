"""Carriers as the settings name them: the poller beside `csdesk work`, and what `csdesk courier check` says of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.desk.order_age import ago
from csdesk.desk.words import Words
from csdesk.domain.value import dataclass

if TYPE_CHECKING:
    from csdesk.effects.carriers.polling import Polled
    from csdesk.effects.pollers import Poller


@dataclass(frozen=True, slots=True)
class CarrierState:
    """How carriers stand: last answer and fault (UTC ms, 0: never), parcels on their way, asks without an answer."""

    address: str
    maps: str
    minutes: int
    batch: int
    answered_at: int
    failed_at: int
    fault: str
    awaited: int
    waiting: int


def carrier_pollers(config: Config) -> "list[Poller]":
    """The poller of parcels in transit, if carriers are to be asked; settings are read now. ConfigError, StoreError."""
    if not config.carrier_api or not config.carrier_minutes:
        return []
    from csdesk.effects.carriers.making import poller_of
    from csdesk.interop.tracked import keeper

    poller = poller_of(config, keeper(config.carrier_map))
    return [poller] if poller else []


def poll_once(core: Core, config: Config) -> "Polled":
    """Ask after what is due, once. ConfigError without carriers; NoAnswer from them."""
    from csdesk.effects.carriers.making import polling_of
    from csdesk.interop.tracked import keeper

    polling = polling_of(config, keeper(config.carrier_map))
    if polling is None:
        raise ConfigError("no_carrier_api")
    return polling.look(core)


def carrier_state(core: Core, config: Config) -> CarrierState:
    """Read the settings, the mapping and the maps, and say how carriers stand. ConfigError, ImportFault, StoreError."""
    if not config.carrier_api:
        raise ConfigError("no_carrier_api")
    from csdesk.effects.carriers.making import carriers_of
    from csdesk.interop.tracked import keeper
    from csdesk.store import asked_parcels

    carriers_of(config)
    keeper(config.carrier_map)
    state = asked_parcels.state(core.store.conn, core.desk)
    return CarrierState(
        config.carrier_api,
        config.carrier_map,
        config.carrier_minutes,
        config.carrier_batch,
        state.answered_at,
        state.failed_at,
        state.fault,
        asked_parcels.count(core.store.conn, core.desk, core.now()),
        asked_parcels.unanswered(core.store.conn, core.desk),
    )


def told(state: CarrierState, words: Words, now: int) -> Iterator[str]:
    """The state in lines, with the age of the last answer."""
    yield words("cli.carrier.is", address=state.address, maps=state.maps)
    if state.minutes:
        asked = {"minutes": state.minutes, "batch": state.batch, "awaited": state.awaited}
        yield words("cli.carrier.polls", **asked)
    else:
        yield words("cli.carrier.never", awaited=state.awaited)
    if state.answered_at:
        age = ago(words, state.answered_at, now)
        yield words("cli.carrier.answered", at=words.moment(state.answered_at), age=age)
    else:
        yield words("cli.carrier.no_answer")
    if state.fault:
        why = words.code("order_fault", state.fault)
        yield words("cli.carrier.failed", at=words.moment(state.failed_at), why=why)
    if state.waiting:
        yield words("cli.carrier.waiting", n=state.waiting)
