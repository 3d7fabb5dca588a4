"""A server that is told to end while agents work: streams end at their place, and what was begun is done once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx

from csdesk.server.problems import Problem, headers_of
from csdesk.store import tokens
from csdesk.store.connection import write
from csdesk.store.file import open_store
from csdesk.store.verify import verify
from tests.building import DeskFile
from tests.unit.server.conftest import Serve

AGENTS = ("wang", "li", "chen", "zhao")


def token(desk_file: DeskFile, who: str) -> dict[str, str]:
    with closing(open_store(desk_file.path)) as store, write(store.conn) as conn:
        made = tokens.make(conn, store.desk.id, who, label="test", by="gao", now=desk_file.clock())
    return {"Authorization": f"Bearer {made[1]}"}


def test_agents_at_work_and_on_the_stream_are_let_go_and_nothing_is_half_done_or_twice(
    serve: Serve, desk_file: DeskFile
):
    """`drain_seconds` is longer than this test waits for the end: nobody may be waited for who never goes."""
    served = serve(drain_seconds="300")
    heads = {who: token(desk_file, who) for who in AGENTS}
    # Everybody has done something, and the stream is open.
    working, answered = threading.Barrier(len(AGENTS) + 2), dict[str, int]()
    body = {"kind": "inquiry", "summary": "到哪里了"}

    def work(who: str) -> list[str]:
        asked: list[str] = []
        with httpx.Client(base_url=f"http://{served.where}", headers=heads[who], timeout=20) as client:
            try:
                while True:
                    asked.append(key := f"{who}-{len(asked)}")
                    sent = client.post("/v1/cases", json=body, headers={"Idempotency-Key": key})
                    answered[key] = sent.status_code
                    if len(asked) == 2:
                        working.wait(20)
            except httpx.TransportError:
                return asked

    def watch() -> str:
        last = ""
        with httpx.stream(
            "GET", f"http://{served.where}/v1/watch", headers=heads["li"], timeout=60
        ) as stream:
            for line in stream.iter_lines():  # to its end; a stream that is broken off raises
                if line.startswith("id: "):
                    if not last:
                        working.wait(20)
                    last = line.removeprefix("id: ")
        return last

    with ThreadPoolExecutor(len(AGENTS) + 1) as beside:
        watching = beside.submit(watch)
        at_work = [beside.submit(work, who) for who in AGENTS]
        working.wait(20)
        assert served.stop() == 0
        asked = [key for one in at_work for key in one.result(30)]
        last = int(watching.result(30))
    assert {line["level"] for line in served.lines} == {"info"}
    assert set(answered.values()) <= {201, 503} and 201 in answered.values()
    again = serve()
    for key in asked:  # as a client does with what it got no answer to
        sent = {**heads[key.partition("-")[0]], "Idempotency-Key": key}
        assert again.client.post("/v1/cases", json=body, headers=sent).status_code == 201
    with closing(open_store(desk_file.path)) as store:
        kept = [key for (key,) in store.conn.execute("SELECT key FROM request")]
        assert sorted(kept) == sorted(asked)
        assert list(verify(store)) == []
    # Who goes on behind the last change that the stream told of misses none.
    changes = again.client.get(
        "/v1/changes", params={"after": last, "limit": 500}, headers=heads["li"]
    ).json()
    assert not changes["missed"]
    assert [one["seq"] for one in changes["changes"]] == list(
        range(last + 1, last + 1 + len(changes["changes"]))
    )


def test_who_comes_to_a_server_that_ends_is_told_to_come_again_at_once():
    assert headers_of(Problem(503, "draining")) == {"Retry-After": "1"}
    assert headers_of(Problem(503, "busy")) == {"Retry-After": "30"}
