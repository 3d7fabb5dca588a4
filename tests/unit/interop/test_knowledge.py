"""The shipped knowledge is clean and complete, and the check finds every kind of problem there is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import msgspec
import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin

from csdesk import resources
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.conversation import slots
from csdesk.interop.knowledge import (
    LANGUAGES,
    Article,
    CannedBook,
    CannedReply,
    Citation,
    Forbidden,
    KnowledgeError,
    Law,
    Problem,
    check,
    find_forbidden,
    load_articles,
    load_canned,
    load_forbidden,
)

DAY = date(2026, 11, 22)
FOLDER = resources.path("data/knowledge")
ARTICLES = load_articles(FOLDER / "articles.toml")
CANNED = load_canned(FOLDER / "canned.toml")
FORBIDDEN = load_forbidden(FOLDER / "forbidden.toml")

change = msgspec.structs.replace


@dataclass(frozen=True)
class Desk:
    """A set of knowledge to break one thing in."""

    articles: tuple[Article, ...] = ARTICLES
    canned: CannedBook = CANNED
    forbidden: tuple[Forbidden, ...] = FORBIDDEN

    def problems(self, today: date = DAY) -> list[Problem]:
        return check(self.articles, self.canned, self.forbidden, today)

    def article(self, id: str, **changes) -> "Desk":
        return replace(self, articles=tuple(change(a, **changes) if a.id == id else a for a in self.articles))

    def reply(self, id: str, **changes) -> "Desk":
        replies = tuple(change(r, **changes) if r.id == id else r for r in self.canned.replies)
        return replace(self, canned=change(self.canned, replies=replies))

    def rule(self, code: str, **changes) -> "Desk":
        rules = tuple(change(r, **changes) if r.code == code else r for r in self.forbidden)
        return replace(self, forbidden=rules)


def article(id: str) -> Article:
    return next(found for found in ARTICLES if found.id == id)


def reply(id: str) -> CannedReply:
    return next(found for found in CANNED.replies if found.id == id)


def only(desk: Desk, today: date = DAY) -> Problem:
    """The one problem of a desk in which one thing was broken."""
    problems = desk.problems(today)
    assert len(problems) == 1, problems
    return problems[0]


def without(words: Mapping[str, str], language: str) -> dict[str, str]:
    return {key: text for key, text in words.items() if key != language}


# The shipped data


def test_shipped_knowledge_has_no_problem():
    assert check(ARTICLES, CANNED, FORBIDDEN, DAY) == []


def test_there_are_sixty_articles_numbered_in_order():
    assert [(a.id, a.no) for a in ARTICLES] == [(f"P{no:02}", no) for no in range(1, 61)]


def test_there_are_forty_replies_and_three_of_our_own_numbered_in_order():
    assert [r.id for r in CANNED.replies] == [f"C{no:02}" for no in range(1, 44)]


def test_every_article_cites_something_and_every_kind_has_articles_and_replies():
    assert all(a.citations and a.kinds and a.tags for a in ARTICLES)
    # No article is about an incident: each of its cases has its own.
    assert {kind for a in ARTICLES for kind in a.kinds} == set(Kind) - {Kind.INCIDENT}
    assert {kind for r in CANNED.replies for kind in r.kinds} == set(Kind)


def test_chinese_articles_are_60_to_220_characters_and_english_ones_stay_comparable():
    for a in ARTICLES:
        for language in ("zh-Hans", "zh-Hant"):
            assert 60 <= len(a.text[language]) <= 220, (a.id, language, len(a.text[language]))
        assert 200 <= len(a.text["en"]) <= 700, (a.id, len(a.text["en"]))
        assert all(3 <= len(words) <= 8 for words in a.keywords.values()), a.id
        assert all(len(set(words)) == len(words) for words in a.keywords.values()), a.id


def test_replies_are_chat_length_in_every_language():
    for r in CANNED.replies:
        assert all(len(r.body[language]) <= 170 for language in ("zh-Hans", "zh-Hant")), r.id
        assert len(r.body["en"]) <= 420, r.id


def test_shortcuts_are_the_pinyin_initials_of_the_title():
    for r in CANNED.replies:
        title = re.sub(r"[^\u4e00-\u9fff]", "", r.title["zh-Hans"])
        assert r.shortcut == "".join(lazy_pinyin(title, style=Style.FIRST_LETTER))[:4], r.id


def test_every_guard_is_used_by_a_reply_or_a_phrase_rule():
    used = {g for r in CANNED.replies for g in r.guards} | {g for f in FORBIDDEN for g in f.unless}
    assert used == set(CANNED.guards)


def test_simplified_texts_have_no_traditional_character():
    fold = opencc.OpenCC("t2s").convert
    for text in [a.text["zh-Hans"] for a in ARTICLES] + [r.body["zh-Hans"] for r in CANNED.replies]:
        assert fold(text) == text


def test_traditional_texts_use_neither_simplified_characters_nor_mainland_words():
    mainland = re.compile(
        "質量|默認|視頻|信息|激活|短信|質保|積分|回複|工單|驛站|程式|效能|檢視|釋出|支援|檔案|隻"
    )
    widen, narrow = opencc.OpenCC("s2t").convert, opencc.OpenCC("t2s").convert
    both = set("台占里么吊啟余汙舍鑑為著裡")  # 台 and such are written so in Taiwan or Hong Kong, too
    for text in [a.text["zh-Hant"] for a in ARTICLES] + [r.body["zh-Hant"] for r in CANNED.replies]:
        simplified = {c for c in text if widen(c) != c and narrow(c) == c} - both
        assert not simplified, (simplified, text)
        assert not mainland.search(text), (mainland.search(text), text)


def test_contested_points_of_the_law_are_shown_with_both_readings():
    contested = {a.id for a in ARTICLES if a.contested}
    # The roll of §203, underwear, a discount that still holds, limitation, the 1995 rule's §13, cross-border.
    assert contested == {"P02", "P04", "P13", "P17", "P20", "P55"}


def test_articles_that_lean_on_unread_texts_say_so():
    for a in ARTICLES:
        if any(c.instrument is not None and c.instrument.read != "text" for c in a.citations):
            assert a.note is not None, a.id


@pytest.mark.parametrize(
    ("id", "chinese", "english"),
    [
        ("P01", ["七日"], ["seven days"]),
        ("P14", ["收到之日起七日"], ["within seven days of receiving"]),
        ("P15", ["超过十五日", "第十六日"], ["more than fifteen days", "day sixteen"]),
        ("P17", ["最长自收到起二年"], ["at most two years"]),
        ("P18", ["六个月"], ["six months"]),
        (
            "P21",
            ["一年", "第八日至第十五日", "六十日", "0.5%"],
            ["one year", "day eight to fifteen", "sixty", "0.5%"],
        ),
        ("P24", ["二年或5万公里", "三年或6万公里", "3000公里"], ["50,000 km", "60,000 km", "3,000 km"]),
        (
            "P28",
            ["超过三十日", "九十日", "六十日"],
            ["More than thirty", "more than ninety", "more than sixty"],
        ),
        ("P32", ["20%", "双倍"], ["20%", "double"]),
        ("P37", ["七日内处理"], ["within seven days"]),
        ("P40", ["三倍", "500元"], ["three times", "500 yuan"]),
        ("P41", ["七日内的最低成交价"], ["lowest deal in the seven days before"]),
        ("P42", ["五万元以上二十万元以下"], ["50,000 to 200,000"]),
        ("P45", ["七日内可以要求退还本金"], ["Within seven days of payment"]),
        ("P46", ["十倍", "1000元"], ["ten times", "1,000 yuan"]),
        ("P51", ["不少于三年"], ["at least three years"]),
        ("P53", ["八周岁", "三十日内追认"], ["Under eight", "thirty days"]),
        ("P56", ["三十日内申请", "四十五日"], ["within thirty days", "forty-five"]),
        ("P58", ["十五个工作日"], ["fifteen working days"]),
        ("P59", ["四小时"], ["four hours"]),
        (
            "P60",
            ["七个工作日", "六十日", "四十五个工作日"],
            ["seven working days", "sixty days", "forty-five"],
        ),
    ],
)
def test_numbers_of_the_law_stand_in_the_text(id, chinese, english):
    text = article(id).text
    assert [n for n in chinese if n not in text["zh-Hans"]] == []
    assert [n for n in english if n not in text["en"]] == []


def test_old_mediation_rule_is_cited_as_past_and_the_new_one_as_present():
    old, new = (
        next(c for c in article("P60").citations if c.law == law)
        for law in ("complaint_measures_2019", "complaint_measures")
    )
    assert (old.start, old.end) == (date(2020, 1, 1), date(2026, 4, 14))
    assert (new.start, new.end) == (date(2026, 4, 15), None)


def test_a_refund_is_promised_only_under_a_guard():
    promising = {
        r.id for r in CANNED.replies if "已安排原路退回" in r.body["zh-Hans"] or "已退回" in r.body["zh-Hans"]
    }
    assert promising
    for id in promising:
        assert {"refund_decided", "refund_confirmed"} & set(reply(id).guards), id


def test_rejections_hold_only_after_the_decision_and_cite_an_article():
    rejections = [r for r in CANNED.replies if r.topic.startswith("reject_") or r.topic == "not_intact"]
    assert len(rejections) == 6
    for r in rejections:
        assert "rejected" in r.guards and r.articles, r.id
        assert "article" in slots(r.body["en"]), r.id


# Citations and dates


def test_a_citation_is_in_force_from_its_law_unless_it_says_otherwise():
    cited = next(c for c in article("P01").citations if c.law == "consumer_rights_law")
    assert cited.start == date(2014, 3, 15)
    assert (
        cited.instrument is not None and cited.instrument.name["zh-Hans"] == "中华人民共和国消费者权益保护法"
    )


def test_article_in_force_includes_its_first_and_last_day():
    a = change(article("P01"), effective_from=date(2026, 2, 1), effective_to=date(2026, 2, 28))
    days = [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1)]
    assert [a.in_force(day) for day in days] == [False, True, True, False]


def test_unknown_law_is_found():
    broken = Desk().article("P01", citations=(Citation(law="no_such_law", article="1"),))
    assert only(broken) == Problem("articles", "P01", "citations", "unknown_law", {"law": "no_such_law"})


def ended_law(end: date) -> Citation:
    law = Law(start=date(2020, 1, 1), end=end, read="text", name=dict.fromkeys(LANGUAGES, "旧法"))
    return Citation(law="old", article="1", start=law.start, instrument=law)


def test_citation_of_a_law_that_has_ended_is_found_the_day_after_and_not_before():
    broken = Desk().article("P01", citations=(ended_law(DAY),))
    assert broken.problems(DAY) == []
    found = only(broken, date(2026, 11, 23))
    assert (found.code, found.id, found.args["until"]) == ("expired_citation", "P01", "2026-11-22")


def test_citation_that_speaks_of_the_past_is_no_problem():
    past = change(ended_law(date(2024, 1, 1)), end=date(2024, 1, 1))
    assert Desk().article("P01", citations=(past,)).problems() == []


def test_article_in_force_before_its_law_is_found():
    found = only(Desk().article("P24", effective_from=date(2021, 12, 31)))
    assert (found.code, found.args["law"]) == (
        "premature_article",
        "three_guarantees_car",
    )


def test_expired_article_is_found_and_so_are_the_replies_that_stand_on_it():
    broken = Desk().article("P52", effective_to=date(2026, 11, 21))
    problems = broken.problems()
    assert {(p.id, p.code) for p in problems if p.file == "articles"} == {("P52", "expired_article")}
    standing = {r.id for r in CANNED.replies if "P52" in r.articles}
    assert {p.id for p in problems if p.code == "article_not_in_force"} == standing != set()
    assert broken.problems(date(2026, 11, 21)) == []


def test_reply_on_an_article_that_is_not_yet_in_force_is_found():
    found = {p.code for p in Desk().article("P44", effective_from=date(2027, 1, 1)).problems()}
    assert found == {"article_not_in_force"}


def test_dead_citation_of_a_reply_and_of_a_phrase_rule_is_found():
    dead = only(Desk().reply("C01", articles=("P61",)))
    assert (dead.file, dead.id, dead.code, dead.args) == (
        "canned",
        "C01",
        "unknown_article",
        {"article": "P61"},
    )
    dead = only(Desk().rule("review_bribe", article="P00"))
    assert (dead.file, dead.id, dead.code) == ("forbidden", "review_bribe", "unknown_article")


def test_secondary_source_without_a_note_is_found():
    found = only(Desk().article("P34", note=None))
    assert (found.id, found.code, found.args) == (
        "P34",
        "unmarked_source",
        {"law": "platform_rules_measures"},
    )


def test_interpretation_that_explains_nothing_is_found():
    found = only(Desk().article("P01", confidence="interpretation"))
    assert (found.id, found.code) == ("P01", "unexplained_interpretation")


def test_contested_point_with_one_reading_is_found():
    point = article("P55").contested[0]
    found = only(Desk().article("P55", contested=(change(point, readings=point.readings[:1]),)))
    assert (found.id, found.code) == ("P55", "one_reading")


# Languages


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("field", ["title", "text", "note", "keywords"])
def test_missing_language_of_an_article_is_found(field, language):
    found = only(Desk().article("P28", **{field: without(getattr(article("P28"), field), language)}))
    assert (found.id, found.field, found.code, found.args) == (
        "P28",
        field,
        "missing_language",
        {"language": language},
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_missing_or_blank_language_of_a_reply_is_found(language):
    for title in (without(reply("C13").title, language), {**reply("C13").title, language: " "}):
        found = only(Desk().reply("C13", title=title))
        assert (found.id, found.field, found.args) == ("C13", "title", {"language": language})


def test_missing_language_of_readings_slots_guards_reasons_phrases_and_laws_is_found():
    point = article("P55").contested[0]
    reading = change(point, readings=(without(point.readings[0], "en"), point.readings[1]))
    assert only(Desk().article("P55", contested=(reading,))).field == "contested"
    label = change(CANNED.slots["waybill"], label=without(CANNED.slots["waybill"].label, "zh-Hant"))
    book = change(CANNED, slots={**CANNED.slots, "waybill": label})
    assert only(Desk(canned=book)).id == "waybill"
    book = change(CANNED, guards={**CANNED.guards, "received": {"en": "received"}})
    assert [p.args["language"] for p in Desk(canned=book).problems()] == ["zh-Hans", "zh-Hant"]
    rule = FORBIDDEN[0]
    assert only(Desk().rule(rule.code, reason=without(rule.reason, "en"))).field == "reason"
    assert only(Desk().rule(rule.code, phrases={**rule.phrases, "en": ()})).field == "phrases"
    law = Law(start=date(2014, 3, 15), read="text", name={"en": "A law", "zh-Hans": "某法"})
    nameless = Citation(law="a_law", article="1", start=law.start, instrument=law)
    assert only(Desk().article("P01", citations=(nameless,))).field == "laws.a_law"


# Slots, guards, shortcuts


def test_slot_that_is_not_on_the_list_is_found():
    body = {language: text + "{mood}" for language, text in reply("C13").body.items()}
    found = only(Desk().reply("C13", body=body))
    assert (found.id, found.code, found.args) == ("C13", "undeclared_slot", {"slot": "mood"})


def test_slot_that_no_reply_uses_is_found():
    book = change(CANNED, slots={**CANNED.slots, "mood": CANNED.slots["today"]})
    assert only(Desk(canned=book)) == Problem("canned", "mood", "slots", "unused_slot", {"slot": "mood"})


@pytest.mark.parametrize("language", LANGUAGES)
def test_slot_missing_from_one_language_is_found_there(language):
    body = {**reply("C26").body, language: reply("C26").body[language].replace("{waybill}", "")}
    found = only(Desk().reply("C26", body=body))
    assert (found.code, found.args) == ("placeholder_mismatch", {"language": language, "slots": "waybill"})


def test_guard_that_is_not_on_the_list_is_found():
    found = only(Desk().reply("C01", guards=("moon_full",)))
    assert (found.file, found.code, found.args) == ("canned", "undeclared_guard", {"guard": "moon_full"})
    found = only(Desk().rule("review_bribe", unless=("moon_full",)))
    assert (found.file, found.code) == ("forbidden", "undeclared_guard")


def test_shortcut_used_twice_is_found_whatever_its_case():
    found = only(Desk().reply("C01", shortcut=reply("C02").shortcut.upper()))
    assert (found.code, found.id) == ("duplicate_shortcut", reply("C02").shortcut)


def test_ids_and_codes_used_twice_are_found():
    for broken in (
        Desk(articles=(*ARTICLES, article("P01"))),
        Desk(canned=change(CANNED, replies=(*CANNED.replies, change(reply("C01"), shortcut="zzzz")))),
        Desk(forbidden=(*FORBIDDEN, FORBIDDEN[0])),
    ):
        assert only(broken).code == "duplicate_id"


# Forbidden phrases


def test_forbidden_phrase_in_our_own_reply_is_found():
    body = {**reply("C03").body, "zh-Hans": reply("C03").body["zh-Hans"] + "最终解释权归商家。"}
    problems = Desk().reply("C03", body=body).problems()
    assert {(p.id, p.code, p.args["rule"]) for p in problems} == {
        ("C03", "forbidden_phrase", "final_interpretation")
    }


def test_promise_of_a_refund_is_allowed_in_a_reply_guarded_by_the_decision_only():
    body = {language: text + "保证退款" for language, text in reply("C31").body.items()}
    assert Desk().reply("C31", body=body).problems() == []
    loose = Desk().reply("C31", body=body, guards=("duplicate_capture",)).problems()
    assert {p.args["rule"] for p in loose} == {"refund_guaranteed"}


def test_forbidden_phrase_in_an_article_is_found_because_articles_are_cited_into_replies():
    text = {**article("P05").text, "en": "No return once opened."}
    assert only(Desk().article("P05", text=text)).code == "forbidden_phrase"


def test_phrase_of_punctuation_alone_is_found():
    phrases = {**FORBIDDEN[0].phrases, "zh-Hans": ("！！",)}
    assert "empty_phrase" in {p.code for p in Desk().rule(FORBIDDEN[0].code, phrases=phrases).problems()}


@pytest.mark.parametrize("rule", FORBIDDEN, ids=lambda rule: rule.code)
def test_every_phrase_is_found_in_a_sentence_and_silent_when_its_guard_holds(rule):
    for language in LANGUAGES:
        for phrase in rule.phrases[language]:
            text = f"您好，{phrase}。" if language != "en" else f"Sorry, {phrase.upper()}!"
            assert rule.code in {hit.rule.code for hit in find_forbidden(text, FORBIDDEN)}, phrase
            for guard in rule.unless:
                assert rule.code not in {h.rule.code for h in find_forbidden(text, FORBIDDEN, {guard})}


@given(st.lists(st.sampled_from(["", " ", "·", "，", "\u200b", "\n", "*"]), min_size=5, max_size=5))
def test_spaces_and_punctuation_do_not_hide_a_phrase(between):
    hidden = "".join(c + gap for c, gap in zip("概不退换", between, strict=False))
    assert [hit.rule.code for hit in find_forbidden(f"本店{hidden}", FORBIDDEN)] == ["no_returns_at_all"]


def test_full_width_latin_does_not_hide_a_phrase_and_part_of_a_word_is_no_phrase():
    assert find_forbidden("Ａｌｌ　ｓａｌｅｓ ａｒｅ ｆｉｎａｌ", FORBIDDEN)
    assert not find_forbidden("Small sales are finally over", FORBIDDEN)
    assert not find_forbidden("您的退款正在办理，有结果我第一时间通知您。", FORBIDDEN)


# Bad files


def load(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    load_articles(path)


def test_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(KnowledgeError, match=r"gone\.toml cannot be read: No such file"):
        load_canned(tmp_path / "gone.toml")


def test_broken_toml_names_file_and_line(tmp_path):
    with pytest.raises(KnowledgeError, match=r"own\.toml is not TOML in UTF-8: .*line 2"):
        load(tmp_path / "own.toml", "format = 1\nlaws = oops\n")


def test_text_in_another_encoding_is_one_sentence(tmp_path):
    path = tmp_path / "own.toml"
    path.write_bytes("format = 1 # 退货".encode("gb18030"))
    with pytest.raises(KnowledgeError, match="not TOML in UTF-8"):
        load_forbidden(path)


SHIPPED = (FOLDER / "articles.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('kinds = ["exchange"]', 'kinds = ["swap"]', r"Invalid enum value 'swap'.*\(P29\)"),
        ('confidence = "policy"', 'confidence = "rumour"', r"Invalid enum value 'rumour'.*\(P35\)"),
        ("no = 40\n", 'no = "forty"\n', r"Expected `int`, got `str`.*\(P40\)"),
        ("no = 40\n", "no = 40\nkeyword = 1\n", r"unknown field `keyword`.*\(P40\)"),
        ("format = 1", "format = 2", r"Invalid enum value 2"),
    ],
)
def test_wrong_shape_names_the_field_and_the_entry(tmp_path, old, new, message):
    with pytest.raises(KnowledgeError, match=message):
        load(tmp_path / "own.toml", SHIPPED.replace(old, new, 1))


def test_unknown_law_in_a_file_loads_and_is_left_to_the_check(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        SHIPPED.replace('law = "civil_code", article = "201"', 'law = "civl_code", article = "201"', 1)
    )
    found = only(Desk(articles=load_articles(path)))
    assert (found.id, found.code, found.args) == ("P02", "unknown_law", {"law": "civl_code"})
