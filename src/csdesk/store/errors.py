"""What can go wrong with file, keys and disk: one error type, its codes, and the one translation."""

import errno
import os
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

# English fallback of `error.<code>`: what happened, where, what to do. The fields in braces are the details
# that every error of that code carries, so a catalogue may use exactly these.
SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "no_such_file": "{path} does not exist; check the name, or make a desk with 'csdesk init'.",
        "no_driver": "{path} needs the PostgreSQL driver; run pip install 'csdesk[server]'.",
        "not_a_file": "{path} is a database: use pg_dump and pg_restore for it, and copy its evidence (docs/admin.md).",
        "desk_exists": "{path} holds the desk {desk} already; name another one with the setting 'desk'.",
        "half_moved": "The desk {desk} was being moved to {path} and is not whole; run the same command again.",
        "move_differs": "Table {table} arrived at {path} otherwise than it was sent; the desk was not opened there.",
        "move_unsound": "The desk that arrived at {path} does not prove right ({finding}); look at the source with "
        "'csdesk verify'. The desk was not opened there.",
        "move_same": "{path} and its target are both files: use 'csdesk backup' and 'csdesk restore'.",
        "no_such_database": "The database at {path} does not exist ({reason}); ask its administrator to make it.",
        "login_refused": "The database at {path} let nobody in ({reason}); check user, password and ~/.pgpass.",
        "lost": "The database at {path} cannot be reached ({reason}); what was not confirmed may be done again.",
        "conflicted": "Others wrote the same at the same time at {path} ({reason}); do it again.",
        "too_slow": "The database at {path} took too long ({reason}); ask for less, or try later.",
        "too_many": "The database at {path} has no room for another connection ({reason}); try later.",
        "already_exists": "{path} is there already and was left as it was; choose another name.",
        "credentials_open": "Others can read {path}: chmod 600 it, and revoke the tokens in it.",
        "credentials_unreadable": "{path} cannot be read: remove it and sign in anew (csdesk login).",
        "line_ruined": "What was kept for the line could not be read and lies in {path}; what waited in it was not "
        "sent. Check your latest notes and drafts.",
        "line_row_unreadable": "One thing that waited for the line in {path} cannot be read and was not sent; the "
        "rest goes.",
        "not_a_database": "{path} is not a csdesk database; name another file, or run 'csdesk init'.",
        "replica_other": "{path} is no replica of this desk {desk}; correct the setting 'replica'.",
        "no_such_desk": "{path} holds no desk {desk}; name one that it holds.",
        "newer_schema": "{path} has schema {found}, this csdesk knows {known}; update csdesk on this host.",
        "older_schema": "{path} has schema {found}, this csdesk needs {known}; back it up, then migrate it.",
        "locked": "{path} is kept locked by another process ({holder}); end that program or try later.",
        "read_only": "{path} or its folder cannot be written by you; ask for write permission on both.",
        "no_permission": "{path} cannot be opened by you; ask for permission on the file and its folder.",
        "disk_full": "The disk that holds {path} is full and nothing was saved; free some space, try again.",
        "no_moments": "{path} keeps no moments of a desk; 'csdesk backup {path} --moments' adds one.",
        "no_moment": "All {n} moments in {path} are later; give a later --as-of.",
        "torn": "{path} is damaged; stop writing to it, run 'csdesk doctor', and restore the latest backup.",
        "replaced": "{path} was moved or replaced while in use; start csdesk again.",
        "io_failed": "The disk failed on {path} ({reason}); check the disk, then run 'csdesk doctor'.",
        "failed": "The database refused an operation on {path} ({reason}); run 'csdesk doctor'.",
        "no_wal": "{path} lies where SQLite cannot keep its write-ahead log; move it to a local disk.",
        "network_fs": "{path} lies on a network file system ({fs}), which loses data; move it to a local "
        "disk, or run 'csdesk serve' on the machine that holds it.",
        "sqlite_too_old": "SQLite {found} can damage a file that several programs write; install pysqlite3 "
        "with SQLite {needed} or newer (CSDESK_ALLOW_OLD_SQLITE=1 goes on at your own risk).",
        "no_key": "No encryption key was found at {source}; put your copy of it back there.",
        "wrong_key": "The key {key_id} is not the one this desk was encrypted with; find the right key file.",
        "key_malformed": "The keys from {source} are unusable: {field} is missing or wrong; use a good copy.",
        "key_file_exposed": "The key file {path} can be read by others (mode {mode}); run 'chmod 600' on it, "
        "and rotate the keys if someone may have copied it.",
        "key_command_failed": "The key command {command} failed ({status}); run it by hand to see why.",
        "no_os_keyring": "The system keyring cannot be used ({reason}); install the Python package 'keyring' "
        "and unlock it, or use a key file.",
        "signing_key_unkept": 'The desk has no signing key and cannot keep one in {source}; add "signing": '
        '["<32 random bytes, base64>"] to the key document there.',
        "keys_unkept": "csdesk only reads keys from {source}; put there what 'csdesk keys next' prints, restart "
        "the programs that got the former, then rotate.",
        "key_unknown": "No master key is called {key_id}; the source has {known}.",
        "key_current": "{key_id} is the key in use; run 'csdesk keys rotate' first, then retire it.",
        "key_in_use": "{key_id} still wraps the keys of {n} persons; run 'csdesk keys rotate' to its end, then "
        "retire it.",
        "tampered": "The sealed value at {where} was changed or moved; run 'csdesk verify'.",
        "shredded": "The personal data of {person} was erased for good; nothing more can be stored.",
    }
)


class StoreError(Exception):
    """A condition of file, key or disk that a person can act on.

    `code` is a key of `SENTENCES` (worded by catalogues as `error.<code>`), `details` its arguments; `str()`
    is the English sentence. Named `details` because `args` of an exception is a tuple by Python's contract.
    """

    code: str
    details: Mapping[str, object]

    def __init__(self, code: str, /, **details: object) -> None:
        super().__init__(SENTENCES[code].format_map(details))
        self.code = code
        self.details = details

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(StoreError, self.code, **self.details), ()


# https://sqlite.org/rescode.html: extended codes first, then the primary code (the low byte).
_EXTENDED = MappingProxyType(
    {
        522: "torn",  # IOERR_SHORT_READ: the file ends inside a page
        8458: "torn",  # IOERR_CORRUPTFS
        4874: "disk_full",  # IOERR_SHMSIZE: no room to grow the shared-memory index
        1032: "replaced",  # READONLY_DBMOVED
    }
)
_PRIMARY = MappingProxyType(
    {
        3: "no_permission",  # PERM
        5: "locked",  # BUSY, with its kinds SNAPSHOT, RECOVERY, TIMEOUT
        6: "locked",  # LOCKED
        8: "read_only",  # READONLY
        10: "io_failed",  # IOERR
        11: "torn",  # CORRUPT
        13: "disk_full",  # FULL
        14: "no_permission",  # CANTOPEN: a missing file is found before SQLite is asked
        15: "locked",  # PROTOCOL: gave up on the race for the WAL's first lock
        26: "not_a_database",  # NOTADB
    }
)
_ERRNO = MappingProxyType(
    {
        errno.ENOENT: "no_such_file",
        errno.EEXIST: "already_exists",
        errno.EACCES: "no_permission",
        errno.EPERM: "no_permission",
        errno.EROFS: "read_only",
        errno.ENOSPC: "disk_full",
        errno.EDQUOT: "disk_full",
    }
)


def translate(exc: Exception, path: str | os.PathLike[str]) -> StoreError:
    """The StoreError for an exception of either SQLite driver or of the operating system, met at `path`.

    What is no condition of file or disk (a constraint, a mistake in SQL) becomes code `failed`.
    """
    if isinstance(exc, StoreError):
        return exc
    if isinstance(exc, OSError):
        code = _ERRNO.get(exc.errno or 0, "io_failed")
        reason = exc.strerror or type(exc).__name__
    else:
        number: int = getattr(exc, "sqlite_errorcode", 0)
        code = _EXTENDED.get(number) or _PRIMARY.get(number & 0xFF, "failed")
        if isinstance(exc, UnicodeDecodeError) or str(exc).startswith("Could not decode to UTF-8"):
            code = "torn"  # every text was UTF-8 when it was written, in rows and in the schema
        told = exc if code != "torn" else "a damaged page or text"
        reason = f"{getattr(exc, 'sqlite_errorname', type(exc).__name__)}: {told}"
    return StoreError(code, path=os.fspath(path), holder="?", reason=reason)
