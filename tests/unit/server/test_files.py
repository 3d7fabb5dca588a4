"""Evidence over a real socket: taken in as it comes, given out on record, refused in the words of the desk."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from csdesk.client.errands import add_evidence, save_evidence, save_evidence_as
from csdesk.desk.config import Config, ConfigError
from csdesk.desk.link import LinkLost, NotAdmitted
from csdesk.desk.queries import Hold
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take
from csdesk.store.errors import StoreError
from csdesk.store.verify import verify
from tests.building import DeskFile, build
from tests.serving import Serving

# Longer than two sealed blocks, so that it flows in pieces.
PNG = b"\x89PNG\r\n\x1a\n" + os.urandom(600_000)
NAME = "划痕 13812345678.png"


class Line:
    """A case that li has, and the settings by which two agents reach its server."""

    def __init__(self, file: DeskFile, serving: Serving) -> None:
        self.file, self.serving = file, serving
        self.core = file.core("li")
        done = self.core.do(Open(Kind.INQUIRY, file.order()))
        self.case, self.number = done.case.id, done.number
        self.core.do(Take(), self.case)
        self.core.ask(Hold(self.case))

    def config(self, who: str) -> Config:
        path = self.file.path.parent / f"token-{who}"
        path.touch(0o600)
        path.write_text(self.serving.token(who))
        return Config(server=self.serving.where, token=f"file:{path}")

    def put(self, content: bytes | AsyncIterator[bytes], who: str = "li", **headers: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.serving.token(who)}", "X-Csdesk-Name": "a.png"} | headers
        where = f"{self.serving.where}/v1/cases/{self.number}/evidence"
        return httpx.put(where, content=content, headers=headers, timeout=20)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder = tmp_path_factory.mktemp("line")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSDESK_HOME", str(folder / "home"))
        file = build(folder)
        serving = Serving(file)
        yield Line(file, serving)
        serving.stop()
        file.close()


@pytest.fixture(autouse=True)
def at_home(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSDESK_HOME", str(line.file.path.parent / "home"))


def test_a_file_goes_in_once_and_comes_out_whole_and_on_record(line: Line, tmp_path: Path):
    li, file, to = line.config("li"), tmp_path / NAME, tmp_path / "out"
    file.write_bytes(PNG)
    to.mkdir()
    filed = add_evidence(li, line.number, file)
    assert (filed.sha256, filed.size, filed.again) == (hashlib.sha256(PNG).hexdigest(), len(PNG), False)
    assert filed.media == "image/png" and add_evidence(li, line.number, file).again
    conn = line.core.store.conn
    before = conn.execute("SELECT count(*) FROM look").fetchone()[0]
    path = Path(save_evidence(li, line.number, filed.sha256[:8], str(to)))
    assert path.read_bytes() == PNG and path.parent == to and path.stat().st_mode & 0o777 == 0o600
    # The number in the file's name is hidden: an address and a header go through more hands than a body.
    assert path.name.startswith(f"{line.number}-{filed.sha256[:8]}-划痕") and "13812345678" not in path.name
    assert conn.execute("SELECT count(*) FROM look").fetchone()[0] == before + 1
    verbs = [row[0] for row in conn.execute("SELECT verb FROM event WHERE case_id = ?", (line.case,))]
    assert verbs.count("file_evidence") == verbs.count("take_out_evidence") == 1
    with pytest.raises(StoreError) as there:
        save_evidence(li, line.number, filed.sha256, str(to))
    assert there.value.code == "already_exists" and list(to.iterdir()) == [path]
    assert save_evidence_as(li, line.number, filed.sha256, to / "mine.png") == filed.sha256
    assert [finding.code for finding in verify(line.file.store())] == []


def test_whoever_has_not_the_case_gets_nothing_and_no_record_is_made(line: Line, tmp_path: Path):
    sha256 = line.put(PNG + b"more").json()["sha256"]
    count = "SELECT count(*) FROM look"
    before = line.core.store.conn.execute(count).fetchone()
    for who, said in (("wang", sha256), ("wang", "ab" * 32), ("gao", sha256)):
        with pytest.raises(Refused) as why:
            save_evidence(line.config(who), line.number, said, str(tmp_path))
        assert why.value.code in ("evidence_not_yours", "no_right")
    assert list(tmp_path.iterdir()) == [] and line.core.store.conn.execute(count).fetchone() == before


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"", {}, 422, "evidence_empty"),
        (b"PK\x03\x04" + bytes(60), {}, 422, None),
        (b"MZ\x90\0" * 9, {}, 422, None),
        (PNG, {"X-Csdesk-Name": ""}, 400, "no_file_name"),
        (PNG, {"X-Csdesk-Name": quote(" \r\n ")}, 400, "no_file_name"),
        (PNG, {"Authorization": "Bearer nobody"}, 401, "not_signed_in"),
    ],
    ids=["empty", "archive", "program", "nameless", "only blanks", "stranger"],
)
def test_what_may_not_be_kept_is_refused_and_nothing_stays(
    line: Line, content: bytes, headers: dict[str, str], status: int, code: str | None
):
    conn = line.core.store.conn
    before = conn.execute("SELECT count(*) FROM evidence").fetchone()
    answer = line.put(content, **headers)
    assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code if code else answer.json()["code"].startswith("evidence_")
    assert conn.execute("SELECT count(*) FROM evidence").fetchone() == before
    assert not list(line.file.path.with_name("desk.db.evidence").glob(".part-*"))


def test_a_file_longer_than_the_desk_keeps_is_refused_with_the_limit(line: Line):
    answer = line.put(b"\x89PNG\r\n\x1a\n" + bytes(20_000_001))
    assert (answer.status_code, answer.json()["code"]) == (422, "evidence_too_large")
    assert answer.json()["detail"] == {"most_mb": 20}


def test_who_goes_away_in_the_middle_leaves_nothing(line: Line):
    conn = line.core.store.conn
    before = conn.execute("SELECT count(*) FROM evidence").fetchone()

    async def broken() -> AsyncIterator[bytes]:
        yield PNG[:70_000]
        raise RuntimeError("the line dropped")

    async def send() -> None:
        headers = {"Authorization": f"Bearer {line.serving.token('li')}", "X-Csdesk-Name": "a.png"}
        async with httpx.AsyncClient(base_url=line.serving.where, headers=headers) as client:
            with pytest.raises(RuntimeError):
                await client.put(f"/v1/cases/{line.number}/evidence", content=broken())

    asyncio.run(send())
    assert line.put(PNG + b"again").status_code == 201  # the server has its place back for the next one
    assert conn.execute("SELECT count(*) FROM evidence").fetchone()[0] == before[0] + 1


def test_trouble_with_the_line_is_said_as_such(line: Line, tmp_path: Path):
    nobody = Config(server="http://127.0.0.1:9", token=line.config("li").token)
    with pytest.raises(LinkLost):
        save_evidence(nobody, line.number, "ab" * 32, str(tmp_path))
    bad = tmp_path / "bad"
    bad.touch(0o600)
    bad.write_text("csdesk_nobody_nothing")
    with pytest.raises(NotAdmitted):
        save_evidence(
            Config(server=line.serving.where, token=f"file:{bad}"), line.number, "ab" * 32, str(tmp_path)
        )
    with pytest.raises(ConfigError, match="config_server"):
        save_evidence(Config(server="http://example.com"), line.number, "ab" * 32, str(tmp_path))
    with pytest.raises(Refused, match="evidence_no_folder"):
        save_evidence(line.config("li"), line.number, "ab" * 32, str(tmp_path / "none"))
    with pytest.raises(Refused, match="evidence_no_file"):
        add_evidence(line.config("li"), line.number, tmp_path)
