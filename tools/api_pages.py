"""The page api.md: every address of the API but verbs and questions one by one, and every code that it answers."""

from csdesk.server.api import STATUS
from csdesk.server.openapi import ABOUT, document
from csdesk.server.problems import TITLES, codes_of
from page_parts import EN, HANS, code, codes, page, table

INTRO = f"""
{ABOUT}

The machine's version of this page is `GET /v1/openapi.json` (`csdesk serve --openapi` prints it); what is sent
for each verb and asked in each question is also in [verbs](verbs.md) and [questions](questions.md).
"""
CODES = """
A problem's `code` never changes its meaning. Its `title` is worded for people, in the language of the server.
"""
MANY = {
    "/v1/cases/{case}/verbs/": ("/v1/cases/{case}/verbs/{verb}", "Carry out a [verb](verbs.md)"),
    "/v1/ask/": ("/v1/ask/{question}", "Ask a [question](questions.md)"),
}


def api() -> str:
    """api.md."""
    rows: dict[tuple[str, str], tuple[str, ...]] = {}
    for path, methods in document()["paths"].items():
        for method, told in methods.items():
            many = next((one for start, one in MANY.items() if path.startswith(start)), None)
            where, summary = many or (path, told["summary"])
            answers = [status for status in told["responses"] if status not in ("405", "500")]
            known = [one["name"] for one in told.get("parameters", ()) if one["in"] != "path"]
            rows[where, method] = (code(f"{method.upper()} {where}"), summary, codes(known), codes(answers))
    parts = [
        INTRO,
        "## Addresses",
        table(("address", "what", "headers and parameters", "answers"), rows.values()),
    ]
    parts += ["## Problems", CODES]
    for status, known in codes_of(EN, STATUS).items():
        parts += [f"### {status}", TITLES[status], table(("code", "中文", "English"), map(_worded, known))]
    return page("API", *parts)


def _worded(name: str) -> tuple[str, str, str]:
    key = f"problem.{name}" if EN.has(f"problem.{name}") else f"refused.{name}"
    return code(name), _said(HANS.raw(key)), _said(EN.raw(key))


def _said(sentence: str) -> str:
    return sentence.replace("\n", " ").replace("<", "&lt;")
