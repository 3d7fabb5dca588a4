"""Letting a terminal in on an OpenID provider's word: who the provider says it is approves for oneself, nobody else."""

import hashlib
import hmac

from csdesk.desk.access_answers import let_in, waiting
from csdesk.desk.access_queries import DeviceView
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.roles import Role
from csdesk.store import sign_ins
from csdesk.store.connection import write

# As long as a session of a password lasts.
HOURS = 12
# Programs sign in by tokens.
_NOBODY = frozenset({Role.INTEGRATION, Role.SYSTEM})


def look(core: Core, code: str, address: str) -> DeviceView:
    """The terminal that shows this code; a look is counted, or codes could be guessed.

    Refused `sign_in_limited` with `until` (UTC ms), `no_such_device`.
    """
    now = core.now()
    place = sign_ins.mark(core.store.people.text_key(), "look", address)
    with write(core.store.conn) as conn:
        until = sign_ins.tried(conn, core.desk, place, sign_ins.FREE_ADDRESS, now)
    if until:
        raise Refused("sign_in_limited", until=until)
    found = waiting(core, code)
    with write(core.store.conn) as conn:
        sign_ins.forgive(conn, core.desk, place, whole=False)
    return found


def approve(core: Core, code: str, said: str) -> DeviceView:
    """Let the terminal in for the one agent whose id or login the provider names; nobody is made who is not there.

    Refused `no_such_device`, and `oidc_unknown` for a name that no agent, or more than one, has.
    """
    with write(core.store.conn):
        found = [one for one in core.store.agents() if said and said in (one.id, one.os_user)]
        if len(found) != 1 or Role(found[0].role) in _NOBODY:
            raise Refused("oidc_unknown")
        me = found[0]
        return let_in(core.acting(Actor(me.id, Role(me.role)), "oidc:"), code, me, HOURS)


def seal_key(core: Core) -> bytes:
    """What signs the cookies of this desk: the same at each of its servers."""
    return hmac.new(core.store.people.text_key(), b"sign-in/oidc", hashlib.sha256).digest()
