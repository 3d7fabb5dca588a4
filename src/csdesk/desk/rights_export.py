"""Handing a person their copy, once and on the record, and opening what is only stored for the law: files of mode 0600.

Written where the desk runs and nowhere else, whole or not at all, never over another file.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from csdesk.desk.answers import reads
from csdesk.desk.core import Core
from csdesk.desk.rights_answers import request_of
from csdesk.desk.rights_copy import Told, copy_of
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.privacy_rights import COPIED, RESTRAINED, HandOverCopy, OpenKept
from csdesk.domain.looking import FIELDS
from csdesk.domain.media import ENDINGS
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.store import evidence, looks, restraint
from csdesk.store.appearing import appearing
from csdesk.store.connection import read, write

# What a look by which all of somebody's data left is called, and what for; of what is only stored: for which ground.
COPY, KEPT, LOOKED_AT = "person_copy", "kept_", "file"
MEMBER = "person.json"
# A date that is the same whenever an archive is made (the first that the format knows).
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that lies there: SHA-256, bytes, and how much is in it; `files` are those enclosed."""

    number: str
    sha256: str
    size: int
    orders: int
    cases: int
    files: int


def hand_over(core: Core, said: str, to: Path, *, enclose: bool = False) -> Handed:
    """Write the copy for the person behind a request that is proven and granted; the event of it comes first.

    JSON, or with `enclose` a ZIP of it and of their files. Refused `not_a_request`, `rights_not_yours`, `wrong_state`
    before the person is known, `copy_handed_already`, `only_stored`, `no_record`; StoreError `already_exists`,
    `tampered`.
    """
    core.need(Right.WORK)
    case = request_of(core, said)
    if not reads(core, case):
        raise Refused("rights_not_yours", number=core.number(case))
    if refused := HandOverCopy.off(case, core.context("", None)):
        raise refused
    if case.counters.get(COPIED):
        raise Refused("copy_handed_already")
    if restraint.holds(core.store.conn, core.desk, case.customer):
        raise Refused("only_stored")
    return _written(core, case, to, enclose=enclose, why=COPY, said=lambda h: HandOverCopy(
        h.sha256, h.size, h.orders, h.cases, h.files))  # fmt: skip


def open_kept(core: Core, said: str, ground: str, letter: str, to: Path) -> Handed:
    """Write what is only stored of the person behind a request, for a court, an authority or an audit.

    Refused `no_right` without the right to audit, `not_restrained`, and as `OpenKept`; StoreError `already_exists`.
    """
    core.need(Right.AUDIT)
    case = request_of(core, said)
    wanted = OpenKept(ground, letter, "")
    if not case.counters.get(RESTRAINED) or not restraint.holds(core.store.conn, core.desk, case.customer):
        raise Refused("not_restrained")
    wanted.decide(case, core.context("", None))
    return _written(
        core,
        case,
        to,
        enclose=False,
        why=f"{KEPT}{ground}",
        said=lambda handed: OpenKept(ground, letter, handed.sha256),
    )


def _written(
    core: Core, case: Case, to: Path, *, enclose: bool, why: str, said: Callable[[Handed], Command]
) -> Handed:
    with read(core.store.conn):
        known = core.store.people.open_kept(case.customer)
        if known is None:
            raise Refused("no_record")
        told = copy_of(core, case, known)
    with appearing(to) as out:
        files = _archive(core, told, out) if enclose else _plain(told, out)
        out.flush()
        sha256, size = _digest(out)
        handed = Handed(core.number(case), sha256, size, len(told["orders"]), len(told["cases"]), files)
        with write(core.store.conn) as conn:
            core.within(said(handed), case.id)
            now = core.now()
            looks.add(
                conn,
                core.desk,
                at=now,
                actor=core.me.id,
                person=case.customer,
                case=case.id,
                fields=(*FIELDS, LOOKED_AT),
                reason=why,
                until=now,
            )
    return handed


def _document(told: Told) -> bytes:
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def _plain(told: Told, out: BinaryIO) -> int:
    out.write(_document(told))
    return 0


def _archive(core: Core, told: Told, out: BinaryIO) -> int:
    """The copy and the files that are listed in it, each proven to be what was filed; how many those are."""
    names: set[str] = set()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for case in told["cases"]:
            kept = {one.sha256: one for one in evidence.of_case(core.store, core.case_id(case["number"]))}
            for listed in case["files"]:
                name = f"files/{listed['sha256']}{ENDINGS.get(listed['media'], ('.bin',))[0]}"
                listed["enclosed"] = name
                if name not in names:
                    names.add(name)
                    with archive.open(_member(name), "w", force_zip64=True) as member:
                        evidence.open_out(core.store, kept[listed["sha256"]], member.write)
        archive.writestr(_member(MEMBER), _document(told))
    return len(names)


def _member(name: str) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name, _DATE)
    found.external_attr = 0o600 << 16
    return found


def _digest(out: BinaryIO) -> tuple[str, int]:
    hashed, size = hashlib.sha256(), 0
    out.seek(0)
    while piece := out.read(1 << 20):
        hashed.update(piece)
        size += len(piece)
    return hashed.hexdigest(), size
