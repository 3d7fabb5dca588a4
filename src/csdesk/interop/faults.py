"""What can be wrong with an import: faults that stop it, and problems of single records that do not."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TextIO

from csdesk.domain.value import dataclass

# English fallback of `error.<code>`: what, where, what to do.
FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "unknown_map": "There is no map '{map}'; name one of {known}, or the path of your own.",
        "bad_map": "{path}: {place} {why}; mend the map.",
        "import_no_file": "{path} does not exist; check the name.",
        "import_not_a_file": "{path} is no regular file; name the files themselves.",
        "import_unreadable": "{path} cannot be read ({reason}); ask for permission, or copy it here.",
        "import_empty": "{path} holds no records; check that it was written whole.",
        "import_empty_folder": "{path} holds no file that can be read ({endings}, also .gz); name another folder.",
        "import_too_big": "{path} is larger than {most} MB, too much for one document; write JSON lines.",
        "import_bad_gzip": "{path} is a broken gzip file ({reason}); fetch it again.",
        "import_not_utf8": "{path}, line {line}: is not UTF-8; save the file as UTF-8.",
        "import_bad_json": "{path}, line {line}: is not JSON ({reason}); mend it, or write JSON lines,"
        " of which bad ones are left out.",
        "import_bad_csv": "{path}, line {line}: the heading has {why}; mend it.",
        "wrong_map": "{path} is nothing that map '{map}' takes ({takes}); name another map, or another file.",
        "import_twice": "{path} was given twice; name it once.",
        "no_overlay": "Map '{map}' has nothing to lay '{overlay}' over; leave the overlay out.",
        "unknown_overlay": "There is no overlay '{overlay}'; there is {known}.",
        "bad_overlay": "The overlay '{overlay}' cannot be used: {reason}.",
        "rejects_unwritable": "{path} cannot be written ({reason}); name another file for the rejects.",
        "rejects_is_input": "{path} is one of the files to import; name another file for the rejects.",
    }
)

# English fallback of `reject.<code>`: why a record was left out. Never with a value from the record: it may
# be somebody's name.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "missing": "is required and is missing or empty.",
        "wrong_type": "is not {expected}.",
        "too_long": "has {size} characters; at most {most} are taken.",
        "line_too_long": "is longer than {most} characters.",
        "unlisted": "has a value that the map does not name ({allowed}).",
        "bad_choice": "is none of {allowed}.",
        "no_match": "does not have the form that the map asks for.",
        "bad_time": "is not a time that can be read.",
        "not_a_number": "is not an amount.",
        "not_finite": "is not a finite number.",
        "too_fine": "has more than {places} decimals.",
        "too_large": "is larger than any order can be.",
        "negative": "is negative.",
        "unknown_currency": "is no currency of ISO 4217.",
        "out_of_range": "is not between {least} and {most}.",
        "duplicate": "is the same as in record {first} of this file.",
        "contradicts": "has the id and the date of record {first} of these files, and says something else.",
        "sku_taken": "belongs to another product.",
        "unknown_customer": "names a customer that is neither here nor in these files.",
        "unknown_product": "names a product that is neither here nor in these files.",
        "unknown_line": "names goods that are not in the order.",
        "erased": "is somebody whose personal data was erased for good.",
        "refund_without_payment": "gives money back by a method that paid nothing.",
        "refund_over_payment": "gives back more than was paid.",
        "paid_for_nothing": "take money for goods that have no price.",
        "not_an_object": "is not an object with fields.",
        "bad_json": "is not JSON ({reason}).",
        "not_utf8": "is not UTF-8.",
        "columns": "has {found} columns; the heading has {expected}.",
        "bad_quotes": "has quotation marks that do not fit ({reason}).",
        "refused": "cannot become a case ({reason}).",
        "not_a_waybill": "is no waybill: letters and digits, at least five.",
        "in_the_future": "is more than a day ahead of this desk's clock.",
        "before_check": "comes before the check itself.",
        "deleted": "was deleted at its source, or marked as spam.",
        "unknown_ticket": "names a ticket that is neither here nor in these files.",
        "ticket_left_out": "belongs to a ticket that was left out.",
        "inactive": "is switched off at its source.",
        "only_acts": "has no text for customers, and its actions cannot all become ours ({actions}).",
    }
)


class ImportFault(Exception):
    """An import that cannot start or go on. `code` is a key of FAULTS; `details` its arguments; `str()`
    English.
    """

    code: str
    details: Mapping[str, object]

    def __init__(self, code: str, /, **details: object) -> None:
        super().__init__(FAULTS[code].format_map(details))
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of a record ("" when it is the record itself). `details` hold no value of
    it.
    """

    field: str
    code: str
    details: Mapping[str, object]

    def __str__(self) -> str:
        return f"{self.field or 'the record'} {REASONS[self.code].format_map(self.details)}"


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that was left out: the file's name, its line and number there (from 1), and one thing wrong
    with it.
    """

    file: str
    line: int
    record: int
    entity: str
    problem: Problem

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.entity} {self.record}: {self.problem}"


class Rejects:
    """Where rejects are written, a JSON object a line. The file is made at once, and removed when nothing
    came.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.count = 0
        self._file: TextIO | None = None
        if path is None:
            return
        try:
            self._file = path.open("w", encoding="utf-8")
        except OSError as exc:
            raise _unwritable(path, exc) from None

    def add(self, reject: Reject) -> None:
        """Write one line."""
        self.count += 1
        if self._file is None:
            return
        told = {
            "file": reject.file,
            "line": reject.line,
            "record": reject.record,
            "entity": reject.entity,
            "field": reject.problem.field,
            "code": reject.problem.code,
            "reason": str(reject.problem),
            **({"details": dict(reject.problem.details)} if reject.problem.details else {}),
        }
        self._try(lambda file: file.write(json.dumps(told, ensure_ascii=False) + "\n"))

    def flush(self) -> None:
        """Hand what was written to the system, before the batch it belongs to is kept."""
        self._try(lambda file: file.flush())

    def _try(self, what: Callable[[TextIO], object]) -> None:
        if self._file is None:
            return
        try:
            what(self._file)
        except OSError as exc:
            file, self._file = self._file, None
            with suppress(OSError):  # it writes its rest, and fails as the first write did
                file.close()
            raise _unwritable(self.path, exc) from None

    def close(self) -> None:
        """Finish the file, or take it away when it stayed empty."""
        self._try(lambda file: file.close())
        if self._file is not None and self.path is not None and not self.count:
            self.path.unlink(missing_ok=True)


def _unwritable(path: Path | None, exc: OSError) -> ImportFault:
    return ImportFault("rejects_unwritable", path=str(path), reason=exc.strerror or type(exc).__name__)
