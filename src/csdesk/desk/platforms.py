"""The platforms' after-sales codes: what each means here, and which of theirs says what we mean (data/platforms.toml).

Total from them to us: a code that the table does not know is kept as it came and said to be unknown.
"""

import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

from csdesk import resources
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.kinds import MACHINES
from csdesk.domain.text import clean_line
from csdesk.domain.value import dataclass

NEEDED = frozenset({"title", "types", "states"})


class BadPlatforms(ValueError):
    """A table of platforms that cannot be used, with the place."""


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform: `types` (their type to our kind) and `states` (their state to its words and our states).

    `silent`: our states, by kind, that it has no code for. `interpreted`: codes ("types.10", "states.10009") whose
    words are our reading, not its interface's.
    """

    name: str
    title: str
    types: Mapping[str, Kind]
    states: Mapping[str, tuple[str, tuple[str, ...]]]
    silent: Mapping[Kind, tuple[str, ...]]
    interpreted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a platform's type and state mean here.

    `kind` None: its type is not known. `words` are the platform's ("" when its state is not known), `state` the
    nearest of our states that the kind has, "" when there is none.
    """

    platform: str
    kind: Kind | None
    words: str
    state: str
    known: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A case's state in the platform's words; `words` "" for a code that nobody knows, `state` ours for it or ""."""

    platform: str
    code: str
    words: str
    state: str
    differs: bool


@cache
def platforms() -> Mapping[str, Platform]:
    """The shipped table, by name."""
    with resources.path("data/platforms.toml").open("rb") as file:
        return read_platforms(tomllib.load(file))


def read_platforms(tables: Mapping[str, Any]) -> Mapping[str, Platform]:
    """The table of a decoded file; BadPlatforms names the platform and the code whose kind or state nobody has."""
    ours = {told for kind in MACHINES for told in _ours(kind)}
    found = {}
    for name, table in tables.items():
        if not NEEDED <= set(table) <= NEEDED | {"silent", "interpreted"}:
            raise BadPlatforms(f"{name} needs title, types and states")
        for code, kind in table["types"].items():
            if kind not in set(Kind):
                raise BadPlatforms(f"{name}.types.{code} = {kind}")
        for code, (_, *states) in table["states"].items():
            if not states or not ours.issuperset(states):
                raise BadPlatforms(f"{name}.states.{code} = {states}")
        for place in table.get("interpreted", ()):
            part, _, code = place.partition(".")
            if part not in ("types", "states") or code not in table[part]:
                raise BadPlatforms(f"{name}.interpreted {place}")
        for kind, states in table.get("silent", {}).items():
            if kind not in set(Kind) or not _ours(Kind(kind)).issuperset(states):
                raise BadPlatforms(f"{name}.silent.{kind} = {states}")
        types = {code: Kind(kind) for code, kind in table["types"].items()}
        states_ = {code: (told, tuple(states)) for code, (told, *states) in table["states"].items()}
        silent = {Kind(kind): tuple(states) for kind, states in table.get("silent", {}).items()}
        interpreted = frozenset(table.get("interpreted", ()))
        found[name] = Platform(name, table["title"], types, states_, silent, interpreted)
    return found


def meaning(platform: str, type_: str, state: str) -> Meaning:
    """What they mean; never fails: of a platform, type or state that nobody knows it says just that."""
    known = platforms().get(platform)
    if known is None:
        return Meaning(platform, None, "", "", known=False)
    kind = known.types.get(type_)
    told, states = known.states.get(state, ("", ()))
    had = _ours(kind) if kind else frozenset()
    nearest = next((ours.rpartition(".")[2] for ours in states if ours in had), "")
    whole = (not type_ or kind is not None) and (not state or bool(told))
    return Meaning(known.title, kind, told, nearest, known=whole)


def codes(platform: str, kind: Kind, state: str) -> tuple[str, ...]:
    """Their codes that say that a case of `kind` is in `state`, the nearest first; none where they have no word."""
    known = platforms()[platform]
    if kind not in known.types.values():
        return ()
    exact = f"{kind.value}.{state}"
    ranked = [
        (-1 if exact in states else states.index(state), code)
        for code, (_, states) in known.states.items()
        if exact in states or state in states
    ]
    return tuple(code for _, code in sorted(ranked, key=lambda found: found[0]))


def platform_parts(platform: str, state: str) -> Counter[str]:
    """What a record with a platform's state counts as in the report of its import: known here, or not."""
    if not platform or not state:
        return Counter()
    return Counter({"platform_states" if meaning(platform, "", state).known else "platform_unknown": 1})


def said_of(case: Case) -> Said | None:
    """What a case's platform says of it, and whether that disagrees with the state it is in here."""
    said = case.platform_said
    if said is None:
        return None
    known = platforms().get(said.platform)
    told, states = known.states.get(said.code, ("", ())) if known else ("", ())
    title = known.title if known else said.platform
    had = _ours(case.kind)
    means = [ours.rpartition(".")[2] for ours in states if ours in had]
    differs = bool(means) and case.state not in means
    if known and differs and not codes(said.platform, case.kind, case.state):
        # Of a state that it has no word for, the platform can only say whose turn it is.
        phase = next(state.phase for state in MACHINES[case.kind].states if state.name == means[0])
        differs = phase is not case.phase
    return Said(title, clean_line(said.code, limit=80).text, told, means[0] if means else "", differs)


@cache
def _ours(kind: Kind) -> frozenset[str]:
    """The states of a kind, each alone and behind the name of its kind."""
    states = {state.name for state in MACHINES[kind].states}
    return frozenset(states | {f"{kind.value}.{state}" for state in states})
