"""Values for the slots of canned replies, from the case: in the reply's language, days in the desk's zone.

A value that the case does not surely have is missing and asked for; no slot ever holds a name, phone or
address of the customer. Each function gives "" for missing.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType

from csdesk.desk.core import Core
from csdesk.desk.words import Words
from csdesk.domain.cases.carriage import standing
from csdesk.domain.cases.carriage_events import LABEL, PICKUP
from csdesk.domain.cases.case import Case, CaseLine, Kind, Parcel, Refund
from csdesk.domain.cases.context import Order
from csdesk.domain.cases.conversation import SLOT, slots
from csdesk.domain.cases.events import GoodsReceived, Moved
from csdesk.domain.cases.opening import GOODS_KINDS
from csdesk.domain.text import clean
from csdesk.domain.value import dataclass
from csdesk.store import cases, orders
from csdesk.store.cases import Past
from csdesk.store.codec import UnknownEvent
from csdesk.store.library import Article

# A sentence names two laws; whoever needs all of them has the article.
MOST_CITED = 2
# A brace in a value would open a slot that nothing can fill; the full-width ones read the same.
_BRACES = str.maketrans("{}", "｛｝")
_REFUSING = ("reject", "dispute")
# How consumers are addressed: a surname would need a title, which nobody knows.
_ADDRESS = {"zh-Hans": "顾客", "zh-Hant": "顧客", "en": "customer"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the values are taken from; `words` are of the reply's language, `articles` what it stands on."""

    core: Core
    case: Case
    order: Order | None
    words: Words
    articles: tuple[str, ...] = ()

    @classmethod
    def of(cls, core: Core, case: Case, language: str, articles: tuple[str, ...] = ()) -> "Sheet":
        """The sheet of a case as it is now."""
        order = orders.facts(core.store.conn, core.desk, case.order, case.id) if case.order else None
        return cls(core, case, order, Words(language, core.zone), articles)

    def day(self, ms: int) -> str:
        """A day in the desk's zone."""
        return (
            written(datetime.fromtimestamp(ms / 1000, self.core.zone).date(), self.words.language)
            if ms
            else ""
        )

    def last_day(self, clock: str) -> str:
        """The last day of a running clock: its due time is the first instant after it."""
        due = next((c.due for c in self.case.clocks if c.name == clock), 0)
        return self.day(due - 1) if due else ""

    def joined(self, values: Iterable[str]) -> str:
        """Different values in a row."""
        return ("、" if self.words.language.startswith("zh") else ", ").join(
            dict.fromkeys(filter(None, values))
        )


def fill(sheet: Sheet, body: str, given: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The text with `given` values and those of the case, and the slots still open in it, in order."""

    def value(name: str) -> str:
        told = given.get(name, "").strip() or (SLOTS[name](sheet) if name in SLOTS else "")
        return clean(told).text.strip().translate(_BRACES)

    values = {name: found for name in slots(body) if (found := value(name))}
    text = SLOT.sub(lambda slot: values.get(slot[1], slot[0]), body)
    return text, slots(text)


def written(day: date, language: str) -> str:
    """A day as people write it: 2026年3月5日, or 2026-03-05."""
    return f"{day.year}年{day.month}月{day.day}日" if language.startswith("zh") else day.isoformat()


def citation(law: str, place: str, start: str, end: str, language: str) -> str:
    """How a reply names a rule: 《law》place and the days (ISO, "" when unknown) of its force."""
    since, until = (written(date.fromisoformat(day), language) if day else "" for day in (start, end))
    if language.startswith("zh"):
        named = f"《{law}》{place}"
        days = f"{since}至{until}施行" if since and until else f"{since}起施行" if since else f"施行至{until}"
        return f"{named}（{days}）" if since or until else named
    named = f"{law}, {place}" if place else law
    days = " ".join(f"{word} {day}" for word, day in (("from", since), ("to", until)) if day)
    return f"{named} (in force {days})" if days else named


def citations(article: Article) -> tuple[str, ...]:
    """What a reply that rests on an article may cite: the laws behind the desk's policy, else the article."""
    if article.basis:
        return article.basis
    days = (article.effective_from, article.effective_to)
    return (citation(article.law, article.article_no, *days, article.language),)


def _lines(sheet: Sheet) -> tuple[CaseLine, ...]:
    return tuple(line for line in sheet.case.lines if line.asked)


def _product(sheet: Sheet) -> str:
    titles = [line.title for line in _lines(sheet)]
    if not titles and sheet.order is not None and len(sheet.order.lines) == 1:
        titles = [sheet.order.lines[0].title]
    return sheet.joined(titles)


def _quantity(sheet: Sheet) -> str:
    units = sum(line.approved or line.asked for line in _lines(sheet))
    return str(units) if units else ""


def _past(sheet: Sheet) -> list[Past]:
    """The case's events, the last first; none when a later csdesk wrote some: then the agent is asked."""
    try:
        return list(cases.history(sheet.core.store.conn, sheet.core.desk, sheet.case.id))[::-1]
    except UnknownEvent:
        return []


def _refusal(sheet: Sheet) -> Moved | None:
    """The refusal that the case now rests on."""
    if sheet.case.state not in ("rejected", "dispute"):
        return None
    events = (past.event for past in _past(sheet))
    return next((event for event in events if isinstance(event, Moved) and event.verb in _REFUSING), None)


def _reason(sheet: Sheet) -> str:
    refusal = _refusal(sheet)
    code = refusal.reason if refusal else ""
    return sheet.words.code("reason", code) if code not in ("", "other") else ""


def _article(sheet: Sheet) -> str:
    refusal = _refusal(sheet)
    wanted = ((refusal.article,) if refusal and refusal.article else ()) + sheet.articles
    today = datetime.fromtimestamp(sheet.core.now() / 1000, sheet.core.zone).date().isoformat()
    for id_ in wanted:
        hit = sheet.core.store.policies.article(id_, today, sheet.words.language)
        if hit is not None and hit.in_force:
            return sheet.joined(citations(hit.article)[:MOST_CITED])
    return ""


def _refunds(sheet: Sheet) -> tuple[Refund, ...]:
    """The refunds one can speak of together: all confirmed or all on their way, never a mixture."""
    # What a second person has not let go yet is no promise to a customer; compensation is told in its own words.
    live = tuple(
        r for r in sheet.case.refunds if r.live and r.state != "awaiting" and r.cause != "compensation"
    )
    return live if len({refund.state == "confirmed" for refund in live}) == 1 else ()


def _refund_amount(sheet: Sheet) -> str:
    refunds = _refunds(sheet)
    return sheet.words.money(sum(r.minor for r in refunds), sheet.case.currency) if refunds else ""


def _refund_method(sheet: Sheet) -> str:
    methods = dict.fromkeys(part.method for refund in _refunds(sheet) for part in refund.parts)
    worded = [sheet.words.code("method", method) for method in methods]
    # A bare code such as visa_x would mean nothing to a customer.
    unknown = any(word == method and method.isascii() for word, method in zip(worded, methods, strict=True))
    return "" if unknown else sheet.joined(worded)


def _parcels(sheet: Sheet, direction: str) -> list[Parcel]:
    return [parcel for parcel in sheet.case.parcels if parcel.direction == direction]


def _received_at(sheet: Sheet) -> str:
    return sheet.day(next((past.at for past in _past(sheet) if isinstance(past.event, GoodsReceived)), 0))


def _on_the_way(sheet: Sheet) -> tuple[str, str]:
    """Carrier and waybill of the parcel meant: the last that came back, else the only one of the order."""
    if sheet.case.kind in GOODS_KINDS:
        back = _parcels(sheet, "back")
        return (back[-1].carrier, back[-1].waybill) if back else ("", "")
    sql = "SELECT DISTINCT carrier, waybill FROM shipment WHERE desk_id = ? AND order_id = ?"
    found = sheet.core.store.conn.execute(sql, (sheet.core.desk, sheet.case.order)).fetchall()
    return found[0] if len(found) == 1 else ("", "")


def _label(sheet: Sheet) -> str:
    """Where the label lies that nobody has used yet; its waybill where the carrier keeps it."""
    made = [ask for ask in standing(sheet.case, LABEL) if ask.state == "done"]
    return (made[-1].label or made[-1].waybill) if made else ""


def _pickup(sheet: Sheet) -> str:
    """When the carrier comes, as it has agreed: 11月3日 09:00-11:00."""
    booked = [ask for ask in standing(sheet.case, PICKUP) if ask.state == "done"]
    if not booked:
        return ""
    start, until = (
        datetime.fromtimestamp(ms / 1000, sheet.core.zone) for ms in (booked[-1].start, booked[-1].until)
    )
    return f"{sheet.day(booked[-1].start)} {start:%H:%M}-{until:%H:%M}"


def _reissue_waybill(sheet: Sheet) -> str:
    out = _parcels(sheet, "out")
    return out[-1].waybill if out else ""


def _exchange_product(sheet: Sheet) -> str:
    if sheet.case.kind is not Kind.EXCHANGE:
        return ""
    return sheet.joined(_other_goods(sheet, line.exchange_sku) or line.title for line in _lines(sheet))


def _other_goods(sheet: Sheet, sku: str) -> str:
    """What another variant is called; its SKU when the desk does not know it, "" when none was chosen."""
    row = sheet.core.store.conn.execute(
        "SELECT p.title, v.options FROM variant v"
        " JOIN product p ON p.desk_id = v.desk_id AND p.id = v.product WHERE v.desk_id = ? AND v.sku = ?",
        (sheet.core.desk, sku),
    ).fetchone()
    return " ".join(filter(None, row)) if row else sku


def _merchant(sheet: Sheet, column: str) -> str:
    row = sheet.core.store.conn.execute(
        f"SELECT {column} FROM merchant WHERE desk_id = ? AND id = ?", (sheet.core.desk, sheet.case.merchant)
    ).fetchone()
    return row[0] if row else ""


def _agent(sheet: Sheet) -> str:
    me = sheet.core.store.agent(sheet.core.me.id)
    return me.name or me.id if me else ""


def _complaint_ref(sheet: Sheet) -> str:
    return sheet.core.number(sheet.case) if sheet.case.kind in (Kind.COMPLAINT, Kind.REPORT) else ""


# By the names that `data/knowledge/canned.toml` declares; slots without a line here are always asked for.
SLOTS: Mapping[str, Callable[[Sheet], str]] = MappingProxyType({
    "case_number": lambda s: s.core.number(s.case),
    "order_number": lambda s: s.case.order_number if s.case.order else "",
    "product": _product,
    "quantity": _quantity,
    "reason": _reason,
    "refund_amount": _refund_amount,
    "refund_method": _refund_method,
    "refund_due": lambda s: s.last_day("refund"),
    "received_at": _received_at,
    "return_address": lambda s: s.case.address or _merchant(s, "return_address"),
    "return_deadline": lambda s: s.last_day("ship_back"),
    "signed_at": lambda s: s.day(s.order.signed_at) if s.order else "",
    "waybill": lambda s: _on_the_way(s)[1],
    "carrier": lambda s: _on_the_way(s)[0],
    "label": _label,
    "pickup": _pickup,
    "merchant": lambda s: _merchant(s, "name"),
    "agent": _agent,
    "article": _article,
    "exchange_product": _exchange_product,
    "reissue_waybill": _reissue_waybill,
    "complaint_ref": _complaint_ref,
    "today": lambda s: s.day(s.core.now()),
    "customer": lambda s: _ADDRESS.get(s.words.language, ""),
})  # fmt: skip
