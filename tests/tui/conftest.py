"""What every console test stands on: a small desk in the test's own folder."""

from tests.building import desk_file

__all__ = ["desk_file"]
