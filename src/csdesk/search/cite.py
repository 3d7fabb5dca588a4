"""Citations as people type them (消法25, 《电商法》第17条第2款, 七日办法 8) and the laws that they name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from csdesk.domain.value import dataclass
from csdesk.search import normalise, numerals, pinyin

CITATION_MAX = 80  # characters; the longest title on the desk's trial shelf has 45
GUESSES = 4  # laws offered for an abbreviation that nobody listed

_N = rf"(?:[0-9]{{1,5}}|{numerals.NUMERAL}{{1,9}})"
# The law's name, then 第…条之一第…款第…项; 第 and 条 may be missing, the number may not.
_CITATION = re.compile(
    rf"(?P<law>.*?[^\s0-9第.])[\s,:.·§-]*"
    rf"(?:第\s*(?P<named>{_N})|(?P<bare>[0-9]{{1,5}})|(?P<worded>{numerals.NUMERAL}{{1,9}})(?=\s*条|$))\s*条?"
    rf"(?:\s*(?:之|-)\s*(?P<suffix>{_N}))?"
    rf"(?:[\s,]*第?\s*(?P<paragraph>{_N})\s*款)?"
    rf"(?:[\s,]*第?\s*[(]?(?P<item>{_N})[)]?\s*项)?"
    r"(?:\s*(?:的?规定|是什么|内容|原文))?[\s?。.]*"
)
_ARTICLE = re.compile(rf"第\s*({_N})\s*条(?:\s*之\s*({_N}))?")
_STATE = re.compile("^中华人民共和国|^中国")
_EDITION = re.compile(r"[(](?:试行|暂行|草案|[0-9]{4}年?(?:修订|修正|施行|版)?)[)]")
_PART = re.compile(r"[(]([^()]*[编篇章])[)]$")
_COUNT = re.compile(rf"{numerals.NUMERAL}(?=[日天]|$)")
_LAW_ENDS = "法典编例则定释准章约程1234"  # 法 法典 编 条例 规则 规定 解释 标准 规章 公约 规程（一）
_NOISE = re.compile(r"[\s《》〈〉<>()\[\]【】\"'“”‘’「」『』、,.:;·-]+")


@dataclass(frozen=True, slots=True)
class Citation:
    """One article: the laws that the name can mean, likeliest first (a code in parts is several), and the
    numbers of article, 之-suffix, paragraph (款) and item (项); the last three are None when not given."""

    laws: tuple[str, ...]
    article: int
    suffix: int | None = None
    paragraph: int | None = None
    item: int | None = None


class LawNames:
    """The laws and rules a desk holds, found by full name, part, alias or abbreviation."""

    __slots__ = ("_laws",)

    def __init__(self, laws: Iterable[str], aliases: Mapping[str, Sequence[str]]) -> None:
        """`laws` as the desk writes them; `aliases`: what people call any law, by its full name."""
        named: dict[str, list[str]] = {}
        for law in sorted(laws):
            for key in _keys(law):
                named.setdefault(key, []).append(law)
        known = dict(named)
        for law, called in aliases.items():
            held = next((known[k] for k in _keys(law) if k in known), [])
            for alias in called:
                of_alias = named.setdefault(_key(alias), [])
                of_alias += [name for name in held if name not in of_alias]
        self._laws = {key: tuple(held) for key, held in named.items() if key and held}

    def find(self, name: str) -> tuple[str, ...]:
        """The laws that `name` can mean, likeliest first: the listed ones, else (if it ends as laws do) up to
        `GUESSES` that hold its characters in order (网络交易办法 ⊂ 网络交易监督管理办法)."""
        key = _key(name)
        if key in self._laws:
            return self._laws[key]
        if key.isascii() and key.isalpha():
            return self._by_sound(key) if len(key) > 1 else ()
        if len(key) < 2 or key[-1] not in _LAW_ENDS:
            return ()
        guesses = sorted((rank, law) for law, rank in self._abbreviated(key).items())
        return tuple(law for _, law in guesses[:GUESSES])

    def _abbreviated(self, key: str) -> dict[str, tuple[bool, bool, int]]:
        """Laws whose key holds `key` in order: (whether scattered, whether it starts otherwise, length)."""
        best: dict[str, tuple[bool, bool, int]] = {}
        for full, laws in self._laws.items():
            if full[-1] != key[-1] or len(full) < len(key) or not _is_subsequence(key, full):
                continue
            rank = (key not in full, full[0] != key[0], len(full))
            for law in laws:
                best[law] = min(rank, best.get(law, rank))
        return best

    def _by_sound(self, letters: str) -> tuple[str, ...]:
        """Laws with a name that is `letters` in pinyin or initials (`xf`: 刑法, 消法), shortest first."""
        found: list[str] = []
        for key in sorted(self._laws, key=len):
            sounds = pinyin.syllables(key)
            if letters in ("".join(sounds), "".join(s[0] for s in sounds)):
                found += [law for law in self._laws[key] if law not in found]
        return tuple(found[:GUESSES])


def parse(text: str, names: LawNames) -> Citation | None:
    """The citation that `text` is; None without a number, with more words, for a law the desk lacks."""
    folded = normalise.fold(text[:CITATION_MAX]).strip()
    match = _CITATION.fullmatch(folded) if len(text) <= CITATION_MAX else None
    if match is None:
        return None
    article = numerals.to_int(match["named"] or match["bare"] or match["worded"])
    laws = names.find(match["law"])
    if not article or not laws:
        return None
    return Citation(laws, article, *(_number(match[part]) for part in ("suffix", "paragraph", "item")))


def article_number(label: str) -> tuple[int, int | None] | None:
    """`第一百四十八条之一` as `(148, 1)`, `第25条` as `(25, None)`; None for other labels."""
    match = _ARTICLE.fullmatch(normalise.fold(label).strip())
    number = numerals.to_int(match[1]) if match else None
    return (number, _number(match[2])) if match and number is not None else None


def article_label(article: int, suffix: int | None = None) -> str:
    """`(148, 1)` as `第一百四十八条之一`."""
    after = f"之{numerals.from_int(suffix)}" if suffix else ""
    return f"第{numerals.from_int(article)}条{after}"


def shipped_aliases() -> dict[str, list[str]]:
    """The aliases of `data/search/aliases.toml`: full name → what people call it."""
    import tomllib  # only where laws are looked up

    return dict(tomllib.loads("\n".join(normalise.table("aliases.toml")))["aliases"])


def _number(text: str | None) -> int | None:
    return numerals.to_int(text) if text else None


def _key(name: str) -> str:
    """A law's name without state, edition and punctuation, with its counts in digits (七日 = 7天 = 7日)."""
    plain = _EDITION.sub("", normalise.fold(name))
    plain = _STATE.sub("", _NOISE.sub("", plain))
    plain = _COUNT.sub(lambda m: str(numerals.to_int(m[0])), plain)
    return plain.replace("天", "日")


def _keys(law: str) -> tuple[str, ...]:
    """The keys of a law: its name, and for a part of a code (民法典（合同编）) the code's and the part's."""
    folded = normalise.fold(law)
    part = _PART.search(folded)
    if part is None:
        return (_key(law),)
    return (_key(law), _key(folded[: part.start()]), _key(part[1]))


def _is_subsequence(short: str, long: str) -> bool:
    rest = iter(long)
    return all(char in rest for char in short)
