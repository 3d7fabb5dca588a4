"""Pictures of five common narratives, each as a case with its verdict, for docs/narratives.md.

python tools/narratives.py [--png]      writes docs/pictures/narrative-*.svg (and PNGs beside them, to look at)
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

# The narrative, its picture, and the keys: the case itself, or the explanation of its verdict.
SHOWN = {
    "签收第8天要退": ("narrative-day-8", ()),
    "修两次还坏": ("narrative-repaired-twice", ("i",)),
    "放驿站没告知被签收": ("narrative-station", ()),
    "食品过期": ("narrative-expired-food", ("i",)),
    "退货签收10天没退款": ("narrative-refund-late", ()),
}


async def shoot(folder: Path, name: str) -> Path:
    """Take one picture."""
    from csdesk.tui.screens.case import CaseScreen
    from csdesk.tui.shot import drawing
    from pictures import DOCS, WIDE
    from tests.building import build
    from tests.tui.consoles import console
    from tests.tui.test_narratives import told
    from tests.unit.domain.entitlement.narratives import NARRATIVES

    picture, keys = SHOWN[name]
    (folder / picture).mkdir()
    file = build(folder / picture)
    try:
        _, case = told(file, next(one for one in NARRATIVES if one.name == name))
        async with console(file, size=WIDE) as hands:
            await hands.app.push_screen(CaseScreen(case.id))
            await hands.sees("权益")
            for key in keys:
                await hands.keys(key)
            await hands.pilot.pause(0.8)
            drawn = drawing(hands.app)
    finally:
        file.close()
    target = DOCS / f"{picture}.svg"
    target.write_text(drawn, encoding="utf-8")
    return target


def page() -> str:
    """docs/narratives.md: the five pictures, and all narratives with what the law says on them."""
    from zoneinfo import ZoneInfo

    from csdesk.desk.words import Words
    from tests.tui.test_narratives import OPENED
    from tests.unit.domain.entitlement.narratives import NARRATIVES

    words = Words("zh-Hans", ZoneInfo("Asia/Shanghai"))
    told = [PREFACE]
    for name, (picture, _) in SHOWN.items():
        told.append(f"## {name}\n\n![{name}](pictures/{picture}.svg)\n")
    told.append(
        "## All of them\n\n| narrative | opened as | verdict | reason | rests on |\n|---|---|---|---|---|"
    )
    for one in NARRATIVES:
        kind, reason = OPENED[one.name]
        opened = f"{words.code('kind', kind)}：{words.code('reason', reason)}"
        why = "" if one.reason == "ok" else words.code("term", one.reason)
        laws = "、".join(words.cite(article) for article in one.articles)
        told.append(f"| {one.name} | {opened} | {words.code('verdict', one.outcome)} | {why} | {laws} |")
    return "\n".join(told) + "\n"


PREFACE = """# Common narratives, and what the law says on them

What customers tell most often, each opened as a case with all its facts known. The verdict stands beside the request;
`i` explains it, lets you suppose other facts, and says which article it rests on.

`tools/narratives.py` makes this page from the cases that `tests/tui/test_narratives.py` works.
"""


def main() -> None:
    """Make each desk, take its picture."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--png", action="store_true")
    args = options.parse_args()
    os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CSDESK_HOME"] = folder
        for name in SHOWN:
            target = asyncio.run(shoot(Path(folder), name))
            if args.png:
                subprocess.run(
                    ["rsvg-convert", "-o", str(target.with_suffix(".png")), str(target)], check=True
                )
            print(target.relative_to(HERE.parent))
    (HERE.parent / "docs" / "narratives.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
