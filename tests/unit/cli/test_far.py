"""Commands where the desk is a server's: those of verbs and questions work, all others say that they cannot."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csdesk.cli.main import run
from csdesk.desk.queries import Hold
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take
from tests.building import DeskFile, build
from tests.serving import Serving

Far = Callable[..., tuple[int, str, str]]


class Served:
    """A desk behind a server, with an inquiry that li has."""

    def __init__(self, file: DeskFile) -> None:
        self.file, self.serving = file, Serving(file)
        li = file.core("li")
        done = li.do(Open(Kind.INQUIRY, file.order()))
        self.number, self.case = done.number, done.case.id
        li.do(Take(), self.case)
        li.ask(Hold(self.case))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSDESK_HOME", str(folder / "home"))
        made = Served(build(folder))
        yield made
        made.serving.stop()
        made.file.close()


@pytest.fixture
def far(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Far:
    """Run a command on the server: as `who`, by `--server` or as configured."""
    monkeypatch.setenv("CSDESK_LANGUAGE", "en")
    monkeypatch.setenv("CSDESK_HOME", str(served.file.path.parent / "home"))

    def far(*arguments: str, who: str = "li", flag: bool = True) -> tuple[int, str, str]:
        token = tmp_path / "token"
        token.touch(0o600)
        token.write_text(served.serving.token(who))
        monkeypatch.setenv("CSDESK_TOKEN", f"file:{token}")
        if flag:
            arguments = (*arguments, "--server", served.serving.where)
        else:
            monkeypatch.setenv("CSDESK_SERVER", served.serving.where)
        capsys.readouterr()
        code = run(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    return far


@pytest.mark.parametrize(
    ("who", "arguments"),
    [
        ("li", "case list"),
        ("li", "case show {number}"),
        ("li", "case verbs {number}"),
        ("li", "case clocks {number}"),
        ("li", "ask queue_page"),
        ("li", "search cases {number}"),
        ("li", "search policies 退货"),
        ("li", "search canned"),
        ("li", "view keep mine kind:inquiry"),
        ("li", "view list"),
        ("li", "order find W26"),
        ("li", "macro list"),
        ("li", "caller checks"),
        ("li", "evidence list {number}"),
        ("zhao", "board"),
        ("zhao", "broadcast 系统维护"),
        ("zhao", "report"),
        ("zhao", "outbox list"),
        ("zhao", "refund awaiting"),
        ("zhao", "agent list"),
        ("gao", "policy learned"),
    ],
    ids=lambda told: told,
)
def test_a_command_of_verbs_and_questions_works(served: Served, far: Far, who: str, arguments: str):
    code, _, said = far(*arguments.format(number=served.number).split(), who=who)
    assert (code, said) == (0, "")


def test_a_verb_is_carried_out_once_and_a_refusal_is_the_desks_own(served: Served, far: Far):
    note = ("case", "do", served.number, "note", "text=客户着急", "--key", "far-1", "--json")
    code, told, _ = far(*note)
    assert code == 0 and json.loads(told)["again"] is False
    assert json.loads(far(*note, flag=False)[1])["again"] is True
    code, told, said = far("case", "do", served.number, "note", "text=x", who="sun")
    assert (code, told) == (1, "") and "auditor" in said
    code, _, said = far("case", "show", "XX")
    assert code == 1 and said.startswith("“XX” is no case number")
    code, told, _ = far("case", "open", "inquiry", "--summary", "在吗", "--json")
    opened = json.loads(told)["number"]
    code, told, said = far("case", "skip", opened, "language")
    assert (code, said) == (0, "") and opened in told


def test_a_file_goes_in_and_comes_out(served: Served, far: Far, tmp_path: Path):
    file, to = tmp_path / "a.png", tmp_path / "b.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n a dent")
    code, told, said = far("evidence", "add", served.number, str(file), "--json")
    assert (code, said) == (0, "")
    (filed,) = json.loads(told)
    assert far("evidence", "save", served.number, filed["sha256"][:8], "--to", str(to))[0] == 0
    assert to.read_bytes() == file.read_bytes()
    code, _, said = far("evidence", "save", served.number, filed["sha256"][:8], "--to", str(to))
    assert code == 1 and "b.png" in said
    code, _, said = far("evidence", "add", served.number, str(tmp_path))
    assert code == 1 and said


@pytest.mark.parametrize(
    "arguments",
    [
        "evidence bundle {number} --to {folder}/a.zip --for court",
        "evidence key",
        "ask save_evidence case={number} hash=abcdef folder={folder}",
        "backup {folder}/b.db",
        "verify",
        "doctor",
        "export cases",
        "work --once",
        "incident open 批次问题",
        "keys list",
        "person export {number} --to {folder}/x.json",
    ],
    ids=lambda told: told.partition(" {")[0],
)
def test_what_needs_the_desks_file_says_so_and_does_nothing(
    served: Served, far: Far, tmp_path: Path, arguments: str
):
    count = "SELECT count(*) FROM event"
    before = served.file.store().conn.execute(count).fetchone()
    code, told, said = far(*arguments.format(number=served.number, folder=tmp_path).split(), flag=False)
    assert code == 1 and told == "" and said.count("\n") == 1
    assert f"the setting server says {served.serving.where}" in said
    assert served.file.store().conn.execute(count).fetchone() == before
    assert [path.name for path in tmp_path.iterdir()] == ["token"]


def test_a_named_file_counts_before_a_configured_server(served: Served, far: Far):
    code, told, _ = far("case", "list", "--file", str(served.file.path), "--agent", "sun", flag=False)
    assert code == 0 and told


def test_trouble_with_the_server_is_one_sentence(served: Served, far: Far, monkeypatch: pytest.MonkeyPatch):
    code, _, said = far("case", "list", "--agent", "wang")
    assert code == 1 and "knows you as li" in said and "as wang" in said
    code, _, said = far("case", "list", "--server", "http://127.0.0.1:9", flag=False)
    assert code == 1 and "cannot be reached" in said
    code, _, said = far("case", "list", "--server", "http://example.com", flag=False)
    assert code == 1 and "http://example.com" in said
    served.serving.token("li")
    token = Path(str(served.file.path.parent / "bad"))
    token.touch(0o600)
    token.write_text("csdesk_nobody_nothing")
    monkeypatch.setenv("CSDESK_TOKEN", f"file:{token}")
    assert run(["case", "list", "--server", served.serving.where]) == 1
