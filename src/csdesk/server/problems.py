"""What went wrong with a request, as RFC 9457 (problem+json): a stable code and a sentence."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused

MEDIA = "application/problem+json"
# For 503: how long to wait before the same request is worth sending again.
RETRY_S = 30
# Another server takes it, or this one is back soon.
DRAINED_S = 1


class Problem(Exception):
    """A request that is not answered; `code` is worded as `problem.<code>`, `more` are further members."""

    def __init__(self, status: int, code: str, **more: Any) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.more = more


# Of HTTP errors that the framework finds by itself.
CODES: Mapping[int, str] = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "not_json_media",
}

# What each status means, and which codes come with it. 422 is also each code that the catalogues word as `refused.…`
# and that has no status of its own here: what the desk's rules say no to. The doors of other systems answer with 401,
# 409, 413 and 422 likewise.
TITLES: Mapping[int, str] = {
    400: "The request is malformed.",
    401: "Nobody is signed in; or the signature of another system is wrong.",
    403: "Whoever asks may not.",
    404: "There is no such thing on this desk.",
    405: "This address does not take that method.",
    408: "The request did not arrive in time.",
    409: "This very signed request was taken before.",
    410: "It was there, and is forgotten: begin anew.",
    412: "Somebody was faster; nothing was done.",
    413: "The body is too long.",
    415: "The body is no JSON by its own account.",
    422: "Well-formed, and refused by the case's state or the desk's rules.",
    429: "Tried too often; Retry-After says when it is worth trying again.",
    500: "Something went wrong here.",
    503: "Not just now; Retry-After says when it is worth trying again.",
}
ANSWERED: Mapping[int, tuple[str, ...]] = {
    400: (
        "malformed", "no_key", "bad_version", "bad_parameter", "bad_cursor", "bad_request", "no_file_name",
        "authorization_pending", "slow_down", "access_denied", "expired_token", "oidc_state",
    ),
    401: ("not_signed_in", "sign_in_refused", "bad_signature", "stale_signature"),
    403: ("no_right", "scoped_token", "oidc_refused", "oidc_unknown"),
    404: (
        "not_found", "no_such_case", "bad_number", "unknown_verb", "unknown_question", "unknown_source",
        "no_order_system",
    ),
    405: ("method_not_allowed",),
    408: ("too_slow",),
    409: ("replayed",),
    410: ("events_gone",),
    412: ("conflict",),
    413: ("body_too_large", "message_too_long"),
    415: ("not_json_media",),
    422: ("not_json", "no_order_number", "no_parcels", "no_good_record"),
    429: ("sign_in_limited", "devices_many"),
    500: ("fault",),
    503: ("busy", "desk_away", "draining", "order_system_away", "oidc_away"),
}  # fmt: skip


def codes_of(words: Words, elsewhere: Iterable[str]) -> dict[int, list[str]]:
    """Every code that can be answered, by status, sorted; `elsewhere`: refusals that have another status than 422."""
    refused = [code for code in words.codes("refused") if code not in elsewhere]
    return {
        status: sorted({*codes, *(refused if status == 422 else ())}) for status, codes in ANSWERED.items()
    }


def headers_of(problem: Problem) -> dict[str, str]:
    """What the answer carries beside its body."""
    status = problem.status
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    usual = DRAINED_S if problem.code == "draining" else RETRY_S
    wait = problem.more.get("retry_after", usual if status in (429, 503) else 0)
    return {"Retry-After": str(wait)} if wait else {}


def body_of(problem: Problem, words: Words, request: str) -> bytes:
    """The document: `type`, `title`, `status`, `code`, `request` (as the log names it), and further members."""
    code = problem.code
    if words.has(f"problem.{code}"):
        title = words(f"problem.{code}", **{name: str(value) for name, value in problem.more.items()})
    else:
        title = words.refused(Refused(code, **problem.more.get("detail", {})))
    told = {
        "type": f"urn:csdesk:problem:{code}",
        "title": title,
        "status": problem.status,
        "code": code,
        "request": request,
        **problem.more,
    }
    return msgspec.json.encode(told)
