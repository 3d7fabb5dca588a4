"""Actions found by what was typed: a key, a name or part of it, its sound or initials, the id."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from csdesk.tui.actions import label
from csdesk.tui.key_names import spelled

if TYPE_CHECKING:
    from csdesk.desk.words import Words
    from csdesk.tui.keymap import Keymap


def found(ids: Sequence[str], typed: str, place: str, words: "Words", keymap: "Keymap") -> list[str]:
    """The actions of a place that fit, the best first; all of them, in their own order, when nothing was typed.

    Who types a key as people spell it (F3, ctrl+g) gets what it does before whatever else has such letters.
    """
    if not typed:
        return list(ids)
    # Pinyin is loaded when somebody first looks for something.
    from csdesk.search.fuzzy import Short, rank

    by_key = [
        id_ for id_ in ids if typed.lower() in (spelled(key).lower() for key in keymap.keys.get(id_, ()))
    ]
    items = [
        Short.of(id_, label(words, id_, place), id_.removeprefix("verb.").replace("_", " ")) for id_ in ids
    ]
    hits = [hit.id for hit in rank(typed, items, len(items))]
    return list(dict.fromkeys([*by_key, *hits]))
