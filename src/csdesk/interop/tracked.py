"""What carriers and those who gather their scans tell, through the importer: for answers to a poll and for pushes."""

from collections.abc import Iterator
from typing import Any

from csdesk.desk.carrier_source import Keeper, NotUnderstood, Scanned
from csdesk.desk.core import Core
from csdesk.interop.documents import keep
from csdesk.interop.faults import ImportFault
from csdesk.interop.importer import Report
from csdesk.interop.maps import ImportMap, load_map

# Under this name their documents are known to the importer.
SOURCE = "carriers"
# Problems of records that are told one by one.
MOST_TOLD = 10
# What a message wraps its parcels in: kdniao's pushes, those of kuaidi100, and our own shape of an answer.
_WRAPS = ("Data", "lastResult", "scans", "parcels")


def keeper(names: str) -> Keeper:
    """Keeps what one of these maps (names or paths, apart by blanks) finds parcels in; ImportFault for a bad map."""
    maps = [load_map(name) for name in names.split()]
    for map_ in maps:
        if "tracking" not in map_.sections:
            raise ImportFault("wrong_map", path=SOURCE, map=map_.name, takes=", ".join(map_.sections))

    def kept(core: Core, document: Any) -> Scanned:
        if document in ([], {}):
            return Scanned()
        for inner in _unwrapped(document):
            if inner == []:
                return Scanned()
            for map_ in maps:
                if (report := _report(core, map_, inner)) is not None:
                    return _scanned(report)
        raise NotUnderstood

    return kept


def _unwrapped(document: Any) -> Iterator[Any]:
    """The document, then what it wraps."""
    yield document
    if isinstance(document, dict):
        yield from (document[name] for name in _WRAPS if isinstance(document.get(name), list | dict))


def _report(core: Core, map_: ImportMap, document: Any) -> Report | None:
    try:
        return keep(core.by_itself(), map_, SOURCE, document).report
    except ImportFault as fault:
        if fault.code in ("wrong_map", "import_empty"):
            return None
        raise


def _scanned(report: Report) -> Scanned:
    counts = {name: report.total(name) for name in ("records", "added", "changed", "rejected")}
    return Scanned(
        **counts,
        unchanged=report.total("unchanged") + report.total("repeated"),
        told=report.told,
        unknown=report.unknown_parcel,
        problems=tuple(str(reject) for reject in report.rejects[:MOST_TOLD]),
    )
