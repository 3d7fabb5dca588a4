"""What `csdesk work` looks at again and again: the order system, the folder of messages, the folder of evidence."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.desk.order_source import SourceSettings, read_settings

if TYPE_CHECKING:
    from csdesk.effects.orders.csvdrop import Dropped
    from csdesk.effects.pollers import Poller

log = logging.getLogger(__name__)

# The source of messages in the folder that do not name theirs.
INCOMING = "incoming"
# A photograph is waited for by somebody on the telephone.
EVIDENCE_S = 2.0


def order_pollers(config: Config) -> "list[Poller]":
    """The poller of the order system, if it is to be followed; its settings are read now. ConfigError, StoreError."""
    if not config.orders:
        return []
    source = read_settings(config.orders)
    if not source.source.every_seconds or (source.http is not None and not source.http.changes):
        return []
    from csdesk.effects.pollers import NoAnswer, Poller
    from csdesk.interop.maps import load_map

    load_map(source.map)
    name, every = f"orders {source.source.name}", source.source.every_seconds
    if source.csv is not None:
        return [Poller(name, every, lambda core: _log(drop(core, source)))]
    from csdesk.effects.orders.making import source_of
    from csdesk.interop.ordering import pull

    followed = source_of(source)

    def look(core: Core) -> None:
        if fault := pull(core, followed, source).fault:
            raise NoAnswer(fault)

    return [Poller(name, every, look)]


def folder_pollers(config: Config) -> "list[Poller]":
    """The poller of the folder that messages are put into, if there is one. ConfigError for one that is no folder."""
    if not config.incoming:
        return []
    from csdesk.effects.folder_in import take_folder
    from csdesk.effects.pollers import Poller

    folder = Path(config.incoming).expanduser()
    if not folder.is_dir():
        raise ConfigError("config_incoming", path=folder)

    def look(core: Core) -> None:
        take_folder(core, folder, INCOMING)

    return [Poller(INCOMING, config.incoming_seconds, look)]


def evidence_pollers(config: Config) -> "list[Poller]":
    """The poller of the folder of evidence, if there is one. ConfigError for one that is no folder."""
    if not config.evidence_in:
        return []
    from csdesk.cli.errors import words
    from csdesk.effects.evidence_in import take_evidence
    from csdesk.effects.pollers import Poller

    folder, told = Path(config.evidence_in).expanduser(), words(config)
    if not folder.is_dir():
        raise ConfigError("config_evidence_in", path=folder)

    def look(core: Core) -> None:
        take_evidence(core, folder, config.evidence_limit_mb * 1_000_000, told.refused)

    return [Poller("evidence", EVIDENCE_S, look)]


def _log(dropped: "Dropped") -> None:
    """A refused file waits beside its reason; the log says that it does."""
    for path, _ in dropped.refused:
        log.warning("orders: the file %s was refused", path.name)


def drop(core: Core, source: SourceSettings) -> "Dropped":
    """Import every whole file of the folder; a file with no good record is refused."""
    from csdesk.effects.orders.csvdrop import take
    from csdesk.interop.faults import ImportFault
    from csdesk.interop.importer import import_source
    from csdesk.interop.maps import load_map
    from csdesk.interop.readers import look

    if source.csv is None:
        raise ConfigError("config_orders", path=source.path, reason="[csv]")
    map_ = load_map(source.map)

    def keep(path: Path) -> str:
        try:
            report = import_source(core, look(path, map_), map_)
        except ImportFault as fault:
            return str(fault)
        rejected, records = report.total("rejected"), report.total("records")
        return "\n".join(map(str, report.rejects)) if records and rejected == records else ""

    return take(source.beside(source.csv.folder), source.csv.settle_seconds, keep)
