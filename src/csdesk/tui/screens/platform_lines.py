"""What a platform says of the case, above its facts; a warning where it is not what we say."""

from csdesk.tui import cells
from csdesk.tui.screens.scene import Scene
from csdesk.tui.summary import Line


def platform_facts(scene: Scene, width: int) -> list[Line]:
    """Its lines, folded; nothing where no platform said anything."""
    if scene.view.case.platform_said is None:
        return []
    from csdesk.desk.platform_words import platform_lines

    return [
        [(line, "soon" if warns else "quiet")]
        for told, warns in platform_lines(scene.words, scene.view.case)
        for line in cells.wrap(cells.safe(told), width)
    ]
