"""Configuration: one typed, documented TOML file, with environment and flags over it, and where each value is from."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from csdesk.desk.words import LANGUAGES
from csdesk.domain.value import dataclass
from csdesk.store.home import config_dir


class ConfigError(Exception):
    """A configuration that cannot be used: `code` is worded as `error.<code>`."""

    def __init__(self, code: str, **detail: object) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: " + ", ".join(f"{k}={v}" for k, v in self.detail.items())


def _doc(text: str, **more: Any) -> dict[str, Any]:
    return {"doc": text, **more}


# A trillion fen is more than any shop refunds: a slip.
_MINOR: dict[str, Any] = {"least": 0, "most": 10**12}


@dataclass(frozen=True, slots=True)
class Config:
    """All settings. Every field may be set in config.toml, as CSDESK_<NAME> in the environment, or by a flag."""

    file: str = field(
        default="",
        metadata=_doc("The desk's file or database (postgresql://…); empty: desk.db in the data folder."),
    )
    replica: str = field(
        default="",
        metadata=_doc(
            "A replica (postgresql://…) of the desk's database that reports are read from; empty: the database itself."
        ),
    )
    server: str = field(
        default="",
        metadata=_doc(
            "Work on the desk of this 'csdesk serve', not of a file: https://host, or unix:/path on this host."
        ),
    )
    token: str = field(
        default="",
        metadata=_doc(
            "Where the server's token is: file:PATH, env:NAME, command:WORDS; empty: as 'csdesk login' kept it."
        ),
    )
    desk: str = field(
        default="", metadata=_doc("Which desk of the file or database; empty: its first, or main.")
    )
    agent: str = field(
        default="", metadata=_doc("Who works here; empty: the agent whose os_user is the login name.")
    )
    language: str = field(default="zh-Hans", metadata=_doc("Language of the screen.", choices=LANGUAGES))
    theme: str = field(default="dark", metadata=_doc("Console theme: a name in themes/ or a TOML file."))
    keymap: str = field(
        default="",
        metadata=_doc(
            "Keys of the console: vim, function, left or browser, or a TOML file over the default."
        ),
    )
    keys: str = field(
        default="",
        metadata=_doc("Where the master keys are: file:PATH, env:NAME, command:WORDS, system:ACCOUNT."),
    )
    outgoing: str = field(
        default="", metadata=_doc("Folder that sent messages and refund instructions are put into.")
    )
    calendars: str = field(
        default="",
        metadata=_doc("Folder of holiday-cn files (2027.json): years whose days off are published."),
    )
    hold_seconds: int = field(
        default=10, metadata=_doc("How long a reply is held before it leaves.", least=0, most=600)
    )
    hours: str = field(
        default="",
        metadata=_doc(
            "When the desk is open: Mon-Fri 09:00-12:00 13:30-18:00; Sat 09:00-18:00; holiday closed. Empty: always."
        ),
    )
    sla: str = field(
        default="",
        metadata=_doc(
            "Targets in open minutes, h or d: first=30 next=1h resolution=2d; complaint first=15. Empty: none."
        ),
    )
    sla_pauses: str = field(
        default="customer",
        metadata=_doc(
            "Waiting for whom stops the target of the resolution: customer, merchant, carrier, bank, platform."
        ),
    )
    reopen_days: int = field(
        default=15, metadata=_doc("How long a closed case may be reopened.", least=0, most=3650)
    )
    refund_limit_agent: int = field(
        default=500_000,
        metadata=_doc("What an agent may refund alone in a case, in minor units (fen).", **_MINOR),
    )
    refund_limit_senior: int = field(
        default=2_000_000, metadata=_doc("The same for a senior agent.", **_MINOR)
    )
    refund_limit_supervisor: int = field(
        default=10_000_000, metadata=_doc("The same for a supervisor; nobody refunds more.", **_MINOR)
    )
    compensation_limit_agent: int = field(
        default=5_000,
        metadata=_doc("What an agent may give as compensation alone in a case, in minor units.", **_MINOR),
    )
    compensation_limit_senior: int = field(
        default=20_000, metadata=_doc("The same for a senior agent.", **_MINOR)
    )
    compensation_limit_supervisor: int = field(
        default=100_000, metadata=_doc("The same for a supervisor; nobody gives more.", **_MINOR)
    )
    two_people_over: int = field(
        default=5_000_000,
        metadata=_doc("Above this, in minor units, two people are needed whoever acts; 0: never.", **_MINOR),
    )
    freight_cap: int = field(
        default=5_000,
        metadata=_doc("Return freight above this, in minor units, needs a second person.", **_MINOR),
    )
    approve_hours: int = field(
        default=24, metadata=_doc("How long a refund may await a second person.", least=1, most=720)
    )
    operations: str = field(
        default="",
        metadata=_doc(
            "A TOML file of who does receipt, delivery and refund, and when, in place of the shipped."
        ),
    )
    tenders: str = field(
        default="",
        metadata=_doc("A TOML file of payment methods that are not money, in place of the shipped."),
    )
    carriers: str = field(
        default="",
        metadata=_doc("A TOML file of carriers and what their waybills look like, in place of the shipped."),
    )
    provider: str = field(
        default="",
        metadata=_doc("Address (https) of the payment provider; empty: refunds leave as files."),
    )
    provider_key: str = field(
        default="",
        metadata=_doc("Where the provider's secret is: file:PATH, env:NAME, command:WORDS, system:ACCOUNT."),
    )
    provider_seconds: int = field(
        default=4, metadata=_doc("How long the provider may take to answer.", least=1, most=5)
    )
    mail_in: str = field(
        default="",
        metadata=_doc(
            "Mailboxes to read, apart by blanks: imaps://name@host/folder, pop3s://name@host, maildir:/path."
        ),
    )
    mail_in_key: str = field(
        default="",
        metadata=_doc(
            "Where their passwords are, as in `keys`; one for all, or one each with ' | ' between."
        ),
    )
    mail_out: str = field(
        default="", metadata=_doc("Server that takes mail: smtps://name@host or smtp://name@host:587.")
    )
    mail_out_key: str = field(
        default="",
        metadata=_doc("Where its password is: file:PATH, env:NAME, command:WORDS, system:ACCOUNT."),
    )
    mail_from: str = field(
        default="", metadata=_doc("Name and address that mail is sent from: 客服 <service@example.com>.")
    )
    mail_plus: bool = field(
        default=False,
        metadata=_doc(
            "Whether the mailbox also gets service+anything@example.com; answers find their case by it."
        ),
    )
    mail_server: str = field(
        default="",
        metadata=_doc(
            "Name by which the receiving server signs Authentication-Results; empty: nobody is proven."
        ),
    )
    mail_seconds: int = field(
        default=60, metadata=_doc("How long between two looks into the mailboxes.", least=5, most=3600)
    )
    mail_limit_mb: int = field(
        default=30,
        metadata=_doc("How much of one mail is fetched, in MB; the rest stays there.", least=1, most=100),
    )
    gateway: str = field(
        default="",
        metadata=_doc(
            "Address (https) of the gateway that takes chat, app and social messages; empty: files."
        ),
    )
    gateway_key: str = field(
        default="",
        metadata=_doc("Where the gateway's secret is: file:PATH, env:NAME, command:WORDS, system:ACCOUNT."),
    )
    orders: str = field(
        default="",
        metadata=_doc(
            "A TOML file about the order system: where orders are looked up and what is asked of it."
        ),
    )
    incoming: str = field(
        default="",
        metadata=_doc("Folder that other systems put messages into; 'csdesk work' files them. Empty: none."),
    )
    incoming_seconds: int = field(
        default=10,
        metadata=_doc("How long between two looks into that folder.", least=1, most=3600),
    )
    evidence_in: str = field(
        default="",
        metadata=_doc("Folder whose <case number>/<file> 'csdesk work' files as evidence. Empty: none."),
    )
    evidence_folder: str = field(
        default="",
        metadata=_doc("Folder of the evidence of a desk on PostgreSQL; empty: the data folder."),
    )
    evidence_limit_mb: int = field(
        default=20,
        metadata=_doc("How long a file of evidence may be, in MB (1,000,000 bytes).", least=1, most=500),
    )
    evidence_message_mb: int = field(
        default=50,
        metadata=_doc(
            "How much of what comes with one message is kept as evidence, in MB.", least=1, most=1_000
        ),
    )
    listen: str = field(
        default="127.0.0.1:8470",
        metadata=_doc(
            "Where 'csdesk serve' listens: host:port, or unix:/path. Other machines: only with tls_cert or proxies."
        ),
    )
    senders: str = field(
        default="",
        metadata=_doc("A TOML file of who may post messages to 'csdesk serve', and where their secrets are."),
    )
    tls_cert: str = field(
        default="",
        metadata=_doc(
            "A PEM file with the server's certificate and those that vouch for it; 'csdesk serve' then speaks HTTPS."
        ),
    )
    tls_key: str = field(
        default="",
        metadata=_doc("A PEM file with the certificate's private key; only its owner may read it."),
    )
    oidc_issuer: str = field(
        default="",
        metadata=_doc(
            "Address (https) of the OpenID provider by which agents let their own terminals in; empty: none."
        ),
    )
    oidc_client: str = field(
        default="", metadata=_doc("What the provider calls this server: its client id there.")
    )
    oidc_secret: str = field(
        default="",
        metadata=_doc("Where the client's secret is, as in `provider_key`; empty: it has none, PKCE alone."),
    )
    oidc_claim: str = field(
        default="preferred_username",
        metadata=_doc(
            "Which claim names the agent, by id or os_user; one that people at the provider cannot change."
        ),
    )
    oidc_url: str = field(
        default="",
        metadata=_doc(
            "Address (https) by which browsers reach this server; /v1/oidc/back is registered there."
        ),
    )
    proxies: str = field(
        default="127.0.0.1 ::1",
        metadata=_doc(
            "Addresses or networks of proxies, apart by blanks: what they say of a client's address is believed, and "
            "without TLS no other machine may connect."
        ),
    )
    body_limit_kb: int = field(
        default=1024,
        metadata=_doc("How long the body of a request may be, in KB.", least=1, most=10_240),
    )
    request_seconds: int = field(
        default=10,
        metadata=_doc("How long a client may take to send a request, in seconds.", least=1, most=120),
    )
    drain_seconds: int = field(
        default=20,
        metadata=_doc("How long a server that is to end waits for requests it began.", least=1, most=300),
    )
    carrier_api: str = field(
        default="",
        metadata=_doc(
            "Address (https) of who makes labels, collects parcels and knows where they are; empty: nobody does."
        ),
    )
    carrier_key: str = field(
        default="",
        metadata=_doc("Where the secret of carriers is, for requests and pushes; as in `provider_key`."),
    )
    carrier_map: str = field(
        default="tracking kdniao kuaidi100",
        metadata=_doc(
            "Import maps that find scans in what carriers tell or push, apart by blanks: names or files."
        ),
    )
    carrier_answers: str = field(
        default="",
        metadata=_doc(
            "A TOML file of where their answers about labels and pick-ups say what; empty: csdesk's own shape."
        ),
    )
    carrier_minutes: int = field(
        default=120,
        metadata=_doc(
            "How long between two questions after the same parcel, in minutes; 0: never.", least=0, most=1440
        ),
    )
    carrier_batch: int = field(
        default=50, metadata=_doc("How many parcels one question names at most.", least=1, most=500)
    )
    routing: str = field(
        default="pull",
        metadata=_doc(
            "pull: agents ask for the next case; push: csdesk work also gives cases to available agents.",
            choices=("pull", "push"),
        ),
    )
    worker: bool = field(
        default=True,
        metadata=_doc("Whether a console, or a server, may run timers and sending when nobody else does."),
    )
    learning: bool = field(
        default=True,
        metadata=_doc("Whether articles that agents choose are found higher when somebody asks alike."),
    )
    semantic: bool = field(
        default=True,
        metadata=_doc(
            "Whether articles are also found by meaning, where csdesk[semantic] and the vectors are there."
        ),
    )
    audit_anchor: str = field(
        default="",
        metadata=_doc(
            "Who gets the digest of all history once a day: a file (/path/file) or a command (!command words). "
            "Empty: nobody."
        ),
    )
    looks_a_day_agent: int = field(
        default=40,
        metadata=_doc("How often an agent may look at masked data in a day; 0: never.", least=0, most=10_000),
    )
    looks_a_day_senior: int = field(
        default=60, metadata=_doc("The same for a senior agent.", least=0, most=10_000)
    )
    looks_a_day_supervisor: int = field(
        default=80, metadata=_doc("The same for a supervisor.", least=0, most=10_000)
    )
    caller_checks_an_hour: int = field(
        default=30,
        metadata=_doc("How many callers one agent may check in any hour; 0: none.", least=0, most=1_000),
    )
    person_searches_an_hour: int = field(
        default=120,
        metadata=_doc(
            "How many customers one agent may look up in any hour by name, phone or e-mail; 0: none.",
            least=0,
            most=1_000,
        ),
    )
    lock_minutes: int = field(
        default=15,
        metadata=_doc("After how long without a key the console locks itself; 0: never.", least=0, most=480),
    )
    mouse: bool = field(
        default=False,
        metadata=_doc(
            "Let the wheel and clicks do what keys do. The terminal selects text with Shift held down then."
        ),
    )
    ascii: bool = field(default=False, metadata=_doc("Draw with ASCII signs only."))
    lean: bool = field(
        default=True, metadata=_doc("Write to the terminal only what differs; false leaves it to Textual.")
    )


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings and, for each, where its value is from: default, a file and line, a variable, a flag."""

    config: Config
    origins: Mapping[str, str]


def config_file() -> Path:
    """The configuration file: CSDESK_CONFIG, else config.toml in the configuration folder."""
    return (
        Path(os.environ["CSDESK_CONFIG"]) if os.environ.get("CSDESK_CONFIG") else config_dir() / "config.toml"
    )


def load(flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] = os.environ) -> Loaded:
    """Default < file < environment < flags. ConfigError says which file, line and field is wrong."""
    values: dict[str, Any] = {f.name: f.default for f in fields(Config) if f.default is not MISSING}
    origins = dict.fromkeys(values, "default")
    _from_file(values, origins)
    for name in list(values):
        variable = f"CSDESK_{name.upper()}"
        if variable in environ:
            values[name] = _checked(name, _typed(name, environ[variable], variable), variable)
            origins[name] = variable
    for name, value in (flags or {}).items():
        if value is not None:
            values[name] = _checked(name, value, f"--{name}")
            origins[name] = f"--{name}"
    return Loaded(Config(**values), origins)


def _from_file(values: dict[str, Any], origins: dict[str, str]) -> None:
    path = config_file()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if os.environ.get("CSDESK_CONFIG"):
            raise ConfigError("config_missing", path=path) from None
        return
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError("config_unreadable", path=path, reason=str(exc)) from None
    for name, value in parse_toml(path, text).items():
        where = f"{path}:{_line(text, name)}"
        if name not in values:
            import difflib

            near = difflib.get_close_matches(name, values, 1)
            raise ConfigError("config_unknown", where=where, name=name, near=near[0] if near else "–")
        values[name] = _checked(name, value, where)
        origins[name] = where


def read_toml(where: Path) -> dict[str, Any]:
    """What a TOML file of the desk's says; ConfigError when it cannot be read."""
    try:
        text = where.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError("config_unreadable", path=where, reason=str(exc)) from None
    return parse_toml(where, text)


def parse_toml(where: Path, text: str) -> dict[str, Any]:
    """What the text of a TOML file says; ConfigError with the line that is broken."""
    import tomllib  # 2 ms, which a desk without such files need not wait for

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError("config_broken", path=where, reason=str(exc)) from None


def _line(text: str, name: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith((name, f'"{name}"', f"[{name}")):
            return number
    return 1


_TYPES = get_type_hints(Config)


def _typed(name: str, text: str, where: str) -> Any:
    wanted = _TYPES[name]
    if wanted is bool:
        flags = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
        if text.lower() not in flags:
            raise ConfigError("config_type", where=where, name=name, wanted="true/false", value=text)
        return flags[text.lower()]
    if wanted is int:
        try:
            return int(text)
        except ValueError:
            raise ConfigError("config_type", where=where, name=name, wanted="number", value=text) from None
    return text


def _checked(name: str, value: Any, where: str) -> Any:
    wanted = _TYPES[name]
    if type(value) is not wanted:
        names = {str: "text", int: "number", bool: "true/false"}
        raise ConfigError("config_type", where=where, name=name, wanted=names[wanted], value=value)
    about = next(f.metadata for f in fields(Config) if f.name == name)
    if value and "choices" in about and value not in about["choices"]:
        raise ConfigError(
            "config_choice", where=where, name=name, value=value, allowed=", ".join(about["choices"])
        )
    if "least" in about and not about["least"] <= value <= about["most"]:
        raise ConfigError(
            "config_range", where=where, name=name, value=value, least=about["least"], most=about["most"]
        )
    return value


def docs() -> list[tuple[str, str, Any, str]]:
    """(name, type, default, what it is) of every setting, for `config show` and the generated page."""
    return [(f.name, _TYPES[f.name].__name__, f.default, f.metadata["doc"]) for f in fields(Config)]
