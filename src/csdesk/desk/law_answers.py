"""How a local desk answers what its law is and was, and how a new pack comes into force."""

from collections.abc import Iterable
from datetime import date, timedelta

from csdesk.desk import law_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.desk.law import staging
from csdesk.desk.law.differing import PackChange, differences
from csdesk.desk.law.judging import Bench
from csdesk.desk.law.lives import APPROVALS, PackLife, activations, in_force, state_of
from csdesk.desk.law.packs import PackError
from csdesk.desk.law.replay import replayed
from csdesk.desk.law.touched import Touched, touched
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.kind import AUTHORITY, QUEUES
from csdesk.domain.cases.kinds import queue_of
from csdesk.domain.clocks.days import local_day, midnight_ms
from csdesk.domain.entitlement.pack import Pack
from csdesk.domain.mask import mask_text
from csdesk.domain.roles import Right, Role
from csdesk.domain.text import clean_line
from csdesk.store import feed, orders, packs

MOST_CASES = 500
LONGEST_REASON = 300
# A pack for a day later than this is a slip of the keyboard.
MOST_DAYS = 3650


@answers(q.Packs)
def packs_(core: Core, ask: q.Packs) -> q.PackList:
    held = core.law.lives()
    newest = sorted(held.values(), key=lambda life: (life.id, -life.order))
    return q.PackList(tuple(_views(core, newest)), tuple(_offered(held.values())), _unconfirmed(core))


@answers(q.ShowPack)
def show_pack(core: Core, ask: q.ShowPack) -> q.PackStory:
    life = core.law.lives()[core.law.known(ask.pack)]
    return _story(core, life, core.law.lives()[core.law.known(ask.against)] if ask.against else None)


@answers(q.StagePack)
def stage_pack(core: Core, ask: q.StagePack) -> q.PackStory:
    text, where = _text(ask)
    held, now = core.law.lives(), core.now()
    pack = _read(core, text, where)
    key = (pack.id, pack.version)
    life, kept = held.get(key), packs.text(core.store.conn, core.desk, *key)
    if life is not None and kept != text:
        raise Refused("pack_other_text", pack=life.name)
    if life is not None and life.withdrawn is None:
        raise Refused("pack_staged", pack=life.name, who=life.staged.who)
    day = _day(core, ask.day, max(pack.day, local_day(now, core.zone)))
    packs.put(core.store.conn, core.desk, *key, text)
    packs.add(core.store.conn, core.desk, key, "staged", core.me.id, now, day=day.isoformat())
    return _story(core, core.law.lives()[key], None)


@answers(q.ApprovePack)
def approve_pack(core: Core, ask: q.ApprovePack) -> q.PackView:
    key = core.law.known(ask.pack)
    life = core.law.lives()[key]
    if core.me.role is Role.SYSTEM:
        raise Refused("pack_approved_by_people", pack=life.name)
    if life.withdrawn is not None:
        raise Refused("pack_withdrawn", pack=life.name, who=life.withdrawn.who)
    if life.begins is not None:
        raise Refused("pack_approved", pack=life.name)
    if any(signed.who == core.me.id for signed in life.approved):
        raise Refused("pack_approved_by_you", pack=life.name, more=APPROVALS - len(life.approved))
    packs.add(core.store.conn, core.desk, key, "approved", core.me.id, core.now())
    return _view(core, core.law.lives()[key])


@answers(q.WithdrawPack)
def withdraw_pack(core: Core, ask: q.WithdrawPack) -> q.PackView:
    key = core.law.known(ask.pack)
    life, now = core.law.lives()[key], core.now()
    reason = mask_text(clean_line(ask.reason, limit=LONGEST_REASON).text)
    if life.withdrawn is not None:
        raise Refused("pack_withdrawn", pack=life.name, who=life.withdrawn.who)
    if life.begins is not None and life.begins <= now:
        raise Refused("pack_in_force", pack=life.name)
    if not reason:
        raise Refused("pack_reason", pack=life.name)
    packs.add(core.store.conn, core.desk, key, "withdrawn", core.me.id, now, said=reason)
    return _view(core, core.law.lives()[key])


@answers(q.FlaggedTexts)
def flagged_texts(core: Core, ask: q.FlaggedTexts) -> list[q.Flagged]:
    conn, law = core.store.conn, core.law
    reviewed = {
        (step.pack, step.version, step.said)
        for step in packs.steps(conn, core.desk)
        if step.step == "reviewed"
    }
    found: dict[str, q.Flagged] = {}
    # The last change that touched a text tells who looks at it what to compare with.
    for before, after in activations(law.lives().values(), core.now()):
        changes = differences(law.pack((before.id, before.version)), law.pack((after.id, after.version)))
        for text in touched(conn, core.desk, changes):
            if (after.id, after.version, text.subject) not in reviewed:
                found[text.subject] = q.Flagged(text, after.name, after.begins or 0)
    return [found[subject] for subject in sorted(found)]


@answers(q.ReviewTexts)
def review_texts(core: Core, ask: q.ReviewTexts) -> list[str]:
    flagged = {one.text.subject: one for one in flagged_texts(core, q.FlaggedTexts())}
    chosen: dict[str, q.Flagged] = {}
    for said in (told.strip().casefold() for told in ask.ids):
        names = {subject: {subject.casefold(), one.text.id.casefold()} for subject, one in flagged.items()}
        found = {subject: one for subject, one in flagged.items() if said in names[subject]}
        if not found:
            raise Refused("text_not_flagged", text=said)
        chosen |= found
    done, now = list(chosen), core.now()
    # What two changes touched was looked at as it is now: one review is for both.
    while chosen:
        for subject, one in chosen.items():
            key = core.law.known(one.pack)
            packs.add(core.store.conn, core.desk, key, "reviewed", core.me.id, now, said=subject)
        left = {one.text.subject: one for one in flagged_texts(core, q.FlaggedTexts())}
        chosen = {subject: one for subject, one in left.items() if subject in done}
    return done


@answers(q.ReplayCases)
def replay_cases(core: Core, ask: q.ReplayCases) -> q.ReplayPage:
    if ask.queue and ask.queue not in QUEUES:
        raise Refused("unknown_queue", queue=ask.queue, allowed=QUEUES)
    # Who may not see that queue learns of none of its cases here.
    sees_all = core.me.may(Right.ASSIGN)
    if ask.queue == AUTHORITY:
        core.need(Right.ASSIGN)
    conn, desk = core.store.conn, core.desk
    limit = min(max(ask.limit, 1), MOST_CASES)
    now, then = core.bench(), _then(core, ask)
    ids = feed.open_page(conn, desk, ask.after, limit, ask.queue)
    changed: list[q.Replayed] = []
    for id_ in ids:
        case, _ = core.load(id_)
        if queue_of(case) == AUTHORITY and not sees_all:
            continue
        order = orders.facts(conn, desk, case.order, case.id) if case.order else None
        number = core.number(case)
        changed += (q.Replayed(number, id_, line, told) for line, told in replayed(case, order, now, then))
    return q.ReplayPage(len(ids), tuple(changed), ids[-1] if len(ids) == limit else "")


def _then(core: Core, ask: q.ReplayCases) -> Bench:
    """The law that is supposed: another pack, another day, or both."""
    if bool(ask.pack) + bool(ask.text) > 1 or not (ask.pack or ask.text or ask.on):
        raise Refused("replay_what")
    # A day begins at its midnight, and so does what comes into force on it.
    at = midnight_ms(_date(ask.on), core.zone) if ask.on else core.now()
    if not ask.text:
        return core.bench(at, ask.pack)
    return Bench(core.law.supposing(at, _read(core, ask.text, ask.source)), core.zone, at)


def _text(ask: q.StagePack) -> tuple[str, str]:
    """The text to stage, and what it is called in a fault."""
    if bool(ask.text) == bool(ask.shipped):
        raise Refused("stage_what")
    if ask.text:
        return ask.text, ask.source
    found, code = staging.shipped(), ask.shipped.strip().upper()
    if code not in found:
        raise Refused("bad_choice", field="shipped", value=ask.shipped, allowed=tuple(found))
    return found[code][1], code


def _read(core: Core, text: str, where: str) -> Pack:
    try:
        return staging.read_staged(text, clean_line(where).text, core.law.book(core.now()).packs.values())
    except PackError as error:
        raise Refused("bad_pack", said=clean_line(str(error)).text) from None


def _date(said: str) -> date:
    try:
        day = date.fromisoformat(said)
    except ValueError:
        day = None
    if day is None or not 1970 < day.year < 9999:
        raise Refused("bad_value", field="day", value=said)
    return day


def _day(core: Core, said: str, usual: date) -> date:
    """The day on which a pack is to be in force: today at the earliest, so that what was decided stays decided."""
    if not said:
        return usual
    day, today = _date(said), local_day(core.now(), core.zone)
    if not today <= day <= today + timedelta(MOST_DAYS):
        raise Refused("pack_day", day=day, today=today)
    return day


def _views(core: Core, lives: Iterable[PackLife]) -> Iterable[q.PackView]:
    now = core.now()
    active = in_force(core.law.lives().values(), now)
    digests = packs.digests(core.store.conn, core.desk)
    for life in lives:
        yield q.PackView(
            pack=life.id,
            version=life.version,
            state=state_of(life, active, now),
            digest=digests.get((life.id, life.version), b"").hex(),
            shipped=life.shipped,
            day=life.day,
            begins=life.begins,
            staged=life.staged,
            approved=life.approved,
            withdrawn=life.withdrawn,
            reason=life.reason,
        )


def _view(core: Core, life: PackLife) -> q.PackView:
    return next(iter(_views(core, [life])))


def _story(core: Core, life: PackLife, against: PackLife | None) -> q.PackStory:
    """A version beside another, or beside the one that it follows (in force before it, or now)."""
    other = against or _before(core, life)
    changes: tuple[PackChange, ...] = ()
    texts: tuple[Touched, ...] = ()
    if other is not None:
        old, new = core.law.pack((other.id, other.version)), core.law.pack((life.id, life.version))
        if old.id != new.id:
            raise Refused("packs_of_two", pack=life.name, other=other.name)
        changes = differences(old, new)
        texts = touched(core.store.conn, core.desk, changes)
    return q.PackStory(_view(core, life), other.name if other else "", changes, texts)


def _before(core: Core, life: PackLife) -> PackLife | None:
    done = {after.name: before for before, after in activations(core.law.lives().values(), core.now())}
    if life.name in done:
        return done[life.name]
    active = in_force(core.law.lives().values(), core.now()).get(life.id)
    return None if active == life else active


def _offered(held: Iterable[PackLife]) -> Iterable[str]:
    """Shipped versions that this desk never had and that are newer than what it has."""
    newest: dict[str, str] = {}
    for life in held:
        newest[life.id] = max(life.version, newest.get(life.id, ""))
    for pack, _ in staging.shipped().values():
        if pack.version > newest.get(pack.id, ""):
            yield f"{pack.id}@{pack.version}"


def _unconfirmed(core: Core) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Years without published days off, this one and the next, of the calendars by which the law now counts."""
    book, year = core.law.book(core.now()), local_day(core.now(), core.zone).year
    found: list[tuple[str, tuple[int, ...]]] = []
    for code in dict.fromkeys(pack.calendar for pack in book.packs.values() if pack.calendar):
        flags = book.calendars[code].unconfirmed_between(date(year, 1, 1), date(year + 1, 12, 25))
        if flags:
            found.append((code, tuple(flag.year for flag in flags)))
    return tuple(found)
