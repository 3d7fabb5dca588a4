"""The `csdesk` command: the console without arguments, else the command line; nothing imported before its time."""

import sys


def main() -> int:
    """Run what the arguments ask for; the exit code is 0 done, 1 refused or failed, 2 wrong usage."""
    arguments = sys.argv[1:]
    if not arguments:
        from csdesk.cli.opening import console

        return console()
    if arguments == ["--version"]:
        from csdesk import __version__

        print(f"csdesk {__version__}")
        return 0
    from csdesk.cli.main import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
