"""What of a customer is hidden in a bundle: their own name, number, address in any text, and anybody's numbers."""

import re
import zlib
from collections.abc import Iterator

from csdesk.domain.mask import mask_address, mask_email, mask_name, mask_phone, mask_text
from csdesk.store.crypto import normal_phone
from csdesk.store.people import Customer

# By recipient: what they need not know to do their work (个人信息保护法 §6, the least that serves the purpose; the
# choice is ours). A court and a tribunal serve papers on people, the authority calls the consumer back.
USUAL: dict[str, tuple[str, ...]] = {
    "mediation": ("phone", "email", "address", "id"),
    "12315": ("email", "address", "id"),
    "arbitration": ("id",),
    "court": (),
}
_NUMBERS = frozenset({"phone", "email", "id"})
_BETWEEN = r"[\s·•‧・.,，\-]{0,3}"
_IDENTITY = r"(?<![0-9])[1-9][0-9]{16}[0-9Xx](?![0-9])"
_TAIL = re.compile(r".*?(?:区|區|县|縣|旗|镇|鎮|乡|鄉)(?P<rest>.{4,})")
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.S)
# What a stream of a PDF may come to when it is opened to be searched.
_MOST_STREAM = 20_000_000


def _loose(said: str) -> str:
    """A pattern that finds a text whatever blanks and dots stand between its signs."""
    return _BETWEEN.join(map(re.escape, "".join(said.split())))


class Veil:
    """Hides `redacted` (of `REDACTIONS`) of one customer. What is not hidden stays as it was written."""

    def __init__(self, known: Customer | None, redacted: tuple[str, ...]) -> None:
        self.redacted = frozenset(redacted)
        self._known = known or Customer()
        self._hide = [
            (re.compile(pattern, re.I), mask)
            for name, pattern, mask in self._patterns()
            if name in self.redacted
        ]
        kept = [pattern for name, pattern, _ in self._patterns() if name not in self.redacted]
        if "id" not in self.redacted:
            kept.append(_IDENTITY)
        self._keep = re.compile("|".join(kept), re.I) if kept else None

    def _patterns(self) -> Iterator[tuple[str, str, str]]:
        """(field, pattern, mask) of what is known of the customer, the longest forms first."""
        known = self._known
        if len(known.name.strip()) > 1:
            yield "name", _loose(known.name), mask_name(known.name)
            words = [word for word in known.name.split() if len(word) > 2 and word.isascii()]
            yield from (("name", rf"\b{re.escape(word)}\b", f"{word[0]}***") for word in words)
        if digits := normal_phone(known.phone).partition("x")[0].lstrip("+"):
            yield "phone", rf"(?<![0-9]){_loose(digits)}(?![0-9])", mask_phone(known.phone)
        if known.email.strip():
            yield "email", re.escape(known.email.strip()), mask_email(known.email)
        if address := known.address.strip():
            place = mask_address(address).removesuffix("***")
            rest = address.removeprefix(place).strip()
            found = _TAIL.fullmatch(rest)
            yield "address", _loose(address), f"{place}***"
            if len(rest) > 3:
                yield "address", _loose(rest), "***"
            if found:
                yield "address", _loose(found["rest"]), "***"

    def known(self, text: str) -> str:
        """The text without what is hidden of the customer."""
        for pattern, mask in self._hide:
            text = pattern.sub(lambda _, mask=mask: mask, text)  # type: ignore[misc]
        return text

    def __call__(self, text: str) -> str:
        """The text of a person, likewise, and with everybody's numbers masked that are hidden of anybody."""
        text = self.known(text)
        if not _NUMBERS & self.redacted:
            return text
        if self._keep is None:
            return mask_text(text)
        done, at = [], 0
        for found in self._keep.finditer(text):
            done += [mask_text(text[at : found.start()]), found[0]]
            at = found.end()
        return "".join((*done, mask_text(text[at:])))

    def field(self, name: str) -> str:
        """What is known of the customer's `name`, `phone`, …, masked when it is hidden."""
        value: str = getattr(self._known, name)
        masks = {"name": mask_name, "phone": mask_phone, "email": mask_email, "address": mask_address}
        return masks[name](value) if name in self.redacted else value

    def shown_in(self, content: bytes) -> bool:
        """Whether a file says in letters what is hidden: as text, in its properties, in what a PDF packs plainly.

        Pictures are not read: what they show, somebody has to look at.
        """
        if not self._hide:
            return False
        return any(self._found(some) for some in (content, *_streams(content)))

    def _found(self, content: bytes) -> bool:
        texts = (content.decode(code, "ignore") for code in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"))
        return any(pattern.search(text) for text in texts for pattern, _ in self._hide)


def _streams(content: bytes) -> Iterator[bytes]:
    """The packed parts of a PDF, opened."""
    if content.startswith(b"%PDF"):
        for found in _STREAM.finditer(content):
            try:
                yield zlib.decompressobj().decompress(found[1], _MOST_STREAM)
            except zlib.error:
                continue  # packed in another way, or not at all: searched as it stands
