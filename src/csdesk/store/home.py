"""Where this login keeps what belongs to it: configuration and key files."""

import os
from pathlib import Path


def config_dir() -> Path:
    """Where configuration and key files lie: CSDESK_HOME, else the user's configuration folder."""
    if home := os.environ.get("CSDESK_HOME"):
        return Path(home)
    from platformdirs import user_config_path

    return user_config_path("csdesk")
