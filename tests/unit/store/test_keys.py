"""Master keys from file, environment, command and system keyring: whole, private, and never printed."""

import base64
import json
import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import keyring as keyring_library
import pytest
from keyring import backend as keyring_backend
from keyring import errors as keyring_errors
from keyring.backends import fail

from csdesk.store.errors import StoreError
from csdesk.store.keys import (
    FromCommand,
    FromEnvironment,
    FromFile,
    FromSystem,
    Keyring,
    create,
    from_document,
    key_file,
    load,
    new_keyring,
    parse_source,
    save,
    to_document,
)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(StoreError) as caught:
        call()
    return caught.value.code


def secrets_of(keyring: Keyring) -> list[str]:
    """Each key as it could slip into a text."""
    keys = (*keyring.keys.values(), keyring.index_key)
    return [form for key in keys for form in (key.hex(), base64.b64encode(key).decode(), repr(key)[2:-1])]


@pytest.fixture
def keyring() -> Keyring:
    return new_keyring()


@pytest.fixture
def source(tmp_path: Path) -> FromFile:
    return FromFile(key_file(tmp_path / "config", "file-1"))


def test_keys_are_drawn_independently():
    drawn = [
        key for _ in range(20) for ring in [new_keyring()] for key in (*ring.keys.values(), ring.index_key)
    ]
    assert len(set(drawn)) == 40
    assert {len(key) for key in drawn} == {32}


def test_a_document_gives_the_same_keyring_back(keyring: Keyring):
    rotated = keyring.rotated()
    assert from_document(to_document(rotated), "here") == rotated


def test_a_printed_keyring_shows_no_key(keyring: Keyring):
    assert not any(secret in f"{keyring!r} {keyring}" for secret in secrets_of(keyring))
    assert keyring.current in repr(keyring)


def test_a_rotation_adds_a_current_key_and_retires_the_old_one_when_told(keyring: Keyring):
    rotated = keyring.rotated()
    assert rotated.current != keyring.current
    assert rotated.keys.keys() == {keyring.current, rotated.current}
    assert rotated.index_key == keyring.index_key
    assert rotated.without(keyring.current).keys.keys() == {rotated.current}
    with pytest.raises(ValueError, match="current"):
        rotated.without(rotated.current)


def test_a_desk_s_fingerprints_tell_a_wrong_key_a_missing_one_and_a_wrong_index_key(keyring: Keyring):
    stored = keyring.fingerprints()
    keyring.check(stored)
    keyring.rotated().check(stored)
    assert not any(secret in str(stored) for secret in secrets_of(keyring))
    another = new_keyring()
    same_id = Keyring(keyring.current, {keyring.current: another.keys[another.current]}, keyring.index_key)
    other_index = Keyring(keyring.current, keyring.keys, another.index_key)
    assert code_of(lambda: same_id.check(stored)) == "wrong_key"
    assert code_of(lambda: other_index.check(stored)) == "wrong_key"
    assert code_of(lambda: another.check(stored)) == "no_key"


def broken(document: dict[str, object], **changes: object) -> str:
    return json.dumps({**document, **changes})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"format": 2}, "format"),
        ({"keys": None}, "keys"),
        ({"keys": {}}, "current"),
        ({"keys": {"k1": "AAAA"}}, "keys.k1"),
        ({"keys": {"k1": "!!!"}}, "keys.k1"),
        ({"keys": {"k1": 5}}, "keys.k1"),
        ({"current": "k9"}, "current"),
        ({"current": ["k1"]}, "current"),
        ({"index_key": None}, "index_key"),
        ({"index_key": "c2hvcnQ="}, "index_key"),
    ],
)
def test_a_broken_document_is_named_by_source_and_field_without_its_secrets(
    keyring: Keyring, changes: dict[str, object], field: str
):
    text = broken(json.loads(to_document(keyring)), **changes)
    with pytest.raises(StoreError) as caught:
        from_document(text, "the vault")
    assert caught.value.details == {"source": "the vault", "field": field}
    assert not any(secret in str(caught.value) for secret in secrets_of(keyring))


@pytest.mark.parametrize("text", ["", "not json", "[]", "5", b"\xff\xfe"])
def test_what_is_no_document_is_malformed(text: str | bytes):
    assert code_of(lambda: from_document(text, "here")) == "key_malformed"


def test_the_index_key_s_name_is_no_key_id(keyring: Keyring):
    document = json.loads(to_document(keyring))
    document["keys"]["index"] = document["index_key"]
    with pytest.raises(StoreError, match=r"keys\.index"):
        from_document(json.dumps(document), "here")


# The file


def test_a_new_key_file_is_private_and_gives_the_keyring_back(source: FromFile, keyring: Keyring):
    create(source, keyring)
    assert stat.S_IMODE(source.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(source.path.parent.stat().st_mode) == 0o700
    assert load(source) == keyring
    assert list(source.path.parent.iterdir()) == [source.path]


def test_keys_that_exist_are_never_overwritten_by_create(source: FromFile, keyring: Keyring):
    create(source, keyring)
    assert code_of(lambda: create(source, new_keyring())) == "already_exists"
    assert load(source) == keyring
    assert list(source.path.parent.iterdir()) == [source.path]


def test_a_rotation_replaces_the_file_whole(source: FromFile, keyring: Keyring):
    create(source, keyring)
    rotated = keyring.rotated()
    save(source, rotated)
    assert load(source) == rotated
    assert stat.S_IMODE(source.path.stat().st_mode) == 0o600
    assert list(source.path.parent.iterdir()) == [source.path]


def test_a_save_that_fails_leaves_the_old_keys(
    source: FromFile, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
):
    create(source, keyring)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert code_of(lambda: save(source, keyring.rotated())) == "disk_full"
    assert load(source) == keyring
    assert list(source.path.parent.iterdir()) == [source.path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o610])
def test_a_key_file_that_others_may_touch_is_refused(source: FromFile, keyring: Keyring, mode: int):
    create(source, keyring)
    source.path.chmod(mode)
    with pytest.raises(StoreError, match=f"mode {mode:04o}") as caught:
        load(source)
    assert caught.value.code == "key_file_exposed"


def test_a_missing_key_file_and_a_pipe_in_its_place_are_named(source: FromFile, tmp_path: Path):
    with pytest.raises(StoreError, match=str(source.path)) as caught:
        load(source)
    assert caught.value.code == "no_key"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    assert code_of(lambda: load(FromFile(pipe))) == "key_malformed"


# Environment, command, system


def test_the_environment_holds_the_document_in_base64(keyring: Keyring):
    value = base64.b64encode(to_document(keyring).encode()).decode()
    folded = "\n".join(value[n : n + 76] for n in range(0, len(value), 76))
    for text in (value, folded, f" {value}\n"):
        assert load(FromEnvironment(), {"CSDESK_KEY": text}) == keyring
    assert load(FromEnvironment("OTHER"), {"OTHER": value}) == keyring


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({}, "no_key"),
        ({"CSDESK_KEY": " "}, "no_key"),
        ({"CSDESK_KEY": "not base64!"}, "key_malformed"),
        ({"CSDESK_KEY": "bm90IGpzb24="}, "key_malformed"),
    ],
)
def test_an_environment_without_usable_keys_is_named(environ: dict[str, str], code: str):
    with pytest.raises(StoreError, match="CSDESK_KEY") as caught:
        load(FromEnvironment(), environ)
    assert caught.value.code == code


def test_a_command_gives_the_document_on_its_standard_output(keyring: Keyring, tmp_path: Path):
    document = tmp_path / "a document"
    document.write_text(to_document(keyring))
    script = "import sys; sys.stderr.write('token'); print(open(sys.argv[1]).read())"
    assert load(FromCommand((sys.executable, "-c", script, str(document)))) == keyring


def test_a_command_that_fails_is_named_with_its_status_and_nothing_it_said(capfd: pytest.CaptureFixture[str]):
    script = "import sys; print('half a key'); sys.exit('secret token')"
    with pytest.raises(StoreError, match="exit 1") as caught:
        load(FromCommand((sys.executable, "-c", script)))
    assert caught.value.code == "key_command_failed"
    assert "half a key" not in str(caught.value)
    assert "secret token" not in str(caught.value)
    assert capfd.readouterr() == ("", "")
    assert code_of(lambda: load(FromCommand(("no-such-command-here",)))) == "key_command_failed"


def test_a_command_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("csdesk.store.keys._COMMAND_SECONDS", 0.1)
    command = FromCommand(
        (sys.executable, "-c", "import sys; sys.stdin.read(); import signal; signal.pause()")
    )
    assert code_of(lambda: load(command)) == "key_command_failed"


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """A system keyring in memory, in the place of the optional package."""
    kept: dict[tuple[str, str], str] = {}
    package, errors = ModuleType("keyring"), ModuleType("keyring.errors")

    class KeyringError(Exception):
        pass

    def get_password(service: str, account: str) -> str | None:
        if account == "locked":
            raise KeyringError("the collection is locked")
        return kept.get((service, account))

    def set_password(service: str, account: str, password: str) -> None:
        kept[service, account] = password

    package.__dict__.update(get_password=get_password, set_password=set_password, errors=errors)
    errors.__dict__.update(KeyringError=KeyringError)
    monkeypatch.setitem(sys.modules, "keyring", package)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return kept


def test_the_system_keyring_keeps_and_gives(system: dict[tuple[str, str], str], keyring: Keyring):
    source = FromSystem("desk-file-1")
    assert code_of(lambda: load(source)) == "no_key"
    create(source, keyring)
    assert load(source) == keyring
    assert list(system) == [("csdesk", "desk-file-1")]
    assert code_of(lambda: create(source, new_keyring())) == "already_exists"
    rotated = keyring.rotated()
    save(source, rotated)
    assert load(source) == rotated
    assert code_of(lambda: load(FromSystem("locked"))) == "no_os_keyring"


class InMemory(keyring_backend.KeyringBackend):
    """A back end of the real library that keeps passwords in memory."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        raise keyring_errors.PasswordDeleteError(username)


class Locked(InMemory):
    """Likewise, of somebody who has not unlocked it."""

    def get_password(self, service: str, username: str) -> str | None:
        raise keyring_errors.KeyringLocked("dismissed")


@pytest.fixture
def backend() -> Iterator[Callable[[keyring_backend.KeyringBackend], None]]:
    before = keyring_library.get_keyring()
    yield keyring_library.set_keyring
    keyring_library.set_keyring(before)


def test_the_library_s_back_end_keeps_and_gives(
    backend: Callable[[keyring_backend.KeyringBackend], None], keyring: Keyring
):
    memory, source = InMemory(), FromSystem("desk-1")
    backend(memory)
    create(source, keyring)
    assert load(source) == keyring
    save(source, keyring.rotated())
    assert len(load(source).keys) == 2
    assert list(memory.kept) == [("csdesk", "desk-1")]


@pytest.mark.parametrize(("made", "reason"), [(fail.Keyring, "NoKeyringError"), (Locked, "KeyringLocked")])
def test_without_a_back_end_or_behind_a_lock_one_sentence_says_so(
    backend: Callable[[keyring_backend.KeyringBackend], None],
    keyring: Keyring,
    made: Callable[[], keyring_backend.KeyringBackend],
    reason: str,
):
    backend(made())
    for attempt in (lambda: load(FromSystem("desk-1")), lambda: create(FromSystem("desk-1"), keyring)):
        with pytest.raises(StoreError, match=f"{reason}.*use a key file") as caught:
            attempt()
        assert caught.value.code == "no_os_keyring"


def test_the_library_is_not_loaded_for_any_other_source(source: FromFile, keyring: Keyring):
    create(source, keyring)
    script = (
        "import sys; from pathlib import Path; from csdesk.store.keys import FromFile, load;"
        "load(FromFile(Path(sys.argv[1]))); sys.exit('keyring' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(source.path)], check=False).returncode == 0


def test_a_system_without_the_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(StoreError, match="install the Python package 'keyring'") as caught:
        load(FromSystem("desk-file-1"))
    assert caught.value.code == "no_os_keyring"


def test_a_source_is_written_as_kind_and_place(home: Path):
    assert parse_source("file:~/k.json") == FromFile(home / "k.json")
    assert parse_source("env:CSDESK_KEY") == FromEnvironment()
    assert parse_source("system:desk-1") == FromSystem("desk-1")
    words = ["vault", "kv", "get", "-field=csdesk key", "secret/desk"]
    assert parse_source(f"command:{shlex.join(words)}") == FromCommand(tuple(words))


@pytest.mark.parametrize("text", ["", "file", "file:", "ftp:host", "command: ", "command:'open"])
def test_a_source_of_no_known_kind_is_refused(text: str):
    with pytest.raises(ValueError, match=r"key source|quotation"):
        parse_source(text)
