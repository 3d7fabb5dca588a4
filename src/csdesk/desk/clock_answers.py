"""How a local desk explains the clocks of a case."""

from csdesk.desk.answering import answers
from csdesk.desk.clock_queries import ClockTold, ExplainClocks
from csdesk.desk.core import Core
from csdesk.domain.clocks.counting import explain


@answers(ExplainClocks)
def explain_clocks(core: Core, ask: ExplainClocks) -> list[ClockTold]:
    case, _ = core.load(core.case_id(ask.case))
    now = core.now()
    found = sorted(case.clocks, key=lambda clock: (clock.open_pause is not None, clock.due, clock.label))
    return [
        ClockTold(clock, clock.state(now), clock.remaining_ms(now), explain(clock, core.times, core.zone))
        for clock in found
    ]
