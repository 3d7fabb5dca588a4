"""`csdesk source`: the order system asked, followed and compared; what it does wrong never stops a desk."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.pulling import drop
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.desk.order_age import ago
from csdesk.desk.order_source import SourceSettings, read_settings
from csdesk.desk.words import Words

if TYPE_CHECKING:
    from csdesk.desk.order_differences import Difference, Report
    from csdesk.effects.orders.csvdrop import Dropped
    from csdesk.interop.ordering import Looked, Pulled
    from csdesk.store.sources import State

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The order system: look up, follow, compare."
)


def _configured(config: Config) -> SourceSettings:
    if not config.orders:
        raise ConfigError("no_orders")
    return read_settings(config.orders)


@app.command("check")
def check(
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Read the settings and the map, and say how the order system stands: last answer, last fault, the feed."""
    from csdesk.interop.maps import load_map
    from csdesk.store import sources

    config = settings(file, agent, language).config
    source = _configured(config)
    load_map(source.map)
    if source.csv is None:
        from csdesk.effects.orders.making import source_of

        source_of(source)
    with desk(config) as core:
        state = sources.state(core.store.conn, core.desk, source.source.name)
        answer(state, as_json, _state(source, state, say(core, config)))


def _state(source: SourceSettings, state: "State", words: Words) -> Iterator[str]:
    yield words("source.is", name=source.source.name, kind=source.source.kind, map=source.map)
    if source.writes:
        asks = words.between.join(words.code("order_ask", what) for what in sorted(source.writes))
        yield words("source.writes", asks=asks)
    yield words("source.answered", at=words.moment(state.answered_at), pulled=words.moment(state.pulled_at))
    if state.fault:
        yield words(
            "source.failed", at=words.moment(state.failed_at), why=words.code("order_fault", state.fault)
        )


@app.command("lookup")
def lookup(
    text: str = typer.Argument(help="Order number, waybill, or the customer's phone."),
    by: str = typer.Option("", help="What it is: order, phone or waybill; guessed when absent."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Ask the order system, keep what it tells, and show what is known with its age; open cases are told."""
    from csdesk.effects.orders.making import source_of
    from csdesk.interop.ordering import look_up

    config = settings(file, agent, language).config
    source = _configured(config)
    with desk(config) as core:
        found, words = look_up(core, source_of(source), source, text, by), say(core, config)
        answer(found, as_json, _looked(found, words, core.now()))
    raise typer.Exit(int(not found.orders))


def _looked(found: "Looked", words: Words, now: int) -> Iterator[str]:
    if found.fault:
        why = words.code("order_fault", found.fault)
        yield words("source.stale" if found.asked else "source.resting", why=why)
    yield from found.problems
    if not found.orders:
        yield words("source.nothing")
    for one in found.orders:
        order, person = one.found.order, one.found.person
        status, money = words.code("order_status", order.status), words.money(order.total, order.currency)
        yield f"{order.number}  {person.name if person else '–'}  {status}  {money}  {order.titles}"
        yield "  " + words("source.age", age=ago(words, one.seen_at, now), at=words.moment(one.seen_at))


@app.command("pull")
def pull_(
    every: int = typer.Option(0, min=0, max=86_400, help="Go on, with so many seconds between two pulls."),
    as_json: bool = JSON,
    file: str | None = FILE,
    language: str | None = LANGUAGE,
) -> None:
    """Take what changed since the last pull; open cases are told. A fault is said, and the next pull goes on there."""
    config = settings(file, None, language).config
    source = _configured(config)
    while True:
        with desk(config, system=True) as core:
            failed = _pull_once(core, config, source, as_json)
        if not every:
            raise typer.Exit(int(failed))
        time.sleep(every)


def _pull_once(core: Core, config: Config, source: SourceSettings, as_json: bool) -> bool:
    """One pull; whether anything went wrong."""
    words = say(core, config)
    if source.csv is not None:
        dropped = drop(core, source)
        answer(_plain(dropped), as_json, _dropped(dropped, words))
        return bool(dropped.refused)
    from csdesk.effects.orders.making import source_of
    from csdesk.interop.ordering import pull

    done = pull(core, source_of(source), source)
    answer(done, as_json, _pulled(done, words))
    return bool(done.fault)


def _pulled(done: "Pulled", words: Words) -> Iterator[str]:
    counts = {name: getattr(done, name) for name in ("added", "changed", "unchanged", "older", "rejected")}
    yield words("source.pulled", pages=done.pages, **counts)
    if done.told:
        yield words("import.told", told=done.told)
    if done.platform_unknown:
        yield words("source.platform_unknown", n=done.platform_unknown)
    yield from done.problems
    if done.fault:
        yield words("source.broke_off", why=words.code("order_fault", done.fault))


def _plain(dropped: "Dropped") -> dict[str, object]:
    return {
        "taken": [path.name for path in dropped.taken],
        "refused": [[path.name, why] for path, why in dropped.refused],
        "left": dropped.left,
    }


def _dropped(dropped: "Dropped", words: Words) -> Iterator[str]:
    yield words("source.dropped", taken=len(dropped.taken), left=dropped.left)
    for path, why in dropped.refused:
        yield words("source.file_refused", name=path.name, why=why.splitlines()[0])


@app.command("differences")
def differences_(
    order: str = typer.Argument("", help="Order number; all orders that can differ when absent."),
    after: str = typer.Option("", help="Where the page before ended."),
    settled: bool = typer.Option(False, help="Also show what people have settled already."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List where our record and the order system's differ: money given back, status, parcels, prices, requests."""
    from csdesk.desk.order_differences import differences

    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = differences(core, order, after=after, settled=settled), say(core, config)
        answer(found, as_json, _differing(found, words))


@app.command("settle")
def settle_(
    order: str = typer.Argument(help="Order number."),
    what: str = typer.Argument(help="The difference, as the list names it: refund, cancelled, price …"),
    how: str = typer.Option(..., help="theirs, ours (with a reason), or case to open one."),
    reason: str = typer.Option("", help="Why; kept with it."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Settle a difference: the source is right, we are right, or a case finds out; noted in its open cases."""
    from csdesk.desk.order_differences import settle

    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)

        def word(one: "Difference", case: str) -> str:
            named = words.code("order_difference", one.what)
            settled = {"how": words.code("settled_how", one.how), "case": case, "reason": one.reason}
            return words("source.note", what=named, **_sides(one, words), **settled)

        opened = settle(core, order, what, how, reason, word)
        told = words("source.settled", how=words.code("settled_how", how), case=opened)
        answer({"how": how, "case": opened}, as_json, iter((told,)))


def _differing(report: "Report", words: Words) -> Iterator[str]:
    if not report.differences:
        yield words("source.no_differences")
    for one in report.differences:
        cases = f"  {' '.join(one.cases)}" if one.cases else ""
        yield f"{one.order}  {one.what} {words.code('order_difference', one.what)}{cases}"
        yield "  " + words("source.sides", **_sides(one, words))
        if one.how:
            yield "  " + words("source.settled_as", how=words.code("settled_how", one.how), reason=one.reason)
    if report.after:
        yield words("source.more", after=report.after)


def _sides(one: "Difference", words: Words) -> dict[str, str]:
    return {"theirs": _side(one, one.theirs, words), "ours": _side(one, one.ours, words)}


def _side(one: "Difference", value: str, words: Words) -> str:
    """One side of a difference in words: an amount, a status, a request, or as it stands."""
    if one.what in ("refund", "price"):
        return words.money(int(value), one.currency)
    for group in ("order_ask", "order_fault", "order_status", "state"):
        if words.has(f"{group}.{value}"):
            return words.code(group, value)
    return value or "–"
