"""Mailboxes behind a server: IMAP by UIDVALIDITY and UID, POP3 by unique id; a mail is marked when the desk has it."""

import contextlib
import hashlib
import imaplib
import poplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from csdesk.effects.mail.places import BoxError, Letter, Place, Server

ANSWER_SECONDS = 30
# A line of a POP3 answer; RFC 5322 allows 998 bytes, mail programs write a page of HTML in one.
MOST_LINE = 4_194_304
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,12})")
_ATOM = re.compile(r"[^A-Za-z0-9_-]+")


def box_key(server: Server) -> str:
    """What stands for a mailbox in a file name."""
    told = f"{server.scheme}\x1f{server.user}\x1f{server.host}\x1f{server.port}\x1f{server.path}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]


@contextmanager
def _said() -> Iterator[None]:
    """Whatever a server does wrong, as a reason."""
    try:
        yield
    except ssl.SSLError:
        raise BoxError("tls") from None
    except (OSError, EOFError):
        raise BoxError("unreachable") from None
    except (imaplib.IMAP4.error, poplib.error_proto, ValueError, LookupError, TypeError, AttributeError):
        raise BoxError("answer") from None


class ImapBox:
    """A folder of an IMAP server. At first contact only what nobody has read yet is taken."""

    def __init__(
        self, server: Server, password: Callable[[], str], context: ssl.SSLContext | None = None
    ) -> None:
        self.name = f"{server.scheme} {server.host}"
        self.key = box_key(server)
        self._server = server
        self._password = password
        self._context = context
        self._imap: imaplib.IMAP4 | None = None
        self._keywords = False

    def letters(self, place: Place, most: int, limit: int) -> Iterator[Letter]:
        """See `Box.letters`."""
        with _said():
            imap = self._imap = self._opened()
        try:
            with _said():
                waiting = self._new(imap, place)
            for uid in waiting[:most]:
                with _said():
                    letter = self._fetched(imap, uid, limit)
                if letter is None:  # somebody deleted it in between
                    _passed(place, uid)
                else:
                    yield letter
        finally:
            self._imap = None
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                imap.logout()

    def _opened(self) -> imaplib.IMAP4:
        server = self._server
        context = self._context or ssl.create_default_context()
        imap: imaplib.IMAP4
        if server.secure:
            imap = imaplib.IMAP4_SSL(server.host, server.port, ssl_context=context, timeout=ANSWER_SECONDS)
        else:
            imap = imaplib.IMAP4(server.host, server.port, timeout=ANSWER_SECONDS)
        try:
            self._entered(imap, context)
        except BaseException:
            imap.shutdown()
            raise
        return imap

    def _entered(self, imap: imaplib.IMAP4, context: ssl.SSLContext) -> None:
        """Go under cover where that is not so yet, log in, and open the folder."""
        server = self._server
        if not server.secure and "STARTTLS" in imap.capabilities:
            imap.starttls(context)
        elif not server.secure and not server.local:
            raise BoxError("no_tls")
        try:
            imap.login(server.user, self._password())
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            raise BoxError("login") from None
        # NetEase (163, 126) lets nobody look into a folder who has not said what program it is.
        if "ID" in imap.capabilities:
            imap.xatom("ID", '("name" "csdesk")')
        folder = server.path or "INBOX"
        if imap.select(f'"{folder}"')[0] != "OK":
            raise BoxError("folder")
        flags = imap.response("PERMANENTFLAGS")[1]
        self._keywords = any(b"\\*" in (told or b"") for told in flags)

    def _new(self, imap: imaplib.IMAP4, place: Place) -> list[int]:
        """The UIDs to fetch, oldest first."""
        told = imap.response("UIDVALIDITY")[1]
        validity = told[-1].decode("ascii", "replace") if told and told[-1] else "?"
        if not place.validity:
            # What somebody has read already is theirs; what comes from now on is ours.
            everything = _uids(imap.uid("SEARCH", "ALL"))
            place.last = max(everything, default=0)
            place.waiting = {str(uid): 0 for uid in _uids(imap.uid("SEARCH", "UNSEEN"))}
        elif place.validity != validity:
            # The server counts anew: all is offered again, and the desk knows those that it has.
            place.last, place.waiting = 0, {}
        place.validity = validity
        fresh = [uid for uid in _uids(imap.uid("SEARCH", f"UID {place.last + 1}:*")) if uid > place.last]
        return sorted({int(uid) for uid in place.waiting} | set(fresh))

    def _fetched(self, imap: imaplib.IMAP4, uid: int, limit: int) -> Letter | None:
        _, data = imap.uid("FETCH", str(uid), f"(RFC822.SIZE BODY.PEEK[]<0.{limit}>)")
        whole = next((piece for piece in data or () if isinstance(piece, tuple)), None)
        if whole is None:
            return None
        told = b" ".join(piece[0] if isinstance(piece, tuple) else piece for piece in data if piece)
        size = _SIZE.search(told)
        return Letter(str(uid), whole[1][:limit], int(size[1]) if size else len(whole[1]))

    def done(self, letter: Letter, place: Place) -> None:
        """See `Box.done`."""
        self._flag(letter, "\\Seen")
        _passed(place, int(letter.ref))

    def refuse(self, letter: Letter, place: Place, reason: str) -> None:
        """See `Box.refuse`: flagged for a person, and where the server allows it with the reason as a keyword."""
        keyword = f" csdesk-{_ATOM.sub('-', reason)[:40]}" if self._keywords else ""
        self._flag(letter, f"\\Flagged{keyword}")
        _passed(place, int(letter.ref))

    def _flag(self, letter: Letter, flags: str) -> None:
        with _said():
            assert self._imap is not None
            self._imap.uid("STORE", letter.ref, "+FLAGS", f"({flags})")


def _uids(answer: tuple[str, list[bytes | None]]) -> list[int]:
    return [int(uid) for told in answer[1] if told for uid in told.split()]


def _passed(place: Place, uid: int) -> None:
    place.waiting.pop(str(uid), None)
    place.last = max(place.last, uid)


class _Lines:
    """poplib takes no line over 2 kB, which ends the connection at the first page of HTML; here it may be 4 MB."""

    budget = MOST_LINE

    def _getline(self) -> tuple[bytes, int]:
        line = self.file.readline(MOST_LINE + 1)  # type: ignore[attr-defined]
        self.budget -= len(line)
        if len(line) > MOST_LINE or self.budget < 0:
            raise poplib.error_proto("-ERR too long")
        if not line:
            raise poplib.error_proto("-ERR EOF")
        return line.rstrip(b"\r\n"), len(line)


class _Pop(_Lines, poplib.POP3):
    pass


class _PopTls(_Lines, poplib.POP3_SSL):
    pass


class PopBox:
    """A mailbox of a POP3 server: mails stay there and are known by their unique ids."""

    def __init__(
        self, server: Server, password: Callable[[], str], context: ssl.SSLContext | None = None
    ) -> None:
        self.name = f"{server.scheme} {server.host}"
        self.key = box_key(server)
        self._server = server
        self._password = password
        self._context = context

    def letters(self, place: Place, most: int, limit: int) -> Iterator[Letter]:
        """See `Box.letters`."""
        with _said():
            pop = self._opened()
        try:
            with _said():
                pop.budget = 100_000_000
                listed = [line.split(maxsplit=1) for line in pop.uidl()[1]]
                sizes = {n: int(size) for n, size in (line.split()[:2] for line in pop.list()[1])}
                fresh = [(n, uid.decode("latin-1")) for n, uid in listed]
            place.seen = {uid: 1 for _, uid in fresh if uid in place.seen}
            for n, uid in [one for one in fresh if one[1] not in place.seen][:most]:
                size = sizes.get(n, 0)
                with _said():
                    pop.budget = limit * 2 + 65_536
                    lines = pop.retr(int(n))[1] if size <= limit else pop.top(int(n), limit // 80)[1]
                raw = b"\r\n".join(lines) + b"\r\n"
                yield Letter(uid, raw[:limit], size if size > limit else len(raw))
        finally:
            with contextlib.suppress(OSError, poplib.error_proto):
                pop.quit()

    def _opened(self) -> "_Pop | _PopTls":
        server = self._server
        context = self._context or ssl.create_default_context()
        pop: _Pop | _PopTls
        if server.secure:
            pop = _PopTls(server.host, server.port, timeout=ANSWER_SECONDS, context=context)
        else:
            pop = _Pop(server.host, server.port, timeout=ANSWER_SECONDS)
        try:
            self._entered(pop, context)
        except BaseException:
            pop.close()
            raise
        return pop

    def _entered(self, pop: "_Pop | _PopTls", context: ssl.SSLContext) -> None:
        server = self._server
        if not server.secure and "STLS" in _capabilities(pop):
            pop.stls(context)
        elif not server.secure and not server.local:
            raise BoxError("no_tls")
        try:
            pop.user(server.user)
            pop.pass_(self._password())
        except poplib.error_proto:
            raise BoxError("login") from None

    def done(self, letter: Letter, place: Place) -> None:
        """See `Box.done`; a POP3 server has nothing to mark."""
        place.seen[letter.ref] = 1
        place.waiting.pop(letter.ref, None)

    def refuse(self, letter: Letter, place: Place, reason: str) -> None:
        """See `Box.refuse`: it stays, and only the list of refused mails says why."""
        self.done(letter, place)


def _capabilities(pop: "_Pop | _PopTls") -> dict[str, list[str]]:
    try:
        return pop.capa()
    except poplib.error_proto:
        return {}
