"""HTML of a mail as plain text, in one pass over its signs.

What comes out is text that still has to pass the gate, so no tag needs to be understood as a browser would, only to go.
A parser that builds the tree took 290 s for 200,000 nested elements (nh3 0.3.8); this takes the same time for any
million characters. Nothing is fetched and nothing runs. A link shows where it leads, so that its words cannot lie.
"""

import re
from html import unescape

MOST_HTML = 1_000_000
MOST_LINK = 300
# Tags whose quotes never end are read up to the next `>`; after so many, so are all others.
MOST_FAILURES, MOST_TAG = 20, 20_000

_BREAKS = frozenset({
    "address", "article", "blockquote", "br", "caption", "dd", "div", "dl", "dt", "figure", "footer", "form",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul",
})  # fmt: skip
_SILENT = frozenset({"script", "style", "title", "head", "template", "noscript", "svg", "math", "object"})
_LINKS = ("http://", "https://", "mailto:", "tel:")
_NAME = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30})")
_HREF = re.compile(r"\shref\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_STOP = re.compile("[>\"']")
_BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")
_LINES = re.compile(r"\n[ \n]*")


def to_text(html: str) -> str:
    """The words of `html` in lines; what is longer than a million characters is cut. It has not passed the gate."""
    layout = _Layout(html[:MOST_HTML])
    layout.read()
    return layout.text()


class _Layout:
    """Reads on from tag to tag; the position only ever grows."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._last = html.rfind(">")
        self._failures = 0
        self._comments_over = False
        self._said: list[str] = []
        self._link: tuple[str, int] | None = None

    def read(self) -> None:
        """Go through the whole."""
        html, at = self._html, 0
        while (opens := html.find("<", at)) >= 0 and opens < self._last:
            self._say(html[at:opens])
            at = self._markup(opens)
        self._say(html[at:])

    def text(self) -> str:
        """What was read, blank lines never more than one."""
        lines = "".join(self._said).split("\n")
        whole = "\n".join(line.strip(" ") for line in lines).strip()
        return _LINES.sub(lambda run: "\n" * min(run[0].count("\n"), 2), whole)

    def _say(self, raw: str) -> None:
        self._said.append(_BLANKS.sub(" ", unescape(raw)))

    def _markup(self, opens: int) -> int:
        """Deal with what begins at `<`; where to go on."""
        html = self._html
        if html.startswith("<!--", opens):
            closes = -1 if self._comments_over else html.find("-->", opens + 2)
            self._comments_over = closes < 0
            return closes + 3 if closes >= 0 else opens + 4
        if html.startswith(("<!", "<?"), opens):
            return html.index(">", opens) + 1
        name = _NAME.match(html, opens + 1)
        if name is None:
            self._said.append("<")
            return opens + 1
        after = self._end(name.end())
        tag = name[2].lower()
        if name[1]:
            self._closed(tag)
        elif tag in _SILENT:
            # By its end tag, or not at all: words must not vanish behind a tag that nobody closed.
            return self._silence(tag, after)
        else:
            self._opened(tag, html[name.end() : after])
        return after

    def _silence(self, tag: str, after: int) -> int:
        if self._failures >= MOST_FAILURES:
            return after
        closes = re.compile(f"</{re.escape(tag)}[ \t\r\n>/]", re.IGNORECASE).search(self._html, after)
        self._failures += closes is None
        return closes.start() if closes else after

    def _end(self, at: int) -> int:
        """Where the tag is over that goes on at `at`: at a `>` outside quotes."""
        html, start = self._html, at
        while self._failures < MOST_FAILURES and at - start < MOST_TAG:
            stop = _STOP.search(html, at, start + MOST_TAG)
            if stop is None:
                break
            if stop[0] == ">":
                return stop.end()
            at = html.find(stop[0], stop.end(), start + MOST_TAG) + 1
            if not at:
                break
        self._failures += 1
        closes = html.find(">", start)
        return closes + 1 if closes >= 0 else len(html)

    def _opened(self, tag: str, attributes: str) -> None:
        if tag in _BREAKS:
            self._said.append("\n\n" if tag == "p" else "\n- " if tag == "li" else "\n")
        elif tag in ("td", "th"):
            self._said.append(" ")
        elif tag == "a" and (href := _HREF.search(attributes)):
            leads = unescape(href[1] or href[2] or href[3] or "").strip()
            self._link = (leads, len(self._said)) if leads.lower().startswith(_LINKS) else None

    def _closed(self, tag: str) -> None:
        if tag in _BREAKS:
            self._said.append("\n")
        if tag == "a" and self._link:
            leads, since = self._link
            shown = "".join(self._said[since:]).strip()
            bare = leads.removeprefix("mailto:").removeprefix("tel:")
            if bare.rstrip("/") != shown.rstrip("/"):
                self._said.append(f" <{bare[:MOST_LINK]}>")
            self._link = None
