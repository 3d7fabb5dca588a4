"""A mail's bytes as an `Inbound`, or the reason why nobody looks into it: whatever comes, nothing is raised.

Linear in the size of the mail, which the mailbox limits. Attachments are hashed and never opened or unpacked; each
gives its bytes to whoever stores them while the mail is in memory. The id
of a mail is the SHA-256 of it without the lines that the road wrote on top, so that a second delivery is known, and so
that the original can be found where it lies.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import field
from functools import partial

from csdesk.desk.inbound import Attached, Content, Inbound, Nature, Sender
from csdesk.desk.intake.enclosing import in_pieces
from csdesk.domain.media import PROGRAMS, differs, media_of
from csdesk.domain.text import clean, clean_line, file_name
from csdesk.domain.value import dataclass
from csdesk.effects.mail import bounces, natures, uu
from csdesk.effects.mail.bounces import Settled
from csdesk.effects.mail.headers import addresses, moment, named, params, text, words
from csdesk.effects.mail.html import to_text
from csdesk.effects.mail.parts import Part, Unreadable, heading, split
from csdesk.effects.mail.quotes import fresh
from csdesk.effects.mail.threads import Claim, Threads
from csdesk.store.crypto import normal_email

SOURCE = CHANNEL = "email"
MOST_TEXT, MOST_TEXT_BYTES, MOST_FILES = 100_000, 1_000_000, 50
# Headers that servers on the road put on top; two deliveries of one mail differ in nothing else.
_ROAD = re.compile(
    rb"(?:(?:received|return-path|delivered-to|x-original-to|envelope-to|x-received|received-spf|x-spam[a-z-]*|"
    rb"authentication-results|arc-[a-z-]+|x-qq-[a-z-]+|x-cm-[a-z-]+|x-gmail-[a-z-]+)"
    rb"[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*)*",
    re.IGNORECASE,
)
_RE = re.compile(r"\s*(?:re|aw|sv|回复|回覆|答复|答覆)\s*[:：]", re.IGNORECASE)
# What a file is called that came without a name.
_NAMES = {
    "application/ms-tnef": "winmail.dat",
    "application/pgp-encrypted": "version.asc",
    "application/pgp-signature": "signature.asc",
    "application/pkcs7-mime": "smime.p7m",
    "application/pkcs7-signature": "smime.p7s",
    "application/vnd.ms-tnef": "winmail.dat",
    "application/x-pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-signature": "smime.p7s",
    "image/jpeg": "image.jpg",
    "message/delivery-status": "delivery-status.txt",
    "message/rfc822": "message.eml",
    "text/calendar": "invite.ics",
}
_TO = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")


@dataclass(frozen=True, slots=True)
class Read:
    """A mail in words, and what it settles when it is a report about mail of ours."""

    inbound: Inbound
    settles: tuple[Settled, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A mail that stays where it is for a person to look at; `reason` is worded as `mail.refused.<reason>`."""

    id: str
    reason: str


@dataclass(slots=True)
class _Body:
    """What the parts of a mail come to."""

    plain: list[str] = field(default_factory=list)
    files: list[Attached] = field(default_factory=list)
    marked: dict[str, None] = field(default_factory=dict)

    def mark(self, code: str) -> None:
        self.marked[code] = None


class Reader:
    """Reads the mail of one desk. `own`: its addresses; `markers`: the line above which people answer, as worded.

    `server`: the name under which the desk's receiving mail server writes Authentication-Results; "" trusts none.
    """

    def __init__(
        self,
        threads: Threads,
        own: frozenset[str],
        markers: tuple[str, ...],
        now: Callable[[], int],
        server: str = "",
    ) -> None:
        self._threads = threads
        self._own = frozenset(normal_email(address) for address in own)
        self._markers = markers
        self._now = now
        self._server = server

    def read(self, raw: bytes, *, size: int = 0) -> Read | Refusal:
        """The mail in words; `size` (bytes) of the whole where `raw` is only its beginning."""
        id_ = digest(raw)
        torn = size > len(raw)
        try:
            mail = split(raw, torn=torn)
            if not mail.headers:
                return Refusal(id_, "no_mail")
            return self._told(mail, id_, torn)
        except Unreadable as exc:
            return Refusal(id_, exc.reason)

    def _told(self, mail: Part, id_: str, torn: bool) -> Read | Refusal:
        senders = addresses(mail.get("from"))
        name, address = senders[0] if senders else ("", "")
        claimed = self._claimed(mail, [address] if len(senders) == 1 else [])
        if self._ours(address) or self._came_back(mail):
            return Refusal(id_, "own_mail")
        body = _Body()
        if torn:
            body.mark("mail_cut")
        if len(senders) > 1:
            body.mark("several_senders")
        _gather(mail, body)
        subject = words(mail.get("subject"), limit=300)
        said = _joined(body, subject)
        if not said:
            return Refusal(id_, "empty")
        now = self._now()
        bounce = bounces.is_bounce(mail, address, subject)
        settles = bounces.settled(mail, subject, said, self._threads, now) if bounce else ()
        vouched = natures.authentic(mail, address, self._server)
        thread = _thread(claimed, vouched, body)
        kept, cut = fresh(said, self._markers) if _answers(mail, subject) else (said, False)
        if cut:
            body.mark("quote_cut")
        machine = natures.automatic(mail, address)
        inbound = Inbound(
            source=SOURCE,
            id=id_,
            channel=CHANNEL,
            sender=Sender(name=name, email=address, proven=vouched == "pass" and len(senders) == 1),
            text=clean(kept.strip("\n"), limit=MOST_TEXT).text,
            # An answer to us repeats our subject, which says nothing.
            subject="" if thread and _RE.match(subject) else subject,
            at=moment(mail.get("date")),
            nature=Nature.BOUNCE if bounce else Nature.AUTOMATIC if machine else Nature.WORDS,
            thread="" if bounce else thread,
            reply_to=tuple(claim.message for claim in claimed if claim.case),
            attached=tuple(body.files),
            marked=tuple(body.marked),
        )
        return Read(inbound, settles)

    def _ours(self, address: str) -> bool:
        left, _, domain = normal_email(address).rpartition("@")
        return f"{left.partition('+')[0]}@{domain}" in self._own

    def _claimed(self, mail: Part, senders: list[str]) -> tuple[Claim, ...]:
        values = [value for name in ("in-reply-to", "references", *_TO) for value in mail.all(name)]
        said = (text(value[-8_000:], "us-ascii") for value in values)
        return self._threads.claims(said, senders, self._now())

    def _came_back(self, mail: Part) -> bool:
        """Whether it is a mail of ours that somebody sent back to us as it was."""
        own = self._threads.claims([text(mail.get("message-id")[:998], "us-ascii")], (), self._now())
        return any(claim.case for claim in own)


def digest(raw: bytes) -> str:
    """The id of a mail: SHA-256 in hex, of all but the lines that servers put on top."""
    road = _ROAD.match(raw[:65_536])
    return hashlib.sha256(memoryview(raw)[road.end() if road else 0 :]).hexdigest()


def _thread(claimed: tuple[Claim, ...], vouched: str, body: _Body) -> str:
    """The case of the newest token that proves one; what proves nothing is marked."""
    for stands, code in (("other_sender", "token_of_another"), ("expired", "token_expired")):
        if any(claim.stands == stands and claim.case for claim in claimed):
            body.mark(code)
    if vouched == "fail":
        body.mark("forged_sender")
        return ""
    proven = [claim for claim in claimed if claim.stands == "proven"]
    return max(proven, key=lambda claim: claim.message).case if proven else ""


def _answers(mail: Part, subject: str) -> bool:
    """Whether a mail answers one, so that what it repeats is history; what is passed on stays whole."""
    if re.match(r"\s*(?:fwd?|转发|轉寄|转寄|wg)\s*[:：]", subject, re.IGNORECASE):
        return False
    if mail.get("in-reply-to") or mail.get("references"):
        return True
    return _RE.match(subject) is not None


def _joined(body: _Body, subject: str) -> str:
    """The words of all parts, past the gate; a mail without any says at least what it is about, or what it brings."""
    whole = "\n\n".join(part.strip("\n") for part in body.plain if part.strip())
    cleaned = clean(whole, limit=MOST_TEXT)
    if cleaned.removed:
        body.mark("signs_removed")
    if cleaned.cut:
        body.mark("text_cut")
    if cleaned.text.strip():
        return cleaned.text
    return subject or "\n".join(f"[{file.name}]" for file in body.files)


def _gather(part: Part, body: _Body) -> None:
    """Collect words and files of a part and those inside, as deep as the mail was let be."""
    if part.media == "multipart/encrypted" or _is_sealed(part):
        body.mark("sealed")
    if part.media == "multipart/alternative":
        _best(part, body)
    elif part.inside:
        for one in part.inside:
            _gather(one, body)
    elif _is_words(part):
        body.plain.append(_words_of(part, body))
    elif part.media != "message/delivery-status" or part.params.get("name"):
        _attach(part, body)


def _best(part: Part, body: _Body) -> None:
    """Of several forms of one text the plain one, unless it says nothing; files beside any of them are kept."""
    forms: list[_Body] = []
    for one in part.inside:
        form = _Body()
        _gather(one, form)
        forms.append(form)
    chosen = next((form for form in forms if any(said.strip() for said in form.plain)), None)
    for form in forms:
        body.files += form.files[: max(MOST_FILES - len(body.files), 0)]
        body.marked |= form.marked
    body.plain += chosen.plain if chosen else []


def _is_sealed(part: Part) -> bool:
    """Whether words are locked in a part: S/MIME other than a signature that stands beside what it signs."""
    return part.media in ("application/pkcs7-mime", "application/x-pkcs7-mime")


def _is_words(part: Part) -> bool:
    how, told = params(part.get("content-disposition"))
    if part.media not in ("text/plain", "text/html") or how == "attachment":
        return False
    return not (told.get("filename") or part.params.get("name"))


def _words_of(part: Part, body: _Body) -> str:
    raw = part.body()
    if part.media == "text/plain":
        raw, files = uu.taken_out(raw)
        for name, content in files:
            _keep(text(name, ""), "application/octet-stream", content, body, partial(in_pieces, content))
        if raw.lstrip().startswith(b"-----BEGIN PGP MESSAGE-----"):
            body.mark("sealed")
    if len(raw) > MOST_TEXT_BYTES:
        body.mark("text_cut")
    charset = part.params.get("charset", b"").decode("ascii", "replace").strip("'\" ")
    said = text(raw[:MOST_TEXT_BYTES], charset)
    if part.media == "text/html":
        return to_text(_declared(said, raw, charset))
    return _unflowed(said, part) if part.params.get("format", b"").strip().lower() == b"flowed" else said


def _declared(said: str, raw: bytes, charset: str) -> str:
    """HTML under the charset that it names itself, where its part names none."""
    found = re.search(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([a-zA-Z0-9_-]{2,40})", raw[:2_000])
    return text(raw[:MOST_TEXT_BYTES], found[1].decode()) if found and not charset else said


def _unflowed(said: str, part: Part) -> str:
    """Lines that were broken only for the road, put together again (RFC 3676)."""
    joint = "" if part.params.get("delsp", b"").strip().lower() == b"yes" else " "
    whole: list[str] = []
    soft = False
    for line in said.replace("\r\n", "\n").split("\n"):
        stuffed = line[1:] if line.startswith(" ") else line
        if soft and not line.startswith(">"):
            whole[-1] += joint + stuffed
        else:
            whole.append(stuffed)
        soft = stuffed.endswith(" ") and stuffed != "-- "
        if soft:
            whole[-1] = whole[-1][:-1]
    return "\n".join(whole)


def _attach(part: Part, body: _Body) -> None:
    _, told = params(part.get("content-disposition"))
    said = named(told, "filename") or named(part.params, "name") or named(told, "name")
    content = part.body()
    name = said if said.strip() else _unnamed(part.media, content)
    _keep(name, part.media, content, body, None if part.torn else partial(_anew, part))


def _anew(part: Part) -> Iterator[bytes]:
    """A file decoded once more: a mail is in memory as it came and one of its files beside it, never all of them."""
    return in_pieces(part.body())


def _keep(said: str, media: str, content: bytes, body: _Body, whole: Content | None) -> None:
    """Note a file under a safe form of the name `said`; `whole` gives all of it, None: only its beginning came."""
    if len(body.files) >= MOST_FILES:
        body.mark("more_files")
        return
    name = clean_line(file_name(said), limit=200).text
    seen = media_of(content[:16])
    if differs(media, seen):
        body.mark(f"media_differs:{name}")
    if seen in PROGRAMS:
        body.mark(f"program:{name}")
    if whole is None:
        body.mark(f"file_cut:{name}")
        body.files.append(Attached(name, seen or media, len(content), "", why="evidence_cut"))
        return
    hashed = hashlib.sha256(content).hexdigest()
    body.files.append(Attached(name, seen or media, len(content), hashed, content=whole))


def _unnamed(media: str, content: bytes) -> str:
    """A name for a file that came without one; a mail is called by its subject."""
    if media == "message/rfc822" and (subject := words(heading(content), limit=120)):
        return f"{subject}.eml"
    return _NAMES.get(media, f"file.{media.rpartition('/')[2].rpartition('-')[2][:8]}")
