"""SECURITY.md names a test for each defence: each of them is there under its name, and each link leads somewhere."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
SECTIONS = (
    "Text from customers", "A curious agent", "A stolen laptop, a stolen backup", "A rogue admin",
    "A shared SSH host", "The network, against `csdesk serve`",
)  # fmt: skip


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_each_named_test_is_there(file: str, name: str):
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    found = {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert name in found and name.startswith("test_")


def test_each_attacker_has_what_is_shown_and_what_is_not():
    parts = dict(part.split("\n", 1) for part in PAGE.split("\n## ")[1:])
    for section in SECTIONS:
        assert "`tests/" in parts[section] and "Not defended:" in parts[section], section
    # Every line of a table names a test: a defence that nothing shows is none.
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| defended")]
    assert len(rows) > 30 and all("::test_" in row for row in rows)
    assert "Reporting a vulnerability" in parts


def test_its_links_lead_to_pages_and_headings():
    for page, _, heading in (link.partition("#") for link in re.findall(r"\]\(([^)]+)\)", PAGE)):
        text = (ROOT / page).read_text(encoding="utf-8")
        headings = {
            re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
            for line in text.splitlines()
            if line.startswith("#")
        }
        assert not heading or heading in headings, heading
