"""Who asks: what a request shows of its sender, and the person of the desk whom that is."""

import pwd
from collections.abc import Callable, Mapping
from typing import Any

from csdesk.desk.core import Core
from csdesk.domain.cases.context import Actor
from csdesk.domain.roles import Right, Role
from csdesk.domain.text import clean_line
from csdesk.domain.value import dataclass
from csdesk.server.problems import Problem
from csdesk.store import tokens

# In the place of a client's address, for somebody on this machine whose login the system vouches for.
PEER = "peer"
# One console of several that somebody has open: cases are held, and places kept, by console.
SESSION = "x-csdesk-session"
MOST_SESSION = 32
# A token's last use is told to the minute: a write for every request would cost more than the request.
NOTED_MS = 60_000
# What is told of a token's use: its id and when (UTC ms).
Seen = Callable[[str, int], None]
# Another system does more than read only by a token that says so.
READ_ONLY = frozenset({Right.READ})


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request shows: a token in its parts, or the login that the system vouches for."""

    desk: str
    token: str = ""
    secret: str = ""
    login: str = ""
    console: str = ""

    def admitted(self, core: Core, seen: Seen | None = None) -> Core:
        """The desk for the person whom this is; Problem 401 without a word on what was wrong.

        `seen` is told of a token whose last use was noted more than a minute ago, or never.
        """
        return self._by_token(core, seen) if self.token else self._by_login(core)

    def _by_token(self, core: Core, seen: Seen | None) -> Core:
        token = tokens.opened(core.store.conn, core.desk, self.token, self.secret, core.now())
        agent = core.store.agent(token.agent) if token is not None else None
        if token is None or agent is None:
            raise Problem(401, "not_signed_in")
        now = core.now()
        if seen is not None and now - token.used_at >= NOTED_MS:
            seen(token.id, now)
        rights = frozenset(token.rights) or None
        if agent.role == Role.INTEGRATION:  # whatever its token was made for before it became one
            rights = rights or READ_ONLY
        return core.acting(Actor(agent.id, Role(agent.role)), f"{token.id}:{self.console}", rights)

    def _by_login(self, core: Core) -> Core:
        agent = next((one for one in core.store.agents() if one.os_user == self.login), None)
        if agent is None:
            raise Problem(401, "not_signed_in")
        rights = READ_ONLY if agent.role == Role.INTEGRATION else None
        return core.acting(Actor(agent.id, Role(agent.role)), f"{agent.id}:{self.console}", rights)


def caller_of(scope: Mapping[str, Any], headers: Mapping[str, str], desk: str) -> Caller:
    """Who sends a request: by its bearer token, else by the Unix socket's peer, on the server's first desk.

    Problem 401 when it shows neither.
    """
    console = clean_line(headers.get(SESSION, ""), limit=MOST_SESSION).text
    kind, _, said = headers.get("authorization", "").partition(" ")
    if said:
        of, id_, secret = tokens.split(said.strip())
        if kind.lower() != "bearer" or not id_:
            raise Problem(401, "not_signed_in")
        return Caller(of, id_, secret, console=console)
    client = scope.get("client") or ("", 0)
    if client[0] == PEER:
        try:
            return Caller(desk, login=pwd.getpwuid(client[1]).pw_name, console=console)
        except KeyError:
            raise Problem(401, "not_signed_in") from None
    raise Problem(401, "not_signed_in")
