"""What the files of an import hold: each kind of record in each file is a job of its own, in the order of keeping."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from csdesk.domain.value import dataclass, replace
from csdesk.interop.faults import ImportFault
from csdesk.interop.folders import Given, Passed, untaken
from csdesk.interop.maps import ImportMap, Section
from csdesk.interop.readers import Item, Source, look

# Records looked at to see what a file holds; broken ones may come first.
SAMPLE = 20
SAMPLE_MOST = 1_000
# Documents that stay in memory between looks; those of a folder of pages are read again each time.
MOST_HELD = 4


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of record in one file; `number` among all jobs of the run."""

    source: Source
    section: Section
    number: int = 0

    @property
    def name(self) -> str:
        return self.section.name

    def items(self) -> Iterator[Item]:
        return (
            item
            for item in self.source.items(self.section.records, self.section.inner)
            if _of(self.section, item)
        )


def same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def find_jobs(files: Sequence[Given], map_: ImportMap, passed: list[Passed]) -> list[Job]:
    """What each file holds, in the order in which it must be kept. ImportFault for one that the map does not
    take; of a folder's files those are `passed`.
    """
    jobs: list[Job] = []
    named = [given.path for given in files if not given.found]
    for n, given in enumerate(files):
        if not given.found and any(same(given.path, other) for other in named[:n]):
            raise ImportFault("import_twice", path=str(given.path))
        jobs += _jobs_of(given, map_, passed, release=len(files) > MOST_HELD)
    if not jobs:
        paths = ", ".join(dict.fromkeys(str(given.path.parent) for given in files))
        raise ImportFault("wrong_map", path=paths, map=map_.name, takes=", ".join(map_.sections))
    order = list(map_.sections)
    jobs.sort(key=lambda job: order.index(job.name))
    return [replace(job, number=number) for number, job in enumerate(jobs)]


def _jobs_of(given: Given, map_: ImportMap, passed: list[Passed], *, release: bool) -> list[Job]:
    takes = ", ".join(map_.sections)
    try:
        source = look(given.path, map_)
        found = [Job(source, section) for section in map_.sections.values() if holds(source, section)]
    except ImportFault as fault:
        if not given.found or fault.code != "import_empty":
            raise
        passed.append(Passed(str(given.path), "empty"))
        return []
    if not found:
        about = untaken(source)
        if not given.found and about.records:
            raise ImportFault("wrong_map", path=str(given.path), map=map_.name, takes=takes)
        passed.append(about)
    elif release:
        source.document.clear()
    return found


def holds(source: Source, section: Section) -> bool:
    """Whether one of the file's first records is of this kind. ImportFault when none of them can be read."""
    from jmespath.exceptions import JMESPathError

    assert section.when is not None  # a map without it does not load
    good, bad = 0, None
    for item in source.items(section.records, section.inner):
        if item.problem is not None:
            bad = bad or item
        elif _of(section, item):
            good += 1
            try:
                if section.when(item.data):
                    return True
            except JMESPathError:
                pass  # an expression that does not fit this record: not of this kind
        if good == SAMPLE or item.number == SAMPLE_MOST:
            break
    if not good and bad is not None and bad.problem is not None:
        if bad.problem.code == "not_utf8":
            raise ImportFault("import_not_utf8", path=str(source.path), line=bad.line)
        if source.format == "jsonl" and bad.problem.code == "bad_json":
            raise ImportFault(
                "import_bad_json", path=str(source.path), line=bad.line, reason=bad.problem.details["reason"]
            )
    if not good and bad is None and section.records is None and section.only is None:
        raise ImportFault("import_empty", path=str(source.path))
    return False


def _of(section: Section, item: Item) -> bool:
    """Whether a record of a file that holds several kinds may be of this one; what cannot be read may be of any."""
    from jmespath.exceptions import JMESPathError

    if section.only is None or item.problem is not None:
        return True
    try:
        return bool(section.only(item.data))
    except JMESPathError:
        return False  # an expression that does not fit this record: not of this kind
