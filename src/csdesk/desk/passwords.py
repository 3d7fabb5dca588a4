"""Passwords: which are good enough, and their argon2id hashes; the library is loaded with the first one."""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from csdesk.domain.cases.context import Refused
from csdesk.domain.text import clean_line

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST, MOST = 10, 128
# Fewer different signs than that are a rhythm, not a secret.
_DIFFERENT = 5
# What is left of a password without its agent's names has to be this long to be more than a suffix.
_BESIDE_NAME = 6


def normal(said: str) -> str:
    """A password as it is hashed, however it was typed or sent: through the gate, and NFKC (RFC 8265, 4.2.2)."""
    return unicodedata.normalize("NFKC", clean_line(said, limit=2 * MOST).text.strip())


def check_new(said: str, *names: str) -> str:
    """A new password as it is hashed; Refused `password_short`, `password_long`, `password_weak`."""
    password = normal(said)
    if len(password) < LEAST:
        raise Refused("password_short", least=LEAST)
    if len(password) > MOST:
        raise Refused("password_long", most=MOST)
    rest = password.casefold()
    for name in sorted((unicodedata.normalize("NFKC", one).casefold() for one in names if one), key=len):
        rest = rest.replace(name, "")
    if len(rest) < _BESIDE_NAME or len(set(password)) < _DIFFERENT:
        raise Refused("password_weak")
    return password


@cache
def _hasher() -> "PasswordHasher":
    """Argon2id with 19 MiB and two passes (OWASP's least for logins): 20 ms a try, and many at once fit in memory.

    Refused `no_argon2` where the extra is not installed.
    """
    try:
        from argon2 import PasswordHasher
    except ModuleNotFoundError:
        raise Refused("no_argon2") from None
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hashed(password: str) -> str:
    """The hash of a password that is `normal`."""
    return _hasher().hash(password)


@cache
def nobodys() -> str:
    """A hash that no password has, so that a try at a name that nobody has takes as long as any other."""
    import secrets

    return hashed(secrets.token_urlsafe(32))


def fits(kept: str, said: str) -> bool:
    """Whether a password as it was typed is the one of this hash; it takes as long when `kept` is none ("")."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    other = nobodys()  # made before it is needed: the first unknown name must not take longer than the next
    try:
        right = _hasher().verify(kept or other, normal(said))
    except (Argon2Error, InvalidHashError):  # both say no more than that it does not fit
        return False
    return right and bool(kept)
