"""The worker of a configured desk: where messages and refund instructions go, and how notices are worded."""

from pathlib import Path
from typing import TYPE_CHECKING

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.cases.case import Case
from csdesk.effects.ports import Channel, PaymentProvider
from csdesk.effects.provider import FileProvider
from csdesk.effects.spool import FileChannel
from csdesk.effects.ways import Ways
from csdesk.effects.webhooks_out import Courier
from csdesk.effects.worker import Worker
from csdesk.store.home import config_dir
from csdesk.store.keys import parse_source, secret

if TYPE_CHECKING:
    from csdesk.effects.carriers.http import HttpCarriers
    from csdesk.effects.mail.sending import SmtpChannel
    from csdesk.effects.orders.http import HttpDesk

# A gateway carries these; mail has a way of its own, and letters and calls are a person's.
GATEWAY_CHANNELS = ("chat", "app", "social")


def outgoing(core: Core, config: Config) -> Path:
    """The folder that leaves the desk: as configured, else one per desk file beside the configuration."""
    if config.outgoing:
        return Path(config.outgoing).expanduser()
    return config_dir() / "outgoing" / core.store.desk.file_id


def make_worker(core: Core, config: Config) -> Worker:
    """A worker on a Core of the actor `system`; that of a practice desk sends and pays nothing, whatever is set."""
    folder = outgoing(core, config)

    def word_notice(case: Case, code: str, language: str) -> str:
        words = Words(language if language in LANGUAGES else LANGUAGES[0], core.zone)
        # A deadline that has passed is nothing to promise any more.
        due = words.moment(case.due) if case.due > core.now() else ""
        return words(code, number=core.number(case), days=config.reopen_days, due=due)

    if core.store.desk.practice:
        from csdesk.effects.practice import NoChannel, NoProvider

        return Worker(core, NoChannel(), NoProvider(), word_notice)
    files = FileChannel(folder / "messages")
    mail = _mail(core, config)
    ways: dict[str, Channel] = {"email": mail} if mail else {}
    if gateway := _gateway(config):
        ways |= dict.fromkeys(GATEWAY_CHANNELS, gateway)
    worker = Worker(
        core,
        Ways(files, ways) if ways else files,
        provider_of(config, folder),
        word_notice,
        orders=_orders(config),
        carriers=_carriers(config),
        hooks=Courier(core),
    )
    if mail:
        mail.meanwhile = worker.renew
    return worker


def _mail(core: Core, config: Config) -> "SmtpChannel | None":
    """The way out for mail; a desk without one does not load it."""
    if not config.mail_out:
        return None
    from csdesk.effects.mail.post import channel_of

    return channel_of(core, config)


def _orders(config: Config) -> "HttpDesk | None":
    """Who does what cases ask of their orders; a desk that asks nothing does not load it."""
    if not config.orders:
        return None
    from csdesk.effects.orders.making import desk_of

    return desk_of(config)


def _carriers(config: Config) -> "HttpCarriers | None":
    """Who makes labels and collects; a desk without carriers does not load it."""
    if not config.carrier_api:
        return None
    from csdesk.effects.carriers.making import carriers_of

    return carriers_of(config)


def _gateway(config: Config) -> Channel | None:
    """The way out for chats and apps, where there is one. ConfigError, StoreError."""
    if not config.gateway:
        return None
    from csdesk.effects.http_channel import HttpChannel
    from csdesk.effects.wire import checked

    if why := checked(config.gateway):
        raise ConfigError("config_gateway", reason=why)
    return HttpChannel(config.gateway, gateway_secret(config))


def gateway_secret(config: Config) -> bytes:
    """The secret by which the gateway and this desk know each other, in both directions. ConfigError, StoreError."""
    if not config.gateway_key:
        raise ConfigError("config_gateway", reason="gateway_key")
    try:
        source = parse_source(config.gateway_key)
    except ValueError as exc:
        raise ConfigError("config_keys", value=config.gateway_key, reason=str(exc)) from None
    return secret(source)


def provider_of(config: Config, folder: Path) -> PaymentProvider:
    """Who pays: the provider that is configured, else a file for each refund. ConfigError, StoreError."""
    if not config.provider:
        return FileProvider(folder / "refunds")
    from csdesk.effects.http_provider import HttpProvider
    from csdesk.effects.wire import checked

    if why := checked(config.provider):
        raise ConfigError("config_provider", reason=why)
    if not config.provider_key:
        raise ConfigError("config_provider", reason="provider_key")
    try:
        source = parse_source(config.provider_key)
    except ValueError as exc:
        raise ConfigError("config_keys", value=config.provider_key, reason=str(exc)) from None
    return HttpProvider(config.provider, secret(source), seconds=config.provider_seconds)
