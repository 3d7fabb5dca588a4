"""The list of answers: which function answers a question, entered by its room when that is loaded."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from csdesk.desk.question import Ask

if TYPE_CHECKING:
    from csdesk.desk.core import Core

Q = TypeVar("Q", bound=Ask[Any])
A = TypeVar("A")
ANSWERS: "dict[type[Ask[Any]], Callable[[Core, Any], Any]]" = {}


def answers(question: type[Q]) -> "Callable[[Callable[[Core, Q], A]], Callable[[Core, Q], A]]":
    """Enter a function as the answer to a question."""

    def enter(function: "Callable[[Core, Q], A]") -> "Callable[[Core, Q], A]":
        ANSWERS[question] = function
        return function

    return enter
