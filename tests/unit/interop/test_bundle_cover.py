"""The cover of an evidence bundle: hostile words stay words."""

from html.parser import HTMLParser

from csdesk.interop.bundle_cover import Cover, Section, html
from tests.hostile import ACTING, HOSTILE


def test_no_text_of_the_whole_corpus_is_more_than_text_on_a_cover():
    sections = tuple(Section(text[:200], ((text[:200], text[:200]),)) for text in HOSTILE)
    page = html(Cover("zh-Hans", "x", "x", sections)).decode()
    assert ACTING.search(page.replace("\r\n", "\n")) is None
    seen: list[tuple[str, list[tuple[str, str | None]]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: seen.append((tag, attrs))  # type: ignore[method-assign]
    parser.feed(page)
    plain = html(Cover("zh-Hans", "x", "x", (Section("x", (("x", "x"),)),))).decode()
    assert {f"<{tag}" in plain for tag, _ in seen} == {True}  # no tag that a cover does not have by itself
    assert sum(tag == "tr" for tag, _ in seen) == len(HOSTILE)
    assert not any(name.startswith("on") or name in ("href", "src") for _, attrs in seen for name, _ in attrs)
