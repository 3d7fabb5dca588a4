"""Where the master keys come from: a file, the environment, a command (KMS, Vault), the system keyring.

All four give one JSON document, in the environment as base64 of it:
`{"format": 1, "current": "k1a2b3c4d", "keys": {"k1a2b3c4d": "<32 bytes, base64>"}, "index_key": "<base64>"}`,
and `"signing": ["<base64>", …]` once something was signed: Ed25519 seeds, the latest signs (`store/signing.py`).
Encryption keys and the index key are drawn independently, so that neither tells anything of the other. The
index key never rotates by itself: every hash in the database would have to be made anew.
"""

import base64
import hashlib
import hmac
import json
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from pathlib import Path

from csdesk.domain.value import dataclass, replace
from csdesk.store.errors import StoreError, translate

KEY_BYTES = 32
SECRET_BYTES = 16
ENVIRONMENT = "CSDESK_KEY"
_FORMAT = 1
# Vault answers in tens of milliseconds, a cloud KMS in hundreds; behind a dead VPN nobody should wait longer.
_COMMAND_SECONDS = 20
_INDEX = "index"
# A page of rows under a key that nobody has must not ask the vault once a row.
_ASK_AGAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Keyring:
    """The master keys by id, the one that wraps from now on, the key of the look-up hashes, and seeds that sign."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)
    signing: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise ValueError("the current key id has no key")
        if any(len(key) != KEY_BYTES for key in (*self.keys.values(), self.index_key, *self.signing)):
            raise ValueError(f"every key has {KEY_BYTES} bytes")

    def rotated(self) -> "Keyring":
        """The same keys and a new current one; wrapped data keys follow one by one (`crypto.rewrap`)."""
        key_id = _new_key_id()
        return replace(self, current=key_id, keys={**self.keys, key_id: os.urandom(KEY_BYTES)})

    def without(self, key_id: str) -> "Keyring":
        """The keys less a retired one, once nothing is wrapped with it; ValueError for the current one."""
        return replace(self, keys={known: key for known, key in self.keys.items() if known != key_id})

    def fingerprints(self) -> dict[str, str]:
        """16 hex digits for each key id and for `index`: kept in the database, they tell nothing of a key."""
        named = {**self.keys, _INDEX: self.index_key}
        return {name: _fingerprint(key) for name, key in named.items()}

    def check(self, stored: Mapping[str, str]) -> None:
        """Compare with the fingerprints that a desk has kept for the keys it uses, before anything is opened.

        StoreError `no_key` for a key id we lack, `wrong_key` for other bytes under an id (the index key
        included: a wrong one would find nobody, in silence).
        """
        ours = self.fingerprints()
        for name, fingerprint in stored.items():
            if name not in ours:
                raise StoreError("no_key", source=f"key id {name}")
            if not hmac.compare_digest(ours[name], fingerprint):
                raise StoreError("wrong_key", key_id=name)


class Masters(Mapping[str, bytes]):
    """The master keys by id as a connection sees them: asked for one it lacks, it reads them again from their source.

    So a console that was open before a rotation goes on with what others wrap since. KeyError for an id that the
    source lacks too, which is then not asked again for 5 s; StoreError as `load`. `keyring` is the one read last.
    """

    def __init__(self, keyring: Keyring, reread: Callable[[], Keyring] | None = None) -> None:
        self.keyring = keyring
        self._reread = reread
        self._lacked: dict[str, float] = {}

    def __getitem__(self, key_id: str) -> bytes:
        found = self.keyring.keys.get(key_id)
        if found is None and self._reread is not None and self._may_ask(key_id):
            self.keyring = self._reread()
            found = self.keyring.keys.get(key_id)
        if found is None:
            raise KeyError(key_id)
        return found

    def _may_ask(self, key_id: str) -> bool:
        now = time.monotonic()
        if now - self._lacked.get(key_id, -_ASK_AGAIN_SECONDS) < _ASK_AGAIN_SECONDS:
            return False
        self._lacked[key_id] = now
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self.keyring.keys)

    def __len__(self) -> int:
        return len(self.keyring.keys)


def _fingerprint(key: bytes) -> str:
    return hashlib.blake2b(key=key, digest_size=8, person=b"csdesk key check").hexdigest()


def _new_key_id() -> str:
    return f"k{os.urandom(4).hex()}"


def new_keyring() -> Keyring:
    """One new master key and a new index key, from the operating system's randomness."""
    key_id = _new_key_id()
    return Keyring(key_id, {key_id: os.urandom(KEY_BYTES)}, os.urandom(KEY_BYTES))


def to_document(keyring: Keyring) -> str:
    """The JSON document of a keyring: secret, for a key file, a vault or a paper copy in a safe."""
    document = {
        "format": _FORMAT,
        "current": keyring.current,
        "keys": {key_id: base64.b64encode(key).decode() for key_id, key in keyring.keys.items()},
        "index_key": base64.b64encode(keyring.index_key).decode(),
    }
    if keyring.signing:
        document["signing"] = [base64.b64encode(seed).decode() for seed in keyring.signing]
    return json.dumps(document)


def from_document(text: str | bytes, source: str) -> Keyring:
    """The keyring of a JSON document. StoreError `key_malformed` names `source` and field, never a value."""
    try:
        document = json.loads(text)
    except ValueError:
        raise StoreError("key_malformed", source=source, field="document") from None
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise StoreError("key_malformed", source=source, field="format")
    encoded = document.get("keys")
    if not isinstance(encoded, dict):
        raise StoreError("key_malformed", source=source, field="keys")
    keys = {key_id: _key(value, source, f"keys.{key_id}") for key_id, value in encoded.items()}
    current = document.get("current")
    if not isinstance(current, str) or current not in keys:
        raise StoreError("key_malformed", source=source, field="current")
    if _INDEX in keys:  # the name of the index key's fingerprint
        raise StoreError("key_malformed", source=source, field=f"keys.{_INDEX}")
    seeds = document.get("signing", [])
    if not isinstance(seeds, list):
        raise StoreError("key_malformed", source=source, field="signing")
    signing = tuple(_key(seed, source, "signing") for seed in seeds)
    return Keyring(current, keys, _key(document.get("index_key"), source, "index_key"), signing)


def _key(value: object, source: str, name: str) -> bytes:
    try:
        key = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreError("key_malformed", source=source, field=name)
    return key


@dataclass(frozen=True, slots=True)
class FromFile:
    """A file of mode 0600; the usual place is `key_file(config_dir, file_id)`."""

    path: Path


@dataclass(frozen=True, slots=True)
class FromEnvironment:
    """A variable with base64 of the document; what starts later inherits it, so mind what that is."""

    name: str = ENVIRONMENT


@dataclass(frozen=True, slots=True)
class FromCommand:
    """A command without a shell whose standard output is the document, such as a call of a KMS or Vault."""

    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FromSystem:
    """The system's keyring (Secret Service, macOS Keychain), by the optional Python package `keyring`."""

    account: str
    service: str = "csdesk"


KeySource = FromFile | FromEnvironment | FromCommand | FromSystem


def named(source: KeySource) -> str:
    """A source as people are told of it: never more than the name of a command."""
    match source:
        case FromFile(path):
            return str(path)
        case FromEnvironment(name):
            return name
        case FromCommand(argv):
            return Path(argv[0]).name
        case FromSystem(account, service):
            return f"{service}/{account}"


def key_file(config_dir: Path, file_id: str) -> Path:
    """Where the keys of the desk file `file_id` lie unless configured: never beside the database."""
    return config_dir / "keys" / f"{file_id}.json"


def parse_source(text: str) -> KeySource:
    """A source as configuration writes it: `file:PATH`, `env:NAME`, `command:WORD …`, `system:ACCOUNT`.

    ValueError says what is wrong, for the configuration's own error with file and line.
    """
    kind, colon, rest = text.partition(":")
    if not colon or not rest.strip():
        raise ValueError("a key source is file:PATH, env:NAME, command:WORDS or system:ACCOUNT")
    match kind:
        case "file":
            return FromFile(Path(rest).expanduser())
        case "env":
            return FromEnvironment(rest)
        case "command":
            import shlex

            return FromCommand(tuple(shlex.split(rest)))
        case "system":
            return FromSystem(rest)
    raise ValueError(f"no key source is called {kind!r}: use file, env, command or system")


def load(source: KeySource, environ: Mapping[str, str] = os.environ) -> Keyring:
    """The keyring from its source. StoreError `no_key`, `key_malformed`, `key_file_exposed`, `no_permission`,
    `key_command_failed`, `no_os_keyring`, each with the place and never with a part of a key.
    """
    match source:
        case FromFile(path):
            return from_document(_read(path), str(path))
        case FromEnvironment(name):
            return from_document(_decoded(environ.get(name, ""), name), name)
        case FromCommand(argv):
            return from_document(_output(argv), argv[0])
        case FromSystem(account, service):
            document = _system_keyring("get_password", service, account)
            if not isinstance(document, str):
                raise StoreError("no_key", source=f"{service}/{account}")
            return from_document(document, f"{service}/{account}")


def secret(source: KeySource, environ: Mapping[str, str] = os.environ, *, least: int = SECRET_BYTES) -> bytes:
    """A secret shared with another system, from the same places: the bytes themselves, less white space around them.

    StoreError as `load` raises it, `key_malformed` for fewer than `least` bytes: a mistake, or worth nothing.
    """
    match source:
        case FromFile(path):
            found, name = _read(path), str(path)
        case FromEnvironment(name):
            found = environ.get(name, "").encode()
        case FromCommand(argv):
            found, name = _output(argv), argv[0]
        case FromSystem(account, service):
            kept = _system_keyring("get_password", service, account)
            found, name = (kept.encode() if isinstance(kept, str) else b""), f"{service}/{account}"
    if not found.strip():
        raise StoreError("no_key", source=name)
    if len(found.strip()) < least:
        raise StoreError("key_malformed", source=name, field="secret")
    return found.strip()


def _read(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise StoreError("no_key", source=str(path)) from None
    except OSError as exc:
        raise translate(exc, path) from exc
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)  # of what was opened, not of what the name means by now
        if not stat.S_ISREG(status.st_mode):
            raise StoreError("key_malformed", source=str(path), field="document")
        if status.st_mode & 0o077:
            mode = f"{stat.S_IMODE(status.st_mode):04o}"
            raise StoreError("key_file_exposed", path=str(path), mode=mode)
        return file.read()


def _decoded(value: str, name: str) -> bytes:
    if not value.strip():
        raise StoreError("no_key", source=name)
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except ValueError:
        raise StoreError("key_malformed", source=name, field="base64") from None


def _output(argv: tuple[str, ...]) -> bytes:
    import subprocess

    try:
        # Its standard error is caught and dropped: it may echo a token, and must not paint over a console.
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=_COMMAND_SECONDS
        )
    except subprocess.CalledProcessError as exc:
        raise StoreError("key_command_failed", command=argv[0], status=f"exit {exc.returncode}") from None
    except subprocess.TimeoutExpired:
        raise StoreError("key_command_failed", command=argv[0], status=f"> {_COMMAND_SECONDS} s") from None
    except OSError as exc:
        raise StoreError("key_command_failed", command=argv[0], status=exc.strerror) from None
    return done.stdout


def _system_keyring(function: str, *arguments: str) -> object:
    import importlib

    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise StoreError("no_os_keyring", reason="not installed") from None
    errors = importlib.import_module("keyring.errors")
    try:
        return getattr(keyring, function)(*arguments)
    except errors.KeyringError as exc:
        raise StoreError("no_os_keyring", reason=type(exc).__name__) from exc


def create(source: FromFile | FromSystem, keyring: Keyring) -> None:
    """Keep a new keyring. StoreError `already_exists` where keys are: they may be some desk's only ones."""
    match source:
        case FromFile(path):
            _write(path, to_document(keyring), overwrite=False)
        case FromSystem(account, service):
            if _system_keyring("get_password", service, account) is not None:
                raise StoreError("already_exists", path=f"{service}/{account}")
            _system_keyring("set_password", service, account, to_document(keyring))


def save(source: FromFile | FromSystem, keyring: Keyring) -> None:
    """Replace the keyring of a rotation, whole or not at all."""
    match source:
        case FromFile(path):
            _write(path, to_document(keyring), overwrite=True)
        case FromSystem(account, service):
            _system_keyring("set_password", service, account, to_document(keyring))


def _write(path: Path, document: str, *, overwrite: bool) -> None:
    """Write beside, sync, then give it the name: a crash leaves the old keys or the new, never a part."""
    import tempfile

    from csdesk.store.connection import sync_folder

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")  # mkstemp makes it 0600
        beside = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(document + "\n")
                file.flush()
                os.fsync(handle)
            if overwrite:
                beside.replace(path)
            else:
                path.hardlink_to(beside)  # unlike a rename, fails when the name is taken
        finally:
            beside.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as exc:
        raise translate(exc, path) from exc
