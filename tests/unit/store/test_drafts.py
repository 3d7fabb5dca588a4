"""Unsent replies: kept word for word, readable by nobody else, gone with the person they were about."""

import pytest

from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.store import drafts
from csdesk.store.connection import checkpoint, write
from csdesk.store.drafts import Draft
from csdesk.store.file import Store
from tests.building import DeskFile

TEXT = "您好，您的蓝牙耳机\n已经在路上了 🎧"


def opened(desk_file: DeskFile) -> Case:
    return desk_file.core("wang").do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case


def keep(store: Store, who: str, case: Case, draft: Draft) -> None:
    with write(store.conn):
        drafts.keep(store.conn, store.keys, "main", who, case.customer, draft)


def get(store: Store, who: str, case: Case) -> Draft | None:
    return drafts.get(store.conn, store.keys, "main", who, case.id)


def test_a_draft_comes_back_word_for_word_with_its_caret_in_another_process(desk_file: DeskFile):
    case = opened(desk_file)
    draft = Draft(case.id, TEXT, 7, 123)
    keep(desk_file.store(), "wang", case, draft)
    assert get(desk_file.store(), "wang", case) == draft


def test_what_a_draft_came_from_and_the_channel_that_was_chosen_come_back_with_it(desk_file: DeskFile):
    case, store = opened(desk_file), desk_file.store()
    for draft in (
        Draft(case.id, TEXT, 7, 1, channel="email"),
        Draft(case.id, TEXT, 7, 2, ("received",), ("消法 25",), "chat"),
    ):
        keep(store, "wang", case, draft)
        assert get(store, "wang", case) == draft


def test_a_draft_that_was_kept_before_it_had_a_channel_is_read(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    case, store = opened(desk_file), desk_file.store()
    monkeypatch.setattr(drafts, "_packed", lambda draft: b'\x00["\xe6\x82\xa8",["received"],[]]')
    keep(store, "wang", case, Draft(case.id, "您", 1, 1))
    assert get(store, "wang", case) == Draft(case.id, "您", 1, 1, ("received",))


def test_the_last_pause_counts(desk_file: DeskFile):
    case, store = opened(desk_file), desk_file.store()
    keep(store, "wang", case, Draft(case.id, "您", 1, 1))
    keep(store, "wang", case, Draft(case.id, "您好", 2, 2))
    assert get(store, "wang", case) == Draft(case.id, "您好", 2, 2)


def test_each_agent_has_a_draft_of_their_own(desk_file: DeskFile):
    case, store = opened(desk_file), desk_file.store()
    keep(store, "wang", case, Draft(case.id, "一", 1, 1))
    assert get(store, "li", case) is None


def test_an_empty_draft_is_forgotten(desk_file: DeskFile):
    case, store = opened(desk_file), desk_file.store()
    keep(store, "wang", case, Draft(case.id, TEXT, 7, 1))
    keep(store, "wang", case, Draft(case.id, "", 0, 2))
    assert get(store, "wang", case) is None
    assert store.conn.execute("SELECT count(*) FROM draft").fetchone() == (0,)


def test_no_word_of_a_draft_stands_in_the_file(desk_file: DeskFile):
    case, store = opened(desk_file), desk_file.store()
    keep(store, "wang", case, Draft(case.id, TEXT, 7, 1))
    checkpoint(store.conn)
    desk_file.close()
    assert "蓝牙耳机".encode() in desk_file.path.read_bytes()  # the product's title
    assert "已经在路上了".encode() not in desk_file.path.read_bytes()


def test_a_draft_about_an_erased_person_is_gone(desk_file: DeskFile):
    case, store = opened(desk_file), desk_file.store()
    keep(store, "wang", case, Draft(case.id, TEXT, 7, 1))
    with write(store.conn) as conn:
        conn.execute("UPDATE person_key SET sealed = x'', shredded_at = 5 WHERE person = ?", (case.customer,))
    assert get(desk_file.store(), "wang", case) is None


def test_a_console_finds_the_place_where_the_last_one_stood(desk_file: DeskFile):
    store = desk_file.store()
    with write(store.conn) as conn:
        drafts.keep_place(conn, "main", "wang", "one", b'{"queue":"returns"}', 1)
        drafts.keep_place(conn, "main", "wang", "two", b'{"queue":"mine"}', 2)
        drafts.keep_place(conn, "main", "li", "one", b"{}", 3)
    assert drafts.place(store.conn, "main", "wang") == b'{"queue":"mine"}'
    assert drafts.place(store.conn, "main", "zhao") is None


def test_what_a_draft_came_from_is_kept_and_sealed_with_it(desk_file: DeskFile):
    case, store = opened(desk_file), desk_file.store()
    draft = Draft(case.id, TEXT, 7, 1, ("C01", "C04"), ("P01",))
    keep(store, "wang", case, draft)
    assert get(store, "wang", case) == draft
    (sealed,) = store.conn.execute("SELECT sealed FROM draft").fetchone()
    assert b"C01" not in sealed and TEXT.encode() not in sealed
    keep(store, "wang", case, Draft(case.id, '["x",[],[]]', 0, 2))
    assert get(store, "wang", case) == Draft(case.id, '["x",[],[]]', 0, 2), (
        "a text that looks like a list is a text"
    )
