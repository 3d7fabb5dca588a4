"""What every test stands on: an empty home, no settings from outside, no test skipped in silence."""

import os
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings

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
