"""Why something outside did not work, in words where the reason is a code of ours."""

from csdesk.desk.words import Words


def fault(words: Words, said: str) -> str:
    """A reason as people read it: a code with what follows it (`error: KeyError`), else what the other side said."""
    code, colon, rest = said.partition(":")
    for group in ("job_fault", "order_fault"):
        if words.has(f"{group}.{code}"):
            return words(f"{group}.{code}") + (f" ({rest.strip()})" if colon else "")
    return said
