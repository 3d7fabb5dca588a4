"""The right end of the status line: what goes on whatever is done, and who works here."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from csdesk.tui.app import ConsoleApp


def standing(console: "ConsoleApp") -> str:
    """A sign while the desk is slow or away, what is recorded and parked, who works here."""
    words, leasing = console.words, console.leasing
    told = console.away.signs() if console.away else []
    told += [words("status.slow")] if console.waits else []
    if console.first.practice:
        told.append(words("status.practice"))
    if console.records and console.recording.on:
        told.append(words("macro.standing"))
    if not leasing.here:
        told.append(words.code("presence", leasing.presence))
    if leasing.parked:
        told.append(words.count("status.parked", len(leasing.parked)))
    return "  ".join([*told, console.name_of(console.first.me or console.desk.me.id)])
