"""What every question to a desk is: its name, who answers it, who may ask."""

from typing import ClassVar, Generic, TypeVar

from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """A question, or a small errand beside the chain (`writes`), answered with a T.

    `room`: the module of `csdesk.desk` that answers it, loaded with the first such question. `aside`: it takes long and
    writes nothing, so it is answered beside all others, on a connection of its own, or by a replica. `local`: it
    reaches for files of the machine it is asked on, so that no other machine may ask it. `safe`: an errand that may be
    sent twice.
    """

    name: ClassVar[str] = ""
    room: ClassVar[str] = "answers"
    right: ClassVar[Right] = Right.READ
    writes: ClassVar[bool] = False
    aside: ClassVar[bool] = False
    local: ClassVar[bool] = False
    safe: ClassVar[bool] = False
