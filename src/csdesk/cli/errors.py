"""Errors in words: the one sentence a person gets instead of a traceback. Nothing slow is imported here."""

import os
from collections.abc import Mapping
from datetime import UTC

from csdesk.desk.config import Config, ConfigError, load
from csdesk.desk.words import LANGUAGES, Words


def words(config: Config | None = None) -> Words:
    """The catalogue to answer in; the configured language, as far as it can be read."""
    if config is None:
        try:
            config = load().config
        except ConfigError:
            config = Config(language=os.environ.get("CSDESK_LANGUAGE", LANGUAGES[0]))
    return Words(config.language if config.language in LANGUAGES else LANGUAGES[0], UTC)


def failed(exc: Exception) -> str | None:
    """The one sentence for an error that a person can cause or mend; None for a mistake of the program."""
    # Not at the top: the console comes through here and must not wait for the whole domain.
    from csdesk.desk.desk import Conflict
    from csdesk.desk.link import LinkLost, NotAdmitted, ServerFault
    from csdesk.domain.cases.context import Refused

    told = words()
    if isinstance(exc, Refused):
        return told.refused(exc)
    if isinstance(exc, Conflict):
        who = "、".join(f"{c.who} {told.code('verb', c.verb)}" for c in exc.came)
        return told("refused.conflict", case=exc.case, came=who)
    if isinstance(exc, LinkLost):
        return told("error.link_lost", how=exc.code)
    if isinstance(exc, NotAdmitted):
        return told("error.not_admitted")
    if isinstance(exc, ServerFault):
        return told("error.server_fault", status=exc.status, code=exc.code or "–")
    # ConfigError, StoreError, ImportFault …: all that carry a code and its details, whichever room they are from.
    code, details = getattr(exc, "code", None), getattr(exc, "details", getattr(exc, "detail", None))
    if isinstance(code, str) and isinstance(details, Mapping):
        return told.error(code, details, str(exc))
    return None
