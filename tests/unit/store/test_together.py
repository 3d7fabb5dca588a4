"""Keys asked for together: each once in some part, and few different statements."""

from hypothesis import given
from hypothesis import strategies as st

from csdesk.store.together import MOST, together


@given(keys=st.lists(st.text(max_size=3), max_size=3 * MOST, unique=True))
def test_every_key_is_asked_for_and_none_that_was_not_given(keys: list[str]):
    parts = list(together(keys))
    assert list(dict.fromkeys(key for _, some in parts for key in some)) == keys
    assert all(marks.count("?") == len(some) <= MOST for marks, some in parts)


def test_there_are_few_statements():
    assert {marks for n in range(3 * MOST) for marks, _ in together(["k"] * n)} == {
        ",".join("?" * (1 << power)) for power in range(9)
    }
