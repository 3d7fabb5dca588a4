"""What has left the screen is let go: a console stays open for a shift, and thousands of screens come and go in it."""

from collections.abc import Iterable
from typing import Any

from textual.screen import Screen
from textual.widget import Widget


def forget_field(field: Widget) -> None:
    """Let go of a text field that leaves its screen, and of what was typed into it.

    Textual's fields listen to the app's theme and to selections by mouse, and are only forgotten when there is news of
    either: here the theme's name never changes and no mouse selects, so every field there ever was stayed.
    """
    field.screen.text_selection_started_signal.unsubscribe(field)
    for listening in getattr(field.app, "__watchers", {}).values():
        listening[:] = [entry for entry in listening if entry[0] is not field]


def forget_pictures(widgets: Iterable[Widget]) -> None:
    """Drop what the widgets of a screen that is gone have painted: Textual keeps the last 1,024 caches, 40 kB each.

    Not while their screen lives: it may paint them once more, and they can no longer be asked.
    """
    for widget in widgets:
        widget._styles_cache.clear()


def withdraw(screen: Screen[Any]) -> None:
    """Take back the question of a screen that is left without an answer, for a call, say.

    Who waits for it (`push_screen_wait`) is cancelled and does nothing; else it would wait as long as the console runs.
    """
    for asked in screen._result_callbacks:
        if asked.future is not None:
            asked.future.cancel()
