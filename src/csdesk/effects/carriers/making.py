"""The adapters of the configured carriers."""

from csdesk.desk.carrier_source import Keeper
from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.effects.carriers.answers import read_answers
from csdesk.effects.carriers.http import HttpCarriers
from csdesk.effects.carriers.polling import LOOK_S, Polling
from csdesk.effects.pollers import Poller
from csdesk.effects.wire import Wire, checked
from csdesk.store.keys import parse_source, secret


def carriers_of(config: Config) -> HttpCarriers | None:
    """Who makes labels, collects, and knows where parcels are; None without a setting. ConfigError, StoreError."""
    if not config.carrier_api:
        return None
    if why := checked(config.carrier_api):
        raise ConfigError("config_carrier_api", path="carrier_api", reason=why)
    answers = read_answers(config.carrier_answers)
    return HttpCarriers(Wire(config.carrier_api, carrier_secret(config)), answers)


def polling_of(config: Config, keep: Keeper) -> Polling | None:
    """Who asks carriers after parcels; None where nobody is configured, or asking is switched off."""
    carriers = carriers_of(config)
    if carriers is None or not config.carrier_minutes:
        return None
    return Polling(carriers, keep, every_ms=config.carrier_minutes * 60_000, batch=config.carrier_batch)


def poller_of(config: Config, keep: Keeper) -> Poller | None:
    """The same as something that runs beside the worker."""
    polling = polling_of(config, keep)
    if polling is None:
        return None

    def run(core: Core) -> None:
        polling.look(core)

    return Poller("carriers", LOOK_S, run)


def carrier_secret(config: Config) -> bytes:
    """The secret by which carriers and this desk know each other, in both directions. ConfigError, StoreError."""
    if not config.carrier_key:
        raise ConfigError("config_carrier_api", path="carrier_key", reason="missing")
    try:
        source = parse_source(config.carrier_key)
    except ValueError as exc:
        raise ConfigError("config_keys", value=config.carrier_key, reason=str(exc)) from None
    return secret(source)
