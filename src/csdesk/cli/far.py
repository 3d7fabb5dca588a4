"""A server's desk for commands that only do verbs and ask questions; what needs the desk's file says so."""

import asyncio
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

from csdesk.client.reaching import reach
from csdesk.client.remote import RemoteDesk
from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import clock_ms
from csdesk.desk.desk import Ask, Done
from csdesk.desk.queries import ShowCase
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Actor

T = TypeVar("T")


class FarDesk:
    """A `RemoteDesk` whose calls block, with as much of `Core` as goes over a line.

    ConfigError `server_instead` for all else, and `server_other_agent` where somebody else was named than the server
    knows; LinkLost, NotAdmitted, ServerFault.
    """

    def __init__(self, config: Config) -> None:
        self._server = config.server
        self._runner = asyncio.Runner()
        try:
            self._desk: RemoteDesk = self._run(reach(config))
            if config.agent and config.agent != self.me.id:
                self._run(self._desk.close())
                raise ConfigError("server_other_agent", agent=config.agent, me=self.me.id)
        except BaseException:
            self._runner.close()
            raise

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def __getattr__(self, name: str) -> NoReturn:
        raise ConfigError("server_instead", server=self._server)

    @property
    def me(self) -> Actor:
        """Who works here."""
        return self._desk.me

    @property
    def zone(self) -> ZoneInfo:
        """The desk's zone."""
        return ZoneInfo(self._desk.whoami.zone)

    def now(self) -> int:
        """Now, in UTC ms, by this machine's clock."""
        return clock_ms()

    def case_id(self, said: str) -> str:
        """The id of the case with this id or number; Refused as `Core.case_id`."""
        return self.ask(ShowCase(said, timeline=False)).case.id

    def do(self, command: Command, case: str = "", *, version: int | None = None, key: str = "") -> Done:
        """See `Desk.do`."""
        return self._run(self._desk.do(command, case, version=version, key=key))

    def ask(self, question: Ask[T]) -> T:
        """See `Desk.ask`."""
        if question.local:
            raise ConfigError("server_instead", server=self._server)
        return self._run(self._desk.ask(question))

    def close(self) -> None:
        """Give the connection back."""
        self._run(self._desk.close())
        self._runner.close()
