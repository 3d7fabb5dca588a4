"""What parts of the console tell one another: small messages, posted to screens by the app or by widgets."""

from dataclasses import dataclass

from textual.message import Message

from csdesk.desk.desk import Done


@dataclass
class Changed(Message, bubble=False):
    """Cases changed, by anybody; `everything`: too many to name, ask anew."""

    cases: tuple[str, ...]
    everything: bool = False

    def __post_init__(self) -> None:
        super().__init__()


@dataclass
class VerbDone(Message, bubble=False):
    """A verb of mine was carried out."""

    done: Done

    def __post_init__(self) -> None:
        super().__init__()


@dataclass
class CursorMoved(Message):
    """The cursor of a list stands on another case; "" when the list is empty."""

    case: str

    def __post_init__(self) -> None:
        super().__init__()
