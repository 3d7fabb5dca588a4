"""What is wrong with one chain, told apart: changed, missing, moved, put in, cut off, written anew. Pure."""

from bisect import bisect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import NamedTuple

from csdesk.domain.value import dataclass

# (hash before, header, payload, sealed) -> hash
Link = Callable[[bytes, bytes, bytes, bytes], bytes]
# Rows before and after a place that are tried where none fits; nearer ones come first.
TRIED = 50
MOST_GAP = 10_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it must be in a chain of a `sort`: `who` is a case's number, a person's or agent's id.

    `seq` is the row it is about. Codes and their detail: `changed` (what: content, hash), `gap` (to: the last that
    is missing), `reordered` (found: where the row lies), `inserted`, `truncated` (to: the last that there was),
    `head` (the case names another end), `orphan` (events: rows of no case), `rewritten` (anchor: sound in itself,
    but not what was anchored), `gone` (anchor: nothing is left of it), and of anchors themselves `anchor_changed`,
    `anchor_missing`, `anchor_other` (seq: the anchor's number).
    """

    sort: str
    code: str
    who: str
    seq: int
    detail: Mapping[str, object] = field(default_factory=dict)


class Head(NamedTuple):
    """Where a chain ends: its last row's seq and hash. A tuple: one is made for each chain of a desk."""

    version: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """A row as it lies there: `rest` is its header after the seq."""

    seq: int
    rest: bytes
    payload: bytes
    sealed: bytes
    hash: bytes

    def linked(self, link: Link, previous: bytes, seq: int) -> bytes:
        """Its hash, if it stood at this seq after that hash."""
        return link(previous, b"%d\x1f%s" % (seq, self.rest), self.payload, self.sealed)


@dataclass(slots=True)
class _Walked:
    """What going along a chain found: faults, the true hash at each seq, and rows that found their place."""

    faults: list[tuple[str, int, dict[str, object]]] = field(default_factory=list)
    true: dict[int, bytes] = field(default_factory=dict)
    placed: set[int] = field(default_factory=set)
    end: bytes = b""


def telling(
    sort: str,
    who: str,
    rows: list[Stored],
    link: Link,
    begin: bytes,
    head: Head | None,
    points: Mapping[int, tuple[bytes, int]],
    *,
    ownerless: bool = False,
) -> Iterator[Fault]:
    """All that is wrong with a chain of these rows (by seq), which begins after `begin` and should end at `head`.

    `points`: {seq: (hash, anchor)}. `ownerless`: the chain is of a case that is not there.
    """
    if not rows and head is None and points:
        seq = max(points)
        yield Fault(sort, "gone", who, seq, {"anchor": points[seq][1]})
        return
    if ownerless:
        yield Fault(sort, "orphan", who, rows[-1].seq if rows else 0, {"events": len(rows)})
    by_seq = {row.seq: row for row in rows if row.seq > 0}
    loose = [seq for seq in sorted(by_seq) if not _fits(by_seq, link, begin, seq)]
    top = _top(rows, head, points, whole=not loose and len(by_seq) == len(rows))
    walked = _along(by_seq, loose, link, begin, top, head)
    faults = _without_consequences(walked, rows)
    last = max(walked.true, default=0)
    if last < top and not any(code == "truncated" for code, _, _ in faults):
        faults.append(("truncated", last + 1, {"to": top}))
    elif head is not None and not faults and (head.version, head.hash) != (last, walked.end):
        faults.append(("head", last, {}))
    for code, seq, detail in sorted(faults, key=lambda one: one[1]):
        yield Fault(sort, code, who, seq, detail)
    for seq in sorted(points):
        if seq in walked.true and walked.true[seq] != points[seq][0]:
            yield Fault(sort, "rewritten", who, seq, {"anchor": points[seq][1]})
            return


def _top(
    rows: list[Stored], head: Head | None, points: Mapping[int, tuple[bytes, int]], *, whole: bool
) -> int:
    """How many rows there should be: a case's version says so, unless a `whole` chain ends with its head elsewhere."""
    last, anchored = rows[-1].seq if rows else 0, max(points, default=0)
    if (
        head is not None
        and isinstance(head.version, int)
        and not (whole and rows and rows[-1].hash == head.hash)
    ):
        return max(head.version, anchored)
    # A row that was carried far away must not count as the last of millions.
    return max(last if last <= len(rows) + MOST_GAP else len(rows), anchored)


def _along(
    by_seq: dict[int, Stored], loose: list[int], link: Link, begin: bytes, top: int, head: Head | None
) -> _Walked:
    """Go along the seqs from 1 to `top`, each row from the true hash before it, as far as that is known.

    `loose`: the rows that are not chained to what lies before them.
    """
    found, previous, seq, known = _Walked(end=begin), begin, 1, True
    present = sorted(by_seq)
    strays = set(loose)
    while seq <= top:
        row = by_seq.get(seq)
        if known and seq + 1 in strays and _moved(by_seq, loose, link, previous, seq, found.placed):
            row = None  # put in here and chained well; what belongs here was pushed on
        if row is not None and (not known or row.linked(link, previous, seq) == row.hash):
            # After a gap the first row vouches for itself; the next one proves its hash.
            previous, known = row.hash, True
            found.placed.add(seq)
        elif moved := _moved(by_seq, loose, link, previous, seq, found.placed):
            found.faults.append(("reordered", seq, {"found": moved.seq}))
            found.placed.add(moved.seq)
            previous = moved.linked(link, previous, seq)
        elif row is None:
            following = bisect(present, seq)
            if following == len(present) or present[following] > top:
                break
            found.faults.append(("gap", seq, {"to": present[following] - 1}))
            seq, known = present[following], False
            continue
        else:
            previous = _changed(found, by_seq, link, previous, row, head)
        found.true[seq] = previous
        seq += 1
    found.end = previous
    return found


def _fits(by_seq: dict[int, Stored], link: Link, begin: bytes, seq: int) -> bool:
    """Whether a row is chained to what lies before it."""
    before = by_seq.get(seq - 1)
    if before is None and seq != 1:
        return False
    return by_seq[seq].linked(link, before.hash if before else begin, seq) == by_seq[seq].hash


def _changed(
    found: _Walked, by_seq: dict[int, Stored], link: Link, previous: bytes, row: Stored, head: Head | None
) -> bytes:
    """Note a row that fits nowhere as changed; its true hash: the one that what follows is chained to."""
    made, following = row.linked(link, previous, row.seq), by_seq.get(row.seq + 1)
    if following is not None:
        kept = following.linked(link, made, following.seq) == following.hash
    else:
        kept = head is not None and head.hash == made
    found.faults.append(("changed", row.seq, {"what": "hash" if kept else "content"}))
    found.placed.add(row.seq)
    return made if kept else row.hash


def _moved(
    by_seq: dict[int, Stored], loose: list[int], link: Link, previous: bytes, seq: int, placed: set[int]
) -> Stored | None:
    """The row that belongs at `seq` and lies elsewhere: moved whole, or without its hash."""
    here, at = by_seq.get(seq), bisect(loose, seq)
    near = (one for one in loose[max(at - TRIED, 0) : at + TRIED] if one not in placed and one != seq)
    for other in sorted(near, key=lambda one: abs(one - seq)):
        made = by_seq[other].linked(link, previous, seq)
        if made == by_seq[other].hash or (here is not None and made == here.hash):
            return by_seq[other]
    return None


def _without_consequences(walked: _Walked, rows: list[Stored]) -> list[tuple[str, int, dict[str, object]]]:
    """The faults, with rows that found no place as put in, and without the moves that these alone brought about."""
    left = [row.seq for row in rows if row.seq not in walked.placed]
    faults: list[tuple[str, int, dict[str, object]]] = [("inserted", seq, {}) for seq in left]
    for code, seq, detail in walked.faults:
        place = detail.get("found")
        pushed = isinstance(place, int) and place - seq == sum(1 for one in left if one < place)
        if code != "reordered" or not pushed:
            faults.append((code, seq, detail))
    return faults
