"""The `csdesk` command: the console without arguments, else the command line; nothing imported before its time."""

import gc
import sys


def main() -> int:
    """Run what the arguments ask for; the exit code is 0 done, 1 refused or failed, 2 wrong usage."""
    _no_core_dump()
    arguments = sys.argv[1:]
    if not arguments:
        from csdesk.cli.opening import console

        return console()
    if arguments == ["--version"]:
        from csdesk import __version__

        print(f"csdesk {__version__}")
        return 0
    if arguments[-1] == "--help":
        from csdesk.cli.help import page

        if (told := page(arguments[:-1])) is not None:
            print(told)
            return 0
    # What is made while modules load stays: nothing of it is looked through, now or when the process ends (15 ms).
    gc.disable()
    from csdesk.cli.main import run

    try:
        return run(arguments)
    finally:
        gc.freeze()


def _no_core_dump() -> None:
    """What customers wrote, and the keys, are in this memory: a crash must not put it on a disk.

    A limit of one byte, not none: whoever takes dumps through a pipe is given them at 0, and is not at 1 (core(5)).
    """
    try:
        import resource
    except ImportError:  # no POSIX system, no core file
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard != 0:
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


if __name__ == "__main__":
    sys.exit(main())
