"""What parts of the console tell one another: small messages, posted to screens by the app or by widgets."""

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from csdesk.desk.desk import Done


class Changed(Message, bubble=False):
    """Cases changed, by anybody; `everything`: too many to name, ask anew."""

    def __init__(self, cases: tuple[str, ...], everything: bool = False) -> None:
        super().__init__()
        self.cases = cases
        self.everything = everything


class VerbDone(Message, bubble=False):
    """A verb of mine was carried out."""

    def __init__(self, done: "Done") -> None:
        super().__init__()
        self.done = done


class CursorMoved(Message):
    """The cursor of a list stands on another case; "" when the list is empty."""

    def __init__(self, case: str) -> None:
        super().__init__()
        self.case = case


class Seen(Message):
    """The preview shows this case now, and so it is known which verbs are off."""

    def __init__(self, case: str) -> None:
        super().__init__()
        self.case = case


class Unsent(Message, bubble=False):
    """What waits for the line is not what it was."""
