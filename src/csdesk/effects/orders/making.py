"""The adapters of a configured order system."""

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.order_source import OrderSource, SourceSettings, read_settings
from csdesk.effects.orders.http import HttpDesk, HttpSource
from csdesk.effects.wire import Wire, checked
from csdesk.store.keys import parse_source, secret


def source_of(settings: SourceSettings) -> OrderSource:
    """Where orders are looked up and changes come from. ConfigError, StoreError."""
    if settings.http is not None and settings.source.kind == "http":
        return HttpSource(_wire(settings), settings.http, settings.source)
    if settings.sql is not None and settings.source.kind == "sql":
        from csdesk.effects.orders.sqlview import SqlSource

        return SqlSource(settings, settings.sql)
    raise ConfigError("config_orders", path=settings.path, reason=settings.source.kind)


def desk_of(config: Config) -> HttpDesk | None:
    """Who does what cases ask of their order; None where nobody is configured. ConfigError, StoreError."""
    if not config.orders:
        return None
    settings = read_settings(config.orders)
    return HttpDesk(_wire(settings)) if settings.writes else None


def _wire(settings: SourceSettings) -> Wire:
    http = settings.http
    assert http is not None  # the settings were read with it
    if why := checked(http.address):
        raise ConfigError("config_orders", path=settings.path, reason=why)
    try:
        source = parse_source(http.key)
    except ValueError as exc:
        raise ConfigError("config_keys", value=http.key, reason=str(exc)) from None
    return Wire(http.address, secret(source), seconds=min(max(http.seconds, 0.1), 5.0))
