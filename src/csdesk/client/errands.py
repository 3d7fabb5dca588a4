"""What needs more than verbs and questions where the desk is a server's: files of evidence, and the order system.

Each on a connection of its own, so that no key waits for it; all block. LinkLost, NotAdmitted, ServerFault, Refused.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, unquote

import msgspec

from csdesk.client.reaching import server_of, token_of
from csdesk.client.remote import client_for, problem_of
from csdesk.desk.config import Config
from csdesk.desk.link import LinkLost, ServerFault
from csdesk.domain.cases.context import Refused
from csdesk.domain.text import clean_line, file_name
from csdesk.domain.value import dataclass
from csdesk.store.connection import translated
from csdesk.store.errors import StoreError
from csdesk.webclient import httpx

R = TypeVar("R")
# An order system may take its time, and a file comes over a slow line: so long may nothing at all come.
PATIENT_S = 60.0
BLOCK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of a file: kept under `sha256`, or `again`: the case had it already."""

    sha256: str
    size: int
    media: str
    again: bool = False


def _run(config: Config, work: Callable[[httpx.AsyncClient], Awaitable[R]]) -> R:
    """What `work` makes of the configured server."""

    async def run() -> R:
        async with client_for(server_of(config), token_of(config)) as client:
            client.timeout = httpx.Timeout(PATIENT_S, connect=5.0)
            try:
                return await work(client)
            except httpx.TransportError as exc:
                raise LinkLost(type(exc).__name__) from None

    return asyncio.run(run())


def ask_order(config: Config, text: str, kind: type[R]) -> R:
    """What the order system of the server's desk tells of an order, as a `kind`; kept on the desk."""

    async def ask(client: httpx.AsyncClient) -> R:
        body = msgspec.json.encode({"text": text})
        answer = await client.post(
            "/v1/orders/ask", content=body, headers={"Content-Type": "application/json"}
        )
        if answer.status_code >= 400:
            raise problem_of(answer)
        return msgspec.json.decode(answer.content, type=kind)

    return _run(config, ask)


def save_evidence(config: Config, case: str, sha256: str, folder: str) -> str:
    """Bring a file of a case into a folder of this machine; the path. Nothing is written over; StoreError."""
    to = Path(folder).expanduser()
    if not folder.strip() or not to.is_dir():
        raise Refused("evidence_no_folder", path=clean_line(folder, limit=200).text)
    return str(_run(config, lambda client: _bring(client, case, sha256, to, "")))


def save_evidence_as(config: Config, case: str, sha256: str, to: Path) -> str:
    """The same into a file of this name; its whole hash."""
    path = to.absolute()
    _free(path)
    _run(config, lambda client: _bring(client, case, sha256, path.parent, path.name))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _free(to: Path) -> None:
    """StoreError `already_exists` where something lies there."""
    if os.path.lexists(to):
        raise StoreError("already_exists", path=str(to))


async def _bring(client: httpx.AsyncClient, case: str, sha256: str, folder: Path, name: str) -> Path:
    """Written beside its place, proven by its hash, and only then there."""
    path = f"/v1/cases/{quote(case, safe='')}/evidence/{quote(sha256, safe='')}"
    with translated(folder):
        beside = folder / f".{os.urandom(8).hex()}.part"
        try:
            async with client.stream("GET", path) as answer:
                if answer.status_code >= 400:
                    await answer.aread()
                    raise problem_of(answer)
                told = answer.headers.get("content-disposition", "").partition("filename*=UTF-8''")[2]
                to = folder / (name or file_name(unquote(told)) or sha256)
                _free(to)
                handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
                hashed = hashlib.sha256()
                with os.fdopen(handle, "wb") as out:
                    async for block in answer.aiter_bytes(BLOCK):
                        hashed.update(block)
                        out.write(block)
                    out.flush()
                    os.fsync(handle)
                if hashed.hexdigest() != answer.headers.get("etag", "").strip('"'):
                    raise ServerFault(answer.status_code, "tampered")
            os.link(beside, to)  # unlike a rename, fails when the name was taken meanwhile
        finally:
            beside.unlink(missing_ok=True)
    return to


def add_evidence(config: Config, case: str, path: Path) -> Filed:
    """Bring a file of this machine into a case; the same content again changes nothing."""
    if not path.is_file():
        raise Refused("evidence_no_file", name=file_name(path.name))
    headers = {"Content-Type": "application/octet-stream", "X-Csdesk-Name": quote(path.name, safe="")}

    async def bring(client: httpx.AsyncClient) -> Filed:
        with translated(path), path.open("rb") as content:

            async def pieces() -> AsyncIterator[bytes]:
                while block := content.read(BLOCK):
                    yield block

            told = f"/v1/cases/{quote(case, safe='')}/evidence"
            answer = await client.put(told, content=pieces(), headers=headers)
        if answer.status_code >= 400:
            raise problem_of(answer)
        return msgspec.json.decode(answer.content, type=Filed)

    return _run(config, bring)
