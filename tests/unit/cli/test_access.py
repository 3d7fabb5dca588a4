"""`csdesk agent password`, `token`, `session`, `device`, `login` and `logout` as somebody types them."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from csdesk.__main__ import main
from csdesk.client import credentials
from csdesk.desk.core import clock_ms
from csdesk.store import sign_ins
from csdesk.store.connection import write
from csdesk.store.file import open_store
from tests.building import DeskFile, desk_file
from tests.serving import Serving

__all__ = ["desk_file"]

Run = Callable[..., tuple[int, str, str]]
PASSWORD = "parcels at the door"


@pytest.fixture
def run(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """`csdesk` with arguments, on the desk or a server, by gao, with lines to read: exit code, out, err."""
    monkeypatch.setenv("CSDESK_LANGUAGE", "en")

    def go(*arguments: str, who: str = "gao", typed: str = "", server: str = "") -> tuple[int, str, str]:
        if not server:
            monkeypatch.setenv("CSDESK_FILE", str(desk_file.path))
        monkeypatch.setenv("CSDESK_SERVER", server)
        monkeypatch.setenv("CSDESK_AGENT", who)
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        monkeypatch.setattr("sys.argv", ["csdesk", *arguments])
        exit_code = main()
        told = capfd.readouterr()
        return exit_code, told.out, told.err

    return go


@pytest.fixture
def serving(desk_file: DeskFile) -> Iterator[Serving]:
    desk_file.clock.now = clock_ms()  # that of the commands, which look at the same sessions
    made = Serving(desk_file)
    yield made
    made.stop()


def test_a_password_is_read_from_a_pipe_and_never_from_an_argument(run: Run):
    assert run("agent", "password", "wang", "--stdin", typed=f"{PASSWORD}\n") == (
        0,
        "wang: the password is set.\n",
        "",
    )
    code, _, err = run("agent", "password", "wang", typed=f"{PASSWORD}\n")
    assert code == 2 and "--stdin" in err
    assert run("agent", "password", "wang", PASSWORD)[0] == 2
    code, _, err = run("agent", "password", "--stdin", who="wang", typed=f"wrong\n{PASSWORD} too\n")
    assert (code, err) == (1, "The old password is wrong; nothing was changed.\n")
    assert run("agent", "password", "--stdin", who="wang", typed=f"{PASSWORD}\n{PASSWORD} too\n")[0] == 0
    assert run("agent", "password", "wang", "--stdin", "--remove")[1] == "wang: the password is gone.\n"


def test_a_token_is_printed_once_and_alone_for_scripts(run: Run):
    code, out, err = run("token", "make", "warehouse", "--rights", "read,load", "--days", "3")
    assert code == 0 and out.startswith("main.") and out.count("\n") == 1 and "this once" in err
    id_ = out.split(".")[1]
    code, listed, _ = run("token", "list")
    assert id_ in listed and "warehouse" in listed and "load data" in listed and out.strip() not in listed
    assert run("token", "make", "x", "--rights", "fly")[0] == 1
    assert run("token", "list", "--all", who="wang")[0] == 1
    assert run("token", "revoke", id_, who="wang")[0] == 1
    assert run("token", "revoke", id_)[1] == f"Token {id_} of gao opens nothing any more.\n"
    assert run("token", "list")[1] == "" and "over since" in run("token", "list", "--ended")[1]
    assert json.loads(run("token", "list", "--ended", "--json")[1])[0]["revoked_by"] == "gao"


def test_signing_in_keeps_a_session_until_signing_out(run: Run, serving: Serving):
    run("agent", "password", "wang", "--stdin", typed=f"{PASSWORD}\n")
    code, out, _ = run("login", serving.where, "--as", "wang", who="", typed=f"{PASSWORD}\n")
    assert (code, out.splitlines()[-1]) == (0, f"Signed in to {serving.where} as wang.")
    token = credentials.token_for(serving.where)
    code, listed, _ = run("session", "list", who="", server=serving.where)
    assert code == 0 and token.split(".")[1] in listed and token not in listed
    assert run("logout", serving.where, who="")[0] == 0
    assert credentials.token_for(serving.where) == ""
    assert run("logout", serving.where, who="")[0] == 1
    code, _, err = run("login", serving.where, "--as", "wang", who="", typed="wrong\n")
    assert (code, err) == (1, "Not signed in: the agent or the password is wrong.\n")


def test_an_admin_ends_a_session_of_somebody_else(run: Run, serving: Serving):
    run("agent", "password", "wang", "--stdin", typed=f"{PASSWORD}\n")
    run("login", serving.where, "--as", "wang", who="", typed=f"{PASSWORD}\n")
    (session,) = json.loads(run("session", "list", "--all", "--json")[1])
    assert run("session", "end", session["id"])[1] == f"Session {session['id']} of wang has ended.\n"
    code, _, err = run("logout", serving.where, who="")
    assert code == 0 and "had ended before" in err


def test_a_terminal_is_let_in_or_turned_away(run: Run, desk_file: DeskFile):
    with closing(open_store(desk_file.path)) as store, write(store.conn) as conn:
        made = [sign_ins.add_device(conn, "main", f"till {n}", clock_ms()) for n in range(2)]
    codes = [one[0].code for one in made if one is not None]
    assert run("device", "list")[1].count("till") == 2
    assert run("device", "list", who="wang")[0] == 1
    assert "is let in as wang" in run("device", "approve", codes[0].lower(), "--for", "wang", who="zhao")[1]
    assert "turned away" in run("device", "deny", codes[1])[1]
    code, _, err = run("device", "approve", "ABC", "--for", "wang")
    assert (code, err) == (1, "No terminal waits with the code ABC, or it has expired.\n")


@pytest.mark.parametrize(
    ("server", "told"),
    [("", "Say which server"), ("http://10.0.0.1", "https://"), ("unix:/tmp/x", "the operating system says")],
)
def test_a_server_that_cannot_be_signed_in_to_says_why(run: Run, server: str, told: str):
    code, _, err = run("login", *([server] if server else []), "--as", "wang", typed="x\n")
    assert code == 1 and told in err and err.count("\n") == 1
