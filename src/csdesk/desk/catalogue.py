"""A message catalogue (.mo) that is searched where it lies: only what is said is decoded.

`gettext` makes a string of each of the 4,400 sentences when it opens a catalogue: 5 ms and 0.8 MB of every console,
which says some hundred of them. A look-up by halves costs 5 µs the first time, then that of a dict.
"""

import struct
from collections.abc import Callable
from functools import cached_property
from mmap import mmap

# The first word of a catalogue, as its writer's machine orders bytes (gettext manual, "The Format of GNU MO Files").
_ORDERS = {b"\xde\x12\x04\x95": "<", b"\x95\x04\x12\xde": ">"}
# Chinese has one form for any number: the 1.2 ms that a rule takes are for those who need one.
_ONE_FORM = "Plural-Forms: nplurals=1; plural=0;"

# Every key of a catalogue fits. Codes of foreign data are asked for too, and have no end.
MOST_KNOWN = 8_192


class Catalogue:
    """The sentences of one language by their keys; a key without a sentence is its own."""

    def __init__(self, content: bytes | mmap) -> None:
        """Open a catalogue from its bytes, read or mapped; ValueError when they are not one."""
        order = _ORDERS.get(content[:4])
        if order is None:
            raise ValueError("not a message catalogue")
        self._content = content
        self._pair = struct.Struct(f"{order}2I")
        _, self._count, self._keys, self._texts = struct.unpack_from(f"{order}4I", content, 4)
        self._known: dict[str, list[str] | None] = {}

    @cached_property
    def _plural(self) -> Callable[[int], int]:
        """Which form of a sentence stands for a number, by the catalogue's own rule."""
        head = "".join(self._forms("") or ())
        if _ONE_FORM in head.splitlines():
            return lambda n: 0
        import re
        from gettext import c2py

        rule = re.search(r"^plural-forms:.*\bplural\s*=\s*([^;\n]+)", head, re.IGNORECASE | re.MULTILINE)
        return c2py(rule[1] if rule else "n != 1")

    def gettext(self, key: str) -> str:
        """The sentence of a key; of one with plurals that for one thing."""
        forms = self._forms(key)
        return key if forms is None else forms[min(self._plural(1), len(forms) - 1)]

    def ngettext(self, key: str, other: str, n: int) -> str:
        """The sentence of a key for n things; `key` or `other` when there is none."""
        forms = self._forms(key)
        if forms is None:
            return key if n == 1 else other
        # A sentence without plurals, such as a translator has left it, serves for any number.
        return forms[min(self._plural(n), len(forms) - 1)]

    def every_key(self) -> list[str]:
        """Every key, sorted."""
        said = (self._at(self._keys, n).partition(b"\0")[0].decode() for n in range(self._count))
        return [key for key in said if key]

    def _forms(self, key: str) -> list[str] | None:
        if key not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            # Half a character, in what a customer wrote, is in no catalogue.
            self._known[key] = self._search(key.encode(errors="surrogatepass"))
        return self._known[key]

    def _search(self, key: bytes) -> list[str] | None:
        """The forms of a sentence; keys are sorted, and one with plurals stands before a zero byte."""
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            found = self._at(self._keys, middle).partition(b"\0")[0]
            if found == key:
                return self._at(self._texts, middle).decode().split("\0")
            low, high = (middle + 1, high) if found < key else (low, middle)
        return None

    def _at(self, table: int, index: int) -> bytes:
        size, start = self._pair.unpack_from(self._content, table + 8 * index)
        return self._content[start : start + size]
