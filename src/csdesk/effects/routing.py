"""Pushing beside the worker: looks every two seconds whether a waiting case can be given to somebody."""

from typing import TYPE_CHECKING

from csdesk.desk.config import Config

if TYPE_CHECKING:
    from csdesk.desk.core import Core
    from csdesk.effects.pollers import Poller

# A customer does not feel it, and a look costs a desk of 50 agents some 5 ms.
EVERY_S = 2.0
# Then somebody else has a turn at the lock, and this one looks whether it is to stop.
STEPS_A_LOOK = 50


def routing_pollers(config: Config) -> "list[Poller]":
    """What gives cases to agents; none where agents ask for them, which is the rule (`routing = "pull"`)."""
    if config.routing != "push":
        return []
    from csdesk.effects.pollers import Poller

    def look(core: "Core") -> None:
        give_out(core, config)

    return [Poller("routing", EVERY_S, look)]


def give_out(core: "Core", config: Config) -> int:
    """Give waiting cases to available agents until none fits any more; how many. Nothing where agents ask for them."""
    if config.routing != "push":
        return 0
    from csdesk.desk.routing import Router

    router, given = Router(core), 0
    for _ in range(STEPS_A_LOOK):
        refused = len(router.refused)
        step = router.step()
        given += step
        if not step and len(router.refused) == refused:
            break
    return given
