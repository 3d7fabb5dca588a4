"""What can be told and asked of the learning search: an article that was chosen, what was learned, forgetting it."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass

MOST_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class ChoseArticle(Ask[bool]):
    """An article was chosen from what `text` found: like questions find it higher from now on.

    Kept are terms, never the text, and none of it when it may hold a person's data. `case`: the case it was looked up
    for, "" for none. False where nothing was learned.
    """

    name: ClassVar[str] = "chose_article"
    room: ClassVar[str] = "learning_answers"
    writes: ClassVar[bool] = True
    article: str
    text: str
    case: str = ""


@dataclass(frozen=True, slots=True)
class LearnedArticle:
    """An article that was chosen: how many questions it keeps, how often they led to it, and when last (UTC ms).

    `terms` are those of its most used question, in the order of the alphabet.
    """

    id: str
    law: str
    article_no: str
    questions: int
    uses: int
    at: int
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Learned(Ask[list[LearnedArticle]]):
    """The articles that agents chose, the most often chosen first, each with the terms that led to it most."""

    name: ClassVar[str] = "learned"
    room: ClassVar[str] = "learning_answers"
    right: ClassVar[Right] = Right.CONFIGURE
    limit: int = 50


@dataclass(frozen=True, slots=True)
class ForgetLearned(Ask[int]):
    """Forget what choices taught of an article (by id), or of every one when `article` is empty; how many questions."""

    name: ClassVar[str] = "forget_learned"
    room: ClassVar[str] = "learning_answers"
    right: ClassVar[Right] = Right.CONFIGURE
    writes: ClassVar[bool] = True
    article: str = ""
