"""Who is let in: passwords and their limits, tokens, sessions, terminals, and logins that the system vouches for."""

import getpass
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from csdesk.client import credentials
from csdesk.client.entering import Waiting, by_device, by_password, sign_out
from csdesk.desk import access_queries as q
from csdesk.desk.core import Core
from csdesk.desk.queries import Agents
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import RIGHTS, Right, Role
from csdesk.server import live
from csdesk.store import sign_ins, tokens
from csdesk.store.connection import write
from csdesk.store.errors import StoreError
from csdesk.store.file import Agent, open_store
from tests.building import DeskFile
from tests.serving import Serving
from tests.unit.server.conftest import Serve

PASSWORD, OTHER = "parcels at the door", "another door, please"


class Entered:
    """A server on a desk where wang and zhao have a password, and what a client sends to it."""

    def __init__(self, file: DeskFile) -> None:
        self.file = file
        admin = file.core("gao")
        for who in ("wang", "zhao"):
            assert admin.ask(q.SetPassword(PASSWORD, agent=who)).right
        self.serving = Serving(file)
        self.client = httpx.Client(base_url=self.serving.where)

    def login(self, agent: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
        body = {"agent": agent, "password": password}
        return self.client.post(
            "/v1/login", json=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    def post(self, path: str, token: str = "", **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.client.post(path, json=body, headers=headers)

    def me(self, token: str) -> int:
        return self.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code

    def close(self) -> None:
        self.client.close()
        self.serving.stop()


@pytest.fixture
def entered(desk_file: DeskFile) -> Iterator[Entered]:
    made = Entered(desk_file)
    yield made
    made.close()


def said(answer: httpx.Response) -> dict[str, Any]:
    """The document of an answer but for the id of its request."""
    return {name: value for name, value in answer.json().items() if name != "request"}


def code(core: Core, question: Any) -> str:
    with pytest.raises(Refused) as error:
        core.ask(question)
    return error.value.code


def test_a_password_opens_a_session_and_signing_out_ends_it(entered: Entered):
    answer = entered.login("wang")
    told = answer.json()
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    assert (told["agent"], told["desk"], told["expires_in"]) == ("wang", "main", 12 * 3600)
    token = told["access_token"]
    (mine,) = entered.post("/v1/ask/tokens", token, kind="session").json()
    assert (mine["kind"], mine["agent"], mine["mine"]) == ("session", "wang", True) and "secret" not in mine
    assert entered.post("/v1/logout", token).status_code == 204
    assert entered.me(token) == 401
    again = entered.login("wang").json()["access_token"]
    entered.file.clock.forward(hours=12)
    assert entered.me(again) == 401


def test_a_wrong_password_a_name_nobody_has_and_an_agent_without_one_get_the_same_answer(entered: Entered):
    told = [said(entered.login(who, OTHER)) for who in ("wang", "nobody", "li")]
    told.append(said(entered.post("/v1/login", agent="wang", password=PASSWORD, desk="elsewhere")))
    assert [one["status"] for one in told] == [401] * 4
    assert all(one == told[0] for one in told)
    assert told[0]["code"] == "sign_in_refused"


def test_after_five_wrong_tries_a_name_waits_longer_each_time_whether_anybody_has_it_or_not(entered: Entered):
    answers = {who: [entered.login(who, OTHER) for _ in range(6)] for who in ("wang", "nobody")}
    for tries in answers.values():
        assert [one.status_code for one in tries] == [401] * 5 + [429]
        assert tries[-1].headers["retry-after"] == "60"
    assert said(answers["wang"][-1]) == said(answers["nobody"][-1])
    assert entered.login("wang").status_code == 429  # the right one is not tried either
    assert entered.login("zhao").status_code == 200
    entered.file.clock.forward(seconds=60)
    assert entered.login("wang", OTHER).status_code == 401
    assert entered.login("wang", OTHER).headers["retry-after"] == "120"
    entered.file.clock.forward(seconds=120)
    assert entered.login("wang").status_code == 200
    assert entered.login("wang", OTHER).status_code == 401  # and it counts from the beginning


def test_an_address_that_tries_many_names_waits_while_others_do_not(
    entered: Entered, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sign_ins, "FREE_ADDRESS", 3)
    there = {"X_Forwarded_For": "1.2.3.4, 203.0.113.9"}
    assert [entered.login(f"n{n}", OTHER, **there).status_code for n in range(4)] == [401, 401, 401, 429]
    # What the client itself says before the proxy's word changes nothing.
    assert entered.login("zhao", X_Forwarded_For="9.9.9.9, 203.0.113.9").status_code == 429
    assert entered.login("zhao", X_Forwarded_For="203.0.113.10").status_code == 200
    # Of IPv6 a whole /64 counts as one.
    for n in range(3):
        entered.login(f"m{n}", OTHER, X_Forwarded_For=f"2001:db8::{n}")
    assert entered.login("zhao", X_Forwarded_For="2001:db8::77").status_code == 429
    with closing(open_store(entered.file.path)) as store:
        kept = store.conn.execute("SELECT tried_hash FROM sign_in_try").fetchall()
    assert kept and all(len(row[0]) == 32 and b"203" not in bytes(row[0]) for row in kept)


def test_who_may_set_which_password(desk_file: DeskFile):
    admin, wang, zhao = (desk_file.core(who) for who in ("gao", "wang", "zhao"))
    assert code(wang, q.SetPassword(PASSWORD)) == "password_first"
    assert code(zhao, q.SetPassword(PASSWORD, agent="wang")) == "no_right"
    for weak, why in (
        ("short", "short"),
        ("wangWangwa", "weak"),
        ("ababababab", "weak"),
        ("x" * 129, "long"),
    ):
        assert code(admin, q.SetPassword(weak, agent="wang")) == f"password_{why}"
    admin.ask(q.SetPassword(PASSWORD, agent="wang"))
    assert wang.ask(q.SetPassword(OTHER, "not the old one")) == q.PasswordSet(False)
    with write(desk_file.store().conn) as conn:
        _, secret = tokens.make(
            conn, "main", "wang", label="", by="wang", now=desk_file.clock(), kind=tokens.SESSION
        )
    assert wang.ask(q.SetPassword(OTHER, PASSWORD)) == q.PasswordSet(True, 0, 1)
    desk, id_, proof = secret.split(".")
    assert tokens.opened(wang.store.conn, desk, id_, proof, desk_file.clock()) is None
    for _ in range(5):
        wang.ask(q.SetPassword(PASSWORD, "guessed"))
    assert wang.ask(q.SetPassword(PASSWORD, OTHER)).until > desk_file.clock()
    (row,) = admin.store.conn.execute("SELECT hash FROM agent_password").fetchall()
    assert row[0].startswith("$argon2id$") and OTHER not in row[0]
    assert PASSWORD not in repr(q.SetPassword(PASSWORD, OTHER)) and OTHER not in repr(
        q.SetPassword(PASSWORD, OTHER)
    )


def test_who_may_make_and_end_which_token(desk_file: DeskFile):
    admin, wang, zhao, sun = (desk_file.core(who) for who in ("gao", "wang", "zhao", "sun"))
    mine = wang.ask(q.MakeToken("script", rights=(Right.READ,), days=2))
    assert mine.secret.startswith("main.") and mine.secret not in repr(mine)
    assert mine.token.expires == desk_file.clock() + 2 * 86_400_000
    for asker, question, why in (
        (zhao, q.MakeToken("x", "wang"), "no_right"),
        (wang, q.MakeToken("x", rights=(Right.ASSIGN,)), "token_right"),
        (wang, q.MakeToken(" "), "token_label"),
        (wang, q.MakeToken("x", days=0), "bad_number_of"),
        (wang, q.MakeToken("x", days=367), "bad_number_of"),
        (wang, q.Tokens(all=True), "no_right"),
        (wang, q.Tokens("zhao"), "no_right"),
        (zhao, q.RevokeToken(mine.token.id), "no_such_token"),
        (wang, q.RevokeToken("0" * 16), "no_such_token"),
    ):
        assert code(asker, question) == why
    assert [one.id for one in sun.ask(q.Tokens(all=True))] == [mine.token.id]
    assert wang.ask(q.RevokeToken(mine.token.id)).revoked_by == "wang"
    assert wang.ask(q.Tokens()) == [] and len(wang.ask(q.Tokens(ended=True))) == 1
    with write(admin.store.conn):
        admin.store.put_agent(Agent("erp", "ERP", Role.INTEGRATION, ""))
    assert code(admin, q.MakeToken("erp", "erp")) == "token_names_rights"
    assert code(admin, q.MakeToken("erp", "erp", (Right.REFUND,))) == "token_right"
    assert code(admin, q.SetPassword(PASSWORD, agent="erp")) == "password_integration"
    assert admin.ask(q.MakeToken("erp", "erp", (Right.LOAD,))).token.made_by == "gao"


def test_an_ended_token_opens_nothing_on_a_running_server_and_its_stream_ends(
    entered: Entered, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live, "CHECK_SECONDS", 0.05)
    token = entered.login("wang").json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    with entered.client.stream("GET", "/v1/watch", headers=headers) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry")
        entered.file.core("gao").ask(q.RevokeToken(token.split(".")[1]))  # as another process would
        assert entered.me(token) == 401
        for _ in lines:  # ends by itself
            pass


def test_the_last_use_of_a_token_is_noted_once_a_minute(entered: Entered):
    file, token = entered.file, entered.serving.token("li")
    core = file.core("li")

    def used() -> int:
        (one,) = core.ask(q.Tokens())
        return one.used_at

    def ask(n: int) -> None:
        for _ in range(n):
            assert entered.me(token) == 200
        # What is written behind the requests' backs stands before what the same thread is asked next.
        assert entered.login("wang").status_code == 200

    ask(1)
    first = used()
    assert first == file.clock()
    file.clock.forward(seconds=59)
    ask(3)
    assert used() == first
    file.clock.forward(seconds=1)
    ask(2)
    assert used() == file.clock()


def test_a_terminal_is_let_in_by_a_supervisor_for_somebody_with_fewer_rights(entered: Entered):
    file = entered.file
    begun = entered.post("/v1/device", label="till 3").json()
    assert begun["expires_in"] == 600 and begun["interval"] == 5
    letters = begun["user_code"].replace("-", "")
    assert len(letters) == 8 and set(letters) <= set(sign_ins.SIGNS)

    def poll(seconds: int = 0) -> httpx.Response:
        file.clock.forward(seconds=seconds)
        return entered.post("/v1/device/token", device_code=begun["device_code"])

    first = poll()
    assert (first.status_code, first.json()["error"]) == (400, "authorization_pending")
    assert poll(1).json()["error"] == "slow_down"
    assert poll(9).json()["error"] == "slow_down"  # 10 s are asked for now
    zhao, gao, chen = file.core("zhao"), file.core("gao"), file.core("chen")
    assert [one.label for one in zhao.ask(q.Devices())] == ["till 3"]
    typed = begun["user_code"].lower()
    assert code(chen, q.ApproveDevice(typed, "wang")) == "no_right"
    for above in ("gao", "sun"):  # nobody gets rights that way which they have not
        assert code(zhao, q.ApproveDevice(typed, above)) == "no_right"
    assert code(zhao, q.ApproveDevice("BBBB-BBBB", "wang")) == "no_such_device"
    zhao.ask(q.ApproveDevice(typed, "wang", hours=3))
    assert code(gao, q.ApproveDevice(typed, "li")) == "no_such_device"  # once is enough
    told = poll(15).json()
    assert (told["agent"], told["expires_in"]) == ("wang", 3 * 3600)
    (session,) = file.core("wang").ask(q.Tokens())
    assert (session.made_by, session.label, session.kind) == ("zhao", "till 3", "session")
    assert poll(60).json()["error"] == "expired_token"  # a code lets in once


def test_a_terminal_that_is_turned_away_or_waits_too_long_stays_outside(entered: Entered):
    begun = [entered.post("/v1/device").json() for _ in range(2)]
    entered.file.core("gao").ask(q.DenyDevice(begun[0]["user_code"]))

    def poll(n: int) -> str:
        return entered.post("/v1/device/token", device_code=begun[n]["device_code"]).json()["error"]

    assert poll(0) == "access_denied"
    entered.file.clock.forward(seconds=600)
    assert poll(1) == "expired_token"
    assert code(entered.file.core("gao"), q.ApproveDevice(begun[1]["user_code"], "wang")) == "no_such_device"
    nowhere = entered.post("/v1/device", desk="elsewhere").json()
    assert nowhere.keys() == begun[0].keys()
    answer = entered.post("/v1/device/token", device_code=nowhere["device_code"])
    assert answer.json()["error"] == "authorization_pending"  # which desks there are is nobody's business
    assert entered.file.core("gao").ask(q.Devices()) == []
    assert code(entered.file.core("gao"), q.ApproveDevice(nowhere["user_code"], "wang")) == "no_such_device"
    for made_up in ("", "main.", "main.xyz", "elsewhere.xyz"):
        answer = entered.post("/v1/device/token", device_code=made_up)
        assert (answer.status_code, answer.json()["error"]) == (400, "expired_token")


def test_nobody_makes_another_supervisor_of_a_terminal_but_an_admin_and_oneself_is_anybodys(
    desk_file: DeskFile,
):
    admin, zhao = desk_file.core("gao"), desk_file.core("zhao")
    with write(admin.store.conn) as conn:
        admin.store.put_agent(Agent("qian", "Qian", Role.SUPERVISOR, ""))
        made = [sign_ins.add_device(conn, "main", "", desk_file.clock()) for _ in range(3)]
    codes = [one[0].code for one in made if one is not None]
    assert code(zhao, q.ApproveDevice(codes[0], "qian")) == "no_right"  # two people stay two
    zhao.ask(q.ApproveDevice(codes[0], "zhao"))
    admin.ask(q.ApproveDevice(codes[1], "qian"))
    assert code(admin, q.ApproveDevice(codes[2], "gao", 721)) == "bad_number_of"


def test_a_client_signs_in_both_ways_and_keeps_it_for_itself(entered: Entered, home: Path):
    where = entered.serving.where
    given = by_password(where, "wang", PASSWORD, "", "here")
    credentials.keep(where, given)
    assert credentials.token_for(where) == given.token and credentials.token_for("https://other") == ""
    path = credentials.credentials_file()
    assert path.stat().st_mode & 0o777 == 0o600 and given.token not in repr(given)
    sign_out(where, given.token)
    assert entered.me(given.token) == 401
    credentials.forget(where)
    assert credentials.token_for(where) == ""
    with pytest.raises(Refused, match="sign_in_refused"):
        by_password(where, "wang", OTHER, "", "")
    path.chmod(0o644)
    with pytest.raises(StoreError) as error:
        credentials.token_for(where)
    assert error.value.code == "credentials_open"

    shown: list[Waiting] = []
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)
        entered.file.clock.forward(seconds=int(seconds))
        if len(waited) == 2:
            entered.file.core("gao").ask(q.ApproveDevice(shown[0].user_code, "li"))

    assert by_device(where, "", "till", shown.append, pause).agent == "li"
    assert waited == [5, 5]


def test_a_login_of_this_machine_is_let_in_as_its_agent_and_any_other_is_not(
    serve: Serve, desk_file: DeskFile, tmp_path: Path
):
    served = serve(f"unix:{tmp_path}/d.sock")
    assert served.client.get("/v1/me").status_code == 401
    asked = {"Content-Type": "application/json"}
    assert served.client.post("/v1/ask/agents", content=b"{}", headers=asked).status_code == 401
    with closing(open_store(desk_file.path)) as store, write(store.conn):
        store.put_agent(Agent("me", "Me", Role.SENIOR, getpass.getuser()))
    told = served.client.get("/v1/me").json()
    assert (told["id"], told["role"]) == ("me", "senior")
    assert set(told["rights"]) == {right.value for right in RIGHTS[Role.SENIOR]}
    # Whoever shows a token is who it says, whatever the login.
    assert served.client.get("/v1/me", headers={"Authorization": "Bearer a.b.c"}).status_code == 401
    with closing(open_store(desk_file.path)) as store, write(store.conn):
        store.put_agent(Agent("me", "Me", Role.INTEGRATION, getpass.getuser()))
    assert served.client.get("/v1/me").json()["rights"] == ["read"]


def test_no_secret_comes_into_the_log_or_an_error(serve: Serve, desk_file: DeskFile):
    desk_file.core("gao").ask(q.SetPassword(PASSWORD, agent="wang"))
    served = serve()
    good = served.client.post("/v1/login", json={"agent": "wang", "password": PASSWORD}).json()[
        "access_token"
    ]
    answers = [
        served.client.post("/v1/login", json={"agent": "wang", "password": OTHER}),
        served.client.post("/v1/login", json={"agent": "wang", "password": PASSWORD, "more": 1}),
        served.client.post("/v1/login", json={"agent": "wang", "password": [PASSWORD]}),
    ]
    assert [one.status_code for one in answers] == [401, 400, 400]
    assert not any(PASSWORD in one.text or OTHER in one.text for one in answers)
    assert served.stop() == 0
    told = json.dumps(served.lines)
    assert "/v1/login" in told and not any(one in told for one in (PASSWORD, OTHER, good, "wang"))


def test_everybody_who_reads_sees_agents_but_no_hash(desk_file: DeskFile):
    desk_file.core("gao").ask(q.SetPassword(PASSWORD, agent="wang"))
    assert not any("argon2" in repr(one) for one in desk_file.core("wang").ask(Agents()))
