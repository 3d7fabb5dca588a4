"""Our statements in PostgreSQL's words: written once for SQLite, translated once for each text, cached.

What the two say alike is left alone. Translated are `?`, the types of a CREATE TABLE, OR REPLACE and OR IGNORE (by the
table's key), the names of columns that an INSERT leaves out (so that a table may gain columns while older servers
run), unqualified columns in ON CONFLICT … SET, hints of indexes, unary plus, and a handful of functions:

    substr(x, -n), substr(x, ?)     right(x, n); a parameter there is the negative length of an end
    max(a, b), min(a, b)            greatest, least
    instr, group_concat             strpos, string_agg
    char, x'00', x IN ()            chr, a literal of bytes, an empty SELECT
    LIKE                            ILIKE, as SQLite's is blind to the case of ASCII letters
    json_each(?)                    the texts of a list; with an alias, key and value of an object
    CAST(x AS INTEGER | REAL | BLOB)

Anything else that only SQLite understands has to be written portably where it stands.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from csdesk.domain.value import dataclass
from csdesk.store.schema import STATEMENTS

# Queries of filters are made of parts, so their number has no bound of its own.
CACHED = 2_048
_TOKEN = re.compile(
    r"[xX]'[0-9a-fA-F]*'|'(?:[^']|'')*'|\"[^\"]*\"|\w+(?:\.\d+)?|<>|<=|>=|\|\||::|\s+|[^\w\s]"
)
_TYPES = MappingProxyType({"INTEGER": "BIGINT", "BLOB": "BYTEA", "REAL": "DOUBLE PRECISION", "TEXT": "TEXT"})
_FUNCTIONS = MappingProxyType({"instr": "strpos", "group_concat": "string_agg", "char": "chr"})
_LONGER = MappingProxyType({"max": "greatest", "min": "least"})
# What may stand before a plus that is only a sign.
_BEFORE_SIGN = frozenset(
    {"WHERE", "AND", "OR", "NOT", "BY", "ON", "SELECT", "THEN", "ELSE", "WHEN", "(", ",", "="}
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the schema has it: its columns with their types (SQLite's), and its key.

    `counted`: SQLite gives the `id` of a row; on PostgreSQL each desk counts for itself.
    """

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    counted: bool = False


@cache
def tables() -> Mapping[str, Table]:
    """The tables of the schema, but those of FTS5, by name."""
    found = {}
    for statement in STATEMENTS:
        if statement.startswith("CREATE TABLE"):
            table = _table(statement)
            found[table.name] = table
    return MappingProxyType(found)


def _table(statement: str) -> Table:
    words = [word for word in _TOKEN.findall(statement) if not word.isspace()]
    columns: dict[str, str] = {}
    key: tuple[str, ...] = ()
    for part in _parts(words[words.index("(") + 1 : _closing(words, words.index("("))]):
        if part[:2] == ["PRIMARY", "KEY"]:
            key = tuple(word for word in part[3:-1] if word != ",")
        else:
            columns[part[0]] = part[1]
            if "PRIMARY" in part:
                key = (part[0],) if part[0] == "desk_id" else ("desk_id", part[0])
    counted = key[-1:] == ("id",) and columns["id"] == "INTEGER"
    return Table(words[2], MappingProxyType(columns), key, counted)


def _closing(words: list[str], opening: int) -> int:
    """Where the bracket closes that opens there."""
    depth = 0
    for at in range(opening, len(words)):
        depth += {"(": 1, ")": -1}.get(words[at], 0)
        if not depth:
            return at
    raise ValueError("a bracket that nothing closes")


def _parts(words: list[str]) -> Iterator[list[str]]:
    """What stands between the commas that no bracket holds."""
    part: list[str] = []
    depth = 0
    for word in words:
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == "," and not depth:
            yield part
            part = []
        else:
            part.append(word)
    yield part


def created() -> Iterator[tuple[str, str]]:
    """The statements that make an empty database ours, each with the name of what it makes."""
    for table in tables().values():
        yield table.name, create_table(table)
    for statement in STATEMENTS:
        if statement.startswith(("CREATE INDEX", "CREATE UNIQUE INDEX")):
            yield statement.split(" ON ")[0].split()[-1], postgres(statement)
    yield from _TERM_INDEXES


def column(name: str, kind: str) -> str:
    """A column's definition. Texts are ordered by their bytes, as SQLite does, whatever the database's own order."""
    return f"{name} {_TYPES[kind]}" + (' COLLATE "C"' if kind == "TEXT" else "") + " NOT NULL"


def empty(kind: str) -> str:
    """What a row has in a column that it was written without."""
    return {"TEXT": "''", "INTEGER": "0", "BLOB": "''::bytea", "REAL": "0"}[kind]


def create_table(table: Table) -> str:
    """CREATE TABLE for a table of the schema."""
    columns = [_nullable(table.name, name, column(name, kind)) for name, kind in table.columns.items()]
    columns += _TERMS.get(table.name, ())
    return f"CREATE TABLE {table.name} ({', '.join(columns)}, PRIMARY KEY ({', '.join(table.key)}))"


# What stands in tables of FTS5 on SQLite (store/terms.py) is a column of its row, and needs no second table.
_TERMS = MappingProxyType(dict.fromkeys(("doc", "article"), ("terms TSVECTOR NOT NULL DEFAULT ''",)))
_TERM_INDEXES = tuple(
    (f"{name}_found", f"CREATE INDEX {name}_found ON {name} USING gin (terms)") for name in _TERMS
)
# The one column of the schema that may be NULL.
_NULLABLE = frozenset({("article_gram", "sound")})


def _nullable(table: str, name: str, definition: str) -> str:
    return definition.removesuffix(" NOT NULL") if (table, name) in _NULLABLE else definition


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement for psycopg; `order`: which of our values it takes, in turn, where not all just once."""

    text: str
    order: tuple[int, ...] = ()


@lru_cache(maxsize=CACHED)
def statement(sql: str) -> Statement:
    """A statement of ours as it is carried out."""
    text = postgres(sql)
    before, counted, after = text.partition(" AS numbered WHERE desk_id = %s")
    if not counted:
        return Statement(text)
    first = before.count("%s")
    return Statement(text, (*range(first), 0, *range(first, first + after.count("%s"))))


def postgres(sql: str) -> str:
    """A statement of ours in PostgreSQL's words."""
    words = [word for word in _TOKEN.findall(sql) if not word.isspace()]
    words = _hints(words)
    if words[0] == "INSERT":
        words = _insert(words)
    words = _called(_signs(words))
    if "CONFLICT" in words:
        words = _qualified(words)
    return _joined(["%s" if word == "?" else word.replace("%", "%%") for word in _named(words)])


def _joined(words: list[str]) -> str:
    out: list[str] = []
    for word in words:
        if out and word not in (".", ",", ")") and out[-1] not in (".", "("):
            out.append(" ")
        out.append(word)
    return "".join(out)


def _hints(words: list[str]) -> list[str]:
    """Without names of indexes, and with joins whose order is the planner's."""
    out: list[str] = []
    at = 0
    while at < len(words):
        if words[at] == "INDEXED":
            at += 3
        elif words[at] == "CROSS" and words[at + 1] == "JOIN" and "ON" in words[at : at + 8]:
            at += 1
        elif words[at : at + 3] == ["LIMIT", "-", "1"]:
            at += 3
        else:
            out.append(words[at])
            at += 1
    return out


def _insert(words: list[str]) -> list[str]:
    """INSERT with its columns named and what to do about a row that is there."""
    how = words[2] if words[1] == "OR" else ""
    rest = words[4:] if how else words[2:]
    name, rest = rest[0], rest[1:]
    table = tables().get(name)
    if table is None:
        return words
    named = list(table.columns)
    if rest[0] == "(":
        end = _closing(rest, 0)
        named, rest = [word for word in rest[1:end] if word != ","], rest[end + 1 :]
    conflict: list[str] = []
    if how == "IGNORE":
        conflict = ["ON", "CONFLICT", "DO", "NOTHING"]
    elif how == "REPLACE":
        free = [column for column in named if column not in table.key]
        sets = [part for column in free for part in (",", column, "=", "excluded", ".", column)]
        key = [part for column in table.key for part in (",", column)][1:]
        then = ["UPDATE", "SET", *sets[1:]] if sets else ["NOTHING"]
        conflict = ["ON", "CONFLICT", "(", *key, ")", "DO", *then]
    if "id" not in named and table.counted:
        named, rest = [*named, "id"], _counted(name, rest)
    columns = [part for column in named for part in (",", column)][1:]
    return ["INSERT", "INTO", name, "(", *columns, ")", *rest, *conflict]


def _counted(name: str, rest: list[str]) -> list[str]:
    """VALUES with the next number of the desk, which is the first of the values; the desk's turn to write is ours."""
    end = _closing(rest, 1)
    following = ["(", "SELECT", "coalesce", "(", "max", "(", "id", ")", ",", "0", ")", "+", "1"]
    following += ["FROM", name, "AS", "numbered", "WHERE", "desk_id", "=", "?", ")"]
    return [*rest[:end], ",", *following, *rest[end:]]


def _qualified(words: list[str]) -> list[str]:
    """With the table's name before the columns that ON CONFLICT … SET reads of the row that is there."""
    table = tables().get(words[2])
    start = next((at for at in range(words.index("CONFLICT"), len(words)) if words[at] == "SET"), None)
    if table is None or start is None:
        return words
    out = words[: start + 1]
    depth, target = 0, True
    for at in range(start + 1, len(words)):
        word = words[at]
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word in ("WHERE", "RETURNING"):
            target = word == "RETURNING"
        elif word == "," and not depth:
            target = "WHERE" not in words[start:at]
        if word in table.columns and not target and words[at - 1] != ".":
            out += [table.name, "."]
        if word == "=" and not depth:
            target = False
        out.append(word)
    return out


def _signs(words: list[str]) -> list[str]:
    """Without pluses that only keep SQLite from an index."""
    return [word for at, word in enumerate(words) if word != "+" or words[at - 1] not in _BEFORE_SIGN]


def _called(words: list[str]) -> list[str]:
    """With PostgreSQL's functions."""
    out: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        following = words[at + 1] if at + 1 < len(words) else ""
        if following == "(" and (made := _function(words, at)) is not None:
            taken, said = made
            out += said
            at += taken
            continue
        if word == "IN" and words[at + 1 : at + 3] == ["(", ")"]:
            out += ["IN", "(", "SELECT", "NULL", "WHERE", "false", ")"]
            at += 3
            continue
        if word[:2].lower() == "x'":
            word = f"'\\x{word[2:]}::bytea"
        out.append("ILIKE" if word == "LIKE" else word)
        at += 1
    return out


def _function(words: list[str], at: int) -> tuple[int, list[str]] | None:
    """How many words a call takes, and what it is; None for one that both know."""
    name, end = words[at], _closing(words, at + 1)
    inner = _called(words[at + 2 : end])
    parts = list(_parts(inner))
    taken = end - at + 1
    if name == "substr":
        if len(parts) == 2 and parts[1][0] in ("-", "?"):
            size = parts[1][1:] if parts[1][0] == "-" else ["-", "CAST", "(", "?", "AS", "int", ")"]
            return taken, ["right", "(", *parts[0], ",", *size, ")"]
        cast = [["CAST", "(", *part, "AS", "int", ")"] for part in parts[1:]]
        return taken, ["substr", "(", *parts[0], *(word for part in cast for word in (",", *part)), ")"]
    if name in _LONGER and len(parts) > 1:
        return taken, [_LONGER[name], "(", *inner, ")"]
    if name in _FUNCTIONS:
        return taken, [_FUNCTIONS[name], "(", *inner, ")"]
    if name == "json_each":
        alias = words[end + 1] if end + 1 < len(words) else ")"
        kind = "jsonb_each_text" if alias.isidentifier() and alias.islower() else "jsonb_array_elements_text"
        said = [kind, "(", "CAST", "(", *inner, "AS", "jsonb", ")", ")"]
        return taken, said if kind == "jsonb_each_text" else [*said, "AS", "each", "(", "value", ")"]
    if name == "CAST":
        if inner[-1] == "BLOB" and not _is_bytes(inner[:-2]):
            return taken, ["convert_to", "(", "CAST", "(", *inner[:-1], "TEXT", ")", ",", "'UTF8'", ")"]
        return taken, ["CAST", "(", *inner[:-1], _TYPES.get(inner[-1], inner[-1]), ")"]
    return None


def _is_bytes(words: list[str]) -> bool:
    """Whether this is a column, or a literal, of bytes."""
    last = words[-1]
    return last.endswith("::bytea") or any(table.columns.get(last) == "BLOB" for table in tables().values())


def _named(words: list[str]) -> list[str]:
    """With a name for each nameless table of a FROM: PostgreSQL before 16, and what descends from it, wants one."""
    out: list[str] = []
    ends: dict[int, str] = {}
    for at, word in enumerate(words):
        out.append(word)
        if word in ("FROM", "JOIN") and words[at + 1 : at + 3] == ["(", "SELECT"]:
            ends[_closing(words, at + 1)] = f"nameless{len(ends)}"
        if at in ends:
            following = words[at + 1] if at + 1 < len(words) else ""
            if following != "AS" and not (following.isidentifier() and following.islower()):
                out += ["AS", ends[at]]
    return out
