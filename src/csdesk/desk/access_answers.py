"""How a desk answers who is let in: each guard on tokens, passwords and terminals is here, for every door."""

from csdesk.desk import access_queries as q
from csdesk.desk import passwords
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.desk.sign_in import name_mark
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right, Role, may, outranks
from csdesk.domain.text import clean_line
from csdesk.store import sign_ins, tokens
from csdesk.store.file import Agent
from csdesk.store.tokens import Token

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
MOST_DAYS, MOST_HOURS, MOST_LABEL = 366, 720, 60
KINDS = (tokens.TOKEN, tokens.SESSION)


def _whole(core: Core) -> None:
    """Refused `scoped_token` to who acts by a token with fewer rights than the role: it makes no more of itself."""
    if core.me.rights is not None:
        raise Refused("scoped_token")


def _agent(core: Core, id_: str) -> Agent:
    agent = core.store.agent(id_)
    if agent is None:
        raise Refused("no_such_agent", who=id_[:40])
    return agent


def _within(field: str, value: int, most: int) -> int:
    if not 0 < value <= most:
        raise Refused("bad_number_of", field=field, value=value, top=most)
    return value


def _by(core: Core) -> str:
    """The id of the token by which somebody acts here: consoles are named after it (`server.callers`)."""
    return core.session.partition(":")[0]


def _view(core: Core, one: Token) -> q.TokenView:
    return q.TokenView(
        one.id,
        one.kind,
        one.agent,
        one.label,
        one.rights,
        one.made_at,
        one.made_by,
        one.expires,
        one.used_at,
        one.revoked_at,
        one.revoked_by,
        one.good(core.now()),
        one.id == _by(core),
    )


@answers(q.MakeToken)
def make_token(core: Core, ask: q.MakeToken) -> q.NewToken:
    _whole(core)
    agent = _agent(core, ask.agent or core.me.id)
    if agent.id != core.me.id:
        core.need(Right.CONFIGURE)
    role = Role(agent.role)
    for right in ask.rights:
        if not may(role, right):
            raise Refused("token_right", role=role, right=right)
    if role is Role.INTEGRATION and not ask.rights:
        raise Refused("token_names_rights")
    label = clean_line(ask.label, limit=MOST_LABEL).text.strip()
    if not label:
        raise Refused("token_label")
    now = core.now()
    made, secret = tokens.make(
        core.store.conn,
        core.desk,
        agent.id,
        label=label,
        by=core.me.id,
        now=now,
        expires=now + _within("days", ask.days, MOST_DAYS) * DAY_MS,
        rights=tuple(dict.fromkeys(ask.rights)),
    )
    return q.NewToken(_view(core, made), secret)


@answers(q.Tokens)
def show_tokens(core: Core, ask: q.Tokens) -> list[q.TokenView]:
    if ask.kind not in ("", *KINDS):
        raise Refused("bad_choice", field="kind", value=ask.kind[:40], allowed=KINDS)
    whose = "" if ask.all else ask.agent or core.me.id
    if whose != core.me.id and not core.me.may(Right.AUDIT):
        core.need(Right.CONFIGURE)
    if whose:
        _agent(core, whose)
    found = (_view(core, one) for one in tokens.of_agent(core.store.conn, core.desk, whose))
    return [one for one in found if (ask.ended or one.good) and ask.kind in ("", one.kind)]


@answers(q.RevokeToken)
def revoke_token(core: Core, ask: q.RevokeToken) -> q.TokenView:
    conn, id_ = core.store.conn, ask.token.strip()
    found = tokens.find(conn, core.desk, id_)
    # Whoever may not end others' tokens does not learn which there are either.
    if found is None or (found.agent != core.me.id and not core.me.may(Right.CONFIGURE)):
        raise Refused("no_such_token", token=id_[:20])
    # A token with few rights ends itself, and nothing else.
    if id_ != _by(core):
        _whole(core)
    tokens.revoke(conn, core.desk, id_, core.now(), core.me.id)
    ended = tokens.find(conn, core.desk, id_)
    assert ended is not None
    return _view(core, ended)


# Passwords


@answers(q.SetPassword)
def set_password(core: Core, ask: q.SetPassword) -> q.PasswordSet:
    _whole(core)
    agent = _agent(core, ask.agent or core.me.id)
    if not core.me.may(Right.CONFIGURE):
        return _own_password(core, agent, ask)
    if Role(agent.role) is Role.INTEGRATION and not ask.remove:
        raise Refused("password_integration")
    return _set(core, agent, ask, agent.id == core.me.id)


def _own_password(core: Core, agent: Agent, ask: q.SetPassword) -> q.PasswordSet:
    """Set one's own password by the old one. A wrong one is no refusal: that would take the count of tries back."""
    if agent.id != core.me.id:
        core.need(Right.CONFIGURE)
    conn, now = core.store.conn, core.now()
    kept = sign_ins.password(conn, core.desk, agent.id)
    if not kept:
        raise Refused("password_first")
    if not ask.remove:
        passwords.check_new(ask.password, agent.id, agent.name)
    what = name_mark(core, agent.id)
    until = sign_ins.tried(conn, core.desk, what, sign_ins.FREE_AGENT, now)
    if until or not passwords.fits(kept, ask.old):
        return q.PasswordSet(False, until)
    return _set(core, agent, ask, True)


def _set(core: Core, agent: Agent, ask: q.SetPassword, mine: bool) -> q.PasswordSet:
    conn, now = core.store.conn, core.now()
    new = "" if ask.remove else passwords.hashed(passwords.check_new(ask.password, agent.id, agent.name))
    sign_ins.put_password(conn, core.desk, agent.id, new, now, core.me.id)
    sign_ins.forgive(conn, core.desk, name_mark(core, agent.id), whole=True)
    but = _by(core) if mine else ""
    return q.PasswordSet(True, 0, tokens.end_sessions(conn, core.desk, agent.id, now, core.me.id, but=but))


# Terminals


@answers(q.Devices)
def devices(core: Core, ask: q.Devices) -> list[q.DeviceView]:
    return [_device(one) for one in sign_ins.waiting(core.store.conn, core.desk, core.now())]


def _device(one: sign_ins.Device) -> q.DeviceView:
    return q.DeviceView(shown(one.code), one.label, one.made_at, one.expires)


def shown(code: str) -> str:
    """A code as a screen shows it: two groups of four."""
    return f"{code[:4]}-{code[4:]}"


def _waiting(core: Core, said: str) -> sign_ins.Device:
    code = "".join(sign for sign in said.upper() if sign.isalnum())
    found = sign_ins.by_code(core.store.conn, core.desk, code[:20])
    if found is None or found.state != "waiting" or found.expires <= core.now():
        raise Refused("no_such_device", said=clean_line(said, limit=20).text)
    return found


@answers(q.ApproveDevice)
def approve_device(core: Core, ask: q.ApproveDevice) -> q.DeviceView:
    _whole(core)
    agent = _agent(core, ask.agent.strip())
    role = Role(agent.role)
    if agent.id != core.me.id and not outranks(core.me.role, role):
        core.need(Right.CONFIGURE)
    if role is Role.INTEGRATION:
        raise Refused("password_integration")
    return let_in(core, ask.code, agent, _within("hours", ask.hours, MOST_HOURS))


def waiting(core: Core, code: str) -> q.DeviceView:
    """The terminal that shows this code; Refused `no_such_device`."""
    return _device(_waiting(core, code))


def let_in(core: Core, code: str, agent: Agent, hours: int) -> q.DeviceView:
    """Let the terminal in that shows this code, as `agent`, on my word; who may was asked before.

    Inside the caller's transaction. Refused `no_such_device`.
    """
    found = _waiting(core, code)
    sign_ins.settle(core.store.conn, core.desk, found.id, "approved", agent.id, hours, core.me.id)
    return _device(found)


@answers(q.DenyDevice)
def deny_device(core: Core, ask: q.DenyDevice) -> q.DeviceView:
    _whole(core)
    found = _waiting(core, ask.code)
    sign_ins.settle(core.store.conn, core.desk, found.id, "denied", "", 0, core.me.id)
    return _device(found)
