"""What a bundle tells of a case: its events, messages and decisions as JSON lines, its chain, and its files."""

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Any

from csdesk.desk.core import Core
from csdesk.desk.timeline import entry
from csdesk.desk.words import Words
from csdesk.domain.cases.calls import CallNoted
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import MessageReceived, Noted, Opened, ReplyHeld, Ruled
from csdesk.domain.cases.rulings import Ruling
from csdesk.domain.media import ENDINGS
from csdesk.domain.text import clean_whole
from csdesk.domain.value import dataclass
from csdesk.interop.redaction import Veil
from csdesk.store import cases, evidence
from csdesk.store.cases import Past
from csdesk.store.codec import UnknownEvent
from csdesk.store.connection import read
from csdesk.store.errors import StoreError

Line = dict[str, Any]
_CHAIN = ("seq", "type", "v", "at", "actor", "cause", "verb", "person", "payload", "sealed", "hash")


@dataclass(frozen=True, slots=True)
class Story:
    """A case at one moment: itself, the head of its chain, its lines by the part they go to, its chain."""

    case: Case
    head: bytes
    timeline: tuple[Line, ...]
    messages: tuple[Line, ...]
    decisions: tuple[Line, ...]
    chain: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Exhibited:
    """A file of a case as a bundle takes it: its part's name and content, or `why` it is withheld."""

    kept: evidence.Kept
    name: str
    content: bytes = b""
    why: str = ""


def story(core: Core, case_id: str, veil: Veil, words: Words) -> Story:
    """What happened in a case, all of it seen in one look. Refused `case_of_later_version`."""
    with read(core.store.conn):
        case, head = core.load(case_id)
        chain = tuple(_chain(core, case_id))
        try:
            past = list(cases.history(core.store.conn, core.desk, case_id, core.store.keys))
        except UnknownEvent as exc:
            raise Refused("case_of_later_version", number=core.number(case), events=str(exc)) from None
    types = {line["seq"]: line["type"] for line in chain}

    def stamp(one: Past) -> Line:
        when = words.moment(one.at)
        told = {"seq": one.seq, "type": types[one.seq], "at": one.at, "actor": one.actor, "verb": one.verb}
        return {**told, "when": when}

    return Story(
        case,
        head,
        tuple({**stamp(one), **told} for one in past if (told := _said(one, case, veil, words))),
        tuple({**stamp(one), **told} for one in past if (told := _message(one, case, veil))),
        tuple({**stamp(one), **told} for one in past if (told := _decision(one, veil, words))),
        chain,
    )


def _chain(core: Core, case_id: str) -> Iterator[Line]:
    """The events as they are stored, with all that their hashes cover; what is sealed stays sealed."""
    rows = core.store.conn.execute(
        f"SELECT {', '.join(_CHAIN)} FROM event WHERE desk_id = ? AND case_id = ? ORDER BY seq",
        (core.desk, case_id),
    )
    for *fields, payload, sealed, hash_ in rows:
        told = dict(zip(_CHAIN, fields, strict=False))
        yield {**told, "payload": _base64(payload), "sealed": _base64(sealed), "hash": bytes(hash_).hex()}


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _text(one: Past, veil: Veil) -> str:
    return veil("\n".join(said for name in one.event.sealed if (said := getattr(one.event, name))))


def _said(one: Past, case: Case, veil: Veil, words: Words) -> Line | None:
    told = entry(one, True)
    if told is None:
        return None
    # What colleagues wrote for one another stays with them; that they did stands in the chain.
    text = None if isinstance(one.event, Noted) else _text(one, veil)
    return {"said": veil.known(words.entry(told, case.currency)), "text": text}


def _message(one: Past, case: Case, veil: Veil) -> Line | None:
    happened = one.event
    if isinstance(happened, Opened) and one.sealed:
        who = {"direction": "in", "channel": case.channel, "author": "customer", "state": "received"}
        return {**who, "text": veil(happened.summary)}
    if not isinstance(happened, MessageReceived | ReplyHeld | CallNoted):
        return None
    message = next((m for m in case.messages if m.id == happened.id), None)
    if message is None:
        return None
    who = {"direction": message.direction, "channel": message.channel}
    return {**who, "author": message.author, "state": message.state, "text": veil(happened.text)}


def _decision(one: Past, veil: Veil, words: Words) -> Line | None:
    ruled = one.event
    if not isinstance(ruled, Ruled):
        return None
    told = {"stance": ruled.stance.value, "against": ruled.against, "override": veil(ruled.override)}
    return {**told, "rulings": [_ruling(ruling, veil, words) for ruling in ruled.rulings]}


def _ruling(ruling: Ruling, veil: Veil, words: Words) -> Line:
    facts = {name: veil(value) if isinstance(value, str) else value for name, value in ruling.facts.items()}
    return {
        "line": ruling.line,
        "outcome": ruling.outcome,
        "said": words.code("verdict", ruling.outcome),
        "reason": ruling.reason,
        "confidence": ruling.confidence,
        "articles": list(ruling.articles),
        "cited": words.cites(ruling.articles, len(ruling.articles)),
        "pack": ruling.pack,
        "law_of": ruling.law_of,
        "facts": facts,
    }


def exhibits(core: Core, case: Case, veil: Veil) -> Iterator[Exhibited]:
    """The files of a case, each proven to be what was filed; withheld `personal` or `erased`, never altered.

    StoreError `tampered`, `no_such_file`: a bundle is not made of files that cannot be vouched for.
    """
    for kept in evidence.of_case(core.store, case.id):
        name = f"files/{kept.sha256}{ENDINGS.get(kept.media, ('.bin',))[0]}"
        content = bytearray()
        try:
            evidence.open_out(core.store, kept, content.extend)
        except StoreError as exc:
            if exc.code != "shredded":
                raise
            yield Exhibited(kept, name, why="erased")
            continue
        if veil.shown_in(bytes(content)):
            yield Exhibited(kept, name, why="personal")
        else:
            yield Exhibited(kept, name, bytes(content))


def lines(told: Iterable[Line]) -> bytes:
    """JSON lines, free of control characters, in one form."""
    whole = (json.dumps(_clean(line), ensure_ascii=False, sort_keys=True) + "\n" for line in told)
    return "".join(whole).encode()


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_whole(value)
    if isinstance(value, dict):
        return {name: _clean(one) for name, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list) else value
