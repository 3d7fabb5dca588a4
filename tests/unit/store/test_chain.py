"""The hash chain of a case: whatever is changed, cut, moved or left out shows, and names its place."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.store.chain import Break, Row, breaks, link, start

ROWS = tuple(
    Row(n, "noted", 1, 1_000 + n, "wang", f"cause-{n}", "note", "p1", f"payload {n}".encode(), b"sealed")
    for n in range(1, 6)
)


def chained(rows: tuple[Row, ...] = ROWS) -> list[tuple[Row, bytes]]:
    """The rows with the hashes that were stored when they were written."""
    head, stored = start("desk", "case"), []
    for row in rows:
        head = link(head, row)
        stored.append((row, head))
    return stored


def first_break(stored: list[tuple[Row, bytes]], head: bytes = b"", version: int = 0) -> Break | None:
    found = list(breaks("desk", "case", stored, head or stored[-1][1], version or len(stored)))
    assert len(found) <= 1
    return found[0] if found else None


def test_an_untouched_chain_has_no_break():
    assert first_break(chained()) is None


@given(st.integers(0, 4), st.sampled_from(["payload", "sealed"]), st.integers(0, 5), st.integers(1, 255))
def test_one_changed_byte_of_any_event_is_found_where_it_is(at: int, name: str, place: int, flip: int):
    stored = chained()
    row, kept = stored[at]
    body = bytearray(getattr(row, name))
    body[place] ^= flip
    stored[at] = (replace(row, **{name: bytes(body)}), kept)  # type: ignore[arg-type]
    assert first_break(stored) == Break("case", at + 1, "changed")


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "tagged"},
        {"v": 2},
        {"at": 999},
        {"actor": "li"},
        {"cause": "x"},
        {"verb": "tag"},
        {"person": "p2"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_every_field_of_an_event_is_covered(changed: dict[str, object]):
    stored = chained()
    stored[2] = (replace(ROWS[2], **changed), stored[2][1])  # type: ignore[arg-type]
    assert first_break(stored) == Break("case", 3, "changed")


def test_a_changed_hash_is_found():
    stored = chained()
    stored[1] = (stored[1][0], b"\x00" * 32)
    assert first_break(stored) == Break("case", 2, "changed")


def test_bytes_cannot_move_from_one_field_into_the_next():
    one = Row(1, "noted", 1, 1, "wang", "c", "note", "p", b"ab", b"c")
    assert link(b"", one) != link(b"", replace(one, payload=b"a", sealed=b"bc"))


def test_an_event_left_out_is_a_gap():
    stored = chained()
    del stored[2]
    assert first_break(stored, version=5) == Break("case", 3, "gap")


def test_two_swapped_events_are_a_gap():
    stored = chained()
    stored[1], stored[2] = stored[2], stored[1]
    assert first_break(stored) == Break("case", 2, "gap")


def test_a_cut_end_is_found_by_the_head():
    stored = chained()
    head = stored[-1][1]
    assert first_break(stored[:-1], head, 5) == Break("case", 4, "head")
    assert first_break(stored[:-1], head, 4) == Break("case", 4, "head")


def test_a_case_without_events_is_a_cut_to_the_root():
    assert list(breaks("desk", "case", [], b"x", 3)) == [Break("case", 0, "head")]


def test_a_chain_fits_no_other_case_and_no_other_desk():
    stored = chained()
    for desk, case in (("desk", "other"), ("other", "case")):
        (found,) = breaks(desk, case, stored, stored[-1][1], 5)
        assert found == Break(case, 1, "changed")
