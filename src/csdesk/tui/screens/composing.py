"""The reply under a conversation: its text, what it cites, what is open in it; the hold after sending."""

import re
from collections.abc import Iterable, Mapping

from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message as TextualMessage
from textual.widget import Widget
from textual.widgets import TextArea

from csdesk.desk.queries import Finding, FoundArticle
from csdesk.desk.words import Words
from csdesk.domain.cases.case import Message
from csdesk.domain.cases.conversation import MOST_CHARACTERS, SLOT, slots
from csdesk.domain.cases.opening import CHANNELS
from csdesk.domain.text import clean, clean_line
from csdesk.domain.value import dataclass
from csdesk.tui import cells
from csdesk.tui.widgets.bars import Bar
from csdesk.tui.widgets.fields import TextField
from csdesk.tui.widgets.findings import SEVERITIES, Findings, moved

# A quotation names the rule; who needs all of it has the number.
QUOTE = 60
LEAST_QUOTE = 8
# From here on the length shows; it changes with every letter, and so would the line.
NEAR_MOST = MOST_CHARACTERS * 4 // 5
# Who reads it wants to know that there is a rule, not how many.
MOST_NAMED = 2
# What `citation` writes, to find it again in a draft.
CITED = re.compile(
    r"《([^《》\n]{2,80})》\s?(第[^\s，。：；、“”《》]{1,16}条(?:之[一二三四五六七八九十]+)?)?"
)
# What a sentence ends with.
ENDS = ("。", "！", "？", "…", ".", "!", "?")
# Beyond the end of any line.
LINE_END = MOST_CHARACTERS * 2
_SHORTCUT = re.compile(r"(?:^|(?<=\s))/([a-z0-9_-]{1,20}) $", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cited:
    """An article that the reply rests on, and how it stands in the text; it counts while it stands there."""

    id: str
    label: str


def cited(article: FoundArticle) -> Cited:
    """How an article stands in a reply: the law in its marks and the number, without the days."""
    told = clean_line(names(article)).text
    found = CITED.match(told)
    return Cited(article.id, found[0] if found else told)


def names(article: FoundArticle) -> str:
    """The rules that a reply names: those behind the desk's own policy, else the article itself."""
    own = f"《{article.law}》{article.article_no}"
    return "、".join(article.citations[:MOST_NAMED]) or own


def citation(article: FoundArticle, words: Words) -> str:
    """The sentence that cites an article: name, number and a short quotation."""
    text = " ".join(clean(article.text).text.split()).removeprefix(article.article_no).strip()
    end = next((n for n, sign in enumerate(text[:QUOTE]) if sign in "。；" and n > LEAST_QUOTE), -1)
    quote = text[:end] if end > 0 else cells.crop(text, 2 * QUOTE, "……")
    # What the desk says of a law is no quotation from it.
    key = "compose.citation" if f"《{article.law}》" in names(article) else "compose.policy"
    return words(key, name=clean_line(names(article)).text, quote=quote)


class ReplyField(TextField):
    """The text of a reply; what was found in it is marked where it stands."""

    DEFAULT_CSS = "ReplyField { height: 1fr; scrollbar-size: 0 0; }"

    def __init__(self) -> None:
        super().__init__()
        # The line of the caret would lose the colours of its marks.
        self.highlight_cursor_line = False
        self._marks: dict[int, list[tuple[int, int, Style]]] = {}

    def mark(self, spans: Iterable[tuple[int, int, Style]]) -> None:
        """Show these stretches (start, end, style), and no others."""
        marks: dict[int, list[tuple[int, int, Style]]] = {}
        for start, end, style in spans:
            (first, column), (last, until) = self.place(start), self.place(end)
            for row in range(first, last + 1):
                here = (column if row == first else 0, until if row == last else LINE_END, style)
                marks.setdefault(row, []).append(here)
        if marks != self._marks:
            self._marks = marks
            self.notify_style_update()
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        line = super().get_line(line_index)
        for start, end, style in self._marks.get(line_index, ()):
            line.stylize(style, start, min(end, len(line)))
        return line

    @property
    def caret(self) -> int:
        """Where the caret stands, in characters from the start."""
        row, column = self.cursor_location
        return sum(len(line) + 1 for line in self.text.split("\n")[:row]) + column

    def put(self, text: str, caret: int) -> None:
        """Replace everything."""
        self.load_text(clean(text).text)
        self.go(caret)

    def go(self, caret: int) -> None:
        """Set the caret."""
        self.move_cursor(self.place(min(max(caret, 0), len(self.text))))

    def place(self, index: int) -> tuple[int, int]:
        """Row and column of a character."""
        before = self.text[:index]
        return before.count("\n"), index - before.rfind("\n") - 1

    def write(self, text: str) -> None:
        """Insert at the caret, instead of what is selected."""
        start, end = self.selection
        self.replace(text, start, end, maintain_selection_offset=False)

    async def _on_paste(self, event: events.Paste) -> None:
        event.text = clean(event.text).text
        await super()._on_paste(event)


class Composer(Widget):
    """The reply field, above it what it cites and what it lacks, below it what speaks against sending it."""

    DEFAULT_CSS = """
    Composer { height: 9; layout: vertical; background: $field; }
    """

    class Expand(TextualMessage):
        """A shortcut of a canned reply was typed, as /xhd and a blank."""

        def __init__(self, shortcut: str) -> None:
            super().__init__()
            self.shortcut = shortcut

    class Touched(TextualMessage):
        """Text or caret changed."""

    def __init__(self) -> None:
        super().__init__()
        self.field = ReplyField()
        # By which channel it goes: as the case says, unless the agent chose another.
        self.way = ""
        self._chosen = ""
        # Canned replies that the text came from, in the order in which they came.
        self._canned: dict[str, None] = {}
        # Articles of the canned reply, and how each is called.
        self._stands_on: dict[str, str] = {}
        self._cited: list[Cited] = []
        self._above = _Above(self)
        self._below = Findings()
        self._found: list[Finding] = []
        # The text that was checked, to move what was found in it along while one types.
        self._checked = ""

    def compose(self) -> Iterable[Widget]:
        yield self._above
        yield self.field
        yield self._below

    @property
    def channel(self) -> str:
        """The channel that is shown, by which the reply goes."""
        return self._chosen or self.way

    @property
    def chosen(self) -> str:
        """The channel that the agent chose; "" while it goes as the case says."""
        return self._chosen

    def go_by(self, channel: str) -> None:
        """Let it go by this channel, wherever the customer writes next."""
        self._chosen = channel
        self.repaint()

    def next_channel(self) -> None:
        """Choose the next of all channels."""
        at = CHANNELS.index(self.channel) if self.channel in CHANNELS else -1
        self.go_by(CHANNELS[(at + 1) % len(CHANNELS)])

    @property
    def canned(self) -> str:
        """The canned reply that came last; "" when the text came from none."""
        return next(reversed(self._canned), "")

    @property
    def also(self) -> tuple[str, ...]:
        """The canned replies that came before it."""
        return tuple(self._canned)[:-1]

    @property
    def sources(self) -> tuple[str, ...]:
        """All canned replies that the text came from."""
        return tuple(self._canned)

    @property
    def text(self) -> str:
        """What would be sent."""
        return clean(self.field.text).text.strip()

    @property
    def standing(self) -> list[Cited]:
        """What the text cites now."""
        return [one for one in self._cited if one.label in self.field.text]

    @property
    def articles(self) -> tuple[str, ...]:
        """The articles the reply rests on: those of its canned reply, and those its text cites."""
        return tuple(dict.fromkeys([*self._stands_on, *(one.id for one in self.standing)]))

    @property
    def cites(self) -> tuple[str, ...]:
        """The same by name."""
        return tuple(dict.fromkeys([*self._stands_on.values(), *(one.label for one in self.standing)]))

    def open_slots(self) -> tuple[str, ...]:
        """The blanks that nobody has filled."""
        return slots(self.field.text)

    def clear(self) -> None:
        """An empty reply."""
        self._forget()
        self.field.put("", 0)

    def _forget(self) -> None:
        """Nothing of what was inserted stands there any more."""
        self._canned, self._stands_on, self._cited = {}, {}, []

    def put(self, text: str, caret: int) -> None:
        """A reply that was begun before."""
        self.field.put(text, caret)
        self.repaint()

    def cite(self, article: FoundArticle, words: Words) -> None:
        """Write a citation at the caret."""
        self.remember(cited(article))
        self.field.write(citation(article, words))
        self.repaint()

    def remember(self, one: Cited) -> None:
        """This article counts as cited while its name stands in the text."""
        self._cited = [*(known for known in self._cited if known.id != one.id), one]
        self.repaint()

    def insert(self, text: str, canned: str, articles: Mapping[str, str]) -> None:
        """Write a canned reply at the caret; the articles it rests on (id, name) count with it.

        Behind a finished sentence it begins a line of its own: it has its greeting.
        """
        self.stand_on((canned,) if canned else (), articles)
        before = self.field.text[: self.field.caret]
        self.field.write(("\n" if before.endswith(ENDS) else "") + clean(text).text)
        self.repaint()

    def stand_on(self, canned: Iterable[str], articles: Mapping[str, str]) -> None:
        """The text came from these canned replies, and rests on these articles (id, name)."""
        for one in canned:
            self._canned.pop(one, None)
            self._canned[one] = None
        self._stands_on |= articles
        self.repaint()

    def tell(self, found: list[Finding], text: str) -> None:
        """Show what was found in `text`, if that still stands in the field."""
        if text == self.field.text:
            self._found, self._checked = found, text
            self._show_found()

    def _show_found(self) -> None:
        style = self.field_style
        self.field.mark((one.start, one.end, style(one.severity)) for one in self._found if one.start >= 0)
        # Open blanks are named above.
        self._below.show([one for one in self._found if one.code != "blank_slot"])

    def field_style(self, severity: str) -> Style:
        """How a stretch of this severity is written."""
        return self._above.console.palette.style(SEVERITIES[severity], "field", bold=True) + Style(
            underline=True
        )

    def to_finding(self, one: Finding) -> None:
        """Select what was found; the caret stays where it is when that has no place."""
        if one.start >= 0:
            place = self.field.place
            self.field.selection = type(self.field.selection)(place(one.start), place(one.end))

    def to_slot(self) -> None:
        """Select the first blank that nobody has filled."""
        found = SLOT.search(self.field.text)
        if found:
            place = self.field.place
            self.field.selection = type(self.field.selection)(place(found.start()), place(found.end()))

    def drop_shortcut(self) -> None:
        """Take back the shortcut before the caret."""
        caret = self.field.caret
        found = _SHORTCUT.search(self.field.text[:caret])
        if found:
            place = self.field.place
            self.field.replace("", place(found.start()), place(caret), maintain_selection_offset=False)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        if not self.field.text:
            self._forget()
        if self._found and self._checked != self.field.text:
            self._found = moved(self._found, self._checked, self.field.text)
            self._checked = self.field.text
            self._show_found()
        self.repaint()
        self.post_message(self.Touched())
        found = _SHORTCUT.search(self.field.text[: self.field.caret])
        if found:
            self.post_message(self.Expand(found[1]))

    def on_text_area_selection_changed(self, event: TextArea.SelectionChanged) -> None:
        event.stop()
        self.post_message(self.Touched())

    def repaint(self) -> None:
        """Show above the field what is so now."""
        self._above.repaint()


class _Above(Bar):
    """Which blanks are open, what it cites, and its length once that nears the most there may be."""

    def __init__(self, composer: Composer) -> None:
        super().__init__()
        self._composer = composer

    def parts(self) -> list[tuple[str, Style]]:
        words, style, composer = self.console.words, self.console.palette.style, self._composer
        # By which way it goes; a bar of 60 cells holds a citation beside that, and no other word.
        by = words.code("channel", composer.channel)
        title = words("compose.by", channel=by) if by else words("compose.title")
        found = [(f" {title}", style("strong", "raised", bold=True))]
        if blanks := composer.open_slots():
            told = "、".join(cells.safe(words.code("slot", blank)) for blank in blanks)
            found.append((f"  ! {words('compose.open', slots=told)}", style("soon", "raised", bold=True)))
        if (length := len(composer.field.text)) > NEAR_MOST:
            how = "bad" if length > MOST_CHARACTERS else "quiet"
            found.append(
                (f"  {words('compose.length', n=length, most=MOST_CHARACTERS)}", style(how, "raised"))
            )
        told = words.between.join(cells.safe(one) for one in composer.cites)
        cites = words("compose.cites", articles=told) if told else words("compose.cites_none")
        room = self.size.width - sum(cells.width(text) for text, _ in found) - 2
        return [*found, (f"  {cells.crop(cites, max(room, 0))}", style("quiet", "raised"))]


class HoldLine(Bar):
    """A reply that waits out its hold, with the seconds left; takes no room otherwise."""

    DEFAULT_CSS = "HoldLine { height: 1; display: none; }"

    def __init__(self) -> None:
        super().__init__()
        self._until = 0

    def follow(self, messages: Iterable[Message]) -> None:
        """Count down to when the last held reply leaves."""
        held = [message.until for message in messages if message.state == "held"]
        until = max(held, default=0)
        started, self._until = until and not self.display, until
        if started or (self.display and not until):
            self.display = bool(until) and self._left() > 0
        if started and self.display:
            self._tick()

    def _left(self) -> int:
        return -(-max(self._until - self.console.now(), 0) // 1000)

    def _tick(self) -> None:
        # One repaint a second, and only while something can still be recalled.
        self.display = self._left() > 0
        if self.display:
            self.refresh()
            self.set_timer(1.0, self._tick)

    def parts(self) -> list[tuple[str, Style]]:
        words, style = self.console.words, self.console.palette.style
        press = self.console.keymap.shown("verb.recall")
        return [
            (
                f" ~ {words('compose.held', seconds=self._left(), press=press)}",
                style("soon", "raised", bold=True),
            )
        ]
