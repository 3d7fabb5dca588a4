"""An incident in words, for every door: its criteria, how many fit, how far a run is."""

from collections.abc import Iterator

from csdesk.desk.bulk_queries import RunView
from csdesk.desk.incident_queries import IncidentView
from csdesk.desk.words import Words


def criteria(view: IncidentView, words: Words) -> Iterator[str]:
    """Each criterion."""
    if view.cause is None:
        return
    asked = view.cause.criteria
    told = {
        "carrier": asked.carrier,
        "sku": asked.sku,
        "merchant": (view.merchant or asked.merchant) if asked.merchant else "",
        "kinds": words.between.join(words.code("kind", kind) for kind in asked.kinds),
        "reason": words.code("reason", asked.reason) if asked.reason else "",
        "channel": words.code("channel", asked.channel) if asked.channel else "",
        "words": asked.words,
        "since": words.moment(asked.since) if asked.since else "",
        "until": words.moment(asked.until) if asked.until else "",
    }
    yield from (words(f"incident.{name}", value=value) for name, value in told.items() if value)


def fitting(view: IncidentView, words: Words) -> str:
    """How many cases fit and are not in yet."""
    if not view.fitting:
        return words("incident.fitting_none")
    return words("incident.fitting" if view.counted else "incident.fitting_more", n=view.fitting)


def counts(view: IncidentView, words: Words) -> str:
    """Members that are open, that the last notice has not gone to, that are undecided."""
    there = view.members
    return words("incident.counts", open=there.open, uninformed=there.uninformed, undecided=there.undecided)


def progress(run: RunView, words: Words) -> str:
    """Whether a run goes on and how far it is: 进行中 120/300."""
    done = words("incident.run", done=run.total - run.counts["waiting"], total=run.total)
    return f"{words(f'incident.run_state.{run.state}')} {done}"
