"""Names of charsets as mail programs write them, made into names under which the bytes can be read.

Where a standard charset and a larger one share a name in practice, the larger one is taken, as browsers do: source,
WHATWG Encoding Standard, "Names and labels". What is unknown stays as it is written; nothing here raises.
"""

import re

_CODE_PAGE = re.compile(r"(?:cp|win|windows|ibm|ms)-?([0-9]{3,5})(?![0-9])")
_CHINESE = re.compile(r"gb-?(?:2312|k|18030|13000)|chinesegb|euc-cn|hz-gb", re.IGNORECASE)
_LARGER = {
    "ansi": "cp1252",
    "big5": "big5hkscs",
    "big5-eten": "big5hkscs",
    "chinesebig5": "big5hkscs",
    "cp31j": "cp932",
    "cp950": "big5hkscs",
    "cp54936": "gb18030",
    "cp65001": "utf-8",
    "euc-kr": "cp949",
    "iso-8859-1": "cp1252",
    "iso-latin-1": "cp1252",
    "iso8859-1": "cp1252",
    "ks-c-5601-1987": "cp949",
    "ks-c-5601": "cp949",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "shift-jis": "cp932",
    "shiftjis": "cp932",
    "sjis": "cp932",
    "tis-620": "cp874",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "windows-31j": "cp932",
}


def charset_name(said: str) -> str:
    """The name of a charset without quotes, private prefixes and wrong spellings; "" for none."""
    name = said.strip().strip("'\"; ").lower().replace("_", "-")[:60]
    if name.startswith("x-"):
        name = name[2:]
    if name.startswith("hz"):
        return "hz"
    if _CHINESE.match(name):
        return "gb18030"
    if page := _CODE_PAGE.match(name):
        name = f"cp{page[1]}"
    elif name.startswith("iso-8859-") and name[-2:] in ("-i", "-e"):
        name = name[:-2]  # a note on the order of Hebrew and Arabic signs, which says nothing about bytes
    return _LARGER.get(name, name)
