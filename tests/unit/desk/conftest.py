"""What the tests of the desk share: a desk file with people and orders in it."""

from tests.building import desk_file

__all__ = ["desk_file"]
