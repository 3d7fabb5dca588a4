"""Who may knock: senders of messages, the order system, carriers; each with a secret of its own, all by signature."""

import tomllib
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.desk.intake.reading import MOST_RAW
from csdesk.desk.order_source import OrderSource, Push, SourceSettings, read_settings
from csdesk.domain.roles import Right
from csdesk.domain.text import clean_line
from csdesk.domain.value import dataclass
from csdesk.effects.desk_worker import gateway_secret
from csdesk.effects.webhook import Answered, Doorman, Unsigned
from csdesk.interop.ordering import Looked, look_up
from csdesk.store.keys import parse_source, secret

if TYPE_CHECKING:
    from csdesk.effects.carriers.push import TrackingDoor

# The gateway that chats and apps go out by; what it brings in is known under this name for ever.
GATEWAY = "gateway"
# Whoever gathers the scans of all carriers.
CARRIERS = "carriers"
# Where scans are posted; the path is part of what is signed.
TRACKING = "/v1/hooks/tracking"
# A change names one order, a batch some; who has more to tell is asked by its feed.
MOST_ORDERS = 50
MOST_NUMBER = 60
_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


class OrderDoor:
    """Hears that orders changed. Whoever tells it is not believed: the order system itself is asked what they are."""

    def __init__(self, settings: SourceSettings, push: Push, source: OrderSource, doorman: Doorman) -> None:
        import jmespath

        self._settings = settings
        self._find = jmespath.compile(push.order).search
        self._source = source
        self._doorman = doorman

    def answer(self, core: Core, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Ask after the orders that a request names: 200 and how many are known; 401, 409, 422, 503 with a code."""
        core.need(Right.WORK)
        try:
            self._doorman.admit(method, path, headers, body)
        except Unsigned as exc:
            return Answered(409 if exc.code == "replayed" else 401, {"refused": exc.code})
        try:
            document = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return Answered(422, {"refused": "not_json"})
        numbers = self._numbers(document)
        if not numbers:
            return Answered(422, {"refused": "no_order_number"})
        told = problems = 0
        for number in numbers:
            looked = self._look(core, number)
            if looked.fault:
                return Answered(503, {"refused": "order_system_away", "fault": looked.fault})
            told += looked.told
            problems += len(looked.problems)
        return Answered(200, {"asked": len(numbers), "told": told, "problems": problems})

    def _look(self, core: Core, number: str) -> Looked:
        return look_up(core, self._source, self._settings, number, "order")

    def _numbers(self, document: Any) -> tuple[str, ...]:
        """The numbers of orders that a document names, each once; () when it names none, or what is no number."""
        from jmespath.exceptions import JMESPathError

        try:
            found = self._find(document)
        except JMESPathError:
            return ()
        listed = found if isinstance(found, list) else [found]
        if not 0 < len(listed) <= MOST_ORDERS:
            return ()
        numbers = []
        for one in listed:
            said = str(one) if isinstance(one, str | int) and not isinstance(one, bool) else ""
            clean = clean_line(said, limit=MOST_NUMBER).text.strip()
            if not clean or clean != said.strip():
                return ()
            numbers.append(clean)
        return tuple(dict.fromkeys(numbers))


@dataclass(frozen=True, slots=True)
class Doors:
    """The doors of a desk by the name of who knocks there."""

    senders: Mapping[str, Doorman] = field(default_factory=dict)
    orders: Mapping[str, OrderDoor] = field(default_factory=dict)
    tracking: Mapping[str, "TrackingDoor"] = field(default_factory=dict)


class _Sender(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    key: str


def open_doors(config: Config) -> Doors:
    """The doors that the settings name. ConfigError, StoreError: what is wrong with one is said before any opens."""
    return Doors(_senders(config), _orders(config), _tracking(config))


def _senders(config: Config) -> dict[str, Doorman]:
    found: dict[str, bytes] = {GATEWAY: gateway_secret(config)} if config.gateway_key else {}
    if config.senders:
        path = Path(config.senders).expanduser()
        for name, sender in _read(path).items():
            if not name or set(name) - _NAME:
                raise ConfigError("config_senders", path=path, reason=f"[{name}]")
            found[name] = _secret(sender.key)
    # A message is as long as a body may be: photographs come inside it.
    most = max(config.body_limit_kb * 1024, MOST_RAW)
    return {name: Doorman(name, key, reports=name == GATEWAY, most=most) for name, key in found.items()}


def _read(path: Path) -> dict[str, _Sender]:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), dict[str, _Sender])
    except OSError as exc:
        raise ConfigError("config_senders", path=path, reason=exc.strerror or type(exc).__name__) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as exc:
        raise ConfigError("config_senders", path=path, reason=str(exc)) from None


def _orders(config: Config) -> dict[str, OrderDoor]:
    if not config.orders:
        return {}
    settings = read_settings(config.orders)
    push = settings.push
    if push is None:
        return {}
    from csdesk.effects.orders.making import source_of

    name = settings.source.name
    doorman = Doorman(name, _secret(push.key))
    return {name: OrderDoor(settings, push, source_of(settings), doorman)}


def _tracking(config: Config) -> dict[str, "TrackingDoor"]:
    if not config.carrier_key:
        return {}
    from csdesk.effects.carriers.making import carrier_secret
    from csdesk.effects.carriers.push import TrackingDoor
    from csdesk.interop.tracked import keeper

    keep = keeper(config.carrier_map)
    return {CARRIERS: TrackingDoor(keep, carrier_secret(config), path=f"{TRACKING}/{CARRIERS}")}


def _secret(said: str) -> bytes:
    try:
        return secret(parse_source(said))
    except ValueError as exc:
        raise ConfigError("config_keys", value=said, reason=str(exc)) from None
