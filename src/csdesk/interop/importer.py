"""Imports files by a map: looks all of them through, then keeps them batch by batch, and reports.

A run that was broken off, a second run, and the first one are the same walk over the same files: what is
already kept is recognised by its digest and left alone, so that all of them end alike and write the same
rejects.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path

from csdesk.desk.core import Core
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.interop.balance import CHANGED, REPEATED, TAKEN, THERE, Balance, Books
from csdesk.interop.comments import Comments
from csdesk.interop.commerce import Customers, Orders, Products
from csdesk.interop.complaints import Complaints
from csdesk.interop.entity import NOTHING, Entity, Pending, Read, Run
from csdesk.interop.faults import ImportFault, Problem, Reject, Rejects
from csdesk.interop.fields import Fields, reading
from csdesk.interop.folders import Passed, expand
from csdesk.interop.jobs import MOST_HELD, Job, find_jobs, holds, same
from csdesk.interop.macros import Macros, Remark
from csdesk.interop.maps import SHAPES, ImportMap, load_map, mapping
from csdesk.interop.newest import Heard, Newest, Told
from csdesk.interop.overlay import OVERLAYS, Overlay
from csdesk.interop.readers import Item, Source
from csdesk.interop.scans import Couriers, Tracking
from csdesk.interop.seeds import SeedError
from csdesk.interop.texts import Articles, CannedReplies
from csdesk.interop.tickets import Staff, Tickets, gather
from csdesk.store import load
from csdesk.store.connection import bulk, checkpoint, data_version, read, write

Progress = Callable[[int, int], None]
# Of these a report tells one by one; the rest is counted.
TOLD_REJECTS = 50
TOLD_CHANGES = 1_000
# Two imports and a desk at work on one file: each waits for the others' batches.
WAIT_S = 120.0
COLLECTED_EACH = 250_000
_OVERLAID = ("customers", "products", "orders")
_OVERLAY_ENTITY = "overlay"


@dataclass(frozen=True, slots=True)
class Change:
    """A record that is now a new version: what it is called (a customer by csdesk's own id) and which fields
    differ.
    """

    entity: str
    name: str
    version: int
    fields: tuple[str, ...]


@dataclass(slots=True)
class FileReport:
    """What became of one file (of one kind of record in it). `resumed`: records behind which an earlier run
    broke off.
    """

    path: str
    entity: str
    format: str
    encoding: str
    records: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    rejected: int = 0
    cleaned: int = 0
    resumed: int = 0


@dataclass(slots=True)
class Report:
    """What an import did, or would do (`dry_run`). `rows`: rows written; `told`: open cases told of a change.

    `unknown_parcel`: waybills told of that no order or case names yet.
    `remarks`: what did not come over of records that did. `mapping`: field by field, which expression fills it.
    `balance`: what became of every record, sort by sort; `passed`: files of which the map takes nothing.
    `cleaned` counts fields from which unsafe characters were taken; `reasons` rejects by reason code.
    """

    map: str
    dry_run: bool
    overlay: str
    files: list[FileReport] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    rejects_path: str = ""
    rows: int = 0
    told: int = 0
    unknown_parcel: int = 0
    remarks: list[Remark] = field(default_factory=list)
    mapping: dict[str, dict[str, str]] = field(default_factory=dict)
    balance: list[Balance] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)

    def total(self, count: str) -> int:
        """The sum of one count (`added`, `rejected`, …) over all files."""
        return sum(int(getattr(file, count)) for file in self.files)


def run_import(
    core: Core,
    files: Sequence[Path],
    map_name: str,
    *,
    dry_run: bool = False,
    overlay: str = "",
    overlay_now: int | None = None,
    rejects_path: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Import `files`, and those of folders, by the map of this name or path; they may come in any order.

    `overlay` (see `overlay.OVERLAYS`) makes up what the source does not tell, as of `overlay_now` (UTC ms;
    first import: now, later ones: as of the first). `progress` is called with bytes done and all bytes.
    Nothing is written before every file has been looked through and recognised; then a batch of some 1,000
    records at a time, with synchronous NORMAL: a killed import loses none that was kept, a power loss can
    take back the last ones. Raises Refused without the right to load, ImportFault, StoreError.
    """
    core.need(Right.LOAD)
    map_ = load_map(map_name)
    if overlay and overlay not in OVERLAYS:
        raise ImportFault("unknown_overlay", overlay=overlay, known=", ".join(OVERLAYS))
    if overlay and not set(map_.sections) & set(_OVERLAID):
        raise ImportFault("no_overlay", map=map_.name, overlay=overlay)
    if rejects_path and any(same(rejects_path, path) for path in files):
        raise ImportFault("rejects_is_input", path=str(rejects_path))
    passed: list[Passed] = []
    jobs = find_jobs(expand(files, passed), map_, passed)
    run = Run(
        core, map_, reading(map_, core.zone), core.now(), dry_run, {name: set() for name in (*SHAPES, "sku")}
    )
    report = Report(map_.name, dry_run, overlay, passed=passed)
    report.mapping = {
        place: told
        for place, told in mapping(map_).items()
        if place.partition(".")[0] in {job.name for job in jobs}
    }
    rejects = Rejects(rejects_path)
    try:
        made_up = _overlay(run, overlay, overlay_now)
        with _few_collections():
            _Import(run, report, rejects, progress or (lambda done, total: None), jobs, made_up).all()
    except SeedError as exc:
        raise ImportFault("bad_overlay", overlay=overlay, reason=str(exc)) from None
    finally:
        rejects.close()
    report.rejects_path = str(rejects_path) if rejects_path and rejects.count else ""
    if not dry_run:
        checkpoint(core.store.conn)
    return report


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for circles of objects every 250,000 new ones instead of every 700: records make none, and looking for them
    takes a tenth of an import.
    """
    before = gc.get_threshold()
    gc.set_threshold(COLLECTED_EACH, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def import_source(core: Core, source: Source, map_: ImportMap) -> Report:
    """Keep the records of one source, as `run_import` does those of files, for a caller who has looked at the right.

    Raises ImportFault `wrong_map` for a source that the map finds nothing in.
    """
    held = [section for section in map_.sections.values() if holds(source, section)]
    jobs = [Job(source, section, number) for number, section in enumerate(held)]
    if not jobs:
        raise ImportFault("wrong_map", path=source.name, map=map_.name, takes=", ".join(map_.sections))
    known: dict[str, set[bytes]] = {name: set() for name in (*SHAPES, "sku")}
    run = Run(core, map_, reading(map_, core.zone), core.now(), False, known)
    report = Report(map_.name, False, "")
    _Import(run, report, Rejects(None), lambda done, total: None, jobs, None).all()
    return report


def _early(run: Run, jobs: Sequence[Job]) -> Iterator[Read]:
    """The comments of all files; bad ones are told of when their own turn comes."""
    for job in jobs:
        if job.name != "comments":
            continue
        entity = Comments(run)
        for item in job.items():
            told = Fields(run.reading, job.section, item.data, [])
            if item.problem is None and (read := entity.read(told, item)) is not None:
                yield read


def _overlay(run: Run, name: str, now: int | None) -> Overlay | None:
    """The overlay, as of the moment at which it was first used on this source: otherwise each day's import
    would change all orders.
    """
    if not name:
        return None
    store, source, key = run.core.store, run.map.source, load.external_bytes(name)
    found = load.known(store.conn, store.desk.id, _OVERLAY_ENTITY, source, (key,)).get(key)
    if now is None:
        now = int(found.record) if found else run.at
    if not run.dry and (found is None or found.record != str(now)):
        kept = load.Known(str(now), found.version + 1 if found else 1, b"")
        with write(store.conn, wait_s=WAIT_S):
            load.remember(store.conn, store.desk.id, _OVERLAY_ENTITY, source, [(key, kept)])
    return Overlay(now)


def _entity(name: str, run: Run, overlay: Overlay | None, jobs: Sequence[Job]) -> Entity:
    match name:
        case "customers":
            return Customers(run, overlay)
        case "products":
            return Products(run, overlay)
        case "orders":
            return Orders(run, overlay)
        case "articles":
            return Articles(run)
        case "canned":
            return CannedReplies(run)
        case "couriers":
            return Couriers(run)
        case "tracking":
            return Tracking(run)
        case "staff":
            return Staff(run)
        case "tickets":
            return Tickets(run, gather(_early(run, jobs)))
        case "comments":
            return Comments(run)
        case "macros":
            return Macros(run)
        case _:
            return Complaints(run)


class _Import:
    """A whole import: its files one after the other."""

    def __init__(
        self, run: Run, report: Report, rejects: Rejects, progress: Progress, jobs: Sequence[Job],
        overlay: Overlay | None,
    ) -> None:  # fmt: skip
        self._run = run
        self._report = report
        self._rejects = rejects
        self._progress = progress
        self._jobs = jobs
        self._total = sum(job.source.size for job in jobs)
        self._entities = {job.name: _entity(job.name, run, overlay, jobs) for job in jobs}
        self._overlay = overlay
        self._books = Books()
        dated = {job.name for job in jobs if job.section.as_of}
        self._newest = {name: Newest(self._dated(name)) for name in dated}
        self._heard = {job.name: Heard() for job in jobs}

    def _dated(self, name: str) -> Iterator[Told]:
        """Every record of this kind in all files, good or bad, by its id and date alone."""
        entity = self._entities[name]
        for job in self._jobs:
            if job.name != name:
                continue
            for item in job.items():
                told = Fields(self._run.reading, job.section, item.data, [])
                if item.problem is None and (id_ := told.line("id")):
                    yield Told(entity.key(id_), told.as_of(), (job.number, item.number))
            if len(self._jobs) > MOST_HELD:
                job.source.document.clear()

    def all(self) -> None:
        """Import every file."""
        done = 0
        for job in self._jobs:
            entity = self._entities[job.name]
            told = FileReport(str(job.source.path), job.name, job.source.format, job.source.encoding)
            self._report.files.append(told)
            file = _File(
                self._run, self._report, told, self._rejects, job, entity, self._overlay, self._books,
                self._newest.get(job.name), self._heard[job.name],
            )  # fmt: skip
            for behind in file.batches():
                self._progress(done + behind, self._total)
            job.source.document.clear()
            done += job.source.size
            self._progress(done, self._total)
        self._tidy()
        self._report.balance = self._books.told()
        self._report.told = sum(
            e.told for e in self._entities.values() if isinstance(e, (Orders, Complaints, Tracking, Tickets))
        )
        self._report.unknown_parcel = sum(
            e.unknown_parcel for e in self._entities.values() if isinstance(e, Tracking)
        )

        self._report.remarks = [
            remark for e in self._entities.values() if isinstance(e, Macros) for remark in e.remarks
        ]

    def _tidy(self) -> None:
        """Merge the index of the articles: many small batches leave it in many small parts."""
        from csdesk.store.library import tidy_articles

        changed = any(file.added or file.changed for file in self._report.files)
        if "articles" in self._entities and changed and not self._report.dry_run:
            with bulk(self._run.core.store.conn) as conn:
                tidy_articles(conn)


class _File:
    """One kind of record of one file, batch by batch."""

    def __init__(
        self, run: Run, report: Report, told: FileReport, rejects: Rejects, job: Job, entity: Entity,
        overlay: Overlay | None, books: Books, newest: Newest | None, heard: Heard,
    ) -> None:  # fmt: skip
        self._run = run
        self._store = run.core.store
        self._report = report
        self._told = told
        self._rejects = rejects
        self._job = job
        self._entity = entity
        self._digest = load.digester(self._store.people.text_key())
        self._first: dict[bytes, int] = {}
        self._books = books
        self._newest = newest
        self._heard = heard
        worn = overlay.name if overlay else ""
        self._run_name = f"{run.map.name}/{job.name}/{run.map.stamp}/{worn}".rstrip("/")

    def batches(self) -> Iterator[int]:
        """Import the file; after each batch tell the bytes behind it."""
        desk = self._store.desk.id
        before = load.last_run(self._store.conn, desk, self._job.source.digest, self._run_name)
        if before is not None and not before.done:
            self._told.resumed = before.position
        batch: list[Pending] = []
        number = behind = 0
        for item in self._job.items():
            number, behind = item.number, item.done
            self._told.records += 1
            pending = self._read(item)
            if pending is not None:
                batch.append(pending)
            if len(batch) == self._entity.size:
                self._keep(batch, load.Run(number, False))
                batch = []
                yield behind
        self._keep(batch, load.Run(number, True))
        yield behind

    def _read(self, item: Item) -> Pending | None:
        """A good record, or None for one that is now in the rejects or was there before."""
        if item.problem is not None:
            self._reject(item, (item.problem,), NOTHING)
            return None
        told = Fields(self._run.reading, self._job.section, item.data, [])
        self._entity.parts = NOTHING
        read = self._entity.read(told, item)
        self._told.cleaned += told.cleaned
        if self._newest is not None and read is None and self._is_older(told, item):
            self._repeat()
            return None
        if read is None or told.problems:
            self._reject(item, told.problems, self._entity.parts)
            return None
        key, digest = self._entity.key(read.external_id), self._digest(read.record)
        if self._again(told, item, key, digest):
            return None
        return Pending(item, read, key, digest, as_of=told.as_of(), parts=self._entity.parts)

    def _is_older(self, told: Fields, item: Item) -> bool:
        """Whether a bad record has a newer word elsewhere in these files."""
        id_ = Fields(self._run.reading, self._job.section, item.data, []).line("id")
        place = (self._job.number, item.number)
        return (
            bool(id_) and self._newest is not None and not self._newest.counts(self._entity.key(id_), place)
        )

    def _repeat(self) -> None:
        self._told.repeated += 1
        self._books.enter(self._job.name, self._entity.parts, REPEATED)

    def _again(self, told: Fields, item: Item, key: bytes, digest: bytes) -> bool:
        """Whether this file, or another one of the run, tells the record too, and its word is the one that counts."""
        if self._newest is not None:
            if self._newest.counts(key, (self._job.number, item.number)):
                self._newest.keep(key, digest)
                return False
            if first := self._newest.contradicts(key, told.as_of(), digest):
                self._reject(item, (Problem("id", self._clash(key), {"first": first}),), self._entity.parts)
            else:
                self._repeat()
            return True
        # What corrects itself is the same record only when it says the same.
        same = key + digest if self._entity.corrects else key
        first = self._first.setdefault(same, item.number)
        if first != item.number:
            if self._job.section.repeats or self._entity.corrects:
                self._repeat()
            else:
                self._reject(item, (Problem("id", "duplicate", {"first": first}),), self._entity.parts)
            return True
        if self._heard.again(same, digest, once=self._entity.once):
            self._repeat()
            return True
        return False

    def _clash(self, key: bytes) -> str:
        """What two records of one id and date are: of one file a repetition, of two a contradiction."""
        return (
            "duplicate"
            if self._newest is not None and self._newest.within(key, self._job.number)
            else "contradicts"
        )

    def _reject(self, item: Item, problems: Sequence[Problem], parts: Mapping[str, int]) -> None:
        self._told.rejected += 1
        self._books.reject(self._job.name, parts, problems[0].code)
        for problem in problems:
            reject = Reject(self._job.source.name, item.line, item.number, self._job.name, problem)
            self._rejects.add(reject)
            self._report.reasons[problem.code] += 1
            if len(self._report.rejects) < TOLD_REJECTS:
                self._report.rejects.append(reject)

    def _keep(self, batch: list[Pending], run: load.Run) -> None:
        """Keep what is new or changed, and how far that was, in one transaction."""
        self._store.heed_erasures()
        with read(self._store.conn):
            seen = data_version(self._store.conn)
            ready = [pending for pending in self._classified(batch) if self._checked(pending)]
        self._rejects.flush()
        if self._run.dry:
            self._count(ready)
            self._run.accepted[self._job.name].update(p.key for p in batch)
            self._run.accepted["sku"].update(
                load.external_bytes(sku) for p in ready for _, kind, sku in p.read.links if kind == "sku"
            )
            return
        if not ready and not run.done:
            return
        conn, desk, at = self._store.conn, self._store.desk.id, self._run.core.now()
        try:
            with bulk(conn, wait_s=WAIT_S):
                if data_version(conn) != seen:  # somebody was faster since this import looked
                    self._store.heed_erasures()
                    ready = [pending for pending in self._classified(ready) if self._checked(pending)]
                rows = self._entity.put(ready, at) if ready else 0
                kept = [(p.key, load.Known(p.id, p.version, p.digest, p.as_of)) for p in ready]
                rows += load.remember(conn, desk, self._job.name, self._run.map.source, kept)
                rows += load.note_run(conn, desk, self._job.source.digest, self._run_name, run, at)
        except BaseException:
            self._store.keys.clear()  # those that were made in it are nobody's
            raise
        self._report.rows += rows
        self._count(ready)

    def _classified(self, batch: Sequence[Pending]) -> list[Pending]:
        """The new and the changed of these, each with its row's id and its version."""
        conn, desk, source = self._store.conn, self._store.desk.id, self._run.map.source
        found = load.known(conn, desk, self._job.name, source, (p.key for p in batch))
        self._entity.look(batch)
        fresh = []
        for pending in batch:
            before = pending.before = found.get(pending.key)
            if before is not None and self._stands(pending, before):
                self._told.unchanged += 1
                self._books.enter(self._job.name, pending.parts, THERE)
                continue
            if before is not None:
                pending.id, pending.version = before.record, before.version + 1
                pending.changed = load.changed_fields(before.digest, pending.digest, self._entity.field_names)
            elif other := self._entity.elsewhere(pending.read.external_id):
                # Another source told of it before: this one's word replaces that.
                pending.id, pending.version = other[0], other[1] + 1
                pending.changed = ("source",)
            else:
                pending.id, pending.version = self._entity.new_id(pending, self._run.at), 1
            fresh.append(pending)
        return fresh

    def _stands(self, pending: Pending, before: load.Known) -> bool:
        """Whether what was kept is this very record, a newer word on it, or one that stays as it came first."""
        return before.digest == pending.digest or self._entity.once or 0 < pending.as_of < before.as_of

    def _checked(self, pending: Pending) -> bool:
        problem = self._entity.check(pending)
        if problem is not None:
            self._reject(pending.item, (problem,), pending.parts)
        elif pending.changed:
            pending.there = self._entity.there(pending)
        return problem is None

    def _count(self, ready: Sequence[Pending]) -> None:
        for pending in ready:
            fate = CHANGED if pending.changed else TAKEN
            self._books.enter(self._job.name, pending.parts, fate, pending.there)
            if fate == TAKEN:
                self._told.added += 1
                continue
            self._told.changed += 1
            if len(self._report.changes) < TOLD_CHANGES:
                name = self._entity.label(pending)
                self._report.changes.append(Change(self._job.name, name, pending.version, pending.changed))
