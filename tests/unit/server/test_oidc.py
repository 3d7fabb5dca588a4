"""Signing in through an OpenID provider: a provider that really answers on a socket, and a browser that follows."""

import base64
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from joserfc import jwk, jwt

from csdesk.client.entering import Waiting, by_device
from csdesk.desk.config import Config, ConfigError
from csdesk.domain.roles import Role
from csdesk.domain.value import replace
from csdesk.server.oidc import OpenId, Terms, terms_of
from csdesk.store.connection import write
from csdesk.store.errors import StoreError
from csdesk.store.file import Agent, open_store
from tests.building import DeskFile
from tests.serving import Serving

CLIENT, SECRET = "csdesk", "a secret of desk: and provider"
KEY = jwk.ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})
OTHER = jwk.ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})
NEWER = jwk.ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})


@dataclass
class Provider:
    """What a provider is told and says; tests change `claims`, `key` and `header` of its tokens."""

    claims: dict[str, Any] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "ES256", "kid": "one"})
    key: Any = field(default_factory=lambda: KEY)
    shown: list[Any] = field(default_factory=lambda: [KEY])
    discovered: dict[str, Any] = field(default_factory=dict)
    who: str = "wang"
    back: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    where: str = ""

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any] | str]:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "/begin", "token_endpoint": "/token", "jwks_uri": "/keys"}
            told = {name: self.where + at for name, at in names.items()}
            return 200, {"issuer": self.where, **told, **self.discovered}
        if path == "/keys":
            return 200, {"keys": [one.as_dict(private=False) for one in self.shown]}
        if path == "/begin":
            code = f"code-{len(self.codes)}"
            self.codes[code] = form
            told = {"code": code, "state": form["state"], **self.back}
            return 302, f"{form['redirect_uri']}?{httpx.QueryParams(told)}"
        return self._exchange(form, authorization)

    def _exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        begun = self.codes.pop(form["code"], None)
        pair = base64.b64encode(b"csdesk:a+secret+of+desk%3A+and+provider").decode()
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if "client_secret_post" in self.discovered.get("token_endpoint_auth_methods_supported", ()):
            proven = (form["client_id"], form["client_secret"], authorization) == (CLIENT, SECRET, "")
        else:
            proven = authorization == f"Basic {pair}"
        if begun is None or not proven or begun["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        assert begun["code_challenge_method"] == "S256" and form["redirect_uri"] == begun["redirect_uri"]
        now = int(time.time())
        claims = {
            "iss": self.where, "sub": "7", "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": begun["nonce"],
            "preferred_username": self.who, **self.claims,
        }  # fmt: skip
        told = {name: value for name, value in claims.items() if name not in self.drop}
        algorithm = self.header["alg"]
        if algorithm == "none":
            parts = (
                base64.urlsafe_b64encode(msgspec.json.encode(one)).decode() for one in (self.header, told)
            )
            return 200, {"id_token": ".".join(part.rstrip("=") for part in parts) + "."}
        return 200, {"id_token": jwt.encode(self.header, told, self.key, algorithms=[algorithm])}


def listen(provider: Provider) -> ThreadingHTTPServer:
    """The provider on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing, as tests ask for."""

        def _told(self, form: str) -> None:
            said = {name: values[0] for name, values in parse_qs(form).items()}
            authorization = self.headers.get("Authorization", "")
            status, told = provider.answer(urlsplit(self.path).path, said, authorization)
            body = b"" if isinstance(told, str) else msgspec.json.encode(told)
            self.send_response(status)
            if isinstance(told, str):
                self.send_header("Location", told)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self._told(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._told(self.rfile.read(int(self.headers["Content-Length"])).decode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.where = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


class Browsing:
    """A server that knows a provider, a terminal that waits, and a browser."""

    def __init__(self, file: DeskFile, provider: Provider) -> None:
        self.file, self.provider = file, provider
        self.monotonic = 1_000.0
        self.serving = Serving(file, provider=self._openid)
        self.where = self.serving.where
        self.browser = httpx.Client(base_url=self.where)
        self.waiting = self.browser.post("/v1/device", json={"label": "csdesk @ <desk-7>"}).json()

    def _openid(self, url: str) -> OpenId:
        terms = Terms(self.provider.where, CLIENT, SECRET, "preferred_username", url)
        return OpenId(terms, clock=lambda: self.monotonic)

    def page(self, **headers: str) -> httpx.Response:
        return self.browser.get(self.waiting["verification_uri_complete"], headers=headers)

    def link(self) -> str:
        """The page's one link, to the provider."""
        return unescape(self.page().text.partition('<a href="')[2].partition('"')[0])

    def back(self) -> str:
        """Where the provider sends the browser to."""
        return self.browser.get(self.link()).headers["location"]

    def whole(self) -> httpx.Response:
        return self.browser.get(self.back())

    def polled(self) -> dict[str, Any]:
        """What the terminal learns; the clock goes on, since it must not ask too often."""
        self.file.clock.forward(seconds=6)
        body = {"device_code": self.waiting["device_code"]}
        told: dict[str, Any] = self.browser.post("/v1/device/token", json=body).json()
        return told


@pytest.fixture
def browsing(desk_file: DeskFile) -> Iterator[Browsing]:
    provider = Provider()
    server = listen(provider)
    made = Browsing(desk_file, provider)
    yield made
    made.browser.close()
    made.serving.stop()
    server.shutdown()
    server.server_close()


def put(file: DeskFile, agent: Agent) -> None:
    with closing(open_store(file.place, desk_id=file.desk_id)) as store, write(store.conn):
        store.put_agent(agent)


def test_somebody_lets_the_own_terminal_in_and_it_acts_as_them_with_their_rights_alone(browsing: Browsing):
    page = browsing.page()
    assert page.status_code == 200 and page.headers["content-type"] == "text/html; charset=utf-8"
    code = browsing.waiting["user_code"]
    assert code in page.text and "2026-11-02 10:00" in page.text
    assert "csdesk @ &lt;desk-7&gt;" in page.text and "<script" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    style = page.text.partition("<style>")[2].partition("</style>")[0]
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy
    cookie = page.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Max-Age=600" in cookie
    assert browsing.polled()["code"] == "authorization_pending"
    done = browsing.whole()
    assert done.status_code == 200 and code in done.text and "Max-Age=0" in done.headers["set-cookie"]
    told = browsing.polled()
    assert (told["agent"], told["expires_in"]) == ("wang", 12 * 3600)
    me = browsing.browser.get("/v1/me", headers={"Authorization": f"Bearer {told['access_token']}"}).json()
    assert (me["id"], me["role"]) == ("wang", "agent") and "admit" not in me["rights"]


def test_a_page_in_the_browsers_language_and_documents_fetched_once_an_hour(browsing: Browsing):
    assert 'lang="zh-Hans"' in browsing.page(**{"Accept-Language": "zh-CN,en;q=0.5"}).text
    assert 'lang="zh-Hant"' in browsing.page(**{"Accept-Language": "zh-TW"}).text
    assert 'lang="en"' in browsing.page(**{"Accept-Language": "en-GB"}).text
    asked = browsing.provider.asked
    assert asked.count("/.well-known/openid-configuration") == 1
    browsing.monotonic += 3_600
    browsing.page()
    assert asked.count("/.well-known/openid-configuration") == 2


def test_tokens_that_are_not_what_they_should_be_let_nobody_in(
    browsing: Browsing, caplog: pytest.LogCaptureFixture
):
    now = int(time.time())
    secret = jwk.OctKey.import_key("the public half of a key, as if it were a secret")
    wrong: dict[str, dict[str, Any]] = {
        "nonce": {"claims": {"nonce": "another"}},
        "no nonce": {"drop": ("nonce",)},
        "issuer": {"claims": {"iss": "https://elsewhere.example"}},
        "audience": {"claims": {"aud": "another"}},
        "several audiences": {"claims": {"aud": [CLIENT, "another"]}},
        "made for another": {"claims": {"aud": [CLIENT, "another"], "azp": "another"}},
        "expired": {"claims": {"exp": now - 3600, "iat": now - 7200}},
        "no expiry": {"drop": ("exp",)},
        "not yet": {"claims": {"iat": now + 3600}},
        "no signature": {"header": {"alg": "none", "kid": "one"}},
        "a shared secret": {"header": {"alg": "HS256", "kid": "one"}, "key": secret},
        "another key": {"key": OTHER},
        "no name": {"drop": ("preferred_username",)},
        "a name that is none": {"claims": {"preferred_username": ["wang"]}},
    }
    right = dict(vars(browsing.provider))
    for name, change in wrong.items():
        vars(browsing.provider).update({**right, **change})
        answer = browsing.whole()
        assert answer.status_code == 403, name
        assert browsing.polled()["code"] == "authorization_pending", name
    assert "InvalidClaimError nonce" in caplog.text and "ExpiredTokenError" in caplog.text
    assert caplog.text.count("oidc_refused") == len(wrong) and "wang" not in caplog.text
    vars(browsing.provider).update(right)
    browsing.provider.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert browsing.whole().status_code == 200


def test_a_way_that_was_not_begun_here_or_not_just_now_leads_nowhere(browsing: Browsing):
    back = browsing.back()
    state = httpx.URL(back).params["state"]
    assert browsing.browser.get(back.replace(state, "x" * len(state))).status_code == 400
    kept = dict(browsing.browser.cookies)
    with httpx.Client() as other:
        assert other.get(back).status_code == 400  # no cookie
        for name, value in kept.items():
            body, _, mac = value.partition(".")
            forged = base64.urlsafe_b64decode(body).replace(state.encode(), b"x" * len(state))
            changed = base64.urlsafe_b64encode(forged).decode()
            there = back.replace(state, "x" * len(state))
            for wrong in (f"{changed}.{mac}", f"{body}.{'0' * 64}", "rubbish", ""):
                answer = other.get(there, headers={"Cookie": f"{name}={wrong}"})
                assert answer.status_code == 400, wrong
    assert len(kept) == 1
    assert "/token" not in browsing.provider.asked  # the provider was asked nothing
    browsing.provider.back = {"iss": "https://elsewhere.example"}
    assert browsing.whole().status_code == 403
    browsing.provider.back = {}
    late = browsing.back()
    browsing.file.clock.forward(seconds=601)
    assert browsing.browser.get(late).status_code == 400
    assert browsing.page().status_code == 404
    assert browsing.polled()["code"] == "expired_token"


def test_what_was_used_is_not_used_again(browsing: Browsing):
    back = browsing.back()
    kept = dict(browsing.browser.cookies)
    assert browsing.browser.get(back).status_code == 200
    assert browsing.browser.get(back).status_code == 400  # the cookie went with it
    again = {"Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())}
    assert browsing.browser.get(back, headers=again).status_code == 403  # the provider knows the code no more
    state = httpx.URL(back).params["state"]
    browsing.provider.codes["fresh"] = {"nonce": "x", "code_challenge": "x"}
    fresh = f"/v1/oidc/back?code=fresh&state={state}"
    assert browsing.browser.get(fresh, headers=again).status_code == 403
    assert browsing.page().status_code == 404


def test_only_who_is_one_agent_of_the_desk_and_a_person_is_let_in(browsing: Browsing):
    put(browsing.file, Agent("erp", "ERP", Role.INTEGRATION, "erp-login"))
    put(browsing.file, Agent("qian", "钱", Role.AGENT, "li"))
    for who in ("nobody", "system", "erp", "erp-login", "li", "WANG"):
        browsing.provider.who = who
        answer = browsing.whole()
        assert answer.status_code == 403, who
        assert who == "system" or who not in answer.text
        assert browsing.polled()["code"] == "authorization_pending"
    put(browsing.file, Agent("qian", "钱", Role.AGENT, "q.an@example.com"))
    browsing.provider.who = "q.an@example.com"
    assert browsing.whole().status_code == 200
    assert browsing.polled()["agent"] == "qian"


def test_a_new_key_is_fetched_and_a_provider_that_is_away_or_another_is_said(browsing: Browsing):
    browsing.provider.claims = {"aud": "another"}
    assert browsing.whole().status_code == 403  # its keys are known now
    provider = browsing.provider
    provider.claims, provider.shown = {}, [KEY, NEWER]
    provider.key, provider.header = NEWER, {"alg": "ES256", "kid": "two"}
    assert browsing.whole().status_code == 403  # not fetched again at once
    browsing.monotonic += 60
    assert browsing.whole().status_code == 200
    waiting = browsing.browser.post("/v1/device", json={}).json()
    browsing.waiting = waiting
    for told, status in (
        ({"issuer": "https://elsewhere.example"}, 403),
        ({"token_endpoint": "http://elsewhere.example/token"}, 403),
        ({"jwks_uri": 7}, 503),
    ):
        browsing.monotonic += 3_600
        provider.discovered = told
        answer = browsing.page()
        assert answer.status_code == status and answer.headers["content-type"].startswith("text/html")
    assert answer.headers["retry-after"]


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(browsing: Browsing):
    browsing.provider.discovered = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert browsing.whole().status_code == 200


def test_codes_cannot_be_guessed_and_a_desk_that_is_not_here_answers_as_any_other(browsing: Browsing):
    page = "/v1/device/approve"
    code = browsing.waiting["user_code"]
    for query in ({}, {"user_code": "BCDF-GHJK"}, {"user_code": code, "desk": "elsewhere"}):
        assert browsing.browser.get(page, params=query).status_code == 404
    assert browsing.browser.get(f"{page}?user_code={code}&user_code={code}").status_code == 400
    for _ in range(100):
        answer = browsing.browser.get(page, params={"user_code": "<b>wrong"})
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0
    assert "<b>wrong" not in answer.text and browsing.page().status_code == 429


def test_without_a_provider_there_is_no_page_and_a_terminal_is_told_of_none(desk_file: DeskFile):
    serving = Serving(desk_file)
    with httpx.Client(base_url=serving.where) as client:
        assert "verification_uri_complete" not in client.post("/v1/device", json={}).json()
        for path in ("/v1/device/approve", "/v1/oidc/back"):
            assert client.get(path).status_code == 404
    serving.stop()


def test_a_terminal_shows_the_address_and_is_let_in(browsing: Browsing):
    shown: list[Waiting] = []

    async def pause(_: float) -> None:
        browsing.waiting = {"verification_uri_complete": shown[0].verification_uri_complete}
        assert browsing.whole().status_code == 200

    given = by_device(browsing.where, "", "desk-8", shown.append, pause)
    assert given.agent == "wang"
    assert shown[0].verification_uri_complete.startswith(f"{browsing.where}/v1/device/approve?user_code=")


def test_settings_that_cannot_serve_are_said_before_anything_listens(monkeypatch: pytest.MonkeyPatch):
    good = Config(
        oidc_issuer="https://sso.example.com", oidc_client=CLIENT, oidc_secret="env:OIDC_SECRET",
        oidc_url="https://desk.example.com/",
    )  # fmt: skip
    assert terms_of(Config()) is None
    with pytest.raises(StoreError):
        terms_of(good)
    monkeypatch.setenv("OIDC_SECRET", SECRET)
    terms = terms_of(good)
    assert terms is not None and (terms.secret, terms.url) == (SECRET, "https://desk.example.com")
    for change in (
        {"oidc_issuer": "http://sso.example.com"}, {"oidc_issuer": "sso.example.com"}, {"oidc_client": ""},
        {"oidc_url": ""}, {"oidc_claim": ""}, {"oidc_url": "https://u:p@desk.example.com"}, {"oidc_secret": "plain"},
    ):  # fmt: skip
        with pytest.raises(ConfigError):
            terms_of(replace(good, **cast(Any, change)))
