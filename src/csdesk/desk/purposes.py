"""Why somebody may look at what is masked: the reasons of data/reveal.toml, checked whole when first needed."""

import tomllib
from functools import cache

from csdesk import resources
from csdesk.desk.config import ConfigError
from csdesk.domain.cases.case import Kind
from csdesk.domain.looking import FIELDS, Purpose
from csdesk.domain.roles import Role

FORMAT = 1
_ALLOWED = {"fields": FIELDS, "kinds": tuple(Kind), "roles": tuple(Role)}


@cache
def purposes() -> tuple[Purpose, ...]:
    """The reasons, in the order in which they are offered. ConfigError names the entry that is wrong."""
    where = resources.path("data/reveal.toml")
    raw = tomllib.loads(where.read_text(encoding="utf-8"))
    if raw.get("format") != FORMAT:
        raise ConfigError("config_operations", where=where, field="format", value=raw.get("format"))
    found = []
    for code, said in raw["reason"].items():
        for name, values in said.items():
            if name not in _ALLOWED or not values or not set(values) <= set(_ALLOWED[name]):
                raise ConfigError("config_operations", where=where, field=f"{code}.{name}", value=values)
        lists = {name: tuple(values) for name, values in said.items()}
        found.append(Purpose(code, lists["fields"], lists.get("kinds", ()), lists.get("roles", ())))
    return tuple(found)
