"""How a local desk puts states into the platforms' words, and theirs into ours."""

from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.desk.platform_queries import PlatformCodes, PlatformMeaning
from csdesk.desk.platforms import Meaning, codes, meaning, platforms
from csdesk.domain.cases.context import Refused


@answers(PlatformMeaning)
def platform_meaning(core: Core, ask: PlatformMeaning) -> Meaning:
    return meaning(ask.platform, ask.type, ask.state)


@answers(PlatformCodes)
def platform_codes(core: Core, ask: PlatformCodes) -> list[str]:
    case, _ = core.load(core.case_id(ask.case))
    if ask.platform not in platforms():
        allowed = tuple(platforms())
        raise Refused("bad_choice", field="platform", value=ask.platform[:80], allowed=allowed)
    return list(codes(ask.platform, case.kind, case.state))
