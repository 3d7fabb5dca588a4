"""Macros, text modules and canned responses of other desks: their words become canned replies, their deeds macros."""

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from csdesk.desk.macro_answers import MOST_NAME, MOST_STEPS, is_personal, keep
from csdesk.domain.value import dataclass, replace
from csdesk.interop.comments import words
from csdesk.interop.deeds import Deeds, actions, in_order
from csdesk.interop.entity import Entity, Pending, Read, Run
from csdesk.interop.fields import Fields
from csdesk.interop.readers import Item
from csdesk.interop.texts import BRACES, CHINESE, MOST_SLOT
from csdesk.interop.tickets import colleague
from csdesk.store import load, macros
from csdesk.store.library import DEFAULT_LANGUAGE, Canned, put_canned
from csdesk.store.macros import Macro, Steps

# {{ticket.id}} of Zendesk, Freshdesk and Chatwoot, with or without a filter behind a bar; #{ticket.number} of Zammad.
_SLOT = re.compile(r"\{\{([^{}]{1,300})\}\}|#\{([^{}]{1,300})\}")
_LOGIC = re.compile(r"\{%[^{}]{0,300}%\}")
MOST_BODY = 5_000
MOST_ACTIONS = 20
# How many macros became ours with all that they do, in the balance.
OURS = "macros.ours"


@dataclass(frozen=True, slots=True)
class Remark:
    """What did not come over of a record that did: its title, a code, and what the code is about.

    `asked`: slots that no case fills, which agents are asked for; `logic`: conditions that now stand as plain text.
    Why a macro is none of ours, though its words may be a canned reply: `no_verb`: actions that no verb of ours does,
    each with the verb that comes near; `asks`: it would ask for these slots, or decide by these conditions, and a macro
    of ours asks nobody; `personal`: it holds somebody's number; `owner`: it is one person's, who has no account here;
    `name_taken`: there is a macro of this name; `too_many`: it has more steps than ours may have.
    """

    entity: str
    name: str
    code: str
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Foreign:
    """A macro as it becomes ours: the canned reply (`body` "": none), and the steps of the macro (none: no macro).

    `owner`: whose the macro is, "" for everybody's.
    """

    title: str
    body: str
    shortcut: str
    language: str
    steps: Steps = ()
    owner: str = ""

    @property
    def name(self) -> str:
        """The macro's."""
        return self.title if len(self.title) <= MOST_NAME else self.title[: MOST_NAME - 1] + "…"

    @property
    def place(self) -> str:
        """What is kept of it, to know it again: whose macro of which name."""
        return f"/{self.owner}/{self.name}" if self.steps else ""


class Macros(Entity):
    """Macros and text modules. The map's `slots` name our slot for theirs, its `deeds` say what an action is here, its
    `verbs` which verb of ours comes near an action that is none.
    """

    name: ClassVar[str] = "macros"
    record: ClassVar[type] = Foreign

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        settings = self.section.settings
        self._slots = _texts(settings.get("slots", {}))
        self._verbs = _texts(settings.get("verbs", {}))
        self._deeds = Deeds(run.map.name, settings.get("deeds", {}), self._agent)
        # Places of the macros of this run, and whose record each is.
        self._places: dict[str, bytes] = {}
        self._remarks: dict[tuple[str, str, str], Remark] = {}

    @property
    def remarks(self) -> list[Remark]:
        """What people are told of, in the order of the records."""
        return list(self._remarks.values())

    def read(self, told: Fields, item: Item) -> Read | None:
        id_, title = told.line("id", required=True, most=200), told.line("title", required=True, most=200)
        done = tuple(actions(told.raw("actions")))[:MOST_ACTIONS]
        said, noted = words(told, "body", "html"), words(told, "note", "note_html")
        body, asked = self._with_slots(said)
        note, asked_too = self._with_slots(noted)
        logic = tuple(dict.fromkeys(_LOGIC.findall(said + noted)))
        steps, cannot = self._deeds.steps(done)
        steps += [("note", {"text": note})] if note else []
        acts = bool(steps or cannot)
        steps += [("reply", {"canned": f"{self.run.map.source}/{id_}"})] if said and acts else []
        owner = told.line("owner", most=200)
        language = told.line("language", most=20) or (DEFAULT_LANGUAGE if CHINESE.search(body) else "en")
        ours = in_order(steps) if acts else ()
        record = Foreign(title, body, told.line("shortcut")[:20], language, ours, self._agent(owner))
        why = self._why_not(record, id_, owner, cannot, (*asked, *asked_too, *logic)) if acts else {}
        self._look(told, said, (*map(str, done), *(("note",) if note else ())), why)
        if told.problems:
            return None
        for code, about in (*why.items(), ("asked", asked if said else ()), ("logic", logic if said else ())):
            self._remark(id_, title, code, about)
        if why or not ours:
            return Read(id_, replace(record, steps=(), owner=""))
        self._places[record.place] = self.key(id_)
        self.parts = {OURS: 1}
        return Read(id_, record)

    def _look(self, told: Fields, said: str, done: tuple[str, ...], why: Mapping[str, object]) -> None:
        """Note what keeps the whole record out."""
        if not told.flag("active", True):
            told.problem("active", "inactive")
        elif len(said) > MOST_BODY:
            told.problem("body", "too_long", size=len(said), most=MOST_BODY)
        elif not said and why and not told.problems:
            told.problem("body", "only_acts", actions=", ".join(self._near(action) for action in done))
        elif not said and not done:
            told.problem("body", "missing")

    def _why_not(
        self, record: Foreign, id_: str, owner: str, cannot: tuple[str, ...], asks: tuple[str, ...]
    ) -> dict[str, tuple[str, ...]]:
        """Why a macro that does something cannot be one of ours, by code; nothing where it can."""
        note = dict(record.steps).get("note", {}).get("text", "")
        why = {
            "no_verb": tuple(self._near(action) for action in cannot),
            "asks": tuple(dict.fromkeys(asks)),
            "personal": (record.title,) if is_personal(record.title) or is_personal(note) else (),
            "owner": (owner,) if owner and not record.owner else (),
            "too_many": (str(MOST_STEPS),) if len(record.steps) > MOST_STEPS else (),
        }
        found = {code: about for code, about in why.items() if about}
        return found or ({} if self._is_free(record, id_) else {"name_taken": (record.name,)})

    def _is_free(self, record: Foreign, id_: str) -> bool:
        """Whether the place is its own, from this import or an earlier one, or nobody's."""
        key, source = self.key(id_), self.run.map.source
        if self._places.get(record.place, key) != key:
            return False
        before = load.known(self.conn, self.desk, self.name, source, (key,)).get(key)
        if before is not None and before.record == record.place:
            return True
        return not macros.there(self.conn, self.desk, record.owner, record.name)

    def _near(self, action: str) -> str:
        verb = self._verbs.get(action.partition("=")[0])
        return f"{action} → {verb}" if verb else action

    def _agent(self, who: str) -> str:
        """The colleague here who is this person there, by id or name; "" for nobody."""
        key = load.external_bytes(who)
        staff = (
            load.known(self.conn, self.desk, "staff", self.run.map.source, (key,)).get(key) if who else None
        )
        return staff.record if staff else colleague(self.run, who)

    def _remark(self, id_: str, title: str, code: str, about: tuple[str, ...]) -> None:
        if about:
            self._remarks[id_, title, code] = Remark(self.name, title, code, about)

    def _with_slots(self, said: str) -> tuple[str, tuple[str, ...]]:
        """The text with our slots, and the names of those that no case fills."""
        parts, asked, at = list[str](), list[str](), 0
        for found in _SLOT.finditer(said):
            parts.append(said[at : found.start()].translate(BRACES))
            theirs = (found[1] or found[2]).partition("|")[0].strip()
            name = self._slots.get(theirs) or theirs[:MOST_SLOT].strip()
            if theirs not in self._slots and name:
                asked.append(name)
            parts.append(f"{{{name}}}" if name and "\n" not in name else found[0].translate(BRACES))
            at = found.end()
        return "".join((*parts, said[at:].translate(BRACES))), tuple(dict.fromkeys(asked))

    def put(self, pending: Sequence[Pending], at: int) -> int:
        rows = 0
        for p in pending:
            record: Foreign = p.read.record
            p.id = record.place
            self._forget(p)
            if p.id:
                keep(self.run.core, Macro(record.owner, record.name, record.steps, at))
                rows += 1
        said = [p for p in pending if p.read.record.body]
        put_canned(self.store, [_canned(p, self.run.map.source) for p in said], at)
        return rows + len(said)

    def _forget(self, pending: Pending) -> None:
        """What it was called before, and it is no more."""
        before = pending.before.record if pending.before else ""
        if before.startswith("/") and before != pending.id:
            owner, _, name = before[1:].partition("/")
            macros.drop(self.conn, self.desk, owner, name)


def _canned(pending: Pending, source: str) -> Canned:
    record: Foreign = pending.read.record
    id_ = pending.read.external_id
    return Canned(id_, record.title, record.body, record.shortcut, record.language, source)


def _texts(table: Mapping[object, object]) -> Mapping[str, str]:
    return {str(key): str(value) for key, value in table.items()}
