"""HTML bodies of another desk's tickets as plain text, in one pass; what comes out has not passed the gate.

`effects.mail.html` reads what strangers send by mail and stands on a floor that imports cannot reach. What comes here
was stored by a desk, so a tag is understood by its name alone.
"""

import re
from html import unescape

MOST_HTML = 1_000_000
_BREAKS = frozenset({
    "address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li",
    "ol", "p", "pre", "section", "table", "tr", "ul",
})  # fmt: skip
_SILENT = frozenset(("script", "style", "head", "title", "template"))
_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9:-]{0,30})")
_BLANKS = re.compile(r"[ \t\r\f\xa0]+")
_LINES = re.compile(r" *\n[ \n]*")


def to_text(html: str) -> str:
    """The words of `html` (at most a million characters) in lines; the position only ever grows."""
    html = html[:MOST_HTML]
    low, said, at = html.lower(), list[str](), 0
    while (opens := html.find("<", at)) >= 0:
        said.append(unescape(html[at:opens]).replace("\n", " "))
        name = _NAME.match(html, opens + 1)
        if name is None and not html.startswith(("<!", "<?"), opens):
            said.append("<")
            at = opens + 1
            continue
        closes = html.find(">", opens)
        if closes < 0:
            at = opens
            break
        at = closes + 1
        tag = name[1].lower() if name else ""
        if html.startswith("<!--", opens):
            ends = html.find("-->", opens + 2)
            at = ends + 3 if ends >= 0 else len(html)
        elif tag in _SILENT and html[opens + 1] != "/":
            ends = low.find(f"</{tag}", at)
            at = ends if ends >= 0 else len(html)
        elif tag in _BREAKS:
            said.append("\n- " if tag == "li" and html[opens + 1] != "/" else "\n")
    said.append(unescape(html[at:]).replace("\n", " "))
    whole = _BLANKS.sub(" ", "".join(said))
    return _LINES.sub(lambda run: "\n" * min(run[0].count("\n"), 2), whole).strip()
