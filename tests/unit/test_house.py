"""How the house is kept: first lines, sizes, names, no path of one machine, and a whole wheel."""

import ast
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "tools").rglob("*.py")])
TESTS = sorted((ROOT / "tests").rglob("*.py"))

MAX_FILE, MEDIAN_FILE = 600, 150
MAX_FUNCTION, P95_FUNCTION = 80, 45
VAGUE = {"util", "utils", "helper", "helpers", "manager", "managers", "base"}
SOMEBODYS_HOME = re.compile(r"(?:/home/|/Users/|/root/|[A-Z]:\\+Users\\+)\w")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> list[tuple[str, int]]:
    """Each function of a file, with its length in lines, docstring and signature included."""
    return [
        (f"{name(path)}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=name)
def test_the_first_line_says_what_lives_in_the_file(path: Path):
    text = path.read_text(encoding="utf-8")
    said = (ast.get_docstring(ast.parse(text)) or "").splitlines()
    assert text.startswith('"""')
    assert said
    assert said[0].split()
    assert said[0].endswith((".", ":", "?"))
    assert said[1:2] in ([], [""])


def test_no_file_is_too_long():
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES + TESTS}
    assert {file: lines for file, lines in lengths.items() if lines > MAX_FILE} == {}
    assert median(lengths[name(path)] for path in SOURCES) <= MEDIAN_FILE


def test_no_function_is_too_long():
    lengths = dict(entry for path in SOURCES for entry in functions(path))
    assert {function: lines for function, lines in lengths.items() if lines > MAX_FUNCTION} == {}
    assert quantiles(lengths.values(), n=20)[-1] <= P95_FUNCTION


def test_every_file_and_class_has_a_name_that_says_something():
    vague = [name(path) for path in SOURCES if VAGUE & set(path.relative_to(ROOT).with_suffix("").parts)]
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                words = {word.lower() for word in re.findall(r"[A-Z][a-z0-9]*", node.name)}
                vague += [f"{name(path)}: {node.name}"] if words & VAGUE else []
    assert vague == []


def test_classes_of_the_source_take_the_decorator_that_compiles_late():
    """The standard one costs each program that imports the class half a millisecond (decision 13)."""
    standard = re.compile(r"from dataclasses import [^\n]*\bdataclass\b|@dataclasses\.dataclass")
    found = {name(path) for path in SOURCES if standard.search(path.read_text(encoding="utf-8"))}
    assert {file for file in found if file.startswith("src")} == {"src/csdesk/domain/value.py"}


def test_no_file_knows_a_path_of_somebodys_home():
    files = [*SOURCES, *TESTS, *(ROOT / "benchmarks").rglob("*.py"), *ROOT.glob("*.*"), *ROOT.glob(".ci/*")]
    told = [
        f"{name(path)}: {found.group()}"
        for path in files
        if path.is_file() and path.suffix not in {".png", ".svg"}
        for found in [SOMEBODYS_HOME.search(path.read_text(encoding="utf-8"))]
        if found
    ]
    assert told == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built now."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    build = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert build.returncode == 0, build.stderr
    (built,) = folder.glob("csdesk-*.whl")
    return built


def test_the_wheel_holds_all_data_themes_and_the_licence(wheel: Path):
    inside = set(zipfile.ZipFile(wheel).namelist())
    shipped = {
        f"csdesk/{path.relative_to(ROOT).as_posix()}"
        for folder in ("data", "themes")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }
    assert "csdesk/data/locale/zh_Hans.mo" in shipped
    assert shipped - inside == set()
    assert any(file.endswith("/licenses/LICENSE") for file in inside)


def test_an_installed_wheel_finds_its_data_from_any_folder(wheel: Path, tmp_path: Path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = "from csdesk.resources import path; print(path('data/locale/en.mo'))"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == str(tmp_path / "site/csdesk/data/locale/en.mo")
