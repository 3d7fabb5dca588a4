"""What a pack must be before a desk keeps it: read whole, complete for the rules, its codes its own."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain

from csdesk import resources
from csdesk.desk.law.calendars import countries
from csdesk.desk.law.packs import PackError, parse_pack, zone_of
from csdesk.domain.entitlement.pack import Pack, Provision
from csdesk.domain.text import clean
from csdesk.store import packs
from csdesk.store.connection import Connection

# The largest shipped pack has 60 kB.
MOST_TEXT = 2_000_000
# Who put in the packs that come with csdesk: nobody of the desk.
SHIPPER = "csdesk"
_ID = re.compile(r"[A-Z][A-Z0-9_-]{1,15}")
_VERSION = re.compile(r"\d{4}-\d\d-\d\d[0-9A-Za-z._-]{0,20}")
_SPOKEN = re.compile(r"\s*([A-Za-z][\w-]*)\s*[@ ]\s*(\S+)\s*")


def named(said: str) -> tuple[str, str] | None:
    """Pack and version of `CN@2026-11-22`, or of `CN 2026-11-22` as decisions write it; None for other texts."""
    found = _SPOKEN.fullmatch(said)
    return (found[1].upper(), found[2]) if found else None


def read_staged(text: str, where: str, others: Iterable[Pack] = ()) -> Pack:
    """A pack from the text that somebody brings; PackError with the first fault, in one sentence.

    It must have what the rules read from the shipped pack of the same jurisdiction, name a time zone and a calendar
    that there are, and claim no code that one of the `others` answers to.
    """
    if len(text) > MOST_TEXT:
        raise PackError(f"{where}: longer than {MOST_TEXT:,} characters; a pack is a small TOML file")
    # No other text than what people see may pass their eyes: an invisible sign would be approved unseen.
    if removed := clean(text, limit=MOST_TEXT).removed:
        raise PackError(f"{where}: holds {removed} invisible or control characters; remove them")
    pack = parse_pack(text, where)
    if not isinstance(pack.id, str) or not _ID.fullmatch(pack.id):
        raise PackError(f"{where}: id is two to sixteen capitals and digits (CN), not {str(pack.id)[:40]!r}")
    if not _VERSION.fullmatch(pack.version):
        raise PackError(f"{where}: version is a day, 2026-11-22, with a few letters at most after it")
    like = shipped().get(pack.id)
    for fault in chain(_places(pack), _clashes(pack, others), _lacks(pack, like[0]) if like else ()):
        raise PackError(f"{where}: {fault}")
    return pack


def _places(pack: Pack) -> Iterator[str]:
    try:
        zone_of(pack)
    except PackError as error:
        yield str(error)
    if pack.calendar and pack.calendar not in countries():
        yield f"calendar {pack.calendar!r} is none of {', '.join(countries())}"


def _clashes(pack: Pack, others: Iterable[Pack]) -> Iterator[str]:
    own = {pack.id, *pack.also, *pack.countries}
    for other in others:
        if other.id != pack.id and (both := own & {other.id, *other.also, *other.countries}):
            yield f"the code {min(both)} belongs to the pack {other.id} already"


def _lacks(pack: Pack, like: Pack) -> Iterator[str]:
    """What the rules of this csdesk read from a pack of this jurisdiction and do not find in this one."""
    for code, spans in like.provisions.items():
        needed = set.intersection(*(set(span.values) for span in spans))
        for span in pack.provisions.get(code, ()):
            if missing := sorted(needed - span.values.keys()):
                yield f"provisions.{code} from {span.effective_from} lacks {', '.join(missing)}"
            if span.period is None and all(known.period for known in spans):
                yield f"provisions.{code} from {span.effective_from} lacks count and unit"
            yield from _other_types(code, span, spans[0])
    if missing := sorted(like.words.keys() - pack.words.keys()):
        yield f"words.{missing[0]} is missing, which rules ask for"
    if missing := sorted(like.events.keys() - pack.events.keys()):
        yield f"events.{missing[0]} is missing, which rules ask for"


def _other_types(code: str, span: Provision, like: Provision) -> Iterator[str]:
    for name, value in like.values.items():
        said = span.values.get(name, value)
        # A number may be whole or not; a list may be one word.
        kinds = {isinstance(value, tuple | str), isinstance(said, tuple | str)}
        if len(kinds) == 2 or isinstance(said, Mapping | bool):
            yield f"provisions.{code}.{name} is {said!r}, where {value!r} is of the kind that rules read"


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, tuple[Pack, str]]:
    """The packs that come with this csdesk with their texts, by jurisdiction; 30 ms at first."""
    found: dict[str, tuple[Pack, str]] = {}
    for path in sorted(resources.path("data/packs").glob("*.toml")):
        text = path.read_bytes().decode()
        pack = parse_pack(text, str(path))
        found[pack.id] = (pack, text)
    return found


def adopt(conn: Connection, desk: str, at: int) -> None:
    """Keep the shipped packs as the law that a desk begins with, inside the caller's transaction.

    From then on a newer csdesk only offers its packs. Does nothing on a desk that has any.
    """
    if packs.stamp(conn, desk) != (0, 0):
        return
    for pack, text in shipped().values():
        packs.put(conn, desk, pack.id, pack.version, text)
        packs.add(conn, desk, (pack.id, pack.version), "shipped", SHIPPER, at)
