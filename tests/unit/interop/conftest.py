"""What the tests of imports share: a desk file, a supervisor to import as, and small made-up files."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from csdesk.desk.core import Core
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]

DATA = Path(__file__).parents[2] / "data" / "import"
SHOP = ("users.json", "products.json", "orders.json")


@pytest.fixture
def zhao(desk_file: DeskFile) -> Core:
    """A supervisor, who may load."""
    return desk_file.core("zhao")


@pytest.fixture
def shop(tmp_path: Path) -> list[Path]:
    """The small shop's files, in an order in which they cannot be loaded, for a test to change."""
    folder = tmp_path / "shop"
    folder.mkdir()
    return [Path(shutil.copy(DATA / name, folder / name)) for name in reversed(SHOP)]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file: bytes and text as they are, a list as JSON lines, all else as JSON."""

    def write(name: str, content: Any) -> Path:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, "utf-8")
        elif isinstance(content, list):
            path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in content), "utf-8")
        else:
            path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        return path

    return write


def change(path: Path, what: Callable[[Any], None]) -> None:
    """Change a JSON file in place."""
    data = json.loads(path.read_text("utf-8"))
    what(data)
    path.write_text(json.dumps(data, indent=1), "utf-8")


def dump(core: Core) -> dict[str, list[tuple[Any, ...]]]:
    """What an import leaves behind, without ids, times and sealed bytes, which differ from run to run."""
    conn, desk = core.store.conn, core.desk
    of_order = "JOIN orders o ON o.id = x.order_id WHERE x.desk_id = ? ORDER BY 1, 2"
    columns = {
        "customer": "external_id, version",
        "person_key": "count(*)",
        "customer_hash": "field, hash",
        "product": "external_id, title, category, version",
        "variant": "sku, options, price, currency, available",
        "orders": "number, currency, status, placed_at, paid_at, shipped_at, signed_at, total, overlay,"
        " version",
        "order_line": "o.number, x.line, x.sku, x.title, x.options, x.qty, x.unit_price, x.paid",
        "payment": "o.number, x.number, x.method, x.reference, x.captured, x.returned, x.at",
        "shipment": "o.number, x.number, x.carrier, x.waybill, x.lines, x.shipped_at, x.signed_at",
        "source_record": "entity, source, external_id, digest, version",
        "import_run": "digest, map, position, done",
        "cases": "id, body, kind, state, version, reason, opened_at, changed_at",
        "event": "case_id, seq, type, at, actor, cause, verb",
    }
    found = {}
    for table, wanted in columns.items():
        rest = of_order if wanted.startswith("o.") else "WHERE x.desk_id = ?"
        found[table] = sorted(conn.execute(f"SELECT {wanted} FROM {table} x {rest}", (desk,)).fetchall())
    return found
