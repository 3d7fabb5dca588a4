"""The worker of a configured desk: where messages and refund instructions go, and how notices are worded."""

from pathlib import Path

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.cases.case import Case
from csdesk.effects.ports import PaymentProvider
from csdesk.effects.provider import FileProvider
from csdesk.effects.spool import FileChannel
from csdesk.effects.worker import Worker
from csdesk.store.home import config_dir
from csdesk.store.keys import parse_source, secret


def outgoing(core: Core, config: Config) -> Path:
    """The folder that leaves the desk: as configured, else one per desk file beside the configuration."""
    if config.outgoing:
        return Path(config.outgoing).expanduser()
    return config_dir() / "outgoing" / core.store.desk.file_id


def make_worker(core: Core, config: Config) -> Worker:
    """A worker on a Core of the actor `system`."""
    folder = outgoing(core, config)

    def word_notice(case: Case, code: str, language: str) -> str:
        words = Words(language if language in LANGUAGES else LANGUAGES[0], core.zone)
        return words(code, number=core.number(case), days=config.reopen_days)

    return Worker(core, FileChannel(folder / "messages"), provider_of(config, folder), word_notice)


def provider_of(config: Config, folder: Path) -> PaymentProvider:
    """Who pays: the provider that is configured, else a file for each refund. ConfigError, StoreError."""
    if not config.provider:
        return FileProvider(folder / "refunds")
    from csdesk.effects.http_provider import HttpProvider, checked

    if why := checked(config.provider):
        raise ConfigError("config_provider", reason=why)
    if not config.provider_key:
        raise ConfigError("config_provider", reason="provider_key")
    try:
        source = parse_source(config.provider_key)
    except ValueError as exc:
        raise ConfigError("config_keys", value=config.provider_key, reason=str(exc)) from None
    return HttpProvider(config.provider, secret(source), seconds=config.provider_seconds)
