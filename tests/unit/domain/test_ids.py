"""Ids keep their order and time; case numbers catch every slip of one character or one swap."""

import pickle
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.ids import (
    BODY_BITS,
    BadNumber,
    fold_part,
    grams,
    make_body,
    number,
    parse_number,
    uuid7,
    uuid7_ms,
)

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MS = st.integers(0, 2**48 - 1)
ENTROPY = st.binary(min_size=10, max_size=10)
BODIES = st.integers(0, 2**BODY_BITS - 1).map(make_body)


def refused(text: str) -> BadNumber:
    with pytest.raises(BadNumber) as caught:
        parse_number(text)
    return caught.value


def test_uuid7_lays_out_the_fields_of_rfc_9562() -> None:
    # Appendix A.6: unix_ts_ms 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
    noise = (0xCC3 << 62 | 0x18C4DC0C0C07398F) << 6
    assert uuid7(0x017F22E279B0, noise.to_bytes(10)) == "017f22e279b07cc398c4dc0c0c07398f"


@given(MS, ENTROPY)
def test_uuid7_gives_its_time_back(ms: int, entropy: bytes) -> None:
    assert uuid7_ms(uuid7(ms, entropy)) == ms


@given(MS, ENTROPY, MS, ENTROPY)
def test_uuid7_text_orders_by_time(ms1: int, noise1: bytes, ms2: int, noise2: bytes) -> None:
    if ms1 < ms2:
        assert uuid7(ms1, noise1) < uuid7(ms2, noise2)


@given(MS, ENTROPY, st.integers(6, 79))
def test_uuid7_uses_every_one_of_74_random_bits(ms: int, entropy: bytes, bit: int) -> None:
    flipped = (int.from_bytes(entropy) ^ 1 << bit).to_bytes(10)
    assert uuid7(ms, entropy) != uuid7(ms, flipped)


@pytest.mark.parametrize(("ms", "size"), [(-1, 10), (2**48, 10), (0, 9), (0, 16)])
def test_uuid7_refuses_what_does_not_fit(ms: int, size: int) -> None:
    with pytest.raises(ValueError, match="must"):
        uuid7(ms, bytes(size))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 32,
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e279b04cc398c4dc0c0c07398f",
        "017f22e279b07cc318c4dc0c0c07398f",
        "017F22E279B07CC398C4DC0C0C07398F",
        "017f22e279b07cc398c4dc0c0c07398f\n",
    ],
)
def test_uuid7_ms_refuses_other_ids(text: str) -> None:
    with pytest.raises(ValueError, match="version 7"):
        uuid7_ms(text)


@given(BODIES, st.sampled_from(["RT", "IQ", "RO"]))
def test_a_number_comes_back_from_every_way_of_writing_it(body: str, prefix: str) -> None:
    shown = number(prefix, body)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in shown)
    ways = [shown, shown.lower(), wide, shown.replace("-", ""), shown.replace("-", " "), f" {shown}\n"]
    ways += [shown.replace("-", "－"), shown.replace("-", "—"), shown.replace("0", "o").replace("1", "l")]
    assert {parse_number(way) for way in ways} == {(prefix, body)}
    assert parse_number(body) == (None, body)
    assert parse_number(shown[3:].lower()) == (None, body)


def test_look_alikes_in_the_prefix_are_read_as_letters() -> None:
    body = make_body(12345)
    assert parse_number(f"1Q{body}") == ("IQ", body)
    assert parse_number(f"R0{body}") == ("RO", body)
    assert parse_number(f"r1{body}") == ("RI", body)


@given(BODIES)
def test_every_single_wrong_character_is_caught(body: str) -> None:
    for at, right in enumerate(body):
        for wrong in ALPHABET:
            if wrong != right:
                assert refused(body[:at] + wrong + body[at + 1 :]).code == "check"


@given(BODIES)
def test_every_swap_of_two_characters_is_caught(body: str) -> None:
    for left, right in combinations(range(8), 2):
        swapped = list(body)
        swapped[left], swapped[right] = body[right], body[left]
        if body[left] != body[right]:
            assert refused("".join(swapped)).code == "check"


def test_every_pair_of_characters_is_caught_when_swapped_at_every_pair_of_places() -> None:
    # Exhaustive over differences: the check is linear, so the other characters cannot matter.
    for left, right in combinations(range(7), 2):
        for one in range(32):
            for other in range(one):
                entropy = one << 5 * (6 - left) | other << 5 * (6 - right)
                swapped = other << 5 * (6 - left) | one << 5 * (6 - right)
                assert make_body(entropy)[-1] != make_body(swapped)[-1]


@given(st.integers(0, 2**BODY_BITS - 1))
def test_bodies_keep_all_their_entropy(entropy: int) -> None:
    value = 0
    for sign in make_body(entropy)[:7]:
        value = value << 5 | ALPHABET.index(sign)
    assert value == entropy


@pytest.mark.parametrize("entropy", [-1, 2**35])
def test_a_body_refuses_too_many_bits(entropy: int) -> None:
    with pytest.raises(ValueError, match="35 bits"):
        make_body(entropy)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "length"),
        ("RT", "length"),
        ("RT-7K3M-9QX", "length"),
        ("RT-7K3M-9QX44", "length"),
        ("A" * 100_000, "length"),
        ("ﷺ" * 1000, "length"),
        ("U0000000", "alphabet"),
        ("退000000货", "alphabet"),
        ("9900000000", "prefix"),
        ("退货00000000", "prefix"),
    ],
)
def test_a_bad_number_says_why(text: str, code: str) -> None:
    error = refused(text)
    assert error.code == code
    assert len(str(error.params["given"])) <= 40


def test_a_bad_number_carries_no_control_character_and_survives_pickling() -> None:
    error = refused("\x1b[31m0000000")
    assert "\x1b" not in str(error)
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.code, copy.params) == (error.code, error.params)


@given(BODIES)
def test_any_four_neighbours_find_their_body(body: str) -> None:
    assert len(grams(body)) == 5
    for at in range(5):
        part = body[at : at + 4]
        assert part in grams(body)
        assert fold_part(part.lower().replace("0", "o").replace("1", "i")) == part
        assert fold_part(f"{part[:2]}-{part[2:]}") == part


@pytest.mark.parametrize(
    ("prefix", "body"), [("rt", "00000000"), ("R", "00000000"), ("RT", "00000001"), ("RT", "O")]
)
def test_only_canonical_parts_make_a_number(prefix: str, body: str) -> None:
    with pytest.raises(ValueError, match=r"prefix|body"):
        number(prefix, body)


def test_the_shape_of_a_number() -> None:
    assert number("RT", make_body(0)) == "RT-0000-0000"
    assert [part.isalnum() for part in number("RT", make_body(2**35 - 1)).split("-")] == [True] * 3
