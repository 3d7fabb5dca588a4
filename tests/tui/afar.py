"""Consoles over a server: with this fixture in force every console of a test stands before a socket, not a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from csdesk.client.errands import save_evidence
from csdesk.client.remote import RemoteDesk
from csdesk.desk.config import Config
from csdesk.domain.roles import Role
from tests.building import STAFF, DeskFile
from tests.serving import Serving
from tests.tui import consoles


@pytest.fixture
def over_a_server(desk_file: DeskFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`DeskFile.desk` gives a RemoteDesk; forms ask the server for its rules, and files come over the line."""
    serving: list[Serving] = []
    local, kept = DeskFile.desk, tmp_path / "token"

    async def desk(self: DeskFile, who: str = "wang", *, role: Role | None = None) -> object:
        if STAFF.get(who) is Role.SYSTEM or role is not None:
            return await local(self, who, role=role)
        if not serving:
            serving.append(Serving(self))
        token = serving[0].token(who)
        kept.touch(0o600)
        kept.write_text(token)
        return await RemoteDesk.open(serving[0].where, token)

    def save(case: str, sha256: str, folder: str) -> str:
        return save_evidence(Config(server=serving[0].where, token=f"file:{kept}"), case, sha256, folder)

    monkeypatch.setattr(DeskFile, "desk", desk)
    monkeypatch.setitem(consoles.MORE, "rules", None)
    monkeypatch.setitem(consoles.MORE, "save_file", save)
    yield
    for one in serving:
        one.stop()
