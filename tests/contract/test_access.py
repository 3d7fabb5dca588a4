"""Passwords, tokens and terminals, wherever the desk is kept."""

import pytest

from csdesk.desk import access_queries as q
from csdesk.desk import sign_in
from csdesk.desk.desk import Desk
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.store import sign_ins, tokens
from csdesk.store.connection import write
from tests.building import DeskFile
from tests.contract.places import Place

OLD, NEW = "parcels at the door", "another door, please"


async def test_who_is_let_in_is_the_same_everywhere(place: Place, wang: Desk, desk_file: DeskFile):
    gao, zhao, core = await place.desk("gao"), await place.desk("zhao"), desk_file.core("system")
    with pytest.raises(Refused, match="password_first"):
        await wang.ask(q.SetPassword(OLD))
    assert (await gao.ask(q.SetPassword(OLD, agent="wang"))).right
    assert not (await wang.ask(q.SetPassword(NEW, "guessed at"))).right
    begun = sign_in.begin(core, "wang", "192.0.2.1")
    assert sign_in.right_password(begun, OLD) and not sign_in.right_password(begun, NEW)
    signed = sign_in.finish(core, begun, "till 3")
    (session,) = await gao.ask(q.Tokens("wang", kind="session"))
    assert (session.id, session.label, session.good) == (signed.token.id, "till 3", True)
    assert (await wang.ask(q.SetPassword(NEW, OLD))).ended == 1

    made = await wang.ask(q.MakeToken("script", rights=(Right.READ, Right.WORK)))
    assert made.token.rights == (Right.READ, Right.WORK) and made.secret.endswith(made.secret.split(".")[2])
    with write(core.store.conn) as conn:
        tokens.used(conn, core.desk, [made.token.id], core.now())
    with pytest.raises(Refused, match="no_such_token"):
        await zhao.ask(q.RevokeToken(made.token.id))
    assert (await gao.ask(q.RevokeToken(made.token.id))).revoked_by == "gao"

    device, secret = sign_in.wait(core, "till 4", "192.0.2.1")
    assert [one.label for one in await zhao.ask(q.Devices())] == ["till 4"]
    with pytest.raises(Refused, match="authorization_pending"):
        sign_in.poll(core, secret)
    await zhao.ask(q.ApproveDevice(device.code, "wang"))
    with write(core.store.conn) as conn:
        sign_ins.asked(conn, core.desk, device.id, 0, 0)
    assert sign_in.poll(core, secret).token.agent == "wang"
    with pytest.raises(Refused, match="expired_token"):
        sign_in.poll(core, secret)
    other, secret = sign_in.wait(core, "", "192.0.2.1")
    await gao.ask(q.DenyDevice(other.code))
    with pytest.raises(Refused, match="access_denied"):
        sign_in.poll(core, secret)
    for _ in range(sign_ins.FREE_AGENT):
        sign_in.begin(core, "nobody", "192.0.2.2")
    with pytest.raises(Refused, match="sign_in_limited"):
        sign_in.begin(core, "nobody", "192.0.2.2")
