"""Laws and rules from files: every format gives the same articles, hostile files one sentence, again only changes."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from csdesk.cli.errors import words
from csdesk.desk.config import Config
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Refused
from csdesk.interop import statute_files
from csdesk.interop.statute_files import read
from csdesk.interop.statute_import import Plan, carry_out, plan
from csdesk.interop.statutes import Line, Provision, StatuteFault, statute
from tests.building import DeskFile

TITLE = "样例消费者权益保护办法"
LINES = [
    TITLE,
    "（2020年1月1日某局公布　自2020年3月15日起施行）",
    "第一章　总则",
    "第一条　为了保护消费者，制定本办法。",
    "第二章　退货",
    "第一节　期限",
    "第二条　消费者可以自收到商品之日起七日内退货：",
    "（一）商品完好的；",
    "（二）依照本办法第一条的规定可以退货的。",
    "第二条之一【运费】　退货的运费由经营者承担。",
    "第三章　附则",
    "第三条　本办法由某局解释。",
]
ARTICLES = [
    ("第一条", "第一章 总则", "", "为了保护消费者，制定本办法。"),
    (
        "第二条",
        "第二章 退货 第一节 期限",
        "",
        "消费者可以自收到商品之日起七日内退货：\n（一）商品完好的；\n（二）依照本办法第一条的规定可以退货的。",
    ),
    ("第二条之一", "第二章 退货 第一节 期限", "运费", "退货的运费由经营者承担。"),
    ("第三条", "第三章 附则", "", "本办法由某局解释。"),
]


def markdown(path: Path) -> None:
    marks = {"章": "## ", "节": "### "}
    lines = [f"# {TITLE}"]
    for line in LINES[1:]:
        mark = next((marks[sign] for sign in marks if line.startswith("第") and line[2] == sign), "")
        article = line.startswith("第") and not mark
        lines.append(
            f"{mark}{line}" if not article else f"**{line.partition('　')[0]}**　{line.partition('　')[2]}"
        )
    path.write_text("\n\n".join(lines), "utf-8")


def plain(path: Path) -> None:
    path.write_text("\n".join(LINES), "utf-8")


def docx(path: Path) -> None:
    from docx import Document

    document = Document()
    document.add_heading(LINES[0], 0)
    for line in LINES[1:]:
        document.add_paragraph(line)
    document.save(str(path))


def pdf(path: Path, lines: list[str] = LINES, password: str = "") -> None:
    """A page of text in a font that every reader has, each line where the one before ends."""
    from pypdf import PdfWriter
    from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject

    def named(**told: object) -> DictionaryObject:
        return DictionaryObject({NameObject(f"/{key}"): value for key, value in told.items()})

    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    inner = named(
        Type=NameObject("/Font"), Subtype=NameObject("/CIDFontType0"), BaseFont=NameObject("/STSong-Light")
    )
    font = named(
        Type=NameObject("/Font"), Subtype=NameObject("/Type0"), BaseFont=NameObject("/STSong-Light"),
        Encoding=NameObject("/UniGB-UTF16-H"), DescendantFonts=ArrayObject([inner]),
    )  # fmt: skip
    page[NameObject("/Resources")] = named(Font=named(F1=font))
    shown = [
        f"1 0 0 1 40 {800 - 20 * n} Tm <{line.encode('utf-16-be').hex()}> Tj" for n, line in enumerate(lines)
    ]
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf {' '.join(shown)} ET".encode())
    page[NameObject("/Contents")] = writer._add_object(stream)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    writer.write(str(path))


@pytest.mark.parametrize(("ending", "make"), [("md", markdown), ("txt", plain), ("docx", docx), ("pdf", pdf)])
def test_each_format_gives_title_chapters_articles_and_dates(
    tmp_path: Path, ending: str, make: Callable[[Path], None]
):
    path = tmp_path / f"law.{ending}"
    make(path)
    found = read(path)
    assert [(one.label, one.chapter, one.title, one.text) for one in found] == ARTICLES
    assert {(one.law, one.effective_from, one.effective_to) for one in found} == {(TITLE, "2020-03-15", "")}
    assert [(one.number, one.suffix) for one in found] == [(1, 0), (2, 0), (2, 1), (3, 0)]


def test_lines_that_a_page_cut_are_put_together_and_a_citation_begins_no_article(tmp_path: Path):
    cut = ["样例法", "第一条　依照本法", "第三条规定的条件，可以", "退货。", "— 1 —", "第二条　另行规定。"]
    pdf(tmp_path / "law.pdf", cut)
    assert [one.text for one in read(tmp_path / "law.pdf")] == [
        "依照本法第三条规定的条件，可以退货。",
        "另行规定。",
    ]


@pytest.mark.parametrize(
    ("said", "days"),
    [
        (["样例法", "施行日期：2024-07-01", "有效期至2026年6月30日"], ("2024-07-01", "2026-06-30")),
        (["样例法", "（自2015年3月15日起施行，自2024年7月1日起废止）"], ("2015-03-15", "2024-06-30")),
        (["title: 样例法", "effective_from: 2024-07-01"], ("2024-07-01", "")),
        (["样例法", "（2024年13月1日起施行）"], ("", "")),
    ],
)
def test_days_before_the_articles(said: list[str], days: tuple[str, str]):
    (one,) = statute([Line(line) for line in [*said, "第一条　内容。"]], "law")
    assert (one.law, (one.effective_from, one.effective_to)) == ("样例法", days)


def test_the_last_articles_tell_the_day_where_the_head_does_not():
    found = statute(
        [Line("样例法"), Line("第一条　内容。"), Line("第二条　本法自2021年1月1日起施行。")], "law"
    )
    assert {one.effective_from for one in found} == {"2021-01-01"}


def test_tables_of_articles(tmp_path: Path):
    path = tmp_path / "rules.jsonl"
    path.write_text(
        '{"platform": "某平台", "rule": "某规则", "article_no": "第八条", "article_text": "内容。",'
        ' "effective": "2025-08-15"}\n\n',
        "utf-8",
    )
    (one,) = read(path)
    assert one == Provision("某规则", "第八条", 8, 0, "内容。", effective_from="2025-08-15", source="某平台")
    path = tmp_path / "rules.csv"
    path.write_text("\ufeff名称;条号;内容\n某规则;第八条;内容。\n", "utf-8")
    wanted = [Provision("某规则", "第八条", 8, 0, "内容。")]
    assert read(path) == wanted
    for charset in ("gb18030", "utf-16"):
        path.write_bytes("名称,条号,内容\r\n某规则,第八条,内容。\r\n".encode(charset))
        assert read(path) == wanted


def bomb(path: Path) -> None:
    docx(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed, packed.open("word/x.bin", "w") as part:
        for _ in range(5):
            part.write(bytes(1_000_000))


def entities(path: Path) -> None:
    """A document whose text grows with each of its entities."""
    docx(path)
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    body = parts["word/document.xml"].split(b"?>", 1)[1].replace(TITLE.encode(), b"&a9;")
    parts["word/document.xml"] = f'<!DOCTYPE d [<!ENTITY a0 "ha">{laughs}]>'.encode() + body
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)


def cut(path: Path) -> None:
    docx(path)
    path.write_bytes(path.read_bytes()[:2_000])


def empty_zip(path: Path) -> None:
    held = io.BytesIO()
    zipfile.ZipFile(held, "w").close()
    path.write_bytes(held.getvalue())


HOSTILE: list[tuple[str, Callable[[Path], object], str]] = [
    ("bomb.docx", bomb, "statute_unpacks"),
    ("entities.docx", entities, "statute_broken"),
    ("cut.docx", cut, "statute_broken"),
    ("zip.docx", empty_zip, "statute_broken"),
    (
        "old.docx",
        lambda path: path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)),
        "statute_locked",
    ),
    ("locked.pdf", lambda path: pdf(path, password="secret"), "statute_locked"),
    ("scan.pdf", lambda path: pdf(path, []), "statute_no_text"),
    ("broken.pdf", lambda path: path.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 9), "statute_broken"),
    ("gbk.md", lambda path: path.write_bytes("第一条　内容".encode("gbk")), "import_not_utf8"),
    ("letter.md", lambda path: path.write_text("您好，请退货。", "utf-8"), "statute_no_articles"),
    ("bare.txt", lambda path: path.write_text("第一条　内容。", "utf-8"), "statute_no_title"),
    (
        "gap.txt",
        lambda path: path.write_text("样例法\n第一条\n第二条　内容。", "utf-8"),
        "statute_empty_article",
    ),
    ("two.txt", lambda path: path.write_text("样例法\n第一条　甲。\n第一条　乙。", "utf-8"), "statute_twice"),
    ("law.doc", lambda path: path.write_bytes(b"x"), "statute_ending"),
    ("none.md", lambda path: None, "statute_unreadable"),
    ("empty.pdf", lambda path: path.write_bytes(b" \n"), "statute_empty"),
    ("row.jsonl", lambda path: path.write_text('{"law": "甲"}', "utf-8"), "statute_row"),
    ("row.csv", lambda path: path.write_text("law,article_no,text\n甲,第一条,\n", "utf-8"), "statute_row"),
    ("deep.jsonl", lambda path: path.write_text("[" * 100_000, "utf-8"), "statute_row"),
]


@pytest.mark.parametrize(("name", "make", "code"), HOSTILE, ids=[name for name, _, _ in HOSTILE])
def test_a_file_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, name: str, make: Callable[[Path], object], code: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(statute_files, "MOST_UNPACKED", 4_000_000)
    make(tmp_path / name)
    with pytest.raises(StatuteFault) as caught:
        read(tmp_path / name)
    assert caught.value.code == code
    for language in ("zh-Hans", "en"):
        told = words(Config(language=language)).error(code, caught.value.detail, "")
        assert name in told
        assert "{" not in told.replace("{…}", "")


# Taking it in


def put(core: Core, *lines: str) -> Plan:
    planned = plan(core, statute([Line(line) for line in lines], "law"))
    carry_out(core, planned)
    return planned


def told(planned: Plan) -> list[tuple[str, str]]:
    return [(one.what, one.article_no) for one in planned.changes]


HEAD = ("样例法", "施行日期：2020-01-01")


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    return desk_file.core("gao")


def test_again_only_what_changed_is_written(core: Core):
    assert told(put(core, *HEAD, "第一条　甲。", "第二条　乙。")) == [("new", "第一条"), ("new", "第二条")]
    again = plan(core, statute([Line(line) for line in (*HEAD, "第一条　甲。", "第二条　乙。")], "law"))
    assert (told(again), again.records) == ([("same", "第一条"), ("same", "第二条")], ())
    changed = put(core, *HEAD, "第一条　甲改。", "第三条　丙。")
    assert told(changed) == [("changed", "第一条"), ("new", "第三条"), ("gone", "第二条")]
    assert (changed.changes[0].fields, changed.changes[0].before, changed.changes[0].after) == (
        ("text",),
        "甲。",
        "甲改。",
    )
    # What a file lacks of the same edition is told, and stays.
    assert [
        one.article.text for one in core.store.policies.search("样例法2", "2026-11-02", "zh-Hans", 1)
    ] == ["乙。"]


def test_a_later_edition_stands_above_the_text_it_replaces(core: Core):
    put(core, *HEAD, "第一条　旧的运费规定。", "第二条　乙。", "第三条　旧的发票规定。")
    later = put(core, "样例法", "施行日期：2025-01-01", "第一条　新的运费规定。", "第二条　乙。")
    assert told(later) == [("edition", "第一条"), ("same", "第二条"), ("gone", "第三条")]
    now = core.store.policies.search("运费规定", "2026-11-02", "zh-Hans", 5)
    assert [(hit.article.external_id, hit.in_force) for hit in now[:2]] == [
        ("样例法 第一条@2025-01-01", True),
        ("样例法 第一条", False),
    ]
    assert now[1].article.effective_to == "2024-12-31"
    then = core.store.policies.search("运费规定", "2024-12-31", "zh-Hans", 5)
    assert (then[0].article.text, then[0].in_force) == ("旧的运费规定。", True)
    assert not core.store.policies.search("样例法3", "2026-11-02", "zh-Hans", 5)[0].in_force
    again = plan(
        core,
        statute(
            [Line(x) for x in ("样例法", "施行日期：2025-01-01", "第一条　新的运费规定。", "第二条　乙。")],
            "l",
        ),
    )
    assert again.records == ()


def test_an_earlier_edition_taken_in_later_takes_its_place_below(core: Core):
    put(core, "样例法", "施行日期：2025-01-01", "第一条　新的运费规定。")
    assert told(put(core, *HEAD, "第一条　旧的运费规定。")) == [("edition", "第一条")]
    hits = core.store.policies.search("样例法1", "2026-11-02", "zh-Hans", 5)
    assert [(hit.article.text, hit.article.effective_to) for hit in hits] == [
        ("新的运费规定。", ""),
        ("旧的运费规定。", "2024-12-31"),
    ]
    assert (
        plan(core, statute([Line(line) for line in (*HEAD, "第一条　旧的运费规定。")], "law")).records == ()
    )


def test_an_agent_imports_nothing(desk_file: DeskFile):
    with pytest.raises(Refused, match="no_right"):
        plan(desk_file.core("wang"), [Provision("样例法", "第一条", 1, 0, "甲。")])
