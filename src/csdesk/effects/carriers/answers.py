"""What a carrier's answer says, by a mapping file: JMESPath expressions, and its words for how an ask stands."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from csdesk import resources
from csdesk.desk.config import ConfigError
from csdesk.domain.text import clean_line
from csdesk.domain.value import dataclass
from csdesk.effects.carriers.port import Taken

Standing = Literal["done", "failed", "pending", "unknown"]
MOST_LINE = 100
# An address of a label with its token; a label itself (PDF in base64) is no address and is not kept.
MOST_LABEL = 500
# Seconds since 1970 stay below this until the year 5138; milliseconds have been above it since 1973.
_MOST_SECONDS = 100_000_000_000


class _Paths(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    key: str
    status: str
    reference: str = ""
    reason: str = ""
    final: str = ""
    carrier: str = ""
    waybill: str = ""
    label: str = ""
    start: str = ""
    until: str = ""


class _Document(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    answer: _Paths
    status: dict[str, Standing]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says of the ask with this `key`; `standing` "" where it says nothing that is understood."""

    key: str
    standing: Standing | Literal[""]
    reason: str
    final: bool
    taken: Taken


class Answers:
    """Reads answers by a mapping."""

    def __init__(self, paths: Mapping[str, Callable[[Any], Any]], status: Mapping[str, Standing]) -> None:
        self._paths = paths
        self._status = status

    def read(self, document: Any) -> Answer:
        """What a document says; whatever is no text where one belongs counts as absent."""
        from jmespath.exceptions import JMESPathError

        told: dict[str, Any] = {}
        for name, search in self._paths.items():
            try:
                told[name] = search(document)
            except JMESPathError:
                told[name] = None  # an expression that does not fit this document says nothing
        line = {name: _line(value) for name, value in told.items()}
        taken = Taken(
            line.get("reference", ""),
            line.get("carrier", ""),
            "".join(line.get("waybill", "").split()),
            _label(told.get("label")),
            _moment(told.get("start")),
            _moment(told.get("until")),
        )
        standing: Standing | Literal[""] = self._status.get(line["status"], "")
        return Answer(line["key"], standing, line.get("reason", ""), told.get("final") is True, taken)


def read_answers(name: str) -> Answers:
    """The mapping in this file, the shipped one for ""; ConfigError `config_carrier_api` says what is wrong."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    path = Path(name).expanduser() if name else resources.path("data/carrier_answers.toml")
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Document)
        told = {key: value for key, value in msgspec.to_builtins(found.answer).items() if value}
        paths = {key: jmespath.compile(value).search for key, value in told.items()}
    except OSError as exc:
        raise ConfigError(
            "config_carrier_api", path=path, reason=exc.strerror or type(exc).__name__
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError, JMESPathError) as exc:
        raise ConfigError("config_carrier_api", path=path, reason=" ".join(str(exc).split())) from None
    return Answers(paths, found.status)


def _line(value: Any) -> str:
    """A text or number of the other side as one harmless line."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return clean_line(value, limit=MOST_LINE).text.strip() if isinstance(value, str) else ""


def _label(value: Any) -> str:
    """Where a label lies: an https address or a plain number; another scheme or a whole file is dropped."""
    if not isinstance(value, str) or len(value) > MOST_LABEL:
        return ""
    text = clean_line(value, limit=MOST_LABEL).text.strip()
    return text if text.startswith("https://") or ":" not in text else ""


def _moment(value: Any) -> int:
    """An instant in UTC ms of ISO text with a zone, seconds or milliseconds; 0 for what is none."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**14:
        return value * 1000 if value < _MOST_SECONDS else value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return 0
        return max(0, int(moment.timestamp() * 1000)) if moment.tzinfo else 0
    return 0
