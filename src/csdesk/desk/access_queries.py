"""Errands and questions about who is let in: passwords, tokens, sessions, and terminals that wait."""

from dataclasses import field
from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass

ROOM = "access_answers"


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token or session without its secret; times UTC ms, 0 for never. `rights` empty: all of the agent's role.

    `mine`: the one by which this was asked.
    """

    id: str
    kind: str
    agent: str
    label: str
    rights: tuple[Right, ...]
    made_at: int
    made_by: str
    expires: int
    used_at: int
    revoked_at: int
    revoked_by: str
    good: bool
    mine: bool = False


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token with the text that opens the door; it is told this once."""

    token: TokenView
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MakeToken(Ask[NewToken]):
    """A token for a program of mine, or (for those who configure the desk) of another agent's.

    `rights`: what it may of what the role may, empty for all; an integration's token names them. `days`: 1 to 366.
    Refused `scoped_token` to who has not all rights of the role, `token_right`, `token_names_rights`.
    """

    name: ClassVar[str] = "make_token"
    room: ClassVar[str] = ROOM
    writes: ClassVar[bool] = True
    label: str
    agent: str = ""
    rights: tuple[Right, ...] = ()
    days: int = 90


@dataclass(frozen=True, slots=True)
class Tokens(Ask[list[TokenView]]):
    """My tokens and sessions, or another agent's, or everybody's (`all`): for those who configure the desk or audit.

    `kind`: token, session or both (""); `ended`: those too that are over.
    """

    name: ClassVar[str] = "tokens"
    room: ClassVar[str] = ROOM
    agent: str = ""
    all: bool = False
    kind: str = ""
    ended: bool = False


@dataclass(frozen=True, slots=True)
class RevokeToken(Ask[TokenView]):
    """End a token or session of mine, or (for those who configure the desk) anybody's; it opens nothing from now on."""

    name: ClassVar[str] = "revoke_token"
    room: ClassVar[str] = ROOM
    writes: ClassVar[bool] = True
    safe: ClassVar[bool] = True
    token: str


@dataclass(frozen=True, slots=True)
class PasswordSet:
    """Whether it was set; else the old one was wrong, or is not tried until then (UTC ms). `ended`: sessions."""

    right: bool
    until: int = 0
    ended: int = 0


@dataclass(frozen=True, slots=True)
class SetPassword(Ask[PasswordSet]):
    """Keep a new password in place of my `old` one. Those who configure the desk give others theirs, or `remove` it.

    Nobody sets a first password of their own: who got hold of a token would otherwise keep the door open. It ends the
    agent's sessions, but for this one. Refused `password_short`, `password_long`, `password_weak`, `password_first`.
    """

    name: ClassVar[str] = "set_password"
    room: ClassVar[str] = ROOM
    writes: ClassVar[bool] = True
    password: str = field(default="", repr=False)
    old: str = field(default="", repr=False)
    agent: str = ""
    remove: bool = False


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A terminal that asks to be let in: the code on its screen, what it calls itself, and until when it waits."""

    code: str
    label: str
    made_at: int
    expires: int


@dataclass(frozen=True, slots=True)
class Devices(Ask[list[DeviceView]]):
    """The terminals that wait to be let in."""

    name: ClassVar[str] = "devices"
    room: ClassVar[str] = ROOM
    right: ClassVar[Right] = Right.ADMIT


@dataclass(frozen=True, slots=True)
class ApproveDevice(Ask[DeviceView]):
    """Let the terminal in that shows this code, for so many `hours`, as the agent who sits there.

    For oneself, or for somebody whose rights are fewer than one's own; for anybody, whoever configures the desk.
    """

    name: ClassVar[str] = "approve_device"
    room: ClassVar[str] = ROOM
    right: ClassVar[Right] = Right.ADMIT
    writes: ClassVar[bool] = True
    code: str
    agent: str
    hours: int = 12


@dataclass(frozen=True, slots=True)
class DenyDevice(Ask[DeviceView]):
    """Turn the terminal away that shows this code."""

    name: ClassVar[str] = "deny_device"
    room: ClassVar[str] = ROOM
    right: ClassVar[Right] = Right.ADMIT
    writes: ClassVar[bool] = True
    code: str
