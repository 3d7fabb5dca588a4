"""Conditions of file and disk: each has a sentence, and each exception its condition."""

import errno
import pickle
from string import Formatter

import pytest

from csdesk.store.connection import sqlite
from csdesk.store.errors import SENTENCES, StoreError, translate


def raised(number: int) -> sqlite.OperationalError:
    exc = sqlite.OperationalError("what SQLite says")
    exc.sqlite_errorcode = number
    exc.sqlite_errorname = "SQLITE_SOMETHING"
    return exc


@pytest.mark.parametrize("code", SENTENCES)
def test_every_code_is_a_sentence_with_its_details_and_survives_a_pickle(code: str):
    details = {field: f"<{field}>" for _, field, _, _ in Formatter().parse(SENTENCES[code]) if field}
    error = StoreError(code, **details)
    assert str(error).endswith(".")
    assert all(value in str(error) for value in details.values())
    again = pickle.loads(pickle.dumps(error))
    assert (again.code, again.details, str(again)) == (code, details, str(error))


def test_an_unknown_code_or_a_missing_detail_is_a_mistake_of_the_caller():
    with pytest.raises(KeyError):
        StoreError("no_such_code")
    with pytest.raises(KeyError):
        StoreError("locked", path="desk.db")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (3, "no_permission"),
        (5, "locked"),
        (517, "locked"),
        (6, "locked"),
        (8, "read_only"),
        (1032, "replaced"),
        (10, "io_failed"),
        (266, "io_failed"),
        (522, "torn"),
        (4874, "disk_full"),
        (11, "torn"),
        (13, "disk_full"),
        (14, "no_permission"),
        (26, "not_a_database"),
        (1, "failed"),
        (19, "failed"),
    ],
)
def test_a_result_code_of_sqlite_has_its_condition(number: int, code: str):
    error = translate(raised(number), "desk.db")
    assert error.code == code
    assert "desk.db" in str(error)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOENT, "no_such_file"),
        (errno.EEXIST, "already_exists"),
        (errno.EACCES, "no_permission"),
        (errno.EROFS, "read_only"),
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EIO, "io_failed"),
    ],
)
def test_an_error_of_the_system_has_its_condition(number: int, code: str):
    assert translate(OSError(number, "what the system says"), "desk.db").code == code


def test_a_condition_that_is_known_already_stays():
    error = StoreError("torn", path="desk.db")
    assert translate(error, "other.db") is error
