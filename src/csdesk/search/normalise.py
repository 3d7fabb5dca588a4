"""One spelling for what people type: width, case, simplified characters; with a map to the original."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from csdesk import resources

# Format characters carry no text, and one inside 退货 hides it from every engine that was tried.
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
# Controls and lone surrogates cannot be bound to a statement; a space keeps the length.
_UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def table(name: str) -> list[str]:
    """The lines of `data/search/<name>` that are neither empty nor comments (`#`)."""
    text = resources.path(f"data/search/{name}").read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line and not line.startswith("#")]


@cache
def _simplified() -> tuple[re.Pattern[str], dict[int, int]]:
    """A pattern of the traditional characters, and their simplified ones; read at first use, 5 ms. The
    pattern spares the usual text, which has none, a look-up a character: 4 µs an article instead of 30."""
    lines = table("t2s.txt")
    traditional = "".join(lines[0::2])
    return re.compile(f"[{traditional}]"), str.maketrans(traditional, "".join(lines[1::2]))


def storable(text: str) -> str:
    """`text` with a space for each control and each lone surrogate, which no statement takes; as long as it was."""
    return _UNSTORABLE.sub(" ", text)


def fold(text: str) -> str:
    """`text` under NFKC, case-folded, simplified, without invisible characters; controls become spaces."""
    text = _UNSTORABLE.sub(" ", _INVISIBLE.sub("", text))
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    pattern, simplified = _simplified()
    return text.translate(simplified) if pattern.search(text) else text


def fold_map(text: str) -> tuple[str, list[int]]:
    """`(fold(text), offsets)`: folded character `i` came from `text[offsets[i]:offsets[i + 1]]` or shares its
    source with its neighbour; `offsets` is one longer than the folded text and ends with `len(text)`."""
    pieces: list[str] = []
    offsets: list[int] = []
    for start, end in _clusters(text):
        piece = fold(text[start:end])
        pieces.append(piece)
        offsets.extend([start] * len(piece))
    offsets.append(len(text))
    return "".join(pieces), offsets


def _clusters(text: str) -> list[tuple[int, int]]:
    """The smallest stretches of `text` that fold by themselves: a base with its marks, a Hangul syllable."""
    found: list[tuple[int, int]] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or _breaks(text[start:end], text[end]):
            found.append((start, end))
            start = end
    return found


def _breaks(before: str, after: str) -> bool:
    """Whether nothing composes across the boundary (marks and invisibles never start a cluster)."""
    if _INVISIBLE.match(after) or unicodedata.combining(after):
        return False
    if after < "\u0300":
        return True
    if "\u3400" <= after <= "\u9fff":
        return True
    before = _UNSTORABLE.sub(" ", _INVISIBLE.sub("", before))
    whole = unicodedata.normalize("NFKC", before + after)
    return whole == unicodedata.normalize("NFKC", before) + unicodedata.normalize("NFKC", after)


def original_spans(offsets: list[int], spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of folded text as `(start, end)` of the original, in order, merged where they touch."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        first = offsets[start]
        last = next((o for o in offsets[end:] if o > offsets[end - 1]), offsets[-1])
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
