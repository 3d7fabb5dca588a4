"""The drill of docs/admin.md: each bad day is found by the command that it names, and mended by the next."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_each_bad_day_is_found_and_mended(tmp_path: Path):
    run = subprocess.run(
        [sys.executable, "tools/drill.py", str(tmp_path / "drill")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0 and "FAIL" not in run.stdout, run.stdout + run.stderr
    steps = [line for line in run.stdout.splitlines() if line.startswith("  pass")]
    assert len(steps) >= 14
    for scene in ("a program killed", "a byte turned", "keys lost", "a full disk", "a laptop stolen"):
        assert scene in run.stdout
    assert "In table agent 1 rows are not what was written" in run.stdout
