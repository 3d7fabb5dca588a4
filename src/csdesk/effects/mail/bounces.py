"""What mail servers report of mail we sent: which of our messages, and whether it failed or was delivered.

Reports by the book are multipart/report (RFC 3464). QQ, 163, Exchange, Exim, qmail and others also write letters in
which only a status code, the returned message or its Message-ID tells. A report counts only with a token of ours for
an address that the report itself names: nobody else can make a message fail.
"""

import re
from collections.abc import Iterable, Iterator

from csdesk.domain.mask import mask_text
from csdesk.domain.text import clean_line
from csdesk.domain.value import dataclass
from csdesk.effects.mail.headers import addresses, text, words
from csdesk.effects.mail.natures import null_path
from csdesk.effects.mail.parts import Part, Unreadable, split
from csdesk.effects.mail.threads import Threads

MOST_REASON, MOST_READ, MOST_NAMED = 160, 200_000, 40
# "delayed" and "relayed" say that nothing is decided yet; "expanded" that a list goes on.
_ACTIONS = {"failed": "failed", "delivered": "delivered"}
_DAEMON = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|mailadmin|postmail)@", re.IGNORECASE)
_SUBJECT = re.compile(
    r"退信|退件|未送达|未传递|未傳遞|未能送達|無法傳遞|无法送达|无法投递|投递失败|传送失败|undeliver|not delivered|"
    r"non-?deliver|delivery (?:status|failure|has failed)|failure notice|returned mail|mail delivery|"
    r"message not|unzustellbar|non remis",
    re.IGNORECASE,
)
_LATER = re.compile(r"delay|warning|还在尝试|延迟|延遲|will (?:keep|retry)|still trying", re.IGNORECASE)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-]|\Z)")
_FIELD = re.compile(rb"^([A-Za-z-]{1,40}):[ \t]*(.{0,2000})", re.MULTILINE)
_SAID_BY = re.compile(r"[^\s<>@,;:\"()\[\]]{1,64}@[\w.-]{1,253}")


@dataclass(frozen=True, slots=True)
class Settled:
    """One of our messages, its case, and what became of it: `failed` with a reason, or `delivered`."""

    message: str
    case: str
    state: str
    reason: str = ""


def is_bounce(mail: Part, sender: str, subject: str) -> bool:
    """Whether a mail server wrote it about a mail that it had to carry."""
    if mail.media == "multipart/report":
        return mail.params.get("report-type", b"delivery-status").strip().lower() == b"delivery-status"
    if any(part.media == "message/delivery-status" for part in mail.leaves()) or mail.get(
        "x-failed-recipients"
    ):
        return True
    return (null_path(mail) or _DAEMON.match(sender) is not None) and _SUBJECT.search(subject) is not None


def settled(mail: Part, subject: str, said: str, threads: Threads, now: int) -> tuple[Settled, ...]:
    """What a report settles; nothing when it is not about mail of ours, or only says that it takes longer."""
    state, reason = _verdict(mail, subject, said)
    if not state:
        return ()
    tokens, people = _named(mail, said)
    claims = threads.claims(tokens, people, now)
    ours = (claim for claim in claims if claim.stands != "other_sender")
    return tuple(Settled(claim.message, claim.case, state, reason) for claim in ours)


def _verdict(mail: Part, subject: str, said: str) -> tuple[str, str]:
    reports = [part for part in mail.leaves() if part.media == "message/delivery-status"]
    for report in reports:
        fields = {name.lower(): value for name, value in _fields(report)}
        action = words(fields.get(b"action", b"")).lower().split()[:1]
        state = _ACTIONS.get(action[0], "") if action else ""
        status = _STATUS.search(words(fields.get(b"status", b"")))
        told = words(fields.get(b"diagnostic-code", b"")).partition(";")[2]
        return state, reason_of("bounced", status[1] if status else "", told) if state == "failed" else ""
    whole = f"{subject}\n{said[:MOST_READ]}"
    status, code = _STATUS.search(whole), _CODE.search(whole)
    passing = (status and status[1][0] == "4") or (not status and code and code[1][0] == "4")
    if passing or _LATER.search(subject):
        return "", ""
    line = next((line for line in said.split("\n") if _CODE.search(line) or _STATUS.search(line)), "")
    return "failed", reason_of("bounced", status[1] if status else code[1] if code else "", line)


def _fields(report: Part) -> Iterator[tuple[bytes, bytes]]:
    """The fields of all recipients; with one of ours a mail, the last word on it is what counts."""
    unfolded = re.sub(rb"\r?\n[ \t]+", b" ", report.body()[:MOST_READ])
    return ((found[1], found[2].strip()) for found in _FIELD.finditer(unfolded))


def reason_of(how: str, status: str, told: str) -> str:
    """A reason that may stand in the case for all to read: without addresses and numbers of people."""
    bare = mask_text(_SAID_BY.sub("…", told)).strip()
    return clean_line(" ".join(filter(None, (how, status, bare))), limit=MOST_REASON).text


def _named(mail: Part, said: str) -> tuple[list[str], list[str]]:
    """Where tokens of ours may stand, and the addresses that the report names."""
    tokens = [_ascii(value) for name in ("to", "in-reply-to", "references") for value in mail.all(name)]
    people = [address for _, address in addresses(mail.get("x-failed-recipients"))]
    for part in mail.leaves():
        if part.media == "message/delivery-status":
            for name, value in _fields(part):
                if name.lower() in (b"final-recipient", b"original-recipient"):
                    people += [address for _, address in addresses(value.partition(b";")[2])]
        elif part.media in ("message/rfc822", "text/rfc822-headers", "message/global"):
            returned = _returned(part)
            tokens += returned[0]
            people += returned[1]
    letter = said[:MOST_READ]
    tokens.append(letter)
    people += _SAID_BY.findall(letter)[:MOST_NAMED]
    return tokens, list(dict.fromkeys(people))[:MOST_NAMED]


def _returned(part: Part) -> tuple[list[str], list[str]]:
    try:
        original = split(part.body()[:MOST_READ])
    except Unreadable:
        return [], []
    tokens: Iterable[bytes] = (
        original.get("message-id"),
        original.get("reply-to"),
        original.get("references"),
    )
    return [_ascii(value) for value in tokens], [address for _, address in addresses(original.get("to"))]


def _ascii(raw: bytes) -> str:
    return text(raw[:8_000], "us-ascii")
