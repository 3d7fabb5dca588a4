"""The articles that a decision rests on, the weightiest first: what one line has room for."""

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.pack import Article

# Said of every adverse decision, and no ground of any.
_BESIDE = frozenset({"human_on_request"})


def basis(decision: Decision) -> tuple[Article, ...]:
    """All its articles: those that most grounds name first, of these the ones that settled it, which come late."""
    count: dict[str, int] = {}
    last: dict[str, int] = {}
    place: dict[str, int] = {}
    for n, ground in enumerate(decision.grounds):
        if ground.code in _BESIDE:
            continue
        for m, id_ in enumerate(ground.articles):
            count[id_] = count.get(id_, 0) + 1
            last[id_], place[id_] = n, m
    return tuple(
        sorted(
            decision.articles,
            key=lambda article: (
                -count.get(article.id, 0),
                -last.get(article.id, -1),
                place.get(article.id, 0),
            ),
        )
    )
