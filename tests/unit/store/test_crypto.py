"""Sealed fields open only whole, in place and under their key; look-up hashes find what people type."""

import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.store import crypto
from csdesk.store.crypto import (
    PersonKeys,
    Sealer,
    Shredded,
    WrappedKey,
    bound_to,
    desk_index_key,
    keyed_hash,
    keyed_hasher,
    new_data_key,
    open_,
    person_bound,
    rewrap,
    seal,
    unwrap,
    wrap,
)
from csdesk.store.errors import StoreError

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
PLACE = bound_to("desk-1", "customer", "row-1", "phone")
MASTERS = {"k1": new_data_key(), "k2": new_data_key()}

parts = st.text(alphabet=st.characters(exclude_characters="\x1f", exclude_categories=["Cs"]), max_size=6)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(StoreError) as caught:
        call()
    return caught.value.code


@given(st.binary(max_size=300))
def test_what_was_sealed_opens(plaintext: bytes):
    sealed = seal(KEY, plaintext, PLACE)
    assert open_(KEY, sealed, PLACE) == plaintext
    assert len(sealed) == len(plaintext) + 29


def test_equal_values_look_different_when_sealed():
    assert len({seal(KEY, "张伟".encode(), PLACE) for _ in range(100)}) == 100


@given(st.binary(max_size=40), st.data())
def test_a_flipped_bit_anywhere_is_found(plaintext: bytes, data: st.DataObject):
    sealed = bytearray(seal(KEY, plaintext, PLACE))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    assert code_of(lambda: open_(KEY, bytes(sealed), PLACE)) == "tampered"


@given(st.integers(0, 40))
def test_a_value_cut_short_is_found(length: int):
    sealed = seal(KEY, b"13812345678", PLACE)
    assert code_of(lambda: open_(KEY, sealed[: min(length, len(sealed) - 1)], PLACE)) == "tampered"


def test_a_value_moved_to_another_place_or_key_is_found_and_named():
    sealed = seal(KEY, b"13812345678", PLACE)
    for place in (
        bound_to("desk-2", "customer", "row-1", "phone"),
        bound_to("desk-1", "customer", "row-2", "phone"),
        bound_to("desk-1", "customer", "row-1", "name"),
        b"",
    ):
        assert code_of(lambda place=place: open_(KEY, sealed, place)) == "tampered"  # type: ignore[misc]
    with pytest.raises(StoreError, match="at desk-1/customer/row-1/phone was"):
        open_(OTHER, sealed, PLACE)


@given(st.tuples(parts, parts, parts, parts), st.tuples(parts, parts, parts, parts))
def test_two_places_are_never_bound_alike(one: tuple[str, str, str, str], two: tuple[str, str, str, str]):
    assert (bound_to(*one) == bound_to(*two)) == (one == two)


def test_a_place_cannot_smuggle_in_the_separator():
    with pytest.raises(ValueError, match="separator"):
        bound_to("desk", "table\x1frow", "", "column")


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33])
def test_a_key_of_another_length_is_refused(length: int):
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(bytes(length))


def test_data_keys_differ():
    assert len({new_data_key() for _ in range(100)}) == 100


# Keys of persons


def test_a_wrapped_key_opens_only_under_its_master_id_and_person():
    place = person_bound("desk", "person")
    wrapped = wrap(MASTERS["k1"], "k1", KEY, place)
    assert unwrap(MASTERS["k1"], wrapped, place) == KEY
    assert KEY not in wrapped.sealed
    for master, changed, where in (
        (MASTERS["k2"], wrapped, place),
        (MASTERS["k1"], WrappedKey("k2", wrapped.sealed), place),
        (MASTERS["k1"], wrapped, person_bound("desk", "another")),
    ):
        assert code_of(lambda m=master, c=changed, w=where: unwrap(m, c, w)) == "tampered"  # type: ignore[misc]


def test_a_rotation_wraps_the_same_key_anew():
    place = person_bound("desk", "person")
    old = wrap(MASTERS["k1"], "k1", KEY, place)
    new = rewrap(MASTERS, "k2", old, place)
    assert new.key_id == "k2"
    assert unwrap(MASTERS["k2"], new, place) == KEY
    assert rewrap(MASTERS, "k2", new, place) is new
    assert code_of(lambda: rewrap({"k2": MASTERS["k2"]}, "k2", old, place)) == "no_key"


class Table:
    """Stored keys by person, and how often each was asked for."""

    def __init__(self) -> None:
        self.rows: dict[str, WrappedKey | Shredded] = {}
        self.asked: list[str] = []

    def add(self, person: str) -> None:
        self.rows[person] = wrap(MASTERS["k1"], "k1", new_data_key(), person_bound("desk", person))

    def load(self, desk_id: str, person_id: str) -> WrappedKey | Shredded:
        assert desk_id == "desk"
        self.asked.append(person_id)
        return self.rows[person_id]


@pytest.fixture
def table() -> Table:
    table = Table()
    for person in "abcd":
        table.add(person)
    return table


def test_a_person_s_fields_open_for_that_person_only(table: Table):
    keys = PersonKeys(MASTERS, table.load)
    sealed = keys.seal("desk", "a", b"hello", PLACE)
    assert keys.open("desk", "a", sealed, PLACE) == b"hello"
    assert PersonKeys(MASTERS, table.load).open("desk", "a", sealed, PLACE) == b"hello"
    assert code_of(lambda: keys.open("desk", "b", sealed, PLACE)) == "tampered"


def test_keys_are_kept_and_the_one_unused_longest_goes_first(table: Table):
    keys = PersonKeys(MASTERS, table.load, size=2)
    for person in "abacab":
        keys.for_person("desk", person)
    assert table.asked == ["a", "b", "c", "b"]


def test_a_dropped_key_is_loaded_again(table: Table):
    keys = PersonKeys(MASTERS, table.load)
    for forget in (lambda: keys.drop("desk", "a"), keys.clear, lambda: keys.drop("desk", "never seen")):
        keys.for_person("desk", "a")
        forget()
    keys.for_person("desk", "a")
    assert table.asked == ["a", "a", "a"]


def test_a_shredded_person_opens_as_nothing_and_takes_nothing(table: Table):
    keys = PersonKeys(MASTERS, table.load)
    sealed = keys.seal("desk", "a", b"hello", PLACE)
    table.rows["a"] = Shredded(at=1_760_000_000_000)
    keys.drop("desk", "a")
    assert keys.open("desk", "a", sealed, PLACE) is None
    assert keys.for_person("desk", "a") == Shredded(at=1_760_000_000_000)
    assert code_of(lambda: keys.seal("desk", "a", b"again", PLACE)) == "shredded"
    assert table.asked == ["a", "a"]


def test_a_key_row_swapped_between_persons_is_found(table: Table):
    table.rows["a"] = table.rows["b"]
    keys = PersonKeys(MASTERS, table.load)
    assert code_of(lambda: keys.for_person("desk", "a")) == "tampered"


def test_a_master_key_that_is_not_here_is_named(table: Table):
    keys = PersonKeys({"k2": MASTERS["k2"]}, table.load)
    with pytest.raises(StoreError, match="key id k1"):
        keys.for_person("desk", "a")


def test_nothing_that_prints_shows_a_key(table: Table):
    keys = PersonKeys(MASTERS, table.load)
    for thing in (Sealer(KEY), keys, keys.for_person("desk", "a")):
        shown = repr(thing)
        assert repr(KEY)[2:-1] not in shown
        assert all(repr(master)[2:-1] not in shown for master in MASTERS.values())


# Look-up hashes


def test_a_hash_depends_on_key_field_and_value():
    base = keyed_hash(KEY, "phone", "13812345678")
    assert len(base) == 16
    assert base == keyed_hash(KEY, "phone", "13812345678") == keyed_hasher(KEY, "phone")("13812345678")
    assert base not in {
        keyed_hash(OTHER, "phone", "13812345678"),
        keyed_hash(KEY, "phone4", "13812345678"),
        keyed_hash(KEY, "phone", "13812345679"),
    }
    assert keyed_hash(KEY, "ab", "c") != keyed_hash(KEY, "a", "bc")
    with pytest.raises(ValueError, match=r"U\+0000"):
        keyed_hasher(KEY, "a\x00b")


def test_one_person_in_two_desks_cannot_be_linked_by_hash():
    one, two = desk_index_key(KEY, "desk-1"), desk_index_key(KEY, "desk-2")
    assert len(one) == 32
    assert keyed_hash(one, "phone", "13812345678") != keyed_hash(two, "phone", "13812345678")


@pytest.mark.parametrize(
    ("typed", "normal", "last4"),
    [
        ("13812345678", "13812345678", "5678"),
        ("138 1234 5678", "13812345678", "5678"),
        ("138-1234-5678", "13812345678", "5678"),
        ("+86 138 1234 5678", "13812345678", "5678"),
        ("+86-13812345678", "13812345678", "5678"),
        ("0086 13812345678", "13812345678", "5678"),
        ("8613812345678", "13812345678", "5678"),
        ("１３８１２３４５６７８", "13812345678", "5678"),
        ("(+86) 13812345678", "13812345678", "5678"),
        ("010-12345678", "01012345678", "5678"),
        ("+86 10 1234 5678", "01012345678", "5678"),
        ("+86 (0)10 1234 5678", "01012345678", "5678"),
        ("400-800-1234", "4008001234", "1234"),
        ("+86 400 800 1234", "4008001234", "1234"),
        ("+852 9123 4567", "+85291234567", "4567"),
        ("00852 9123 4567", "+85291234567", "4567"),
        ("(+852) 9123 4567", "+85291234567", "4567"),
        ("+1 (415) 555-0100", "+14155550100", "0100"),
        ("18412345678-1234", "18412345678x1234", "5678"),
        ("+86 18412345678-1234", "18412345678x1234", "5678"),
        ("18412345678转1234", "18412345678x1234", "5678"),
        ("18412345678 分机：1234", "18412345678x1234", "5678"),
        ("010-12345678 ext. 805", "01012345678x805", "5678"),
        ("010-12345678,805", "01012345678x805", "5678"),
        ("138****5678", "", "5678"),
        ("138xxxx5678", "", "5678"),
        ("5678", "5678", "5678"),
        ("无", "", ""),
        ("", "", ""),
        ("12", "12", ""),
    ],
)
def test_a_phone_number_has_one_form_however_it_is_typed(typed: str, normal: str, last4: str):
    assert crypto.normal_phone(typed) == normal
    assert crypto.phone_last4(typed) == last4


dialled = st.text(alphabet="0123456789+-() x转#,*６8", max_size=18)


@given(st.text(max_size=30) | dialled)
def test_normal_forms_stay_as_they_are_and_never_fail(text: str):
    for normal in (
        crypto.normal_name,
        crypto.normal_phone,
        crypto.normal_email,
        crypto.normal_order_number,
    ):
        once = normal(text)
        assert normal(once) == once
    assert re.fullmatch(r"(?:[0-9]{4})?", crypto.phone_last4(text))


@pytest.mark.parametrize(
    ("normal", "one", "two"),
    [
        (crypto.normal_name, "买买提·阿不都", "买买提 • 阿不都"),
        (crypto.normal_name, "Ｗang  Wei", "wangwei"),
        (crypto.normal_name, " 张 伟 ", "张伟"),
        (crypto.normal_email, " Zhang.Wei＠Example.COM ", "zhang.wei@example.com"),
        (crypto.normal_order_number, "#DD-2024 0001", "dd20240001"),
        (crypto.normal_order_number, "ＤＤ２０２４—0001", "DD20240001"),
    ],
)
def test_spellings_of_one_value_are_one(normal: Callable[[str], str], one: str, two: str):
    assert normal(one) == normal(two) != ""


def test_importing_the_store_s_keys_and_crypto_does_not_load_the_cipher():
    code = (
        "import sys, csdesk.store.crypto, csdesk.store.keys, csdesk.store.connection, csdesk.store.backup\n"
        "csdesk.store.crypto.keyed_hash(bytes(32), 'phone', '1')\n"
        "assert not {'cryptography', 'subprocess', 'keyring'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
