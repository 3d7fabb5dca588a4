"""`csdesk parcel`: where a parcel stands, what is wrong with it, whose it is; and scans that are nobody's yet."""

from collections.abc import Iterator, Sequence

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk import parcel_queries as q
from csdesk.desk.words import Words


def parcel_(
    waybill: str = typer.Argument(help="Waybill number; or `unknown` for scans of parcels nobody knows."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Show a parcel: its trail in words, what is wrong with it, its order and case; numbers and streets masked."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        view, words = core.ask(q.ShowParcel(waybill)), say(core, config)
        answer(view, as_json, _shown(view, words))


def unknown_(
    limit: int = typer.Option(50, min=1, max=500, help="How many."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List waybills that scans have told of and no order or case names yet."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.UnknownParcels(limit)), say(core, config)
        answer(found, as_json, _unknown(found, words))


def _unknown(found: Sequence[q.UnknownParcel], words: Words) -> Iterator[str]:
    if not found:
        yield words("cli.parcel.none_unknown")
    for one in found:
        told = words("cli.parcel.unknown", scans=one.scans, at=words.moment(one.first_at))
        yield f"{one.waybill}  {_names(one.carriers) or '–'}  {told}"


def _names(carriers: Sequence[q.Candidate]) -> str:
    return " / ".join(f"{c.name} {c.phone}".strip() for c in carriers)


def _shown(view: q.ParcelView, words: Words) -> Iterator[str]:
    yield f"{view.waybill}  {_names(view.carriers) or words('cli.parcel.no_carrier')}"
    if not view.parcels:
        yield f"  ! {words('cli.parcel.nobody')}"
    for trail in view.parcels:
        yield "  " + _whose(trail, words)
        yield from (f"  ! {words.code('parcel_finding', code)}" for code in trail.findings)
    for scan in view.scans:
        doubt = f"  ! {words.code('parcel_finding', scan.doubt)}" if scan.doubt else ""
        parts = (words.moment(scan.at), words.code("scan", scan.scan), scan.place, scan.text)
        yield "  " + "  ".join(part for part in parts if part) + doubt
    if not view.scans:
        yield "  " + words("cli.parcel.no_scans")


def _whose(trail: q.Trail, words: Words) -> str:
    """Direction, order and case, since when it counts as delivered, what the receiver agreed to."""
    parts = [words.code("direction", trail.direction)]
    if trail.order:
        parts.append(words("cli.parcel.order", order=trail.order))
    if trail.case:
        parts.append(words("cli.parcel.case", case=trail.case))
    if trail.signed_at:
        parts.append(words("parcel.signed", at=words.moment(trail.signed_at)))
    elif trail.scan:
        parts.append(words.code("scan", trail.scan))
    if trail.consent:
        agreed = words.between.join(words.code("consent_to", code) for code in trail.consent.split(","))
        parts.append(words("cli.parcel.consent", to=agreed))
    return "  ".join(parts)
