"""What a macro of another desk does, as verbs of ours: a map's `deeds` name the verb of each action and value.

```toml
[macros.deeds.status]
solved = "close"
pending = "snooze hours=24"
[macros.deeds.current_tags]
"*" = "tag add={words}"
```

A deed is written as for `csdesk macro save`; "" needs no verb. `*` stands for all other values. In what is entered,
`{value}` stands for what is there (a list with commas), `{words}` for its words with commas, `{agent}` for the
colleague whose id it is there, `{hours}` for a time such as `2 day`.
"""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from math import ceil
from typing import Any

from csdesk.desk.registry import command
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.context import Refused
from csdesk.domain.text import clean_line
from csdesk.domain.value import dataclass
from csdesk.interop.faults import ImportFault
from csdesk.store.macros import Steps

# The other desk does all at once; ours in order, so that nothing is done to a case that is closed already.
_ORDER = ("take", "assign", "release", "tag", "prioritise", "note", "reply", "snooze", "close")
_MOST_VALUE = 300
# A tag of ours has no more characters.
_MOST_TAG = 30
_BLANK = re.compile(r"\{(value|words|agent|hours)\}$")
_PERIOD = re.compile(r"(\d{1,4}) (minute|hour|day|week|month)s?")
_HOURS = {"minute": 1 / 60, "hour": 1, "day": 24, "week": 168, "month": 720}
_MOST_HOURS = 720


@dataclass(frozen=True, slots=True)
class Action:
    """What one action of a macro is called there, and with what it is done, as text ("" for nothing)."""

    name: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.name}={self.value}"[:80] if self.value else self.name


@dataclass(frozen=True, slots=True)
class _Deed:
    verb: str
    fields: tuple[tuple[str, str], ...]


class Deeds:
    """The table of a map; ImportFault `bad_map` for a line of it that is no verb of ours."""

    def __init__(self, map_: str, table: Mapping[Any, Any], agent: Callable[[str], str]) -> None:
        self._agent = agent
        self._deeds: dict[str, dict[str, _Deed | None]] = {}
        for action, values in table.items():
            place = f"macros.deeds.{action}"
            if not isinstance(values, dict):
                raise ImportFault("bad_map", path=map_, place=place, why="is not a table")
            self._deeds[str(action)] = {
                str(value): _deed(map_, f"{place}.{value}", said) for value, said in values.items()
            }

    def steps(self, actions: tuple[Action, ...]) -> tuple[list[tuple[str, dict[str, str]]], tuple[str, ...]]:
        """The steps of ours, and the actions that no verb of ours does."""
        steps: dict[str, dict[str, str]] = {}
        cannot: list[str] = []
        for action in actions:
            values = self._deeds.get(action.name, {})
            if action.value not in values and "*" not in values:
                cannot.append(str(action))
            elif (deed := values.get(action.value, values.get("*"))) is not None:
                if (entered := self._entered(deed, action.value)) is None:
                    cannot.append(str(action))
                else:
                    steps[deed.verb] = _with(deed.verb, steps.get(deed.verb, {}), entered)
        return list(steps.items()), tuple(dict.fromkeys(cannot))

    def _entered(self, deed: _Deed, value: str) -> dict[str, str] | None:
        """What its form would hold; None for a value that does not fit into it."""
        entered: dict[str, str] = {}
        for name, pattern in deed.fields:
            found = _BLANK.match(pattern)
            entered[name] = self._filled(found[1], value) if found else pattern
            if found and not entered[name]:
                return None
        if deed.verb == "tag" and any(
            len(tag.strip()) > _MOST_TAG for tag in ",".join(entered.values()).split(",")
        ):
            return None
        try:
            command(deed.verb, entered)
        except Refused:
            return None
        return entered

    def _filled(self, blank: str, value: str) -> str:
        match blank:
            case "words":
                return ",".join(value.split())
            case "agent":
                return self._agent(value)
            case "hours":
                return _hours(value)
            case _:
                return value


def actions(raw: object) -> Iterator[Action]:
    """The actions of a macro as a map finds them: names, objects with `action` and `value`, or one object by name."""
    if isinstance(raw, Mapping):
        for name, value in raw.items():
            yield _named(str(name), value)
    for one in raw if isinstance(raw, list) else ():
        if isinstance(one, Mapping):
            yield Action(_line(one.get("action")), _said(one.get("value")))
        elif isinstance(one, str):
            yield Action(_line(one))


def in_order(steps: list[tuple[str, dict[str, str]]]) -> Steps:
    """Steps as they are carried out: the case is closed last."""
    rank = {verb: place for place, verb in enumerate(_ORDER)}
    return tuple(sorted(steps, key=lambda step: rank.get(step[0], rank["note"])))


def _named(name: str, value: object) -> Action:
    """An action by its name (Zammad): an operator is a part of the name; who or when stands beside the value."""
    if not isinstance(value, Mapping):
        return Action(_line(name), _said(value))
    operator, who = value.get("operator"), value.get("pre_condition")
    said = who if who and who != "specific" else value.get("value")
    if period := value.get("range"):
        said = f"{_said(said)} {_said(period)}"
    return Action(_line(f"{name} {operator}" if operator else name), _said(said))


def _line(value: object) -> str:
    return clean_line(value, limit=_MOST_VALUE).text.strip() if isinstance(value, str) else ""


def _said(value: object) -> str:
    if isinstance(value, list):
        return ",".join(filter(None, map(_said, value)))
    if isinstance(value, bool):
        return str(value).lower()
    return _line(str(value)) if isinstance(value, str | int) else ""


def _deed(map_: str, place: str, said: object) -> _Deed | None:
    """A deed as the map writes it; None for one that needs no verb."""
    try:
        verb, *pairs = shlex.split(str(said)) or [""]
    except ValueError as exc:
        raise ImportFault("bad_map", path=map_, place=place, why=str(exc)) from None
    if not verb:
        return None
    if verb not in VERBS or not all("=" in pair for pair in pairs):
        raise ImportFault("bad_map", path=map_, place=place, why="is no VERB name=value …")
    parted = (pair.partition("=") for pair in pairs)
    return _Deed(verb, tuple((name, value) for name, _, value in parted))


def _with(verb: str, before: dict[str, str], entered: dict[str, str]) -> dict[str, str]:
    """Two deeds of one verb as one: tags add up, a time that is told counts before one that is not, else the later."""
    if verb == "tag":
        return {
            name: ",".join(filter(None, (before.get(name), entered.get(name))))
            for name in ("add", "drop")
            if name in before or name in entered
        }
    return before | entered


def _hours(value: str) -> str:
    found = _PERIOD.fullmatch(value)
    hours = ceil(int(found[1]) * _HOURS[found[2]]) if found else 0
    return str(hours) if 1 <= hours <= _MOST_HOURS else ""
