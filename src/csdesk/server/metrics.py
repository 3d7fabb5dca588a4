"""What the server counts, as Prometheus reads it (text format 0.0.4): no case, no person, no address is in it.

`GET /metrics` is for whoever has the right `audit` on the server's first desk; Prometheus sends a token by itself
(`authorization: credentials_file:`). Numbers of the server are those of all its desks, of the outbox only its first's.
"""

from collections import Counter
from collections.abc import Callable, Iterator

from csdesk.server.hall import Hall
from csdesk.store import outbox

MEDIA = "text/plain; version=0.0.4; charset=utf-8"
# Upper bounds in ms: a verb takes 3 to 10, a page of a queue 2; what takes seconds is a file or a fault.
BOUNDS = (1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000)
# Other methods are one more label altogether: a client may make up any.
METHODS = frozenset({"GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH"})
# Of a path that is no route.
NOWHERE = "–"
# A watch lasts as long as its watcher; how long is no measure of this server.
UNTIMED = frozenset({"/v1/watch"})
_TEXTS = {
    "csdesk_requests_total": ("counter", "Requests answered, by route and status."),
    "csdesk_request_seconds": ("histogram", "How long answers took, by route."),
    "csdesk_connections": ("gauge", "Connections that are open."),
    "csdesk_watchers": ("gauge", "Event streams that are open."),
    "csdesk_desks": ("gauge", "Desks that are open."),
    "csdesk_waiting": ("gauge", "Requests that stand before a desk's thread or are in it."),
    "csdesk_outbox": (
        "gauge",
        "Messages, refunds and parcels of the first desk that are due or could not be sent.",
    ),
}


class Metrics:
    """Counts of one server; of the event loop alone, so nothing is locked."""

    def __init__(self) -> None:
        self._answered: Counter[tuple[str, str, int]] = Counter()
        self._within: dict[str, list[int]] = {}
        self._ms: dict[str, float] = {}
        self.connections: Callable[[], int] = lambda: 0
        self.watchers: Callable[[], int] = lambda: 0

    def connected(self, count: Callable[[], int]) -> None:
        """Where to read how many connections are open: each of them knows, and it is the same for all."""
        self.connections = count

    def count(self, method: str, route: str, status: int, ms: float) -> None:
        """A request was answered; `route` as the server's list has it, never as it was asked for."""
        self._answered[method if method in METHODS else "other", route, status] += 1
        if route in UNTIMED:
            return
        within = self._within.setdefault(route, [0] * (len(BOUNDS) + 1))
        within[next((n for n, bound in enumerate(BOUNDS) if ms <= bound), len(BOUNDS))] += 1
        self._ms[route] = self._ms.get(route, 0.0) + ms

    def text(self, hall: Hall, due: outbox.Standing) -> bytes:
        """All of it."""
        gauges = {
            "csdesk_connections": {"": self.connections()},
            "csdesk_watchers": {"": self.watchers()},
            "csdesk_desks": {"": len(hall.rooms())},
            "csdesk_waiting": _waiting(hall),
            "csdesk_outbox": {'state="due"': due.due, 'state="failed"': due.failed},
        }
        lines = [*_head("csdesk_requests_total")]
        for (method, route, status), n in sorted(self._answered.items()):
            lines.append(f'csdesk_requests_total{{method="{method}",route="{route}",status="{status}"}} {n}')
        lines += [*_head("csdesk_request_seconds"), *self._histogram()]
        for name, values in gauges.items():
            lines += _head(name)
            lines += [
                f"{name}{{{label}}} {value}" if label else f"{name} {value}"
                for label, value in values.items()
            ]
        return ("\n".join(lines) + "\n").encode()

    def _histogram(self) -> Iterator[str]:
        name = "csdesk_request_seconds"
        for route, within in sorted(self._within.items()):
            below = 0
            for bound, n in zip((*BOUNDS, None), within, strict=True):
                below += n
                le = "+Inf" if bound is None else f"{bound / 1000:g}"
                yield f'{name}_bucket{{route="{route}",le="{le}"}} {below}'
            yield f'{name}_sum{{route="{route}"}} {self._ms[route] / 1000:.6f}'
            yield f'{name}_count{{route="{route}"}} {below}'


def _head(name: str) -> list[str]:
    kind, text = _TEXTS[name]
    return [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]


def _waiting(hall: Hall) -> dict[str, int]:
    """Who waits for which kind of thread, over all desks: their names are nobody's business."""
    found: Counter[str] = Counter({'thread="writer"': 0, 'thread="reader"': 0, 'thread="aside"': 0})
    for room in hall.rooms():
        writer, readers, aside = room.waiting()
        found['thread="writer"'] += writer
        found['thread="reader"'] += readers
        found['thread="aside"'] += aside
    return dict(found)
