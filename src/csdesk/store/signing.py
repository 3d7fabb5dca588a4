"""The desk's signature: Ed25519 (RFC 8032) by a seed that is kept with its other keys; its former ones stay known."""

import hashlib
import secrets

from csdesk.domain.value import dataclass, replace
from csdesk.store import keys as keysource
from csdesk.store.connection import write
from csdesk.store.errors import StoreError
from csdesk.store.file import Store
from csdesk.store.home import config_dir
from csdesk.store.keys import KEY_BYTES, FromCommand, FromEnvironment, FromFile, KeySource, key_file


@dataclass(frozen=True, slots=True)
class PublicKey:
    """32 bytes that anybody may have, as hex, and their SHA-256, by which people compare them."""

    public: str
    fingerprint: str


class Signer:
    """Signs with one seed; never shows it."""

    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key().public_bytes_raw()
        self.public = PublicKey(public.hex(), hashlib.sha256(public).hexdigest())

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(message)


def fits(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the holder of the public key (32 bytes) signed the message, by OpenSSL."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def signers(store: Store, source: KeySource | None, *, anew: bool = False) -> list[Signer]:
    """The desk's signers, the one in use first; made and kept when there is none yet, or another one is wanted.

    StoreError `signing_key_unkept` where csdesk only reads keys (environment, command), and as `keys.load`.
    """
    source = source or FromFile(key_file(config_dir(), store.desk.file_id))
    # Of two programs that want the first one at once, the second finds it.
    with write(store.conn):
        keyring = keysource.load(source)
        if anew or not keyring.signing:
            if isinstance(source, FromEnvironment | FromCommand):
                raise StoreError("signing_key_unkept", source=keysource.named(source))
            keyring = replace(keyring, signing=(*keyring.signing, secrets.token_bytes(KEY_BYTES)))
            keysource.save(source, keyring)
    return [Signer(seed) for seed in reversed(keyring.signing)]
