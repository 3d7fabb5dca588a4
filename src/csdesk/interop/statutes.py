"""Laws and rules as their texts are written: title, dates, chapters and articles found in the lines of a document."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from csdesk.domain.text import clean, clean_line
from csdesk.domain.value import dataclass
from csdesk.search.cite import article_label
from csdesk.search.numerals import NUMERAL, to_int

_N = rf"(?:[0-9]{{1,5}}|{NUMERAL}{{1,9}})"
_CHAPTER = re.compile(rf"第\s*{_N}\s*(?P<level>分编|编|章|节)(?:[\s\u3000:：]+|$)(?P<name>.{{0,60}})$")
_LEVELS = ("编", "分编", "章", "节")
_ARTICLE = re.compile(
    rf"第\s*(?P<n>{_N})\s*条(?:\s*之\s*(?P<suffix>{_N}))?(?P<gap>[\s\u3000:：、]*)"
    r"(?:[【\[](?P<title>[^】\]\n]{1,80})[】\]][\s\u3000]*)?(?P<rest>.*)$"
)
# A line that only begins with a citation: 第二十四条第一款, 第五条规定的, 第三条、第四条.
_CITES = re.compile(rf"(?:第\s*{_N}\s*[条款项]|规定|的|之规定|所称|和|至|或者|以及|、)")
_DAY = r"(\d{4})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?"
_STARTS = re.compile(rf"自?\s*{_DAY}\s*(?:起|开始)?\s*(?:正式)?(?:施行|实施|生效|执行)")
_STARTS_ON = re.compile(
    rf"(?:施行|实施|生效)(?:日期|时间|日)\s*[:：]?\s*{_DAY}|^effective(?:_from)?\s*:\s*{_DAY}", re.I
)
_ENDS_ON = re.compile(rf"(?:有效期至|失效日期\s*[:：]?)\s*{_DAY}|^effective_to\s*:\s*{_DAY}", re.I)
_REPEALED = re.compile(rf"自?\s*{_DAY}\s*起?\s*(?:废止|失效|停止执行)")
_NOTE = re.compile(r"^[（(].*[)）]$|^(?:目\s*录|目\s*次|前\s*言)$|^effective|^[-—_=*\s]+$", re.I)
_NUMBERED = re.compile(r"^[（(]?(?:[0-9]{1,3}|[零〇一二三四五六七八九十]{1,4})[)）、.．]")
_PAGE = re.compile(r"^[-—–\s]*(?:第\s*)?[0-9]{1,4}(?:\s*页)?(?:\s*[/／共]\s*[0-9]{1,4}\s*页?)?[-—–\s]*$")
MOST_TEXT = 20_000  # characters of an article; the longest of the statute book has 4,000
MOST_ARTICLES = 20_000


class StatuteFault(Exception):
    """A document that cannot be taken in: `code` is worded as `error.<code>`."""

    def __init__(self, code: str, **detail: object) -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document; `heading`: it was set as a title, `wraps`: a page's edge ended it and not its author."""

    text: str
    heading: bool = False
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class Provision:
    """An article of a document. Dates ISO, "" unknown; `number` and `suffix` 0 where its label is no number.

    `id`: what it came with, "" for none; `source`: the platform or collection named in the file, "" for none.
    """

    law: str
    label: str
    number: int
    suffix: int
    text: str
    title: str = ""
    chapter: str = ""
    effective_from: str = ""
    effective_to: str = ""
    id: str = ""
    source: str = ""


class _Reading:
    """A document read line by line: what came before its articles, and the articles so far."""

    def __init__(self) -> None:
        self.preface: list[Line] = []
        self.chapters: dict[str, str] = {}
        self.found: list[tuple[int, int, str, str, list[Line]]] = []

    def take(self, line: Line) -> None:
        if chapter := _CHAPTER.match(line.text):
            level = _LEVELS.index(chapter["level"])
            kept = {name: told for name, told in self.chapters.items() if _LEVELS.index(name) < level}
            self.chapters = kept | {chapter["level"]: " ".join(line.text.split())}
            return
        article = _ARTICLE.match(line.text)
        if article and self._begins(article):
            number, suffix = to_int(article["n"]) or 0, to_int(article["suffix"] or "") or 0
            rest = [Line(article["rest"], wraps=line.wraps)] if article["rest"].strip() else []
            self.found.append(
                (number, suffix, article["title"] or "", " ".join(self.chapters.values()), rest)
            )
        elif self.found:
            self.found[-1][4].append(line)
        else:
            self.preface.append(line)

    def _begins(self, article: re.Match[str]) -> bool:
        """Whether a line that begins 第…条 begins an article, and does not only go on citing one."""
        number = to_int(article["n"])
        if not number or _CITES.match(article["rest"]) or "、" in article["gap"]:
            return False
        return bool(article["gap"] or article["title"] or not article["rest"]) or number == self._next()

    def _next(self) -> int:
        return self.found[-1][0] + 1 if self.found else 1


def statute(lines: Iterable[Line], name: str) -> list[Provision]:
    """The articles of one law, with its title and dates. `name`: of the file, for faults.

    Raises StatuteFault `statute_no_articles`, `statute_no_title`, `statute_empty_article`, `statute_twice`,
    `statute_too_long`.
    """
    reading = _Reading()
    for line in lines:
        text = clean_line(line.text, limit=MOST_TEXT).text
        if text and not _PAGE.match(text):
            reading.take(Line(text, line.heading, line.wraps))
    if not reading.found:
        raise StatuteFault("statute_no_articles", file=name)
    if len(reading.found) > MOST_ARTICLES:
        raise StatuteFault("statute_too_long", file=name, most=MOST_ARTICLES)
    law, (start, end) = _title(reading.preface, name), _days(reading)
    provisions = []
    for number, suffix, title, chapter, body in reading.found:
        label, text = article_label(number, suffix), _joined(body)
        if not text:
            raise StatuteFault("statute_empty_article", file=name, article=label)
        provisions.append(Provision(law, label, number, suffix, text, title, chapter, start, end))
    once(provisions, name)
    return provisions


def once(provisions: Sequence[Provision], name: str) -> None:
    """StatuteFault `statute_twice` when a number stands twice under one law and day."""
    seen: set[tuple[str, ...]] = set()
    for one in provisions:
        key = (one.law, one.label, one.effective_from, one.source, one.id)
        if key in seen:
            raise StatuteFault("statute_twice", file=name, law=one.law, article=one.label)
        seen.add(key)


def _title(preface: Sequence[Line], name: str) -> str:
    """The first heading before the articles, else the first line that is no note of when it was passed."""
    plain = [line for line in preface if not _NOTE.match(line.text) and not _STARTS_ON.search(line.text)]
    chosen = next((line for line in plain if line.heading), plain[0] if plain else None)
    if chosen is None:
        raise StatuteFault("statute_no_title", file=name)
    title = re.sub(r"^title\s*[:：]\s*", "", chosen.text, flags=re.I)
    return title.strip("《》 ")[:200]


def _days(reading: _Reading) -> tuple[str, str]:
    """First and last day in force: from what stands before the articles, else from the last of them (附则)."""
    before = [line.text for line in reading.preface]
    closing = [_joined(body) for _, _, _, _, body in reading.found[-3:]]
    start = _first(_STARTS_ON, before) or _first(_STARTS, before) or _first(_STARTS, reversed(closing))
    end = _first(_ENDS_ON, before)
    if not end and (repealed := _first(_REPEALED, before)):
        end = day_before(repealed)
    return start, end


def _first(shape: re.Pattern[str], texts: Iterable[str]) -> str:
    for text in texts:
        for found in shape.finditer(text):
            year, month, day = (int(part) for part in found.groups() if part)
            try:
                return date(year, month, day).isoformat()
            except ValueError:
                continue
    return ""


def day_before(day: str) -> str:
    """The day before (ISO)."""
    return (date.fromisoformat(day) - timedelta(1)).isoformat()


def _joined(lines: Sequence[Line]) -> str:
    """The paragraphs of an article, a line each; what a page's edge cut is put together again."""
    out: list[str] = []
    cut = False
    for line in lines:
        goes_on = cut and out and not _NUMBERED.match(line.text)
        if goes_on:
            blank = " " if out[-1][-1:].isascii() and line.text[:1].isascii() else ""
            out[-1] += blank + line.text
        else:
            out.append(line.text)
        cut = line.wraps and not line.text.endswith(("。", "；", "：", ";", ":"))
    return clean("\n".join(out), limit=MOST_TEXT).text.strip()
