"""A desk that lives by chance on a real file, with an outside that fails, is sound."""

from collections import Counter
from random import Random

import pytest

from csdesk.desk import doing
from csdesk.desk.core import Core
from csdesk.desk.desk import Conflict
from csdesk.desk.doing import order_for
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.kinds import MACHINES, offers
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Snooze, Tag, TakeBack
from csdesk.effects.ports import Confirmed, Failed, Part, Recipient, Sent, Unknown
from csdesk.effects.worker import Worker
from csdesk.store import feed
from csdesk.store.connection import sqlite
from csdesk.store.verify import verify
from tests.building import DeskFile, line
from tests.unit.domain.cases.lives import READY, WEIGHTS
from tests.unit.domain.cases.play import make


class Weather:
    """An outside that fails by chance and remembers what it was asked to pay under which key."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.paid: dict[str, int] = {}
        self.sent: Counter[str] = Counter()

    def send(
        self, key: str, to: Recipient, text: str, *, channel: str, case: str, automatic: bool = False
    ) -> Sent | Failed:
        if self._chance.random() < 0.2:
            return Failed("gateway_down", final=self._chance.random() < 0.3)
        self.sent[key] += 1
        return Sent()

    def refund(
        self, key: str, parts: tuple[Part, ...], *, currency: str, case: str, order: str, cause: str
    ) -> Confirmed | Failed | Unknown:
        dice = self._chance.random()
        if dice < 0.2 and key not in self.paid:
            return Failed("card_closed", final=True)
        self.paid[key] = sum(part.minor for part in parts)
        return Unknown("timeout") if dice < 0.4 else Confirmed(f"ref-{key}")

    def find(self, key: str) -> Confirmed | Failed | Unknown | None:
        if self._chance.random() < 0.2:
            return Unknown("timeout")
        return Confirmed(f"ref-{key}") if key in self.paid else None


def step(chance: Random, core: Core, cases: list[Case]) -> None:
    """One thing that an agent might try, sometimes on what they saw a while ago."""
    at = chance.randrange(len(cases))
    seen = cases[at]
    on = {
        offer.verb
        for offer in offers(seen, core.context("", order_for(core, make("note"), seen)))
        if offer.off is None or chance.random() < 0.1
    }
    verbs = [name for name in MACHINES[seen.kind].verbs() if name in READY & on] + ["reply", "note"]
    name = chance.choices(verbs, [WEIGHTS.get(verb, 1.0) for verb in verbs])[0]
    dice = chance.random()
    command = make(name)
    if dice < 0.08:
        command = TakeBack()
    elif dice < 0.12:
        command = Snooze(chance.randint(1, 5))
    elif dice < 0.15:
        command = Tag((f"标签{chance.randint(1, 3)}",))
    elif name in ("ship_back", "reissue", "send_home"):
        command = make(name, waybill=f"SF{chance.randrange(10**9, 10**10)}")
    try:
        cases[at] = core.do(command, seen.id, version=chance.choice((None, seen.version))).case
    except (Refused, Conflict):
        cases[at] = core.load(seen.id)[0]


@pytest.mark.parametrize("seed", range(4))
def test_a_desk_that_lives_by_chance_is_sound(desk_file: DeskFile, seed: int):
    chance = Random(seed)
    weather = Weather(chance)
    agents = [desk_file.core(who) for who in ("wang", "li", "zhao")]
    system = desk_file.core("system")
    worker = Worker(system, weather, weather, lambda case, code, language: code, chance=chance.random)
    kinds = (Kind.RETURN, Kind.RETURN, Kind.EXCHANGE, Kind.REPAIR)
    orders = [desk_file.order(line(3, 10_000), line(1, 0), line(2, 39_801)) for _ in range(3)]
    cases: list[Case] = []
    for _ in range(300):
        if len(cases) < 5 or chance.random() < 0.02:
            units = (LineQty(chance.randint(1, 3), 1),)
            try:
                cases.append(
                    chance.choice(agents).do(Open(chance.choice(kinds), chance.choice(orders), units)).case
                )
            except Refused as refused:
                assert refused.code == "over_bought"
            continue
        step(chance, chance.choice(agents), cases)
        desk_file.clock.forward(ms=chance.randint(1, 2_000), hours=chance.choice((0, 0, 0, 0, 9)))
        if chance.random() < 0.4:
            worker.turn()
    assert list(verify(system.store)) == []
    while worker.turn():
        desk_file.clock.forward(seconds=700)
    assert list(verify(system.store)) == []
    assert set(weather.sent.values()) <= {1}
    confirmed = {
        f"refund:{refund.id}": refund.minor
        for case in (system.load(case.id)[0] for case in cases)
        for refund in case.refunds
        if refund.state == "confirmed" and refund.minor
    }
    assert confirmed.items() <= weather.paid.items()
    assert {row.id for row in feed.page(system.store.conn, "main", "all", "wang", 99)} == {
        case.id
        for case in (system.load(case.id)[0] for case in cases)
        if case.open and not case.snoozed_until
    }


def test_two_cases_with_one_number_are_an_error_and_never_one_case_fewer(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    wang = desk_file.core("wang")
    one = wang.do(Open(Kind.INQUIRY)).case
    monkeypatch.setattr(doing, "_free_body", lambda core: one.body)
    with pytest.raises(sqlite.IntegrityError):
        wang.do(Open(Kind.INQUIRY))
    assert wang.load(one.id)[0] == one
    assert list(verify(wang.store)) == []
