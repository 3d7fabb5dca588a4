"""What every test stands on: an empty home, no settings from outside, no test skipped in silence."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings

from csdesk.store import connection
from csdesk.store.dsn import Dsn
from tests.postgres import Postgres, running

STORE = Path(__file__).parent / "unit" / "store"
QUICK = connection._PRAGMAS.replace("synchronous = FULL", "synchronous = OFF")
assert connection._PRAGMAS != QUICK

# Two shared cores make single examples slow now and then; a deadline would only measure the neighbours.
settings.register_profile("csdesk", deadline=None, print_blob=True)
settings.load_profile("csdesk")
# The fast lane (make check) tries a few examples of each law; the suite tries a hundred.
settings.register_profile("fast", deadline=None, print_blob=True, max_examples=10)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for each test, so that nobody's configuration, data or state is read or written."""
    # Not mktemp: it lists all homes there are to number the next one, and there are thousands.
    home = Path(mkdtemp(prefix="home-", dir=tmp_path_factory.getbasetemp()))
    for name in [name for name in os.environ if name.startswith(("CSDESK_", "XDG_"))]:
        monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def quick_disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No commit of this process waits for the disk (3 ms each on CI's): no test cuts the power.

    What a connection is set to is proven in tests/unit/store, where it stays as it is; so it does in programs that
    a test starts.
    """
    if not request.path.is_relative_to(STORE):
        monkeypatch.setattr(connection, "_PRAGMAS", QUICK)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of its own for all tests of a process that want one (1 to 2 s the first time)."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_desks(postgres: Postgres) -> Dsn:
    """A database with our tables, in which each test makes a desk of its own: that is what tenants are for."""
    from csdesk.store.postgres_schema import migrate

    dsn = Dsn(postgres.database())
    migrate(dsn)
    return dsn


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A skipped test proves nothing: fail the run, so that a missing server or wheel is noticed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped") and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why a run without a failed test still fails."""
    if skipped := len(terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(
            f"{skipped} skipped: a skipped test proves nothing, so this run fails", red=True
        )
