"""Which servers are spoken to: a token goes in clear to this machine alone, and to no look-alike of it."""

import pytest

from csdesk.client.reaching import server_of
from csdesk.desk.config import Config, ConfigError


@pytest.mark.parametrize(
    "said",
    [
        "https://desk.example",
        "https://desk.example:8443/",
        "https://[2001:db8::1]:8443",
        "http://127.0.0.1:8470",
        "http://localhost:8470",
        "http://[::1]:8470",
        "unix:/run/csdesk.sock",
    ],
)
def test_what_is_encrypted_or_stays_here_is_spoken_to(said: str):
    assert server_of(Config(server=said)) == said.rstrip("/")


@pytest.mark.parametrize(
    "said",
    [
        "http://desk.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example:8470",
        "http://127.0.0.1@evil.example",
        "http://127.0.0.1:8470@evil.example",
        "https://wang:secret@desk.example",
        "https://desk.example/v1",
        "https://desk.example?x=1",
        "https://",
        "https://desk.example:port",
        "http://[::1",
        "ftp://desk.example",
        "desk.example",
        "unix:",
    ],
)
def test_what_would_show_a_token_or_is_no_server_is_refused_without_repeating_a_password(said: str):
    with pytest.raises(ConfigError) as error:
        server_of(Config(server=said))
    assert error.value.code == "config_server"
    assert "secret" not in str(error.value)
