"""Words of messages found through the index of keyed hashes, beside LIKE and FTS5's trigrams on plain text, in one run.

    python benchmarks/find.py [--messages 500000] [--cases 1000000] [--orders 1000000] [--keep FOLDER]

Messages are made up by a seeded generator from what customers say; the same ones go, sealed off as keyed hashes, into
a desk's own index (beside the number of every case), and plainly into a table and an FTS5 trigram index. For every word
each engine gives its newest 20 cases; recall is over all pages, against a scan of the texts themselves. Then callers
are checked among as many customers as there are orders. All of it takes six minutes and 2 GB.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from csdesk.desk.caller_queries import VERIFIED, VerifyCaller
from csdesk.desk.core import Core
from csdesk.desk.queries import FindCases, FindOrders
from csdesk.domain import ids
from csdesk.domain.cases.context import Actor, Policy
from csdesk.domain.roles import Role
from csdesk.search.normalise import fold
from csdesk.store import index
from csdesk.store.connection import bulk, sqlite
from csdesk.store.file import Agent, init, open_store
from csdesk.store.people import Customer

PAGE, BATCH = 20, 10_000
# One case in so many has messages; so many customers are checked as callers.
TALKING, CALLERS = 5, 200
SEED = 20_261_122
WORDS_TRIED = 200

T = TypeVar("T")

GREETINGS = "你好 您好 客服在吗 麻烦看一下 请问 亲 急 我要投诉 打扰了 又是我 在不在 帮我查一下"
GOODS = (
    "蓝牙耳机 保温杯 羽绒服 电饭煲 扫地机器人 儿童书包 跑步鞋 行车记录仪 空气炸锅 面霜"
    " 洗面奶 手机壳 充电宝 投影仪 床垫 四件套 婴儿奶粉 猫粮 键盘 显示器 路由器 电动牙刷"
    " 吹风机 剃须刀 台灯 窗帘 地毯 沙发 行李箱 雨伞 登山杖 帐篷 茶叶 坚果 牛肉干 大闸蟹"
    " 车厘子 榴莲 鲜花 蛋糕 连衣裙 牛仔裤 衬衫 袜子 围巾 手表 项链 眼镜 口红 防晒霜"
    " 净水器 热水器 油烟机 洗衣机 冰箱 电视"
)
FAULTS = (
    "屏幕有裂痕 开不了机 少发一件 颜色发错 尺码偏小 有异味 充不进电 漏水 掉色 开胶 拉链坏了"
    " 包装破损 过期了 是二手的 和描述不符 用了两天就坏 声音很大 连不上网 缺少配件 商标脱落"
    " 起球 断裂 发霉 有虫子 融化了 压碎了 假货 没有发票 保修卡缺失 说明书是外文"
)
CARRIAGE = (
    "物流三天没更新 显示签收但没收到 快递员没打电话 放在驿站没通知 一直不发货 被退回了"
    " 地址写错了 丢件了 派送员态度恶劣 送到别的小区 包裹被拆过 运单号查不到 中转站停滞"
    " 冷链没有冰袋"
)
DEMANDS = (
    "我要退货 申请退款 要求换货 请补发 请上门取件 要求赔偿 按三倍赔 运费谁出 请开发票 退差价"
    " 尽快处理 给个说法 不然就打 12315 维修要多久 取消订单 改地址 价保怎么申请"
    " 退到原支付账户 不接受优惠券 请主管联系我 把余款退回 七天无理由"
)
ENDS = (
    "谢谢 等你回复 已经第三次了 截图发过 再不处理我就曝光 麻烦了 今天必须解决 孩子等着用"
    " 老人不会操作 希望理解"
)
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红文斌宇浩凯健俊帆雪晨欣悦琳婷颖莹璐瑶"
    "佳嘉怡思雨梓涵子轩浩然奕辰沐宸"
)
PLACES = (
    "杭州 成都 武汉 西安 郑州 长沙 青岛 大连 沈阳 哈尔滨 昆明 贵阳 南宁 海口 兰州 银川"
    " 西宁 拉萨 苏州 无锡 宁波 温州 佛山 东莞"
)


def messages(n: int, cases: int) -> Iterator[tuple[int, str, str]]:
    """(seq, case, text) of `n` messages on `cases` cases, the same for the same numbers."""
    draw = random.Random(SEED)
    lists = [part.split() for part in (GREETINGS, GOODS, FAULTS, CARRIAGE, DEMANDS, ENDS, PLACES)]
    greetings, goods, faults, carriage, demands, ends, places = lists
    for seq in range(1, n + 1):
        wrong = draw.choice(faults) if draw.random() < 0.6 else draw.choice(carriage)
        parts = [
            f"{draw.choice(greetings)}，{draw.randint(1, 12)}月{draw.randint(1, 28)}日买的{draw.choice(goods)}{wrong}"
        ]
        if draw.random() < 0.3:
            who = draw.choice(SURNAMES) + draw.choice(GIVEN) + draw.choice(GIVEN)
            parts.append(f"收件人{who}，{draw.choice(places)}，订单 W{draw.randint(10**9, 10**10)}")
        parts.append(draw.choice(demands))
        if draw.random() < 0.5:
            parts.append(draw.choice(ends))
        yield seq, f"{draw.randrange(cases // TALKING):032x}", "。".join(parts) + "。"


def words(texts: Sequence[tuple[int, str, str]]) -> list[str]:
    """Words of two characters, as they stand in texts: common ones often, names and places too; the same each time."""
    draw, found = (
        random.Random(SEED + 1),
        dict.fromkeys(["退货", "退款", "换货", "发票", "投诉", "运费", "赔偿", "签收", "物流", "假货"]),
    )
    while len(found) < WORDS_TRIED:
        text = texts[draw.randrange(len(texts))][2]
        at = draw.randrange(len(text) - 1)
        word = text[at : at + 2]
        if all("\u4e00" <= sign <= "\u9fff" for sign in word):
            found[word] = None
    return list(found)


def newest(rows: Iterator[tuple[str]]) -> list[str]:
    """The first page of cases, each once."""
    found: dict[str, None] = {}
    for (case,) in rows:
        found[case] = None
        if len(found) == PAGE:
            break
    return list(found)


def timed(find: Callable[[T], object], wanted: Sequence[T]) -> list[float]:
    """Milliseconds of each look-up; the first of all is thrown away."""
    find(wanted[0])
    spent = []
    for word in wanted:
        began = time.perf_counter()
        find(word)
        spent.append((time.perf_counter() - began) * 1000)
    return spent


def told(name: str, spent: Sequence[float], recall: str) -> None:
    """One line of the table."""
    p95 = sorted(spent)[int(len(spent) * 0.95)]
    print(f"{name:<44}{statistics.median(spent):>9.2f}{p95:>9.2f}{max(spent):>9.2f}   {recall}", flush=True)


def fill(core: Core, texts: Sequence[tuple[int, str, str]]) -> float:
    """Put the texts into the desk's own index; seconds."""
    key, began = core.store.people.text_key(), time.perf_counter()
    for first in range(0, len(texts), BATCH):
        rows = [(case, seq, "", text) for seq, case, text in texts[first : first + BATCH]]
        with bulk(core.store.conn):
            index.index_texts(core.store.conn, core.desk, key, rows)
    return time.perf_counter() - began


def number(core: Core, n: int) -> None:
    """Index the numbers of `n` cases."""
    key = core.store.people.text_key()
    for first in range(0, n, BATCH):
        rows = [
            (f"{i:032x}", ids.make_body(i * 2_654_435_761 % 2**ids.BODY_BITS))
            for i in range(first, min(first + BATCH, n))
        ]
        with bulk(core.store.conn):
            index.index_numbers(core.store.conn, core.desk, key, rows)


def _caller(i: int) -> tuple[str, str, str, str, str]:
    """(id, name, phone, order number, waybill) of the i-th customer."""
    draw = random.Random(SEED + i)
    name = draw.choice(SURNAMES) + draw.choice(GIVEN) + draw.choice(GIVEN)
    phone = f"1{draw.randrange(30, 99)}{draw.randrange(10**8):08d}"
    return (
        f"c{i:031x}",
        name,
        phone,
        f"w{draw.randrange(10**11):011d}{i:07d}",
        f"SF{draw.randrange(10**13):013d}",
    )


def customers(core: Core, n: int) -> None:
    """`n` customers, found by name and telephone, with an order and a parcel each; only `CALLERS` have a record."""
    conn, desk, people = core.store.conn, core.desk, core.store.people
    for first in range(0, n, BATCH):
        them = [_caller(i) for i in range(first, min(first + BATCH, n))]
        found = [
            (desk, field, value, who)
            for who, name, phone, *_ in them
            for field, value in people.hashes(Customer(name=name, phone=phone))
        ]
        with bulk(conn):
            conn.executemany("INSERT OR IGNORE INTO customer_hash VALUES (?,?,?,?)", sorted(found))
            conn.executemany(
                "INSERT INTO orders VALUES (?,?,?,?,?,'','CNY','delivered','app',1,1,1,1,1,'',x'',1,1)",
                [(desk, f"o{who}", order, order, who) for who, _, _, order, _ in them],
            )
            conn.executemany(
                "INSERT INTO parcel VALUES (?,?,?,'','out','sf','','',1,'',1,1)",
                [(desk, waybill, f"o{who}") for who, *_, waybill in them],
            )
    with bulk(conn):
        for i in range(0, n, max(n // CALLERS, 1)):
            who, name, phone, *_ = _caller(i)
            people.add(who)
            people.put([(who, who, Customer(name=name, phone=phone), 1)], 1)


def called(core: Core, n: int) -> None:
    """How long the checks of callers take, and how many of them were verified."""
    them = [_caller(i) for i in range(0, n, max(n // CALLERS, 1))]
    checks = {
        "end of the order, end of the phone": [
            VerifyCaller(order=o[-4:], phone=p[-4:]) for _, _, p, o, _ in them
        ],
        "end of the waybill, name": [VerifyCaller(waybill=w[-4:], called=m) for _, m, _, _, w in them],
        "end of the phone, name": [VerifyCaller(phone=p[-4:], called=m) for _, m, p, _, _ in them],
        "phone, end of the order": [VerifyCaller(order=o[-4:], phone=p) for _, _, p, o, _ in them],
        "order, name of somebody else": [
            VerifyCaller(order=one[3], called=other[1]) for one, other in pairwise(them)
        ],
    }
    print(f"\n{f'checks of callers, {n:,} customers, ms':<44}{'p50':>9}{'p95':>9}{'max':>9}   verified")
    for name, asks in checks.items():
        spent = timed(core.ask, asks)
        verified = sum(core.ask(ask).result == VERIFIED for ask in asks)
        told(name, spent, f"{verified} of {len(asks)}")
    tails = [one[3][-4:] for one in them]
    told("orders by the end of their number", timed(lambda w: core.ask(FindOrders(w)), tails), "")
    told("cases by the end of an order's number", timed(lambda w: core.ask(FindCases(w)), tails), "")


def recalled(core: Core, said: Sequence[tuple[str, str]], wanted: Sequence[str]) -> tuple[int, int, int]:
    """(cases that say a word, those of them found, others found) over all words, all pages."""
    key, there, both, beside = core.store.people.text_key(), 0, 0, 0
    for word in wanted:
        truth = {case for case, text in said if word in text}
        found, before = set[str](), index.NEWEST
        while before:
            page, before = index.words_page(core.store.conn, core.desk, key, word, 500, before)
            found.update(page)
        there, both, beside = there + len(truth), both + len(truth & found), beside + len(found - truth)
    return there, both, beside


def open_core(path: Path) -> Core:
    """The desk of this run."""
    return Core(
        open_store(path),
        Actor("me", Role.SENIOR),
        policy=Policy(caller_checks=1_000_000, person_searches=1_000_000),
    )


def memory(path: Path, wanted: Sequence[str]) -> None:
    """What a process of its own holds before and after it looked for every word (a console holds the same more)."""
    core = open_core(path)

    def held() -> float:
        kept = Path("/proc/self/smaps_rollup").read_text().split("Pss:")[1].split()[0]
        return int(kept) / 1024

    core.ask(FindCases("没有这样的词"))
    before = held()
    for word in wanted:
        core.ask(FindCases(word, PAGE))
    print(f"memory of a process that searches: {before:.1f} MB, after {len(wanted)} words {held():.1f} MB")
    core.store.close()


def main() -> None:
    """Make the texts, fill the engines, print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=500_000)
    options.add_argument("--cases", type=int, default=1_000_000)
    options.add_argument("--orders", type=int, default=1_000_000)
    options.add_argument("--keep", type=Path, help="work in this new folder and leave it")
    options.add_argument("--memory", nargs="+", help=argparse.SUPPRESS)
    args = options.parse_args()
    if args.memory:
        memory(Path(args.memory[0]), args.memory[1:])
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["CSDESK_HOME"] = str(folder)
        run(folder, args.messages, args.cases, args.orders)


def run(folder: Path, n: int, cases: int, orders: int) -> None:
    """Fill, ask, compare."""
    desk, plain = folder / "desk.db", folder / "plain.db"
    texts = list(messages(n, cases))
    init(desk, "bench", "Asia/Shanghai", 0)
    core = open_core(desk)
    with bulk(core.store.conn):
        core.store.put_agent(Agent("me", "me", Role.SENIOR, ""))
    number(core, cases)
    core.store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    numbers = desk.stat().st_size / 1e6
    spent = fill(core, texts)
    raw = sqlite.connect(plain)
    raw.executescript(
        "CREATE TABLE message (id INTEGER PRIMARY KEY, case_id TEXT, body TEXT);"
        "CREATE VIRTUAL TABLE tri USING fts5(body, content='message', content_rowid='id', tokenize='trigram')"
    )
    raw.executemany("INSERT INTO message VALUES (?,?,?)", texts)
    raw.commit()
    size = {"texts": plain.stat().st_size / 1e6}
    raw.execute("INSERT INTO tri(tri) VALUES ('rebuild')")
    raw.commit()
    core.store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size["trigrams"] = plain.stat().st_size / 1e6 - size["texts"]
    size["keyed index"] = desk.stat().st_size / 1e6 - numbers
    size["index of case numbers"] = numbers
    length = sum(len(text) for *_, text in texts) / n
    print(
        f"{n:,} messages of {length:.0f} characters on {cases:,} cases; keyed index filled at {n / spent:,.0f}/s"
    )
    print("MB on disk: " + ", ".join(f"{name} {mb:.0f}" for name, mb in size.items()))

    key, conn, two = core.store.people.text_key(), core.store.conn, words(texts)
    said = [(case, fold(text)) for _, case, text in texts]
    there, both, beside = recalled(core, said, two)
    four = [word for _, text in said[: n // 2 : max(n // 200, 1)] if (word := text[-6:-2])][:100]
    pairs = [f"{a} {b}" for a, b in zip(two[::2], two[1::2], strict=False)]
    print(f"\n{'newest 20 cases, ms':<44}{'p50':>9}{'p95':>9}{'max':>9}   recall")

    def keyed(word: str) -> list[str]:
        return index.cases_by_words(conn, core.desk, key, word, PAGE)

    def like(word: str) -> list[str]:
        sql = "SELECT case_id FROM message WHERE body LIKE ? ORDER BY id DESC"
        return newest(raw.execute(sql, (f"%{word}%",)))

    def trigram(word: str) -> list[str]:
        sql = "SELECT m.case_id FROM tri CROSS JOIN message m ON m.id = tri.rowid WHERE tri MATCH ?"
        return newest(raw.execute(f"{sql} ORDER BY tri.rowid DESC", (f'"{word}"',)))

    found = f"{both / there:.4f} ({both:,} of {there:,}; {beside} beside)"
    told(f"keyed index, {len(two)} words of two characters", timed(keyed, two), found)
    told("  the whole question (FindCases)", timed(lambda w: core.ask(FindCases(w, PAGE)), two), "")
    told("LIKE on plain text", timed(like, two), "1 by nature")
    hits = sum(bool(trigram(word)) for word in two)
    told("FTS5 trigram on plain text", timed(trigram, two), f"{hits / len(two):.4f}")
    told(f"keyed index, {len(pairs)} pairs of words", timed(keyed, pairs), "")
    told("keyed index, words of four characters", timed(keyed, four), "")
    told("FTS5 trigram, words of four characters", timed(trigram, four), "")
    told("LIKE, words of four characters", timed(like, four), "")
    every = timed(lambda w: index.cases_by_words(conn, core.desk, key, w, 20_000), two[:40])
    told("keyed index, all cases up to 20,000", every, "as a filter asks")
    customers(core, orders)
    called(core, orders)
    core.store.close()
    raw.close()
    here = [sys.executable, __file__, "--memory", str(desk), *two]
    subprocess.run(here, check=True)


if __name__ == "__main__":
    main()
