"""What an OpenID provider says: the authorization code flow with PKCE (OpenID Connect Core 1.0, 3.1; RFC 7636).

Its addresses come from the discovery document and are asked over https, or on this machine. Nothing of an answer is
believed but what its keys have signed.
"""

import asyncio
import base64
import hashlib
import hmac
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from csdesk.desk.config import Config, ConfigError
from csdesk.domain.value import dataclass
from csdesk.server.problems import Problem
from csdesk.store.keys import parse_source, secret
from csdesk.webclient import httpx

log = logging.getLogger("csdesk.server")

T = TypeVar("T")
# Signed by a key of which we know the public half; never `none`, nor HS*, for which that half would be the secret.
ALGORITHMS = ("RS256", "PS256", "ES256", "ES384")
SECONDS = 5.0
# A discovery document has 5 kB, a set of keys rarely 20.
MOST_BYTES = 262_144
KEPT_S = 3_600
# A token signed by a key that nobody knew has them fetched anew, at most so often.
AGAIN_S = 60
# How far the provider's clock may be from ours.
LEEWAY_S = 60
DISCOVERY, BACK = "/.well-known/openid-configuration", "/v1/oidc/back"
_LOCAL = ("localhost", "127.0.0.1", "::1")


class _Discovered(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Exchanged(msgspec.Struct, frozen=True):
    id_token: str


class _Keys(msgspec.Struct, frozen=True):
    keys: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """One way through the provider: its name for it, and what only our server can tell of it."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def of(cls, key: bytes, state: str) -> "Flow":
        """Nonce and verifier follow from the state by a key of the desk, so each of its servers knows them."""

        def derived(name: str) -> str:
            return hmac.new(key, f"{name}/{state}".encode(), hashlib.sha256).hexdigest()

        return cls(state, derived("nonce"), derived("verifier"))


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings: who vouches, who we are there, which claim names the agent, and where browsers reach us."""

    issuer: str
    client: str
    secret: str
    claim: str
    url: str


def terms_of(config: Config) -> Terms | None:
    """What the settings say; None where no issuer is set. ConfigError, StoreError."""
    if not config.oidc_issuer:
        return None
    for name in ("oidc_issuer", "oidc_url"):
        address = str(getattr(config, name))
        if not _safe(address) or urlsplit(address).query:
            raise ConfigError("config_oidc", field=name, reason="https")
    for name in ("oidc_client", "oidc_claim"):
        if not getattr(config, name):
            raise ConfigError("config_oidc", field=name, reason="missing")
    kept = ""
    if config.oidc_secret:
        try:
            kept = secret(parse_source(config.oidc_secret), least=1).decode()
        except ValueError as exc:
            raise ConfigError("config_keys", value=config.oidc_secret, reason=str(exc)) from None
    return Terms(config.oidc_issuer, config.oidc_client, kept, config.oidc_claim, config.oidc_url.rstrip("/"))


def _safe(address: str) -> bool:
    """Whether nobody on the way can read or change what is sent there."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL)


def refused(why: str) -> Problem:
    """A problem for whoever asks, and for the log what it was; nothing that came from elsewhere stands in it."""
    log.warning('{"event":"oidc_refused","why":"%s"}', why)
    return Problem(403, "oidc_refused")


class OpenId:
    """The provider; `clock` in seconds that only grow, for what is kept, `now` in UTC seconds, for what it signs."""

    def __init__(
        self,
        terms: Terms,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.terms = terms
        self._clock = clock
        self._now = now
        self._one = asyncio.Lock()
        self._found: tuple[float, _Discovered] | None = None
        self._keys: tuple[float, _Keys] | None = None

    @property
    def back(self) -> str:
        """Where the provider sends the browser to."""
        return self.terms.url + BACK

    async def begin(self, flow: Flow) -> str:
        """The address at the provider where a browser begins. Problem `oidc_away`."""
        found = await self._discovered()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(flow.verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self.terms.client,
            "redirect_uri": self.back,
            "scope": "openid profile",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return f"{found.authorization_endpoint}{'&' if '?' in found.authorization_endpoint else '?'}{urlencode(asked)}"

    async def finish(self, flow: Flow, code: str) -> str:
        """What the provider calls whoever came back with this code. Problem `oidc_refused`, `oidc_away`."""
        found = await self._discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.back,
            "code_verifier": flow.verifier,
        }
        headers = {}
        if self.terms.secret and "client_secret_basic" in found.token_endpoint_auth_methods_supported:
            pair = f"{quote_plus(self.terms.client)}:{quote_plus(self.terms.secret)}"  # RFC 6749, 2.3.1
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = self.terms.client
            if self.terms.secret:
                form["client_secret"] = self.terms.secret
        status, body = await self._asked("POST", found.token_endpoint, form, headers)
        if status >= 500:
            raise Problem(503, "oidc_away")
        if status != 200:
            raise refused("code")
        try:
            told = msgspec.json.decode(body, type=_Exchanged).id_token
        except msgspec.DecodeError:
            raise refused("answer") from None
        said = (await self._claims(told, flow)).get(self.terms.claim)
        if not isinstance(said, str) or not said:
            raise refused("claim")
        return said

    async def _claims(self, told: str, flow: Flow) -> dict[str, Any]:
        """What a token says that the provider has signed for us, now, and for this way."""
        from joserfc import errors, jwt

        try:
            try:
                claims = jwt.decode(told, await self._keyset(), algorithms=ALGORITHMS).claims
            except (errors.InvalidKeyIdError, errors.BadSignatureError):  # its keys may have changed
                claims = jwt.decode(told, await self._keyset(AGAIN_S), algorithms=ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                now=lambda: int(self._now()),
                leeway=LEEWAY_S,
                iss={"essential": True, "value": self.terms.issuer},
                sub={"essential": True},
                aud={"essential": True, "value": self.terms.client},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": flow.nonce},
            ).validate(claims)
        except (errors.JoseError, ValueError) as exc:
            raise refused(f"{type(exc).__name__} {getattr(exc, 'claim', '')}".rstrip()) from None
        # OpenID Connect Core, 3.1.3.7: of several audiences the token names the one that it was made for.
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if ("azp" in claims or several) and claims.get("azp") != self.terms.client:
            raise refused("azp")
        return claims

    async def _keyset(self, age: int = KEPT_S) -> Any:
        from joserfc import errors, jwk

        found = await self._discovered()
        async with self._one:
            if self._keys is None or self._clock() - self._keys[0] >= age:
                self._keys = (self._clock(), await self._read(found.jwks_uri, _Keys))
        keys = []
        for one in self._keys[1].keys:
            if one.get("kty") in ("RSA", "EC", "OKP") and one.get("use", "sig") == "sig":
                try:
                    keys.append(jwk.import_key(one))
                except (errors.JoseError, ValueError, KeyError):
                    log.warning('{"event":"oidc_key_unreadable"}')
        return jwk.KeySet(keys)

    async def _discovered(self) -> _Discovered:
        async with self._one:
            if self._found is not None and self._clock() - self._found[0] < KEPT_S:
                return self._found[1]
            found = await self._read(self.terms.issuer.rstrip("/") + DISCOVERY, _Discovered)
            addresses = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
            if found.issuer != self.terms.issuer or not all(map(_safe, addresses)):
                raise refused("discovery")
            self._found = (self._clock(), found)
            return found

    async def _read(self, address: str, kind: type[T]) -> T:
        status, body = await self._asked("GET", address)
        if status != 200:
            raise Problem(503, "oidc_away")
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.DecodeError:
            raise Problem(503, "oidc_away") from None

    async def _asked(
        self,
        method: str,
        address: str,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Status and body of an answer; Problem `oidc_away` for none in time, or a longer one than there may be."""
        try:
            async with (
                asyncio.timeout(2 * SECONDS),
                httpx.AsyncClient(timeout=SECONDS, trust_env=False, follow_redirects=False) as client,
                client.stream(method, address, data=form, headers=headers) as answer,
            ):
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise Problem(503, "oidc_away")
                return answer.status_code, body
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            raise Problem(503, "oidc_away") from None
