"""Files that stand uuencoded between the words of a mail, as programs without MIME send them.

Source: POSIX uuencode (IEEE Std 1003.1). Only what ends as it should is a file; everything else stays words, so that
nothing a person wrote goes away. One pass over the lines: none is looked at twice.
"""

import binascii
import re

_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,200}?)[ \t]*\r?\n", re.MULTILINE)
_LINE = re.compile(rb"([^\r\n]{0,90})(\r?\n|\Z)")


def taken_out(said: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """`said` without its files, and each of them as (name, content)."""
    words: list[bytes] = []
    files: list[tuple[bytes, bytes]] = []
    at = 0
    while begin := _BEGIN.search(said, at):
        content, end = _content(said, begin.end())
        if content is None:
            words.append(said[at:end])
        else:
            words.append(said[at : begin.start()])
            files.append((begin[1], content))
        at = end
    words.append(said[at:])
    return b"".join(words), files


def _content(said: bytes, at: int) -> tuple[bytes | None, int]:
    """What the lines from `at` on hold and where they are over; None when they do not end as a file does."""
    pieces: list[bytes] = []
    over = False
    while at < len(said):
        line = _LINE.match(said, at)
        if line is None:
            break
        if over or line[1] == b"end":
            return (b"".join(pieces), line.end()) if line[1].rstrip() == b"end" else (None, at)
        if line[1] in (b"`", b" ", b""):
            over = True
        elif not 0x20 < line[1][0] < 0x60:
            break
        else:
            try:
                pieces.append(binascii.a2b_uu(line[1]))
            except binascii.Error:
                break
        at = line.end()
    return None, at
