"""What a platform says of a case, in lines: its code and words, and a warning where that is not what we say."""

from csdesk.desk.platforms import said_of
from csdesk.desk.words import Words
from csdesk.domain.cases.case import Case


def platform_lines(words: Words, case: Case) -> list[tuple[str, bool]]:
    """The lines, each with whether it warns; nothing where no platform said anything."""
    said = said_of(case)
    if said is None:
        return []
    told = {"platform": said.platform, "code": said.code}
    if not said.words:
        return [(words("platform.unknown", **told), True)]
    lines = [(words("platform.said", meant=said.words, **told), False)]
    if said.differs:
        theirs, ours = words.code("state", said.state), words.code("state", case.state)
        lines.append((words("platform.differs", theirs=theirs, ours=ours), True))
    return lines
