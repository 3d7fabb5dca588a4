"""What the tests of imports share: a desk file, a supervisor to import as, and small made-up files."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.building import DeskFile, desk_file

from csdesk.desk.core import Core

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
    queries = {
        "customers": "SELECT external_id, version FROM customer WHERE desk_id = ? ORDER BY 1",
        "people": "SELECT count(*) FROM person_key WHERE desk_id = ?",
        "hashes": "SELECT field, hash FROM customer_hash WHERE desk_id = ? ORDER BY 1, 2",
        "products": "SELECT external_id, title, category, version FROM product WHERE desk_id = ? ORDER BY 1",
        "variants": "SELECT sku, options, price, currency, available FROM variant WHERE desk_id = ? ORDER BY 1",
        "orders": "SELECT number, currency, status, placed_at, paid_at, shipped_at, signed_at, total, overlay,"
        " version FROM orders WHERE desk_id = ? ORDER BY 1",
        "lines": "SELECT o.number, l.line, l.sku, l.title, l.options, l.qty, l.unit_price, l.paid FROM order_line l"
        " JOIN orders o ON o.id = l.order_id WHERE l.desk_id = ? ORDER BY 1, 2",
        "payments": "SELECT o.number, p.number, p.method, p.reference, p.captured, p.returned, p.at FROM payment p"
        " JOIN orders o ON o.id = p.order_id WHERE p.desk_id = ? ORDER BY 1, 2",
        "shipments": "SELECT o.number, s.number, s.carrier, s.waybill, s.lines, s.shipped_at, s.signed_at"
        " FROM shipment s JOIN orders o ON o.id = s.order_id WHERE s.desk_id = ? ORDER BY 1, 2",
        "sources": "SELECT entity, source, external_id, digest, version FROM source_record WHERE desk_id = ?"
        " ORDER BY 1, 2, 3",
        "runs": "SELECT digest, map, position, done FROM import_run WHERE desk_id = ? ORDER BY 1, 2",
        "cases": "SELECT id, body, kind, state, version, reason, opened_at, changed_at FROM cases WHERE desk_id = ?"
        " ORDER BY 1",
        "events": "SELECT case_id, seq, type, at, actor, cause, verb FROM event WHERE desk_id = ? ORDER BY 1, 2",
    }
    return {name: conn.execute(sql, (desk,)).fetchall() for name, sql in queries.items()}
