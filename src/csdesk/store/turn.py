"""The writers' queue of one database file: a lock that is fair, bounded, and freed when its holder dies."""

import fcntl
import os
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path

from csdesk.store.errors import StoreError, translate

# The kernel wakes who waits, and lets whoever asks first have the lock: one who has just given it back asks first.
# After a turn as long as this (a batch of an import, a step of a run) it steps back for a moment; without that a
# flood of messages in batches of 0.2 s kept an agent out for more than 10 s.
LONG_S, BACK_S = 0.02, 0.002


class Turn:
    """The writers' queue: flock on `<database>.lock`, which the kernel hands on in order and frees on death.

    SQLite's own busy wait sleeps and polls, so with many writers some starve for seconds. flock has no limit
    of time, and an alarm that could end it reaches only the main thread; so a writer that must wait lets a
    thread block in flock and waits for that thread (0.6 µs for a free lock, 80 µs for the thread). Given up,
    the thread stays in the kernel's queue and hands back at once what it gets; the next `take` joins it, so
    there is never more than one a connection. The lock is a courtesy: `BEGIN IMMEDIATE` is the safety.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._fd = -1
        self._waiting: _Waiter | None = None
        self._since = 0.0
        self._long = False

    def take(self, wait_s: float) -> None:
        """Wait for the turn. StoreError `locked`, naming the holder where the system tells."""
        if self._fd < 0:
            self._fd = _open_lock(self._database)
        if self._long:
            time.sleep(BACK_S)
        self._queue(wait_s)
        self._since = time.monotonic()

    def _queue(self, wait_s: float) -> None:
        if self._waiting is None or not self._waiting.rejoin():
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                self._waiting = _Waiter(self._fd)
        try:
            got = self._waiting.wait(wait_s)
        except BaseException:
            if self._waiting.got:  # an interrupt came after the lock did
                self.give()
            raise
        if not got:
            raise StoreError("locked", path=str(self._database), holder=self._holder())
        self._waiting = None

    def give(self) -> None:
        """Let the next writer in."""
        self._long = time.monotonic() - self._since >= LONG_S
        fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Forget the lock file; a turn still held is given back by the kernel."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _holder(self) -> str:
        """The process id of the holder from /proc/locks, else `?`."""
        status = os.fstat(self._fd)
        place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
        with suppress(OSError):  # only Linux has this file
            for line in Path("/proc/locks").read_text().splitlines():
                words = line.split()
                if words[1] == "FLOCK" and words[5] == place:
                    return words[4]
        return "?"


class _Waiter:
    """A thread that blocks in flock on behalf of one that must not block for ever."""

    def __init__(self, fd: int) -> None:
        # A duplicate shares the lock; the connection may close, and the number `fd` mean another file.
        self._fd = os.dup(fd)
        self._changed = threading.Condition()
        self._wanted = True
        self._ended = False
        self.got = False
        threading.Thread(target=self._block, name="csdesk-turn", daemon=True).start()

    def _block(self) -> None:
        locked = False
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            locked = True
        finally:
            with self._changed:  # one step for `rejoin`: either still in the queue, or settled
                self.got = locked and self._wanted
                if locked and not self.got:
                    fcntl.flock(self._fd, fcntl.LOCK_UN)
                self._ended = True
                self._changed.notify()
            os.close(self._fd)

    def rejoin(self) -> bool:
        """Whether the thread still stands in the queue; if so, it is for us again."""
        with self._changed:
            self._wanted = not self._ended
            return self._wanted

    def wait(self, wait_s: float) -> bool:
        """Whether the lock is ours within `wait_s` seconds; if not, the thread will hand it back."""
        with self._changed:
            try:
                self._changed.wait_for(lambda: self._ended, wait_s)
            finally:
                self._wanted = False
            return self.got


def _open_lock(database: Path) -> int:
    """The lock file, made for whoever may open the database. It is never deleted: two would be two queues."""
    path = database.with_name(f"{database.name}.lock")
    try:
        like = database.stat()
        mode = stat.S_IMODE(like.st_mode) & 0o666
        lock = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, mode)
        status = os.fstat(lock)
        if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) != mode:
            os.fchmod(lock, mode)  # the umask took a part away
        if os.geteuid() == 0 and status.st_uid != like.st_uid:
            os.fchown(lock, like.st_uid, like.st_gid)
    except OSError as exc:
        raise translate(exc, path) from exc
    return lock
