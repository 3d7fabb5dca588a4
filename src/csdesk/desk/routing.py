"""Pushing: the desk gives waiting cases to agents by itself, each in one transaction with the look that chose it.

Only to who has said to be available: a desk cannot know who sits there. The case due soonest goes first, to whom it
fits and who has the least; nobody gets more than they may have. It ends when no agent with room fits any case left.
"""

from collections.abc import Iterable

from csdesk.desk.core import Core
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.shared import Assign
from csdesk.domain.roles import Right, Role, takes_cases
from csdesk.domain.routing import AVAILABLE, Hand, Need, choose, unfit
from csdesk.domain.value import replace
from csdesk.store import claims, skips, staff
from csdesk.store.claims import Reach, Waiting
from csdesk.store.connection import savepoint, write

# Others wait for the lock while a step holds it: some 3 ms a case, and 30 ms are not felt.
CASES_A_STEP = 10
# What a look can pass over: cases that refuse to be given (written by a later csdesk) must not hold up the rest.
MOST_REFUSED = 400
BECAUSE = "routed"


class Router:
    """Gives the cases of one desk out; `refused`: what it could not give. Its Core is of the actor `system`."""

    def __init__(self, core: Core) -> None:
        core.need(Right.RUN)
        self._core = core
        self.refused: list[str] = []

    def step(self) -> int:
        """Give some waiting cases; how many. Writes and locks nothing when there is nothing to give."""
        if not self._next(self._hands()):
            return 0
        with write(self._core.store.conn):
            # Looked at anew: another worker may have given them meanwhile.
            hands = {hand.agent: hand for hand in self._hands()}
            passed = skips.running(self._core.store.conn, self._core.desk, self._core.now())
            given = 0
            for case in self._next(list(hands.values())):
                who = passed.get(case.id, frozenset())
                hand = choose(case.need, (hand for hand in hands.values() if hand.agent not in who))
                if hand is not None and self._give(case, hand):
                    hands[hand.agent] = replace(hand, load=hand.load + 1, since=self._core.now())
                    given += 1
            return given

    def _hands(self) -> list[Hand]:
        """Who can be given cases now."""
        core, conn = self._core, self._core.store.conn
        if next(claims.groups(conn, core.desk), None) is None:
            return []  # nothing waits: no need to count what anybody has
        here, can = staff.presences(conn, core.desk), staff.skills(conn, core.desk)
        last, now = staff.given(conn, core.desk), core.now()
        hands = []
        for agent in core.store.agents():
            presence = here.get(agent.id, staff.HERE)
            if presence.since and presence.state == AVAILABLE and takes_cases(Role(agent.role)):
                load = staff.load(conn, core.desk, agent.id, now)
                skill = can.get(agent.id, staff.ANYTHING)
                senior = agent.role != Role.AGENT
                hands.append(Hand(agent.id, skill, senior, load.assigned + load.held, last.get(agent.id, 0)))
        return [hand for hand in hands if hand.room]

    def _next(self, hands: list[Hand]) -> list[Waiting]:
        """The cases due soonest that one of these may take."""
        core, found = self._core, list[Waiting]()
        if not hands:
            return found
        passed = skips.running(core.store.conn, core.desk, core.now())
        for group in claims.groups(core.store.conn, core.desk):
            able = [hand for hand in hands if not unfit(hand.skill, hand.senior, Need(*group))]
            if able:
                reaches = [Reach.of(hand.skill, hand.senior) for hand in able]
                reach = Reach(max(r.plain for r in reaches), max(r.escalated for r in reaches))
                found += claims.soonest(
                    core.store.conn,
                    core.desk,
                    group,
                    core.now(),
                    reach=reach,
                    skipped=self.refused,
                    # Those that all of them passed over must not hide the rest.
                    limit=CASES_A_STEP + len(passed),
                )
        found = [case for case in found if _choosable(case, hands, passed.get(case.id, frozenset()))]
        return sorted(found, key=lambda case: (case.due, case.id))[:CASES_A_STEP]

    def _give(self, case: Waiting, hand: Hand) -> bool:
        core = self._core
        try:
            with savepoint(core.store.conn):
                core.within(Assign(hand.agent, BECAUSE), case.id)
                staff.put_given(core.store.conn, core.desk, hand.agent, core.now())
        except Refused:
            self.refused = [*self.refused, case.id][-MOST_REFUSED:]
            return False
        return True


def _choosable(case: Waiting, hands: Iterable[Hand], passed: frozenset[str]) -> bool:
    """Whether somebody may be given a case who did not pass it over."""
    return not passed or choose(case.need, (hand for hand in hands if hand.agent not in passed)) is not None
