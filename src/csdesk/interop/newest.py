"""Which word on a record counts when pages overlap: what its source dated last, in whichever file it stands."""

from collections.abc import Iterable

from csdesk.domain.value import dataclass

Place = tuple[int, int]  # number of the job, number of the record in its file


@dataclass(frozen=True, slots=True)
class Told:
    """A record as the files tell it: under which key, dated when (UTC ms, 0: not at all), and where."""

    key: bytes
    as_of: int
    place: Place


class Newest:
    """For each record of one kind the one word that counts; of those of one date the first.

    Exports in pages repeat what changed while they were fetched, and pages may be given in any order: without this an
    older page read last would take back what a newer one told, and no two imports of one folder would end alike.
    """

    def __init__(self, told: Iterable[Told]) -> None:
        self._best: dict[bytes, tuple[int, Place]] = {}
        self._tied: set[bytes] = set()
        for one in told:
            best = self._best.get(one.key)
            if best is None or one.as_of > best[0]:
                self._best[one.key] = (one.as_of, one.place)
                self._tied.discard(one.key)
            elif one.as_of == best[0]:
                self._tied.add(one.key)
        self._digests: dict[bytes, bytes] = {}

    def counts(self, key: bytes, place: Place) -> bool:
        """Whether this is the word that counts."""
        best = self._best.get(key)
        return best is None or best[1] == place

    def within(self, key: bytes, job: int) -> bool:
        """Whether the word that counts stands in the file of this job."""
        return self._best[key][1][0] == job

    def keep(self, key: bytes, digest: bytes) -> None:
        """Note what the word that counts says, where another one has its date."""
        if key in self._tied:
            self._digests[key] = digest

    def contradicts(self, key: bytes, as_of: int, digest: bytes) -> int:
        """The number of the record that counts, when this one has its date and says something else; else 0."""
        best = self._best[key]
        return 0 if as_of < best[0] or self._digests.get(key) == digest else best[1][1]


class Heard:
    """What earlier files of this run told of records without a date, so that pages that overlap count once."""

    def __init__(self) -> None:
        self._digests: dict[bytes, bytes] = {}

    def again(self, key: bytes, digest: bytes, *, once: bool) -> bool:
        """Whether another file has told this; where the first word stays (`once`), whatever it said."""
        before = self._digests.get(key)
        if before is not None and (once or before == digest):
            return True
        self._digests[key] = digest
        return False
