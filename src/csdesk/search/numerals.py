"""Chinese numerals below 100,000 and integers, both ways; a question's numbers in its other script."""

from __future__ import annotations

import re

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_NAMES = "零一二三四五六七八九"
NUMERAL = "[零〇一二两三四五六七八九十百千万]"
# What people count; without a unit 一般 and 万一 would turn into numbers.
_UNIT = "日天个年月周小分元块倍条款项次件号"
_COUNTED = re.compile(f"({NUMERAL}+)(?=[{_UNIT}])")
_ASCII_COUNTED = re.compile(r"(?<![0-9.])([0-9]{1,4})(?=[\u4e00-\u9fff])")


def to_int(text: str) -> int | None:
    """`一千二百四十`, `一二四〇`, `十五`, `1240` as an integer; None for other texts, and from 100,000."""
    if text.isascii():
        return int(text) if text.isdigit() and len(text) <= 5 else None
    if not text or len(text) > 9 or any(c not in _DIGITS and c not in _UNITS for c in text):
        return None
    if all(c in _DIGITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text)) if len(text) <= 5 else None
    total, section, digit = 0, 0, -1
    ceiling = 100_000
    for char in text:
        if char in _DIGITS:
            if digit > 0:
                return None
            digit = _DIGITS[char]
            continue
        unit = _UNITS[char]
        if unit >= ceiling:
            return None
        ceiling = unit
        if unit == 10_000:
            total, section, ceiling = (section + max(digit, 0)) * unit, 0, unit
        else:
            section += (1 if digit <= 0 else digit) * unit
        digit = -1
    return total + section + max(digit, 0)


def from_int(number: int) -> str:
    """`1240` as `一千二百四十`; ValueError outside 0 to 99,999."""
    if not 0 <= number < 100_000:
        raise ValueError(f"{number} has no numeral here; give 0 to 99,999")
    if number < 10:
        return _NAMES[number]
    out = ""
    for unit, name in ((10_000, "万"), (1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            out += _NAMES[digit] + name
        elif out and not out.endswith("零"):
            out += "零"
    out = out.rstrip("零")
    return out[1:] if out.startswith("一十") else out


def other_script(text: str) -> str:
    """`text` with its counts in the other script (`7天` ↔ `七天`): laws write one, platforms the other."""
    if _ASCII_COUNTED.search(text):
        return _ASCII_COUNTED.sub(lambda m: from_int(int(m[1])), text)
    return _COUNTED.sub(lambda m: m[1] if (n := to_int(m[1])) is None else str(n), text)
