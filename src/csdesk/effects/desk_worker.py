"""The worker of a configured desk: where messages and refund instructions go, and how notices are worded."""

from pathlib import Path

from csdesk.desk.config import Config
from csdesk.desk.core import Core
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.cases.case import Case
from csdesk.effects.provider import FileProvider
from csdesk.effects.spool import FileChannel
from csdesk.effects.worker import Worker
from csdesk.store.home import config_dir


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

    return Worker(core, FileChannel(folder / "messages"), FileProvider(folder / "refunds"), word_notice)
