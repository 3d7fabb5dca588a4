"""The API's own description, OpenAPI 3.1: made from the registry of verbs and questions and the list of other routes.

The same code gives the same bytes; a route that is not described fails a test, so this is no second list to forget.
"""

import hashlib
from datetime import UTC
from functools import cache
from typing import Any

import msgspec

from csdesk import __version__
from csdesk.desk.asking import questions
from csdesk.desk.words import Words
from csdesk.domain.cases.command import VERBS
from csdesk.server.api import MOST_CHANGES, MOST_NAME, STATUS, Me, Page, Since
from csdesk.server.entrance import Again, Login, Terminal
from csdesk.server.ordering import Wanted
from csdesk.server.problems import MEDIA, TITLES, codes_of
from csdesk.server.schemas import Schema, Schemas

JSON = "application/json"
HTML = "text/html"


class LetIn(msgspec.Struct, frozen=True):
    """A session: its token is shown this once. `expires_in` in seconds."""

    access_token: str
    token_type: str
    expires_in: int
    agent: str
    desk: str


class TerminalWaits(msgspec.Struct, frozen=True):
    """A terminal that waits: `user_code` is read out to whoever lets it in; ask again after `interval` seconds."""

    device_code: str
    user_code: str
    interval: int
    expires_in: int
    verification_uri_complete: str = ""


_TYPES = {
    "me": Me, "since": Since, "page": Page, "login": Login, "terminal": Terminal, "again": Again, "wanted": Wanted,
    "waiting": TerminalWaits, "let_in": LetIn,
}  # fmt: skip
_CASE = {
    "name": "case", "in": "path", "required": True, "description": "A case's number or id.", "example": "RT-4K7Q-2N9D",
    "schema": {"type": "string", "minLength": 1, "maxLength": MOST_NAME},
}  # fmt: skip
_KEY = {
    "name": "Idempotency-Key", "in": "header", "required": True,
    "description": "Made up by the client for this one change: sent again under the same key, it is done once.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:/-]{1,80}$"}, "example": "3f9a01c2",
}  # fmt: skip
_MATCH = {
    "name": "If-Match", "in": "header", "required": False,
    "description": "The case's version that the client has seen; 412 tells what came since.",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'}, "example": '"7"',
}  # fmt: skip
_ETAG = {"description": "The case's version.", "schema": {"type": "string"}}
ABOUT = """
Every verb and every question of the desk. Bodies are JSON without unknown or doubled members, at most 12 levels deep.
Times are UTC milliseconds, money is in minor units (fen), customers are masked. A refusal is a problem (RFC 9457)
whose `code` is stable; its `title` is in the server's language. `X-Request-Id` of an answer is the log's name for it.
""".strip()


@cache
def document() -> Schema:
    """The whole document; made once."""
    words, schemas = Words("en", UTC), Schemas(_TYPES)
    paths: dict[str, Schema] = {
        **_cases(schemas, words),
        **_questions(schemas),
        **_beside(schemas),
        **_entrance(schemas),
    }
    paths |= _hooks()
    return {
        "openapi": "3.1.0",
        "info": {"title": "csdesk", "version": __version__, "description": ABOUT},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": {**schemas.components, "Problem": _problem()},
            "responses": {
                f"P{status}": _response(status, codes) for status, codes in codes_of(words, STATUS).items()
            },
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"bearer": []}],
    }


@cache
def body() -> tuple[bytes, str]:
    """The document as JSON, and its ETag."""
    made = msgspec.json.encode(document())
    return made, f'"{hashlib.sha256(made).hexdigest()[:20]}"'


def _problem() -> Schema:
    text = {"type": "string"}
    known = {"type": text, "title": text, "status": {"type": "integer"}, "code": text, "request": text}
    return {
        "type": "object",
        "description": "What went wrong (RFC 9457); further members by code: where, why, detail, case, came.",
        "properties": known,
        "required": list(known),
    }


def _response(status: int, known: list[str]) -> Schema:
    codes = {"properties": {"code": {"enum": known}, "status": {"const": status}}}
    told: Schema = {
        "description": TITLES[status],
        "content": {MEDIA: {"schema": {"allOf": [{"$ref": "#/components/schemas/Problem"}, codes]}}},
    }
    if status in (429, 503):
        told["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    if status == 405:
        told["headers"] = {"Allow": {"description": "What is taken here.", "schema": {"type": "string"}}}
    return told


def _operation(
    id_: str,
    summary: str,
    answer: Schema | None,
    *codes: int,
    status: int = 200,
    description: str = "",
    sent: Schema | None = None,
    example: Any = None,
    parameters: tuple[Schema, ...] = (),
    headers: Schema | None = None,
    media: str = JSON,
    open_: bool = False,
    tag: str = "desk",
) -> Schema:
    """One operation: what is sent, what comes back, and which problems."""
    told: Schema = {"operationId": id_, "summary": summary, "tags": [tag]}
    if description:
        told["description"] = description
    if parameters:
        told["parameters"] = list(parameters)
    if sent is not None:
        said: Schema = {"schema": sent} if example is None else {"schema": sent, "example": example}
        told["requestBody"] = {"required": True, "content": {JSON: said}}
        codes = (*codes, 408, 413, 415)
    good: Schema = {"description": "Done."}
    if answer is not None:
        good["content"] = {media: {"schema": answer}}
    if headers:
        good["headers"] = headers
    known = {400, 405, 500, 503, *codes} | (set() if open_ else {401, 403})
    told["responses"] = {str(status): good} | {
        str(one): {"$ref": f"#/components/responses/P{one}"} for one in sorted(known)
    }
    if media == HTML:  # who reads it is a person at a browser
        page = {
            HTML: {"schema": {"type": "string"}},
            MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}},
        }
        for one in known - {405}:
            told["responses"][str(one)] = {
                "description": "A page that says why, or a problem.",
                "content": page,
            }
    if open_:
        told["security"] = []
    return told


def _cases(schemas: Schemas, words: Words) -> dict[str, Schema]:
    done, found = schemas.of("other", "done"), {}
    etag = {"ETag": _ETAG}
    for verb, cls in VERBS.items():
        told = f"{(cls.__doc__ or '').strip()}\n\nRight `{cls.verb.right}`; undo: {cls.verb.undo}."
        opening = verb == "open"
        path = "/v1/cases" if opening else f"/v1/cases/{{case}}/verbs/{verb}"
        parameters = (_KEY, _MATCH) if opening else (_CASE, _KEY, _MATCH)
        found[path] = {
            "post": _operation(
                f"do_{verb}", words.code("verb", verb), done, 404, 412, 422, status=201 if opening else 200,
                description=told, sent=schemas.of("verb", verb), example=schemas.example(verb),
                parameters=parameters, headers=etag, tag="verbs",
            )
        }  # fmt: skip
    show = _operation(
        "case", "One case", schemas.of("answer", "show_case"), 404, 422, parameters=(_CASE, _header("If-None-Match")),
        headers=etag,
    )  # fmt: skip
    show["responses"]["304"] = {"description": "The client has this version.", "headers": etag}
    found["/v1/cases/{case}"] = {"get": show}
    return found


def _questions(schemas: Schemas) -> dict[str, Schema]:
    found = {}
    etag = {"ETag": {"description": "Of this answer, byte for byte.", "schema": {"type": "string"}}}
    for name, cls in questions().items():
        if cls.local:
            continue
        told = _operation(
            f"ask_{name}",
            (cls.__doc__ or name).strip().partition("\n")[0],
            schemas.of("answer", name),
            404,
            422,
            *((410,) if name == "events" else ()),
            description=f"{(cls.__doc__ or '').strip()}\n\nRight `{cls.right}`.",
            sent=schemas.of("question", name),
            example=schemas.least("question", name),
            parameters=() if cls.writes else (_header("If-None-Match"),),
            headers=None if cls.writes else etag,
            tag="questions",
        )
        if not cls.writes:
            told["responses"]["304"] = {"description": "The client has this answer.", "headers": etag}
        found[f"/v1/ask/{name}"] = {"post": told}
    return found


def _beside(schemas: Schemas) -> dict[str, Schema]:
    """Routes that are neither verb nor question."""
    number = {"type": "integer", "minimum": 0, "maximum": 10**18}
    limit = {"type": "integer", "minimum": 1, "maximum": MOST_CHANGES}
    blob = {"type": "string", "format": "binary"}
    sha = {
        "name": "sha256",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    }
    name = {
        "name": "X-Csdesk-Name",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "minLength": 1},
    }
    file = _operation(
        "keep_evidence", "Keep a file", {"type": "object"}, 404, 408, 413, 422, 429, parameters=(_CASE, name)
    )
    file["requestBody"] = {"required": True, "content": {"application/octet-stream": {"schema": blob}}}
    file["responses"]["201"] = {"description": "Kept now.", "content": {JSON: {"schema": {"type": "object"}}}}
    stream = {"type": "string", "description": "Server-sent events; `data` tells which cases changed."}
    queue = {"name": "queue", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    paging = (queue, _query("limit", limit), _query("after", {"type": "string", "maxLength": 200}))
    text = {"type": "string"}
    described = _operation(
        "openapi", "This document", {"type": "object"}, open_=True, parameters=(_header("If-None-Match"),)
    )
    described["responses"]["304"] = {"description": "The client has it."}
    return {
        "/v1/me": {"get": _operation("me", "Who asks", schemas.of("other", "me"))},
        "/v1/changes": {
            "get": _operation(
                "changes", "What changed since", schemas.of("other", "since"),
                parameters=(_query("after", number), _query("limit", limit)),
            )
        },
        "/v1/events": {
            "get": _operation(
                "events", "Everything that happened, in order, for other systems", schemas.of("answer", "events"), 410,
                parameters=(_query("after", text), _query("limit", limit)),
            )
        },
        "/v1/watch": {
            "get": _operation(
                "watch", "Changes as they happen", stream, media="text/event-stream",
                parameters=(_header("Last-Event-ID"),),
            )
        },
        "/v1/queues/{queue}/cases": {
            "get": _operation("queue", "A page of a queue", schemas.of("other", "page"), 422, parameters=paging)
        },
        "/v1/cases/{case}/evidence": {"put": file},
        "/v1/cases/{case}/evidence/{sha256}": {
            "get": _operation(
                "evidence", "A file in clear", blob, 404, 422, media="application/octet-stream", parameters=(_CASE, sha)
            )
        },
        "/v1/orders/ask": {
            "post": _operation(
                "ask_order", "Ask the order system", {"type": "object"}, 404, 422, sent=schemas.of("other", "wanted"),
                example={"text": "W2611340"},
            )
        },
        "/v1/openapi.json": {"get": described},
        "/healthz": {"get": _operation("health", "Whether it runs", {"type": "object"}, open_=True)},
        "/readyz": {"get": _operation("ready", "Whether it takes requests", {"type": "object"}, open_=True)},
        "/metrics": {"get": _operation("metrics", "Numbers for Prometheus", text, media="text/plain")},
    }  # fmt: skip


def _entrance(schemas: Schemas) -> dict[str, Schema]:
    """Routes by which one is let in."""
    let_in, waiting = schemas.of("other", "let_in"), schemas.of("other", "waiting")
    login, terminal, again = (schemas.of("other", name) for name in ("login", "terminal", "again"))
    session = _operation(
        "login", "Sign in by password", let_in, 401, 422, 429, sent=login, open_=True, tag="entrance",
        example={"agent": "wang", "password": "…"},
    )  # fmt: skip
    out = _operation("logout", "End this session", None, 422, status=204, tag="entrance")
    device = _operation(
        "device", "Wait to be let in", waiting, 404, 422, 429, sent=terminal, open_=True, tag="entrance"
    )
    polled = _operation(
        "device_token",
        "Whether the terminal was let in",
        let_in,
        404,
        422,
        sent=again,
        open_=True,
        tag="entrance",
    )
    text = {"type": "string"}
    approve = _operation(
        "device_approve", "A page that asks whether a terminal is one's own", text, 403, 404, 429, open_=True,
        media=HTML, parameters=(_query("user_code", text), _query("desk", text)), tag="entrance",
    )  # fmt: skip
    back = _operation(
        "oidc_back", "The way back from the OpenID provider, which lets the terminal in", text, 403, 404, 429,
        open_=True, media=HTML, parameters=tuple(_query(name, text) for name in ("code", "state", "iss")),
        tag="entrance",
    )  # fmt: skip
    return {
        "/v1/device/approve": {"get": approve},
        "/v1/oidc/back": {"get": back},
        "/v1/login": {"post": session},
        "/v1/logout": {"post": out},
        "/v1/device": {"post": device},
        "/v1/device/token": {"post": polled},
    }


def _hooks() -> dict[str, Schema]:
    """Doors of other systems, which sign what they send instead of bearing a token."""
    source = {"name": "source", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    signed = tuple(_header(name, needed=True) for name in ("X-Csdesk-Timestamp", "X-Csdesk-Signature"))
    about = "docs/integrator.md says what is sent and how it is signed."
    found = {}
    for path, id_, summary in (
        ("/v1/intake", "intake", "A message of the source that X-Csdesk-Source names"),
        ("/v1/hooks/messages/{source}", "hook_message", "A message of a source"),
        ("/v1/hooks/orders/{source}", "hook_orders", "News of orders"),
        ("/v1/hooks/tracking/{source}", "hook_tracking", "Scans of a carrier"),
    ):
        named = (source,) if "{" in path else (_header("X-Csdesk-Source", needed=True),)
        operation = _operation(
            id_, summary, {"type": "object"}, 401, 404, 409, 422, description=about, sent={"type": "object"},
            parameters=(*named, *signed), open_=True, tag="hooks",
        )  # fmt: skip
        operation["responses"]["201"] = {
            "description": "A case began.",
            "content": {JSON: {"schema": {"type": "object"}}},
        }
        found[path] = {"post": operation}
    return found


def _header(name: str, *, needed: bool = False) -> Schema:
    return {"name": name, "in": "header", "required": needed, "schema": {"type": "string"}}


def _query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema}
