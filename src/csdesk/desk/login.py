"""Which file and which agent a login means: one answer for every door, light for a starting console."""

import getpass
from collections.abc import Sequence
from pathlib import Path

from csdesk.desk.config import Config, ConfigError
from csdesk.store.dsn import Dsn, dsn_of, need_driver


def desk_file(config: Config) -> Path | Dsn:
    """The desk's file or database: as configured, else desk.db in the user's data folder.

    ConfigError `server_instead` where the desk is a server's; StoreError `no_driver` for a database without its extra.
    """
    if config.server:
        raise ConfigError("server_instead", server=config.server)
    if config.file and (dsn := dsn_of(config.file)):
        need_driver(dsn)
        return dsn
    if config.file:
        return Path(config.file).expanduser()
    from platformdirs import user_data_path

    return user_data_path("csdesk") / "desk.db"


def agent_of(config: Config, agents: Sequence[tuple[str, str]]) -> str:
    """The id of the agent who is configured, else of the one with this login; `agents` are (id, os_user).

    ConfigError names those there are.
    """
    allowed = ", ".join(id_ for id_, _ in agents)
    if config.agent:
        if config.agent not in {id_ for id_, _ in agents}:
            raise ConfigError("agent_unknown", who=config.agent, allowed=allowed)
        return config.agent
    login = getpass.getuser()
    found = next((id_ for id_, os_user in agents if os_user == login), None)
    if found is None:
        raise ConfigError("agent_missing", login=login, allowed=allowed)
    return found
