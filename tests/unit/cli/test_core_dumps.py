"""A crash of any `csdesk` process leaves no picture of its memory on a disk."""

import subprocess
import sys


def test_no_process_of_csdesk_can_leave_a_core_file():
    program = "\n".join(
        (
            "import resource, sys",
            "from csdesk.__main__ import main",
            "resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)",
            "sys.argv = ['csdesk', '--version']",
            "main()",
            "print(*resource.getrlimit(resource.RLIMIT_CORE))",
        )
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    soft, hard = map(int, told.splitlines()[-1].split())
    assert 0 <= soft <= hard <= 1
