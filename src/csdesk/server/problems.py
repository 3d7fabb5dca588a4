"""What went wrong with a request, as RFC 9457 (problem+json): a stable code and a sentence."""

from collections.abc import Mapping
from typing import Any

import msgspec

from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused

MEDIA = "application/problem+json"
# For 503: how long to wait before the same request is worth sending again.
RETRY_S = 30


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


def headers_of(status: int) -> dict[str, str]:
    """What an answer of this status carries beside its body."""
    return {"Retry-After": str(RETRY_S)} if status == 503 else {}


def body_of(problem: Problem, words: Words, request: str) -> bytes:
    """The document: `type`, `title`, `status`, `code`, `request` (as the log names it), and further members."""
    code = problem.code
    if words.has(f"problem.{code}"):
        title = words(f"problem.{code}")
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
