"""Citations in the spellings people use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.search import cite

CONSUMER = "中华人民共和国消费者权益保护法"
RULES = "中华人民共和国消费者权益保护法实施条例"
COMMERCE = "中华人民共和国电子商务法"
SEVEN = "网络购买商品七日无理由退货暂行办法"
TRADE = "网络交易监督管理办法"
CONTRACT = "中华人民共和国民法典（合同编）"
TORT = "中华人民共和国民法典（侵权责任编）"
ONLINE = "最高人民法院关于审理网络消费纠纷案件适用法律若干问题的规定（一）"
TAOBAO = "淘宝平台争议处理规则"
LAWS = {CONSUMER, RULES, COMMERCE, SEVEN, TRADE, CONTRACT, TORT, ONLINE, TAOBAO, "中华人民共和国刑法"}
NAMES = cite.LawNames(LAWS, cite.shipped_aliases())


@pytest.mark.parametrize(
    ("typed", "law", "numbers"),
    [
        ("消法25", CONSUMER, (25, None, None, None)),
        ("消法 第25条", CONSUMER, (25, None, None, None)),
        ("消法二十五", CONSUMER, (25, None, None, None)),
        ("消保法第二十五条", CONSUMER, (25, None, None, None)),
        ("消費者權益保護法第２５條", CONSUMER, (25, None, None, None)),
        ("《中华人民共和国消费者权益保护法》第五十五条", CONSUMER, (55, None, None, None)),
        ("消保法实施条例 7", RULES, (7, None, None, None)),
        ("《电商法》第17条第2款", COMMERCE, (17, None, 2, None)),
        ("电商法17条2款", COMMERCE, (17, None, 2, None)),
        ("消法第五十六条第一款第（二）项", CONSUMER, (56, None, 1, 2)),
        ("七日办法 8", SEVEN, (8, None, None, None)),
        ("7天无理由8", SEVEN, (8, None, None, None)),
        ("网络交易办法第9条", TRADE, (9, None, None, None)),
        ("网络消费规定（一）10", ONLINE, (10, None, None, None)),
        ("网络消费司法解释第3条是什么？", ONLINE, (3, None, None, None)),
        ("淘宝规则94", TAOBAO, (94, None, None, None)),
        ("刑法第一百三十三条之一", "中华人民共和国刑法", (133, 1, None, None)),
        ("刑法133-1", "中华人民共和国刑法", (133, 1, None, None)),
        ("xiaofa25", CONSUMER, (25, None, None, None)),
        ("dianshangfa 17", COMMERCE, (17, None, None, None)),
    ],
)
def test_a_citation_is_read(typed, law, numbers):
    found = cite.parse(typed, NAMES)
    assert found is not None
    assert found.laws[0] == law
    assert (found.article, found.suffix, found.paragraph, found.item) == numbers


def test_a_code_in_parts_is_all_of_them_and_a_part_is_itself():
    whole, part = cite.parse("民法典 1240", NAMES), cite.parse("合同编 509", NAMES)
    assert whole is not None and part is not None
    assert set(whole.laws) == {CONTRACT, TORT}
    assert part.laws == (CONTRACT,)


def test_initials_that_several_laws_share_name_them_all():
    assert set(NAMES.find("xf")) == {CONSUMER, "中华人民共和国刑法"}


def test_an_unlisted_abbreviation_is_found_among_the_laws_of_the_desk():
    names = cite.LawNames(["道路交通安全法", "劳动合同法", "劳动法"], {})
    assert names.find("道交法") == ("道路交通安全法",)
    assert names.find("劳动法") == ("劳动法",)
    assert names.find("劳合法") == ("劳动合同法",)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "消法",
        "25",
        "第25条",
        "运费 3",
        "iPhone 15",
        "订单 12345678",
        "消法0",
        "消法25和26条怎么理解",
        "合同法 52",
        "退货 8",
        "法 3",
    ],
)
def test_what_is_no_citation_is_none(typed):
    assert cite.parse(typed, NAMES) is None


def test_an_alias_of_a_law_the_desk_lacks_is_no_law():
    assert cite.LawNames([COMMERCE], cite.shipped_aliases()).find("消法") == ()


@given(st.integers(1, 9_999), st.one_of(st.none(), st.integers(1, 20)))
def test_labels_and_numbers_come_back(article, suffix):
    assert cite.article_number(cite.article_label(article, suffix)) == (article, suffix)


@given(st.sampled_from(sorted(LAWS - {CONTRACT, TORT})), st.integers(1, 1_500))
def test_each_full_name_cites_its_law(law, article):
    for number in (str(article), cite.article_label(article)):
        found = cite.parse(f"{law} {number}", NAMES)
        assert found is not None
        assert (found.laws[0], found.article) == (law, article)


@given(st.text(st.characters(), max_size=100))
def test_anything_can_be_typed(text):
    cite.parse(text, NAMES)
    cite.parse(text + "第1条", NAMES)
    cite.article_number(text)
