"""Every route × role × foreign desk, complete by construction: from the registry and from the application's own routes.

What nobody may do is refused before anything is decided, so bodies are empty and the case is one that is there. A verb
or question without a right, and a route that is neither public nor in `ROUTES`, fails here.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any, cast
from zoneinfo import ZoneInfo

import httpx
import pytest
from litestar import Litestar

from csdesk.desk.asking import questions
from csdesk.desk.core import Core
from csdesk.desk.entry import SYSTEM
from csdesk.desk.words import Words
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.opening import Open
from csdesk.domain.roles import RIGHTS, Right, Role, may
from csdesk.server.app import PUBLIC, Rooms, make_routes
from csdesk.server.desk_thread import DeskThread
from csdesk.server.doors import Doors
from csdesk.server.hall import Hall
from csdesk.store import tokens
from csdesk.store.connection import write
from csdesk.store.file import Agent, open_store
from tests.building import DAY, STAFF, ZONE, DeskFile
from tests.serving import Serving

OTHER = "other"
WHO = {role: who for who, role in reversed(STAFF.items()) if role is not Role.SYSTEM} | {
    Role.INTEGRATION: "erp"
}
# What each route that is not public does; `None`: anybody who is known.
ROUTES: dict[tuple[str, str], Right | None] = {
    ("GET", "/v1/me"): None,
    ("POST", "/v1/logout"): None,
    ("GET", "/v1/cases/{case:str}"): Right.READ,
    ("GET", "/metrics"): Right.AUDIT,
    ("GET", "/v1/queues/{queue:str}/cases"): Right.READ,
    ("GET", "/v1/changes"): Right.READ,
    ("GET", "/v1/events"): Right.FEED,
    ("GET", "/v1/watch"): Right.READ,
    ("GET", "/v1/cases/{case:str}/evidence/{sha256:str}"): Right.WORK,
    ("PUT", "/v1/cases/{case:str}/evidence"): Right.WORK,
    ("POST", "/v1/orders/ask"): Right.WORK,
}
# Made from the registry, so walked by verb and by question.
MADE = {
    ("POST", "/v1/cases"),
    ("POST", "/v1/cases/{case:str}/verbs/{verb:str}"),
    ("POST", "/v1/ask/{name:str}"),
}
# Questions of READ that show others' doings: who else has to have one of these rights. With an empty body they ask
# about others, or about everything.
OVERSIGHT = {
    "audit_log": {Right.AUDIT, Right.ASSIGN},
    "look_alarms": {Right.AUDIT, Right.ASSIGN},
    "report": {Right.AUDIT, Right.ASSIGN},
}


class Desks:
    """Two desks of one file behind the application itself, without a socket."""

    def __init__(self, file: DeskFile) -> None:
        self.file = file
        core = file.core("wang")
        done = core.do(Open(Kind.RETURN, file.order(number="W777001"), (LineQty(1, 1),)))
        self.case, self.number = done.case.id, done.number
        self.tokens: dict[Role, str] = {
            role: self.token(who) for role, who in WHO.items() if role is not Role.INTEGRATION
        }
        with closing(open_store(file.path)) as store, write(store.conn):
            store.put_agent(Agent("erp", "ERP", Role.INTEGRATION, ""))
        self.tokens[Role.INTEGRATION] = self.token("erp", tuple(RIGHTS[Role.INTEGRATION]))
        self._second_desk()
        self.app: Litestar
        self.client: httpx.AsyncClient

    def token(self, who: str, rights: tuple[Right, ...] = (), *, days: int = 0, desk: str = "") -> str:
        with closing(open_store(self.file.path, desk_id=desk)) as store, write(store.conn) as conn:
            now = self.file.clock()
            made = tokens.make(
                conn,
                store.desk.id,
                who,
                label="test",
                by="gao",
                now=now,
                expires=now + days * DAY,
                rights=rights,
            )
            if not days:
                conn.execute("UPDATE access_token SET expires = 0 WHERE id = ?", (made[0].id,))
            return made[1]

    def _second_desk(self) -> None:
        """Another desk under the same keys, with agents of the same names."""
        with closing(open_store(self.file.path)) as store, write(store.conn) as conn:
            for table, columns in (
                ("desk", "name, zone, file_id, created_at, practice"),
                ("fingerprint", "name, value"),
                ("master_key", "seq, key_id, at, actor, moved_at, retired_at"),
                ("agent", "id, name, role, os_user, active"),
            ):
                conn.execute(
                    f"INSERT INTO {table} (desk_id, {columns}) SELECT ?, {columns} FROM {table} WHERE desk_id = ?",
                    (OTHER, store.desk.id),
                )

    def _core(self, desk: str) -> Core:
        return Core(open_store(self.file.path, desk_id=desk), SYSTEM, now=self.file.clock)

    async def __aenter__(self) -> "Desks":
        def look(core: Core, text: str) -> Any:
            core.need(Right.WORK)  # as `interop.ordering.look_up` begins, before it asks any system
            return None

        self._hall = Hall(self._core)
        self._thread = DeskThread(lambda: self._core(""), "desk")
        words = Words("en", ZoneInfo(ZONE))
        await self._hall.open()
        await self._thread.open()
        rooms = Rooms(Doors(), self._thread, self._thread, words, 10.0, self._hall, look)
        self.app = make_routes(rooms, 64 * 1024)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(cast(Any, self.app)),
            base_url="http://desk",
            headers={"Idempotency-Key": "k"},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()
        await self._thread.close()
        await self._hall.close()

    async def send(self, method: str, path: str, token: str, body: bytes = b"{}") -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return await self.client.request(method, path, content=body, headers=headers)

    def every(self) -> Iterator[tuple[str, str, Right | None]]:
        """Method, address and right of all that can be asked of the server by somebody who is known."""
        for name, cls in VERBS.items():
            path = "/v1/cases" if name == "open" else f"/v1/cases/{self.number}/verbs/{name}"
            yield "POST", path, cls.verb.right
        for name, question in questions().items():
            if not question.local:
                yield "POST", f"/v1/ask/{name}", question.right
        for (method, path), right in ROUTES.items():
            if path not in ("/v1/logout", "/v1/watch"):
                filled = path.replace("{case:str}", self.number).replace("{sha256:str}", "0" * 64)
                filled = filled.replace("{queue:str}", "all")
                yield method, filled, right


@pytest.fixture
def made(desk_file: DeskFile) -> Desks:
    return Desks(desk_file)


async def test_every_route_is_public_or_guarded_and_every_verb_and_question_names_a_right(made: Desks):
    async with made:
        known = {(method, path) for path, _ in PUBLIC.items() for method in ("GET", "POST")}
        found = {
            (method, route.path_format)
            for route in made.app.routes
            for method in getattr(route, "methods", ())
            if method not in ("OPTIONS", "HEAD")
        }
        named = {(method, re.sub(r":\w+}", "}", path)) for method, path in known | set(ROUTES) | MADE}
        assert found and found <= named
        assert {(m, re.sub(r":\w+}", "}", p)) for m, p in set(ROUTES) | MADE} <= found
    assert all(isinstance(cls.verb.right, Right) for cls in VERBS.values())
    # Taken from the class itself or from `Ask`: whoever writes nothing asks what READ opens.
    assert all(isinstance(question.right, Right) for question in questions().values())
    # No right that nobody but the worker has is asked of a question; and none that no role has.
    assert all(any(may(role, cls.verb.right) for role in Role) for cls in VERBS.values())
    writing = {name for name, q in questions().items() if q.writes and q.right is Right.READ}
    # Errands that change what is one's own, or look at the right themselves; a new one belongs here or has a right.
    assert writing == {
        "keep_place", "keep_filter", "chose_article", "set_pin", "try_pin", "set_agent_state",
        "make_token", "revoke_token", "set_password",
    }  # fmt: skip


async def test_each_role_is_refused_exactly_what_it_may_not(made: Desks):
    async with made:
        wrong = []
        for method, path, right in made.every():
            name = path.rpartition("/")[2]
            for role, token in made.tokens.items():
                answer = await made.send(method, path, token)
                allowed = right is None or may(role, right)
                if allowed and name in OVERSIGHT and answer.status_code != 400:
                    allowed = any(may(role, one) for one in OVERSIGHT[name])
                no = answer.status_code == 403 and answer.json()["code"] == "no_right"
                if no is allowed or answer.status_code >= 500 or (not allowed and answer.is_success):
                    wrong.append((role.value, method, path, answer.status_code, answer.text[:80]))
        assert wrong == []


async def test_nobody_gets_in_with_none_a_made_up_an_ended_or_an_old_token(made: Desks):
    old = made.token("zhao", days=1)
    ended = made.token("zhao")
    desk, id_, secret = ended.split(".")
    with closing(open_store(made.file.path)) as store, write(store.conn) as conn:
        assert tokens.revoke(conn, desk, id_, made.file.clock(), "gao")
    made.file.clock.forward(days=2)
    others = made.token("gao", desk=OTHER).split(".")
    bad = {
        "none": "",
        "made up": f"{desk}.{'0' * 16}.{'x' * 43}",
        "no token": "garbage",
        "old": old,
        "ended": ended,
        "wrong secret": made.tokens[Role.ADMIN][:-1] + "!",
        "another desk's": ".".join((desk, *others[1:])),
        "this desk's at another": ".".join((OTHER, *made.tokens[Role.ADMIN].split(".")[1:])),
        "no such desk": f"nowhere.{id_}.{secret}",
    }
    async with made:
        wrong = []
        for method, path, _ in made.every():
            for why, token in bad.items():
                answer = await made.send(method, path, token)
                if answer.status_code != 401 or answer.json()["code"] != "not_signed_in":
                    wrong.append((why, method, path, answer.status_code))
        assert wrong == []


async def test_a_token_opens_no_more_than_it_names(made: Desks):
    reader = made.token("zhao", (Right.READ,))
    worker = made.token("zhao", (Right.WORK,))
    async with made:
        wrong = []
        for method, path, right in made.every():
            for token, has in ((reader, Right.READ), (worker, Right.WORK)):
                answer = await made.send(method, path, token)
                # Within its scope it may meet what looks at a second right; that has to be one it lacks.
                if right not in (None, has) and (answer.status_code, answer.json()["code"]) != (
                    403,
                    "no_right",
                ):
                    wrong.append((has, method, path, answer.status_code))
        assert wrong == []
        for name in OVERSIGHT:  # of a supervisor who may, by a token that may not
            answer = await made.send("POST", f"/v1/ask/{name}", reader)
            assert answer.status_code in (400, 403), (name, answer.text)
        bodies = (
            ("make_token", b'{"label":"more"}'), ("set_password", b'{"password":"long enough, is it"}'),
            ("revoke_token", b'{"token":"%s"}' % made.tokens[Role.SUPERVISOR].split(".")[1].encode()),
        )  # fmt: skip
        # The worker would carry it out with all rights of the role.
        run = b'{"verb":"release","cases":["%s"]}' % made.number.encode()
        answer = await made.send("POST", "/v1/ask/begin_run", worker, run)
        assert (answer.status_code, answer.json()["code"]) == (403, "scoped_token")
        for name, body in bodies:
            answer = await made.send("POST", f"/v1/ask/{name}", reader, body)
            assert (answer.status_code, answer.json()["code"]) == (403, "scoped_token"), name


async def test_another_desk_of_the_file_sees_nothing_of_this_one(made: Desks):
    foreign = {
        role: made.token(WHO[role], desk=OTHER) for role in (Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR)
    }
    secrets = (made.number, made.case, "W777001", made.number[3:])
    named = b'{"case":"%s"}' % made.number.encode()
    async with made:
        wrong = []
        for method, path, _ in made.every():
            for role, token in foreign.items():
                for body in (b"{}", named):
                    answer = await made.send(method, path, token, body)
                    about = made.number in path
                    text = (
                        answer.text.replace(made.number, "", 2) if answer.status_code >= 400 else answer.text
                    )
                    leaks = [one for one in secrets if one in text]
                    if leaks or answer.status_code >= 500 or (about and answer.is_success):
                        wrong.append((role.value, method, path, body, answer.status_code, answer.text[:90]))
        assert wrong == []


async def test_an_integration_of_a_login_or_a_token_without_rights_only_reads(made: Desks):
    bare = made.token("erp")
    async with made:
        told = (await made.send("GET", "/v1/me", bare)).json()
        assert told["role"] == "integration" and told["rights"] == ["read"]
        answer = await made.send("POST", f"/v1/cases/{made.number}/verbs/note", bare)
        assert answer.status_code == 403


def test_the_same_over_a_real_socket(desk_file: DeskFile):
    made, serving = Desks(desk_file), Serving(desk_file)
    try:
        with httpx.Client(base_url=serving.where, headers={"Idempotency-Key": "k"}) as client:

            def ask(path: str, token: str) -> int:
                told = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
                return client.post(path, content=b"{}", headers=told).status_code

            assert ask("/v1/ask/agents", made.tokens[Role.AGENT]) == 200
            assert ask("/v1/ask/board", made.tokens[Role.AGENT]) == 403
            assert ask(f"/v1/cases/{made.number}/verbs/take", made.tokens[Role.AUDITOR]) == 403
            assert ask("/v1/ask/agents", "garbage") == 401
            assert ask(f"/v1/cases/{made.number}/verbs/take", made.token("zhao", desk=OTHER)) == 404
    finally:
        serving.stop()
