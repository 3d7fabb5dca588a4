"""The practice desk: nobody is told the verdict before they decide, nothing leaves, and the score is of real verbs."""

from dataclasses import replace
from pathlib import Path

import pytest

from csdesk.desk.config import Config
from csdesk.desk.core import Core
from csdesk.desk.entry import open_core
from csdesk.desk.practice_queries import PracticeScore
from csdesk.desk.queries import QueuePage, ShowVerdict
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.goods import Approve, Reject
from csdesk.domain.entitlement.decision import Decision
from csdesk.effects.desk_worker import make_worker
from csdesk.interop.demo.practice import CLEAR, make_practice, open_for
from csdesk.store.file import init, open_store
from csdesk.store.keys import parse_source
from tests.building import MONDAY

CASES = 12


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A practice desk with a dozen cases."""
    folder = tmp_path_factory.mktemp("practice")
    path, keys = folder / "practice.db", f"file:{folder / 'keys'}"
    init(path, "练习台", "Asia/Shanghai", MONDAY, parse_source(keys), practice=True)
    store = open_store(path, source=parse_source(keys))
    assert make_practice(open_for(store), CASES, MONDAY, lambda *_: None) == CASES
    store.close()
    return Config(file=str(path), keys=keys, agent="me", outgoing=str(folder / "out"))


def newcomer(config: Config) -> Core:
    core = open_core(config)
    core.now = lambda: MONDAY + 60_000
    return core


def returns(core: Core) -> list[str]:
    return [row.id for row in core.ask(QueuePage()) if row.kind in ("return", "exchange", "repair")]


def said(core: Core, case: str) -> Decision:
    judged = core.ask(ShowVerdict(case)).judged
    assert judged is not None and isinstance(judged.decision, Decision)
    return judged.decision


def test_the_verdict_is_shown_after_ones_own_decision_and_never_before(practice: Config):
    core = newcomer(practice)
    case = returns(core)[0]
    before = core.ask(ShowVerdict(case))
    assert (before.hidden, before.judged, before.shapes, before.lines) == (True, None, {}, ())
    # Supposing facts is a way to ask, too.
    assert core.ask(ShowVerdict(case, 0, (("nonconforming", True),))).judged is None
    core.do(Approve(), case)
    after = core.ask(ShowVerdict(case))
    assert not after.hidden and after.yours in ("agrees", "opposed")
    assert CLEAR[said(core, case).outcome] == ("grants" if after.yours == "agrees" else "denies")
    core.store.close()


def test_a_decision_against_the_verdict_is_taken_without_a_word_and_counted(practice: Config):
    core = newcomer(practice)
    for case in returns(core):
        if core.ask(ShowVerdict(case)).hidden:
            core.do(Reject("not_intact", "P05"), case)
    score = core.ask(PracticeScore())
    shown = [row.id for row in core.ask(QueuePage()) if not core.ask(ShowVerdict(row.id)).hidden]
    assert score.decided == len(shown) > 1
    assert score.agreed + len(score.opposed) == score.decided
    wrong = {one.number for one in score.opposed if one.verb == "reject"}
    for one in score.opposed:
        assert CLEAR[one.outcome] != one.stance
        assert one.articles or one.ground
    assert wrong, "no case of a dozen is to be granted"
    core.store.close()


def test_nothing_leaves_a_practice_desk_whatever_its_settings_say(practice: Config, tmp_path: Path):
    core = newcomer(practice)
    case = core.ask(QueuePage()).pop().id
    core.do(Reply("您好，这里是练习。"), case)
    core.store.close()
    # A gateway and a provider that would answer with an error if anybody spoke to them.
    real = replace(
        practice, gateway="http://127.0.0.1:9", gateway_key="env:NO_SUCH", provider="http://127.0.0.1:9"
    )
    system = open_core(real, system=True)
    system.now = lambda: MONDAY + 120_000
    worker = make_worker(system, real)
    while worker.turn():
        pass
    states = {m.state for m in system.load(case)[0].messages if m.direction == "out"}
    system.store.close()
    assert states == {"sent"}
    assert not Path(practice.outgoing).exists()


def test_a_real_desk_has_no_score_and_shows_its_verdicts(practice: Config, tmp_path: Path):
    keys = f"file:{tmp_path / 'keys'}"
    init(tmp_path / "real.db", "客服台", "Asia/Shanghai", MONDAY, parse_source(keys))
    store = open_store(tmp_path / "real.db", source=parse_source(keys))
    core = open_for(store)
    with pytest.raises(Refused, match="not_practice"):
        core.ask(PracticeScore())
    store.close()
    other = newcomer(practice)
    with pytest.raises(Refused, match="no_right"):
        other.ask(PracticeScore("trainer"))
    other.store.close()


def test_the_first_picture_says_that_it_is_practice(practice: Config):
    from csdesk.tui.start import glimpse

    assert glimpse(practice).practice
