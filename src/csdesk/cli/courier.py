"""`csdesk courier`: how carriers stand and parcels asked after; whether who carries was checked, and until when."""

import typer

from csdesk.cli.carrying import carrier_state, poll_once, told
from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk import parcel_queries as q
from csdesk.desk.words import Words

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Carriers and identity checks of couriers."
)


@app.command("list")
def list_(
    carrier: str = typer.Option("", help="Only this carrier's, by its name or code."),
    limit: int = typer.Option(200, min=1, max=500, help="How many."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List couriers by the carrier's number of them, with what is doubtful now."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.Couriers(carrier, limit)), say(core, config)
        answer(found, as_json, (_line(courier, words) for courier in found))


@app.command("set")
def set_(
    carrier: str = typer.Argument(help="The carrier's name or code."),
    courier: str = typer.Argument(help="The carrier's number of the courier, never a name."),
    verified: bool = typer.Option(True, "--verified/--unverified", help="Whether identity was checked."),
    checked: str = typer.Option("", help="The day of the check (2026-11-02); today when absent."),
    expires: str = typer.Option("", help="The last day on which the check holds."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Keep a courier's identity status; deliveries without one that holds are marked."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        kept = core.ask(q.SetCourier(carrier, courier, verified, checked, expires))
        words = say(core, config)
        answer(kept, as_json, (_line(one, words) for one in (kept,)))


@app.command("check")
def check(
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Read the carriers' settings and maps, and say how they stand: last answer and its age, last fault, what waits."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        state, words = carrier_state(core, config), say(core, config)
        answer(state, as_json, told(state, words, core.now()))
    raise typer.Exit(int(bool(state.fault)))


@app.command("poll")
def poll(as_json: bool = JSON, file: str | None = FILE, language: str | None = LANGUAGE) -> None:
    """Ask carriers after the parcels whose turn it is, once; 'csdesk work' does so by itself."""
    from csdesk.effects.pollers import NoAnswer

    config = settings(file, None, language).config
    with desk(config, system=True) as core:
        words = say(core, config)
        try:
            polled = poll_once(core, config)
        except NoAnswer as exc:
            why = words.code("order_fault", exc.code)
            answer({"fault": exc.code}, as_json, iter((words("cli.carrier.broke_off", why=why),)))
            raise typer.Exit(1) from None
        counts = {name: getattr(polled, name) for name in ("asked", "added", "changed", "told")}
        answer(polled, as_json, iter((words("cli.carrier.polled", **counts), *polled.problems)))


def _line(courier: q.CourierView, words: Words) -> str:
    parts = [f"{courier.carrier:<6}{courier.id}"]
    parts.append(words("cli.courier.verified" if courier.verified else "cli.courier.unverified"))
    if courier.checked_at:
        parts.append(words("cli.courier.checked", at=words.moment(courier.checked_at)))
    if courier.expires_at:
        # It holds until that moment, so through the minute before.
        parts.append(words("cli.courier.expires", at=words.moment(courier.expires_at - 1)))
    if courier.doubt:
        parts.append(f"! {words.code('parcel_finding', courier.doubt)}")
    return "  ".join(parts)
