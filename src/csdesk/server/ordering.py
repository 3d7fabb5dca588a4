"""The order system asked on an agent's behalf: `POST /v1/orders/ask`, in the thread that waits for such systems."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from csdesk.desk import wire
from csdesk.desk.config import Config
from csdesk.desk.core import Core
from csdesk.desk.order_source import read_settings
from csdesk.domain.roles import Right
from csdesk.domain.text import clean_line
from csdesk.interop.ordering import Looked, look_up
from csdesk.server.callers import Caller
from csdesk.server.desk_thread import DeskThread
from csdesk.server.hall import Hall
from csdesk.server.problems import Problem

Asked = Request[Any, Any, Any]
LookUp = Callable[[Core, str], Looked]
MOST_TEXT = 60


class Wanted(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An order number, or what else the order system finds orders by."""

    text: str


def order_system(config: Config) -> LookUp | None:
    """What asks the configured order system; None where there is none. ConfigError, StoreError."""
    if not config.orders:
        return None
    from csdesk.effects.orders.making import source_of

    settings = read_settings(config.orders)
    source = source_of(settings)
    return lambda core, text: look_up(core, source, settings, text)


def route(
    hall: Hall,
    asking: DeskThread,
    look: LookUp | None,
    caller: Callable[[Asked], Caller],
    take: Callable[[Asked], Awaitable[bytes]],
) -> HTTPRouteHandler:
    """The handler; 404 `no_order_system` where nobody can be asked. The order system is the first desk's."""

    @post("/v1/orders/ask", status_code=200)
    async def ask(request: Asked) -> Response[bytes]:
        who = caller(request)
        room = await hall.room(who.desk)
        await room.run(who, lambda core: core.need(Right.WORK), writes=False)
        if look is None or who.desk != hall.first:
            raise Problem(404, "no_order_system")
        try:
            wanted = msgspec.json.decode(await take(request), type=Wanted)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as exc:
            raise wire.Malformed("$", str(exc)) from None
        text = clean_line(wanted.text, limit=MOST_TEXT).text.strip()
        looked = await asking.run(lambda core: look(who.admitted(core), text))
        return Response(wire.encode(looked), media_type="application/json")

    return ask
