"""Writes `data/calendars/` from the packages chinesecalendar and holidays: `python tools/calendars.py`."""

import json
from collections import defaultdict
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import chinese_calendar
import holidays

DATA = Path(__file__).parent.parent / "data" / "calendars"
# The packages' names of the days, as the notices of the State Council write them.
FESTIVALS = {"清明": "清明节", "端午": "端午节", "中秋": "中秋节"}
# The day of December from which a notice has ever reached, or could reach, into the year before its own: the
# weekend before a New Year's Day begins on 26 December at the earliest.
REVISED_FROM = (12, 26)
GAZETTE = "https://www.gov.cn/gongbao/content/"
PAPERS = {
    2004: ["https://zh.wikisource.org/wiki/国务院办公厅关于2004年部分节假日安排的通知"],
    2005: ["https://zh.wikisource.org/wiki/国务院办公厅关于2005年部分节假日安排的通知"],
    2006: ["https://zh.wikisource.org/wiki/国务院办公厅关于2006年部分节假日安排的通知"],
    2007: [GAZETTE + "2007/content_503397.htm"],
    2008: [GAZETTE + "2008/content_859870.htm"],
    2009: [GAZETTE + "2008/content_1175823.htm"],
    2010: [GAZETTE + "2009/content_1487011.htm"],
    2011: [GAZETTE + "2010/content_1765282.htm"],
    2012: [GAZETTE + "2011/content_2020918.htm"],
    2013: [GAZETTE + "2012/content_2292057.htm"],
    2014: [GAZETTE + "2014/content_2561299.htm"],
    2015: [
        GAZETTE + "2015/content_2799019.htm",
        "http://www.gov.cn/zhengce/zhengceku/2015-05/13/content_9742.htm",
    ],
    2016: [GAZETTE + "2016/content_2979719.htm"],
    2017: [GAZETTE + "2016/content_5148793.htm"],
    2018: [GAZETTE + "2017/content_5248221.htm"],
    2019: [GAZETTE + "2018/content_5350046.htm", GAZETTE + "2019/content_5380356.htm"],
    2020: [GAZETTE + "2019/content_5459138.htm", GAZETTE + "2020/content_5477297.htm"],
    2021: [GAZETTE + "2020/content_5567750.htm"],
    2022: [GAZETTE + "2021/content_5651728.htm"],
    2023: [GAZETTE + "2023/content_5736714.htm"],
    2024: ["https://www.gov.cn/zhengce/zhengceku/202310/content_6911528.htm"],
    2025: ["https://www.gov.cn/zhengce/zhengceku/202411/content_6986383.htm"],
    2026: ["https://www.gov.cn/zhengce/zhengceku/202511/content_7047091.htm"],
}
# Days on which a package is wrong, read in the notice; `wrong` names the package that the test lets differ.
EXCEPTIONS = [
    {
        "date": "2005-12-31",
        "isOffDay": False,
        "name": "元旦",
        "wrong": "chinesecalendar",
        "source": "国办发明电〔2005〕35号 (2005-12-16), 一: 12月31日（星期六）上班",
        "url": PAPERS[2006][0],
    },
]
# Regulation 1182/71 looks at the holidays of the member state. Those of the second row move days by decree.
ABROAD = {
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR IE IT LT LU MT NL PL PT RO SE SI SK GB US": (2020, 2030),
    "HU LV TW HK": (2020, 2026),
}


def china() -> dict[str, object]:
    """The years chinesecalendar knows, as holiday-cn days under the notice that arranged them."""
    names = {item.value: FESTIVALS.get(item.chinese, item.chinese) for item in chinese_calendar.Holiday}
    years: dict[int, list[dict[str, object]]] = defaultdict(list)
    known = {day: (True, names[name]) for day, name in chinese_calendar.holidays.items()}
    known |= {day: (False, names[name]) for day, name in chinese_calendar.workdays.items()}
    known |= {date.fromisoformat(str(e["date"])): (bool(e["isOffDay"]), str(e["name"])) for e in EXCEPTIONS}
    for day, (off, name) in sorted(known.items()):
        year = day.year + ((day.month, day.day) >= REVISED_FROM)
        years[year].append({"name": name, "date": day.isoformat(), "isOffDay": off})
    return {
        "code": "CN",
        "source": f"chinesecalendar {version('chinesecalendar')} (MIT), by tools/calendars.py",
        "weekend": [5, 6],
        "revised_from": REVISED_FROM,
        "exceptions": EXCEPTIONS,
        "years": [
            {
                "year": year,
                "notice": f"国务院办公厅关于{year}年部分节假日安排的通知",
                "papers": PAPERS[year],
                "days": days,
            }
            for year, days in sorted(years.items())
        ],
    }


def abroad() -> dict[str, object]:
    """The national public holidays of other countries, and the weekend days they worked."""
    spans = {code: span for codes, span in ABROAD.items() for code in codes.split()}
    return {
        "source": f"holidays {version('holidays')} (MIT), national days, by tools/calendars.py",
        "calendars": {code: country(code, *span) for code, span in sorted(spans.items())},
    }


def country(code: str, first: int, last: int) -> dict[str, object]:
    """The holidays of one country from the year `first` to `last`."""
    found = holidays.country_holidays(code, years=range(first, last + 1))
    length = (date(last + 1, 1, 1) - date(first, 1, 1)).days
    days = [date(first, 1, 1) + timedelta(days=n) for n in range(length)]
    return {
        "weekend": sorted(found.weekend),
        "years": {str(y): sorted(str(d) for d in found if d.year == y) for y in range(first, last + 1)},
        "worked": [str(d) for d in days if d.weekday() in found.weekend and found.is_working_day(d)],
    }


def lines(value: object, depth: int) -> str:
    """JSON with one line for every value `depth` levels down, so that a changed day is a changed line."""
    if isinstance(value, dict) and depth and value:
        inner = (f"{json.dumps(key)}: {lines(item, depth - 1)}" for key, item in value.items())
        return "{\n" + ",\n".join(inner) + "\n}"
    if isinstance(value, list) and depth and any(isinstance(item, dict) for item in value):
        return "[\n" + ",\n".join(lines(item, depth - 1) for item in value) + "\n]"
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    DATA.mkdir(parents=True, exist_ok=True)
    (DATA / "cn.json").write_text(lines(china(), 4) + "\n", encoding="utf-8")
    (DATA / "abroad.json").write_text(lines(abroad(), 4) + "\n", encoding="utf-8")
