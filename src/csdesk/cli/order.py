"""`csdesk order`: find an order and show it with its lines, payments and cases."""

from collections.abc import Iterator

import typer

from csdesk.cli.ledger import ledger as lines_of
from csdesk.cli.listing import line as case_line
from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk import queries as q
from csdesk.desk.money_queries import OrderLedger
from csdesk.desk.order_age import age_told
from csdesk.desk.words import Words

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Find and show orders.")


@app.command("find")
def find(
    text: str = typer.Argument(
        help="Order number, waybill, or the customer's name, phone, its last four digits, e-mail."
    ),
    limit: int = typer.Option(20, min=1, max=100, help="How many."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Find orders; customers are shown masked."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.FindOrders(text, limit)), say(core, config)
        answer(found, as_json, (_line(order, words) for order in found))


def _line(found: q.FoundOrder, words: Words) -> str:
    order = found.order
    person = found.person.name if found.person else "–"
    money, status = words.money(order.total, order.currency), words.code("order_status", order.status)
    return f"{order.number}  {person}  {status}  {money}  {words.moment(order.placed_at)}  {order.titles}"


@app.command("show")
def show(
    order: str = typer.Argument(help="Order number."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Show an order: lines, payments, what is claimed and refunded, and its cases."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        view, words = core.ask(q.ShowOrder(order)), say(core, config)
        answer(view, as_json, _shown(view, words, core.now()))


def _shown(view: q.OrderView, words: Words, now: int) -> Iterator[str]:
    yield _line(q.FoundOrder(view.row, view.person), words)
    if view.age is not None:
        yield f"  {age_told(words, view.age, now)}"
    for item in view.order.lines:
        yield f"  {item.line}. {item.title} x{item.qty}  {words.money(item.paid, view.order.currency)}"
    for payment in view.order.payments:
        back = words.money(payment.elsewhere, view.order.currency)
        told = words(
            "cli.payment", captured=words.money(payment.captured, view.order.currency), returned=back
        )
        yield f"  {payment.method}  {told}"
    yield from (case_line(row, words, now) for row in view.cases)


@app.command("ledger")
def ledger(
    order: str = typer.Argument(help="Order number."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Show where an order's money is: each payment, what it gave back for which case, who let it go, and when."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(OrderLedger(order)), say(core, config)
        answer(found, as_json, lines_of(found, words))
