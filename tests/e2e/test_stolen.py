"""A stolen desk: after a shift with known people, no byte of theirs stands in anything that a thief could carry off.

Looked through are the desk's file, its log, a backup, the folder of evidence, what was logged, a crash report, the
pictures of screens and the configuration folder; for each value whole, in several codings, and for Chinese in pairs of
signs. The signs are rare ones, so that nothing that csdesk ships with says them by itself.
"""

import base64
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from csdesk.cli.logs import Lines
from csdesk.cli.main import run
from csdesk.desk import bulk_answers
from csdesk.desk.bulk_queries import BeginRun
from csdesk.desk.core import Core
from csdesk.desk.filter_queries import KeepFilter, KeepView, TallyFilter
from csdesk.desk.guided_queries import SkipCase
from csdesk.desk.learning_queries import ChoseArticle
from csdesk.desk.look_queries import Reveal
from csdesk.desk.queries import FindCases, KeepDraft, KeepPlace, QueuePage, ShowCase
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Hear, Reply
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note, Take
from csdesk.store.connection import write
from csdesk.store.errors import StoreError
from csdesk.store.people import Customer
from csdesk.store.verify import verify
from csdesk.tui.launch import write_report
from tests.building import DeskFile, build

NAME, LATIN = "上官鸑鷟", "Zdzislawa Wojciechowska"
PHONE, OTHER_PHONE = "13917264508", "18630597142"
EMAIL = "zdzislawa.w@rare-mail.example"
ADDRESS = "浙江省衢州市衢江区廿里镇饕餮巷龘靐里88号"
IDENTITY = "33080119880304123X"
CARD = "6222020200112233445"
SUMMARY = "貔貅摆件碎了"
HEARD = f"我叫{NAME}，电话{PHONE}，身份证{IDENTITY}，卡号{CARD}，螭吻的角魍魉一样"
REPLY = "您好，鸑鷟女士，饕餮纹瓷瓶的补发已安排"
NOTE = "顾客情绪魑魅，需回访"
DRAFT = "蟋蟀罐的蹀躞带也会一并补上"
SKIPPED = "此客耄耋，请女同事致电"
BULK = "各位好，囹圄主题摆件今日起补发"
FILED = "龃龉对话截图"
CONTENT = "饕餮盛宴的聊天记录：鸑鷟说她在廿里镇"
REFUSED = "我是魍魉，要退蹊跷的货"
CALLED = "耄耋老人来电说貔貅少一只"
# What stands in the clear by docs/privacy.md (numbers of orders and waybills, carriers, products) is not looked for.
WHOLE = (
    NAME, LATIN, PHONE, OTHER_PHONE, EMAIL, ADDRESS, IDENTITY, CARD, SUMMARY, HEARD, REPLY, NOTE, DRAFT, SKIPPED,
    BULK, FILED, CONTENT, REFUSED, CALLED,
)  # fmt: skip
# Pairs of signs that stand together nowhere else: a piece of a text would show by them.
PAIRS = (
    "鸑鷟", "饕餮", "龘靐", "貔貅", "螭吻", "魍魉", "魑魅", "蟋蟀", "蹀躞", "耄耋", "囹圄", "龃龉", "蹊跷", "廿里",
    "Zdzislawa", "Wojciechowska", "zdzislawa", "wojciechowska", "rare-mail", "91726450", "63059714", "30801198",
)  # fmt: skip


def forms(text: str) -> dict[str, bytes]:
    """A text as it could lie in a file."""
    plain = text.encode()
    found = {"UTF-8": plain, "percent": quote(text).encode(), "JSON": json.dumps(text)[1:-1].encode()}
    if len(text) > 2:
        # Two signs are four bytes in these, which random bytes spell by chance once in four gigabytes.
        found |= {coding: text.encode(coding) for coding in ("utf-16-le", "utf-16-be", "gb18030")}
    if len(plain) > 8:
        for skip in range(3):  # wherever it begins within a group of three
            coded = base64.b64encode(b"\0" * skip + plain)
            found[f"base64 {skip}"] = coded[4 if skip else 0 : len(coded) // 4 * 4 - 4]
    return found


NEEDLES = {(text, how): form for text in (*WHOLE, *PAIRS) for how, form in forms(text).items() if form}


def told(content: bytes) -> list[tuple[str, str]]:
    """What of the people stands there, and in which form."""
    return [which for which, form in NEEDLES.items() if form in content]


@dataclass
class Loot:
    """What a thief carries off, by what it is."""

    folder: Path
    file: DeskFile

    def bytes_of(self, pattern: str) -> dict[str, bytes]:
        found = {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob(pattern))
            if path.is_file()
        }
        assert found, f"no {pattern}: nothing was proven"
        return found


@pytest.fixture(scope="module")
def loot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loot]:
    """A desk after a shift; its log and its shared memory still lie beside it."""
    folder = tmp_path_factory.mktemp("stolen")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSDESK_HOME", str(folder / "home"))
        patch.setenv("HOME", str(folder))
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        file = build(folder)
        with logged(folder / "desk.log"):
            shift(file, folder)
        yield Loot(folder, file)
        file.close()


class logged:
    """All that any part of the program logs, down to the finest, in a file."""

    def __init__(self, path: Path) -> None:
        self._handler = logging.FileHandler(path, encoding="utf-8")
        self._handler.setFormatter(Lines())

    def __enter__(self) -> None:
        root = logging.getLogger()
        self._before = root.level
        root.addHandler(self._handler)
        root.setLevel(logging.DEBUG)
        logging.getLogger("csdesk").info("began")

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.setLevel(self._before)
        root.removeHandler(self._handler)
        self._handler.close()


def shift(file: DeskFile, folder: Path) -> None:
    """A shift at one desk, by its core and by its command line."""
    numbers = orders(file)
    wang, li = file.core("wang"), file.core("li")
    opened = [wang.do(Open(Kind.RETURN, number, (LineQty(1, 1),), summary=SUMMARY)) for number in numbers]
    first, second = opened[0].case.id, opened[1].case.id
    worked(wang, first)
    li.do(Hear(HEARD, "chat"), second)
    li.ask(SkipCase(second, "other", SKIPPED))
    run_ = wang.ask(BeginRun("reply", (first,), {"text": BULK}))
    worker = file.core("system")
    while not bulk_answers.step(worker, run_.id):
        pass
    sought(wang, first)
    by_hand(file, folder, opened[0].number)
    broken(wang)
    pictures(file, folder, opened[0].number)
    csdesk(file, "backup", str(folder / "copy.db"))
    assert list(verify(wang.store)) == []


def orders(file: DeskFile) -> list[str]:
    """Two people with an order each, one of them with a Latin name."""
    found = []
    for name, phone in ((NAME, PHONE), (LATIN, OTHER_PHONE)):
        person = file.customer(name, phone=phone, email=EMAIL)
        store = file.store()
        with write(store.conn):
            store.people.put(
                [(person, f"{name}@source", Customer(name, phone, EMAIL, ADDRESS), 2)], file.clock()
            )
        found.append(file.order(customer=person))
    return found


def worked(core: Core, case: str) -> None:
    """All that an agent writes about a case."""
    core.do(Take(), case)
    core.do(Hear(HEARD, "chat"), case)
    core.do(Note(NOTE), case)
    core.do(Reply(REPLY), case)
    core.ask(Reveal(case, "call_back"))
    core.ask(KeepDraft(case, DRAFT, 3))
    core.ask(KeepPlace(json.dumps({"case": case})))
    core.do(Reply(f"{REPLY}，{DRAFT}"), case)


def sought(core: Core, case: str) -> None:
    """What is looked for, and kept to be looked for again."""
    for text in (NAME, PHONE, EMAIL, PHONE[-4:], "貔貅摆件", f"?{SUMMARY} customer:{NAME}"):
        core.ask(FindCases(text))
    core.ask(KeepFilter(f"?貔貅 customer:{PHONE}"))
    core.ask(KeepView("要盯的", f"魍魉 kind:return customer:{NAME}"))
    core.ask(TallyFilter("?螭吻"))
    core.ask(QueuePage("?貔貅摆件 kind:return", 50))
    (article,) = core.store.conn.execute("SELECT id FROM article LIMIT 1").fetchone() or ("none",)
    core.ask(ChoseArticle(str(article), f"{NAME}的耳机{PHONE}", case))


def csdesk(file: DeskFile, *words: str, who: str = "wang") -> int:
    acting = () if words[0] == "backup" else ("--agent", who)
    return run([*words, "--file", str(file.path), *acting, "--language", "zh-Hans"])


def by_hand(file: DeskFile, folder: Path, number: str) -> None:
    """The command line: evidence, messages that are taken and refused, callers, who looked."""
    given = folder.parent / f"{folder.name}-given"
    given.mkdir()
    picture = given / f"{FILED}.txt"
    picture.write_text(CONTENT, encoding="utf-8")
    assert csdesk(file, "evidence", "add", number, str(picture)) == 0
    messages = given / "in.jsonl"
    one = {
        "source": "gw",
        "id": NAME,
        "channel": "chat",
        "text": REFUSED,
        "sender": {"phone": OTHER_PHONE, "name": NAME},
    }
    lines = [one, {**one, "id": PHONE, "channel": "fax"}, {**one, "id": "3", "order": ADDRESS, "kind": "tea"}]
    messages.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    assert csdesk(file, "intake", str(messages)) == 1
    csdesk(file, "caller", "verify", "--phone", PHONE, "--name", NAME)
    csdesk(file, "caller", "verify", "--phone", PHONE, "--name", "饕餮")
    assert csdesk(file, "intake", "call", "--text", CALLED, "--phone", OTHER_PHONE, "--name", NAME) == 0
    csdesk(file, "search", "cases", NAME)
    csdesk(file, "case", "do", number, "note", f"text={NOTE}")
    csdesk(file, "person", "looks", number, who="zhao")


def broken(core: Core) -> None:
    """A console that breaks over somebody's record, whose report is kept."""
    try:
        try:
            raise StoreError("no_key", source=NAME)
        except StoreError as exc:
            raise RuntimeError(f"{NAME} {PHONE} {HEARD}") from exc
    except RuntimeError as exc:
        write_report(exc)
    with pytest.raises(Refused):
        core.ask(Reveal(core.load(core.case_id(next(iter(cases(core)))))[0].id, NAME))


def cases(core: Core) -> list[str]:
    return [row[0] for row in core.store.conn.execute("SELECT id FROM cases ORDER BY opened_at")]


def pictures(file: DeskFile, folder: Path, number: str) -> None:
    for screen in ("queue", "case", "reply"):
        chosen = () if screen == "queue" else ("--case", number)
        assert csdesk(file, "shot", screen, "-o", str(folder / f"{screen}.svg"), *chosen) == 0


WHERE = {
    "file": "desk.db",
    "log": "desk.db-wal",
    "shared memory": "desk.db-shm",
    "backup": "copy.db",
    "evidence": "*.evidence/*/*",
    "logs": "desk.log",
    "crash report": "crash-*.txt",
    "pictures": "*.svg",
    "keys and settings": "home/**/*",
}


@pytest.mark.parametrize("what", WHERE)
def test_nothing_of_anybody_stands_in(loot: Loot, what: str):
    said = {name: told(content) for name, content in loot.bytes_of(WHERE[what]).items()}
    assert {name: found for name, found in said.items() if found} == {}


def test_all_else_that_the_shift_left_says_nothing_either(loot: Loot):
    whole = loot.bytes_of("*")
    assert len(whole) > 10
    assert {name: found for name, content in whole.items() if (found := told(content))} == {}
    assert not [name for name in whole if told(name.encode())]


def test_the_search_finds_what_is_there(loot: Loot, monkeypatch: pytest.MonkeyPatch):
    """With its keys the desk gives all of it back: the proof above looked at a desk that holds these people."""
    monkeypatch.setenv("CSDESK_HOME", str(loot.folder / "home"))
    core = loot.file.core("wang")
    (first, *_) = cases(core)
    said = " ".join(repr(line) for line in core.ask(ShowCase(first)).timeline)
    assert re.search("魍魉", said)
    assert NOTE in said
    assert core.store.people.open(core.load(first)[0].customer) is not None
    assert told(json.dumps({"name": NAME}).encode())
    assert told(f"prefix {REPLY}".encode("utf-16-le"))
    assert told(base64.b64encode(b"{" + HEARD.encode()))
