"""The page of the filter language: its fields, their names in each language, values and what they mean."""

from collections.abc import Iterator

from csdesk.desk.filtering import codes as codes_of
from csdesk.search.filtering import MOST_SIGNS, MOST_TERMS, MOST_VALUES, SORTS, Field, language
from csdesk.tui.columns import NAMES
from page_parts import EN, HANS, both, code, codes, page, table

INTRO = """
One line says which cases are listed: in the console (`/`, or `、` while an input method is on), in
`csdesk case list --filter '…'`, and as the queue `?…` of `csdesk ask queue_page queue='?…'`.

```
类型:退货 时限:<2h -经办:我 商家:"海风" 金额:>500 破损
kind:return due:<2h -assignee:me merchant:"海风" amount:>500 broken
```

Both lines say the same but for the last word: returns, due within two hours, that are not mine, of a
merchant whose name holds 海风, over 500 yuan, with that word in what was said or written. All terms must
hold.
"""
GRAMMAR = f"""
- `field:value`. The names and values of any language mean the same; width, case and traditional or
  simplified script make no difference; `：`, `，`, `＜`, `“”` are as good as their ASCII signs.
- `field:a,b` is one or the other. `-field:a` is everything but that.
- `<`, `<=`, `>`, `>=` (`≤`, `≥`) before a number, a time or an amount; `100..200` from one to the other.
- `"…"` holds together what has blanks or commas. A word without a field is looked for in what was said
  and written, in case and order numbers, waybills, and as a customer's exact name or number.
- Snoozed and closed cases are asked for apart: `is:snoozed`, `is:closed`, `closed:<7d`.
- At most {MOST_SIGNS} signs, {MOST_TERMS} terms, {MOST_VALUES} values of a term. What is wrong is said with the
  sign that it is about.
"""
TIMES = """
`due` looks ahead, the others back: `due:<2h` is due within two hours (or late already), `opened:>3d` was
opened more than three days ago. A day, also as `2026-11-22`, is that whole day of the desk's time zone; two of
them with `..` between are all days from one to the other.
"""
COLUMNS = """
A view is a filter under a name, with columns of its choice: `m` in the console lists them, `K` keeps the
filter as one; `csdesk view` does the same. Columns stand in the order in which they were chosen; what has no
room at the right is left out. Without any, a view shows the usual ones.
"""
# What a value of each shape is.
SHAPES = {
    "choice": "a code, its label in any language, or a part of it",
    "agent": "a name or a part of it, a login; `me`, `none`",
    "merchant": "a part of the name",
    "tongue": "a language tag: `en` is also `en-GB`",
    "text": "a part of the text",
    "money": "yuan: `500`, `99.90`",
    "number": "a whole number",
    "ahead": "a span, a day, `none`",
    "back": "a span, a day",
    "found": "in full; of a case number four signs or more",
    "sort": "`-` before it turns the order round",
}


def filters() -> str:
    """filters.md: all that can be said in a filter."""
    told = language()
    return page(
        "Filters",
        INTRO,
        "## How it is written",
        GRAMMAR,
        "## Fields",
        table(("field", "names", "value", "中文", "what it is"), map(_field, told.fields.values())),
        "## Times",
        TIMES,
        table(("unit", "names"), _units()),
        "## Values that are no codes",
        table(("value", "names"), [(code(names[0]), codes(names[1:])) for names in told.values.values()]),
        "## Values of fields with choices",
        *_choices(),
        "## Columns of a view",
        COLUMNS,
        table(("column", "label"), [(code(name), both("column", name)) for name in NAMES]),
    )


def _field(field: Field) -> tuple[str, ...]:
    about = HANS(f"filter.about.{field.id}"), EN(f"filter.about.{field.id}")
    also = codes(name for name in field.names if name != field.id)
    value = codes(SORTS) + ", " + SHAPES["sort"] if field.value == "sort" else SHAPES[field.value]
    return code(field.id), also, value, *about


def _units() -> Iterator[tuple[str, str]]:
    units: dict[int, list[str]] = {}
    for name, minutes in language().units.items():
        units.setdefault(minutes, []).append(name)
    return ((code(names[0]), codes(names[1:])) for names in units.values())


def _choices() -> Iterator[str]:
    for field in language().fields.values():
        if field.value == "choice":
            yield f"### {field.id}"
            yield table(
                ("code", "label"), [(code(one), both(field.group, one)) for one in sorted(codes_of(field.id))]
            )
