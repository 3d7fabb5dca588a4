"""Leaks and canaries in words, for every door: what stands on the board."""

from collections.abc import Iterator

from csdesk.desk.leak_queries import Urgent
from csdesk.desk.words import Words


def urgent(told: Urgent, words: Words, now: int) -> Iterator[tuple[str, str]]:
    """(whom or what it is about, a sentence) for each alarm: who touched canaries, which duty of which leak waits."""
    for who, n in told.touched.items():
        yield who, words("board.canary", who=who, n=n)
    for number, duty, due in told.due:
        state = words("leak.late" if due <= now else "leak.due", at=words.short(due))
        yield number, words("board.leak", number=number, duty=words(f"leak_duty.{duty}"), state=state)
