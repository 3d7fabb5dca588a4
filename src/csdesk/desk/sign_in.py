"""Signing in, before anybody is known: by a password, or by a terminal's code that somebody approves.

Every answer is the same for a name that nobody has, a wrong password and an agent without one; what is tried too often
is refused by the name that was said, whether somebody has it or not.
"""

from csdesk.desk import passwords
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Role
from csdesk.domain.text import clean_line
from csdesk.domain.value import dataclass
from csdesk.store import sign_ins, tokens
from csdesk.store.connection import write
from csdesk.store.tokens import Token

# A shift with its ends; who works longer signs in again.
SESSION_MS = 12 * 3_600_000
HOUR_MS = 3_600_000
MOST_LABEL = 60
# RFC 8628, 3.5: who asks too often waits so much longer from then on.
SLOWER_S, MOST_PAUSE_S = 5, 60


@dataclass(frozen=True, slots=True)
class Begun:
    """A try that was counted: what the password is compared with ("" for none), and what counted it."""

    agent: str
    kept: str
    name: bytes
    address: bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """Somebody is signed in: the session, and what opens the door by it."""

    token: Token
    secret: str


def name_mark(core: Core, agent: str) -> bytes:
    """What stands for a name in the count of tries; signing in and changing a password share it."""
    return sign_ins.mark(core.store.people.text_key(), "name", agent)


def begin(core: Core, said: str, address: str) -> Begun:
    """Count a try to sign in as somebody, from an address; Refused `sign_in_limited` with `until` (UTC ms)."""
    agent, now, key = clean_line(said, limit=100).text.strip(), core.now(), core.store.people.text_key()
    name, place = name_mark(core, agent), sign_ins.mark(key, "address", address)
    with write(core.store.conn) as conn:
        until = sign_ins.tried(conn, core.desk, place, sign_ins.FREE_ADDRESS, now)
        until = until or sign_ins.tried(conn, core.desk, name, sign_ins.FREE_AGENT, now)
    if until:
        raise Refused("sign_in_limited", until=until)
    return Begun(agent, sign_ins.password(core.store.conn, core.desk, agent), name, place)


def finish(core: Core, begun: Begun, label: str) -> Signed:
    """Open a session for somebody whose password was right; Refused `sign_in_refused`."""
    with write(core.store.conn) as conn:
        agent = core.store.agent(begun.agent)
        changed = sign_ins.password(conn, core.desk, begun.agent) != begun.kept
        if agent is None or changed or agent.role == Role.INTEGRATION:
            raise Refused("sign_in_refused")
        sign_ins.forgive(conn, core.desk, begun.name, whole=True)
        sign_ins.forgive(conn, core.desk, begun.address, whole=False)
        return _session(core, agent.id, label, agent.id, SESSION_MS)


def _session(core: Core, agent: str, label: str, by: str, ms: int) -> Signed:
    now = core.now()
    label = clean_line(label, limit=MOST_LABEL).text.strip()
    made, secret = tokens.make(
        core.store.conn,
        core.desk,
        agent,
        label=label,
        by=by,
        now=now,
        expires=now + ms,
        kind=tokens.SESSION,
    )
    return Signed(made, secret)


def sign_out(core: Core) -> None:
    """End the token by which somebody acts; on a Unix socket there is none, and nothing to end."""
    with write(core.store.conn) as conn:
        tokens.revoke(conn, core.desk, core.session.partition(":")[0], core.now(), core.me.id)


def wait(core: Core, label: str, address: str, *, nowhere: bool = False) -> tuple[sign_ins.Device, str]:
    """A terminal asks to be let in; Refused `sign_in_limited`, `devices_many`.

    `nowhere`: at a desk that is not here. It waits as any other, or its answer would tell which desks there are.
    """
    now, key = core.now(), core.store.people.text_key()
    made = None
    with write(core.store.conn) as conn:
        place = sign_ins.mark(key, "device", address)
        until = sign_ins.tried(conn, core.desk, place, sign_ins.FREE_DEVICES, now)
        if not until:
            state, said = "nowhere" if nowhere else "waiting", clean_line(label, limit=MOST_LABEL)
            made = sign_ins.add_device(conn, core.desk, said.text.strip(), now, state=state)
    if until:
        raise Refused("sign_in_limited", until=until)
    if made is None:
        raise Refused("devices_many")
    return made


def poll(core: Core, secret: str) -> Signed:
    """Whether a terminal was let in. Refused as RFC 8628, 3.5, names it.

    `authorization_pending`, `slow_down`, `access_denied`, `expired_token`; the latter also for one that nobody knows.
    """
    now = core.now()
    with write(core.store.conn) as conn:
        found = sign_ins.by_secret(conn, core.desk, secret)
        outcome = _outcome(core, found, now)
        if isinstance(outcome, Signed):
            return outcome
    raise Refused(outcome)


def _outcome(core: Core, found: sign_ins.Device | None, now: int) -> Signed | str:
    """A session, or why there is none yet or never."""
    if found is None or found.expires <= now:
        return "expired_token"
    conn = core.store.conn
    if found.asked_at and now - found.asked_at < found.pause * 1000:
        pause = min(found.pause + SLOWER_S, MOST_PAUSE_S)
        sign_ins.asked(conn, core.desk, found.id, pause, now)
        return "slow_down"
    if found.state in ("waiting", "nowhere"):
        sign_ins.asked(conn, core.desk, found.id, found.pause, now)
        return "authorization_pending"
    sign_ins.drop_device(conn, core.desk, found.id)
    agent = core.store.agent(found.agent)
    if found.state != "approved" or agent is None:
        return "access_denied"
    return _session(core, agent.id, found.label, found.actor, found.hours * HOUR_MS)


def right_password(begun: Begun, said: str) -> bool:
    """Whether it is the password; 20 ms of one core and 19 MiB, so not in the thread that writes."""
    return passwords.fits(begun.kept, said)
