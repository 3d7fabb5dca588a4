"""The pictures in docs/: small, whole, and nothing in them that asks another host or runs."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.pty.six_keys import MOST, STROKES

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
GALLERY = sorted((PICTURES / "gallery").glob("*.svg"))
RECORDING = PICTURES / "six-keys.svg"


def alone(drawn: str) -> ElementTree.Element:
    """The picture, read; it refers to nothing but its own parts."""
    tree = ElementTree.fromstring(drawn)
    for node in tree.iter():
        assert node.tag.rpartition("}")[2] in {"svg", "style", "defs", "g", "use", "path", "rect", "text"}
        for name, value in node.attrib.items():
            assert not name.startswith("on")
            assert "href" not in name or value.startswith("#")
    assert not re.search(r"url\(|@import|@font-face", drawn)
    return tree


@pytest.mark.parametrize("path", [GALLERY[0], RECORDING], ids=["gallery", "recording"])
def test_a_picture_stands_alone(path: Path):
    alone(path.read_text(encoding="utf-8"))


def test_the_gallery_has_each_screen_in_each_way_and_stays_small():
    assert len(GALLERY) == 4 * 3 * 2 * 2
    assert sum(path.stat().st_size for path in GALLERY) < 1_500_000
    page = (PICTURES.parent / "gallery.md").read_text(encoding="utf-8")
    assert all(f"pictures/gallery/{path.name}" in page for path in GALLERY)


def test_the_recording_has_a_frame_for_each_key_that_the_walk_presses():
    assert RECORDING.stat().st_size < 400_000
    tree = alone(RECORDING.read_text(encoding="utf-8"))
    captions = ["".join(frame.itertext()) for frame in tree.iter() if frame.get("class") == "f"]
    assert len(captions) == len(STROKES) + 1 <= MOST + 1
    assert captions[0].startswith(f"0 / {len(STROKES)}")
    for n, (stroke, told) in enumerate(zip(STROKES, captions[1:], strict=True), 1):
        assert told == f"{n} / {len(STROKES)}{stroke.key}{stroke.does}  ·  {stroke.means}"
