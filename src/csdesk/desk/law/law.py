"""The law a desk goes by: for each jurisdiction the version that two people approved and whose day has come."""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from pathlib import Path

from csdesk.desk.law import staging
from csdesk.desk.law.calendars import CalendarError, read_dropped
from csdesk.desk.law.lives import PackLife, in_force, lives
from csdesk.desk.law.packs import Calendars, PackError, bind, parse_pack
from csdesk.domain.cases.context import Refused
from csdesk.domain.entitlement.pack import Lawbook, Pack
from csdesk.store import packs
from csdesk.store.connection import write
from csdesk.store.file import Store

# Lawbooks that are kept ready: the one in force, and a few that are compared with it.
READY = 8


class Law:
    """Lawbooks of one desk. Each version is read once; a change by another process is seen at the next call."""

    def __init__(
        self, store: Store, zone: tzinfo, now: Callable[[], int], calendars: Path | None = None
    ) -> None:
        self._store = store
        self._zone = zone
        self._now = now
        self._folder = calendars
        self._calendars: Calendars | None = None
        self._stamp = (-1, -1)
        self._lives: dict[tuple[str, str], PackLife] = {}
        self._digests: Mapping[tuple[str, str], bytes] = {}
        self._packs: dict[bytes, Pack] = {}
        self._books: dict[tuple[bytes, ...], Lawbook] = {}

    def book(self, at: int, pack: str = "") -> Lawbook:
        """The law as of `at` (UTC ms); `pack` (CN@2026-11-22) instead of what that jurisdiction then had.

        Refused `no_such_pack`, `pack_damaged`, `bad_calendar`.
        """
        chosen = {life.id: (life.id, life.version) for life in in_force(self.lives().values(), at).values()}
        if pack:
            key = self.known(pack)
            chosen[key[0]] = key
        keys = tuple(chosen.values())
        return self._bound(tuple(map(self.pack, keys)), tuple(map(self._digest, keys)))

    def supposing(self, at: int, pack: Pack) -> Lawbook:
        """The law as of `at` with a pack that the desk does not have instead of that jurisdiction's own."""
        book = self.book(at)
        return bind(list({**book.packs, pack.id: pack}.values()), book.calendars, self._zone)

    def lives(self) -> Mapping[tuple[str, str], PackLife]:
        """Every version this desk has had; one look at an index (5 µs) unless something was added."""
        conn, desk = self._store.conn, self._store.desk.id
        stamp = packs.stamp(conn, desk)
        if stamp == (0, 0) and not conn.readonly:
            self._adopt()
            stamp = packs.stamp(conn, desk)
        if stamp != self._stamp:
            self._stamp = stamp
            steps = packs.steps(conn, desk) or _unkept()
            self._lives, self._digests = lives(steps, self._zone), packs.digests(conn, desk)
        return self._lives

    def known(self, said: str) -> tuple[str, str]:
        """Pack and version of a name; Refused `no_such_pack` when this desk never had it."""
        key, held = staging.named(said), self.lives()
        if key is None or key not in held:
            raise Refused("no_such_pack", pack=said, known=tuple(life.name for life in held.values()))
        return key

    def pack(self, key: tuple[str, str]) -> Pack:
        """A version by pack and version; Refused `pack_damaged` when its text is not what was staged."""
        digest = self._digest(key)
        found = self._packs.get(digest)
        if found is None:
            found = self._packs[digest] = self._parsed(key)
        return found

    def calendars(self) -> Calendars:
        """The calendars, with those of the desk's own folder; Refused `bad_calendar` when one cannot be used."""
        if self._calendars is None:
            if self._folder is not None:
                try:
                    read_dropped(self._folder)
                except CalendarError as error:
                    raise Refused("bad_calendar", said=str(error)) from None
            self._calendars = Calendars(self._folder)
        return self._calendars

    def _digest(self, key: tuple[str, str]) -> bytes:
        return self._digests.get(key, "@".join(key).encode())

    def _parsed(self, key: tuple[str, str]) -> Pack:
        name = "@".join(key)
        text = packs.text(self._store.conn, self._store.desk.id, *key)
        if text is None and key not in self._digests:
            return staging.shipped()[key[0]][0]
        try:
            return parse_pack(text or "", name)
        except PackError as error:
            raise Refused("pack_damaged", pack=name, said=str(error)) from None

    def _bound(self, chosen: tuple[Pack, ...], digests: tuple[bytes, ...]) -> Lawbook:
        book = self._books.get(digests)
        if book is None:
            book = bind(chosen, self.calendars(), self._zone)
            while len(self._books) >= READY:
                self._books.pop(next(iter(self._books)))
            self._books[digests] = book
        return book

    def _adopt(self) -> None:
        """Keep the shipped packs on a desk that has none: within the verb that needs them, or by itself."""
        conn, at = self._store.conn, self._now()
        if conn.in_transaction:
            staging.adopt(conn, self._store.desk.id, at)
            return
        with write(conn):
            staging.adopt(conn, self._store.desk.id, at)


def _unkept() -> list[packs.Step]:
    """The shipped packs as steps, for a desk without any whose file may only be read."""
    return [
        packs.Step(n, pack.id, pack.version, "shipped", staging.SHIPPER, 0)
        for n, (pack, _) in enumerate(staging.shipped().values(), 1)
    ]
