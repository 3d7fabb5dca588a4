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
# How long a thread that waited stays for the next wait.
LINGER_S = 0.5


class Turn:
    """The writers' queue: flock on `<database>.lock`, which the kernel hands on in order and frees on death.

    SQLite's own busy wait sleeps and polls, so with many writers some starve for seconds. flock has no limit
    of time, and an alarm that could end it reaches only the main thread; so a writer that must wait lets a
    thread block in flock and waits for that thread (0.6 µs for a free lock, 80 µs for a new thread). Given up,
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
        if self._waiting is None or not self._waiting.queued:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                pass
        if self._waiting is None or not self._waiting.rejoin():
            self._waiting = _Waiter(self._fd)
        try:
            got = self._waiting.wait(wait_s)
        except BaseException:
            if self._waiting.got:  # an interrupt came after the lock did
                self.give()
            raise
        if not got:
            raise StoreError("locked", path=str(self._database), holder=self._holder())

    def give(self) -> None:
        """Let the next writer in."""
        self._long = time.monotonic() - self._since >= LONG_S
        fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Forget the lock file; a turn still held is given back by the kernel."""
        if self._waiting is not None:
            self._waiting.dismiss()
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
    """A thread that blocks in flock on behalf of one that must not block for ever.

    It stays for a moment after a turn that it got: where many write there is a next one, and to start and end a thread
    takes as long as a claim. The two locks between it and whoever waits are bare, as a Condition takes 20 µs more.
    """

    def __init__(self, fd: int) -> None:
        # A duplicate shares the lock; the connection may close, and the number `fd` mean another file.
        self._fd = os.dup(fd)
        self._settling = threading.Lock()
        self._asked, self._told = threading.Lock(), threading.Lock()
        self._told.acquire()
        self._queued = self._wanted = True
        self._ended = False
        self.got = False
        threading.Thread(target=self._serve, name="csdesk-turn", daemon=True).start()

    def _serve(self) -> None:
        try:
            while self._called():
                fcntl.flock(self._fd, fcntl.LOCK_EX)
                with self._settling:  # one step for `rejoin`: either still in the queue, or settled
                    self._queued, self.got = False, self._wanted
                    if not self.got:
                        self._ended = True
                        fcntl.flock(self._fd, fcntl.LOCK_UN)
                        return
                    self._told.release()
        finally:
            with self._settling:
                self._ended = True
                if self._queued:  # flock failed
                    self._told.release()
            os.close(self._fd)

    def _called(self) -> bool:
        """Wait to be asked into the queue; False when nobody did for LINGER_S, or nobody will any more."""
        asked = self._asked.acquire(timeout=LINGER_S)
        with self._settling:
            self._ended = not self._queued
            if self._queued and not asked:
                self._asked.acquire()  # it came just after
            return self._queued

    @property
    def queued(self) -> bool:
        """Whether it stands in the kernel's queue."""
        with self._settling:
            return self._queued and not self._ended

    def rejoin(self) -> bool:
        """Whether the thread is still there; if so, it stands in the queue for us, perhaps since an earlier wait."""
        with self._settling:
            if self._ended:
                return False
            self._wanted, self.got = True, False
            if not self._queued:
                self._queued = True
                self._asked.release()
            return True

    def wait(self, wait_s: float) -> bool:
        """Whether the lock is ours within `wait_s` seconds; if not, the thread will hand it back."""
        told = False
        try:
            told = self._told.acquire(timeout=wait_s)
        finally:
            with self._settling:
                self._wanted = False
                if self.got and not told:
                    self._told.acquire()  # it came just after
        return self.got

    def dismiss(self) -> None:
        """Let the thread end, at once or when its turn comes."""
        with self._settling:
            self._wanted = False
            if not (self._queued or self._ended):
                self._ended = True
                self._asked.release()


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
