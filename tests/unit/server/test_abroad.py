"""Other machines: HTTPS by files, proxies that are believed, and addresses that are not listened on."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from csdesk.desk.config import Config, ConfigError
from csdesk.server.proxies import Proxies
from csdesk.server.running import bind, secured
from tests.unit.server.conftest import Serve


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for localhost that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert, private = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    private.chmod(0o600)
    return cert, private


def test_with_a_certificate_it_speaks_https_and_nothing_else(serve: Serve, files: tuple[Path, Path]):
    cert, key = files
    served = serve(tls_cert=str(cert), tls_key=str(key))
    port = served.where.rpartition(":")[2]
    trust = ssl.create_default_context(cafile=str(cert))
    assert httpx.get(f"https://localhost:{port}/healthz", verify=trust).json() == {"status": "ok"}
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://localhost:{port}/healthz")


def test_files_that_do_not_serve_are_told_before_anything_opens(files: tuple[Path, Path], tmp_path: Path):
    cert, key = files
    assert secured(Config(tls_cert=str(cert), tls_key=str(key)))
    assert not secured(Config())
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no PEM")
    wrong.chmod(0o600)
    for given in (
        Config(tls_cert=str(cert)),
        Config(tls_cert=str(tmp_path / "none.pem"), tls_key=str(key)),
        Config(tls_cert=str(wrong), tls_key=str(key)),
        Config(tls_cert=str(cert), tls_key=str(wrong)),
    ):
        with pytest.raises(ConfigError) as told:
            secured(given)
        assert told.value.code == "config_tls"
    key.chmod(0o644)
    with pytest.raises(ConfigError) as told:
        secured(Config(tls_cert=str(cert), tls_key=str(key)))
    assert told.value.detail["reason"] == "permissions"


def test_an_address_of_other_machines_is_only_listened_on_behind_tls_or_a_proxy():
    with pytest.raises(ConfigError) as told:
        bind("0.0.0.0:0")
    assert told.value.detail["reason"] == "not_this_machine"
    with bind("0.0.0.0:0", abroad=True) as made:
        assert made.getsockname()[0] == "0.0.0.0"
    assert not Proxies("127.0.0.1 ::1").elsewhere
    assert Proxies("127.0.0.1 10.0.0.0/24").elsewhere
    with pytest.raises(ConfigError):
        Proxies("10.0.0.7 proxy.example")


@pytest.mark.parametrize(
    ("host", "forwarded", "origin"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # no proxy: whatever it says
        ("10.0.0.7", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.7", "1.2.3.4, 198.51.100.1", "198.51.100.1"),  # the first is the sender's own invention
        ("10.0.0.7", "198.51.100.1, 10.0.0.8", "198.51.100.1"),  # two proxies, one behind the other
        ("10.0.0.7", "x, 10.0.0.8", "10.0.0.8"),
        ("10.0.0.7", "", "10.0.0.7"),
        ("10.0.0.7", "2001:db8::1", "2001:db8::1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_a_clients_address_is_what_the_last_proxy_saw(host: str, forwarded: str, origin: str):
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    assert Proxies("10.0.0.0/24").origin(host, headers) == origin
