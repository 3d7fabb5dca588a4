"""Macros and text modules of other desks: words become canned replies, slots ours, deeds a macro where all are ours."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from csdesk.desk import bulk_answers
from csdesk.desk.bulk_queries import RunView, ShowRun, UndoRun
from csdesk.desk.core import Core
from csdesk.desk.macro_queries import DropMacro, Macros, RunMacro, SaveMacro, Step
from csdesk.desk.words import Words
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import Noted
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take
from csdesk.interop.command import import_files
from csdesk.interop.deeds import actions
from csdesk.interop.faults import ImportFault
from csdesk.interop.importer import Report, run_import
from csdesk.store import cases
from tests.building import DeskFile
from tests.unit.interop import desks

Write = Callable[..., Path]
Given = dict[str, Any]


def bodies(core: Core) -> dict[str, str]:
    return dict(core.store.conn.execute("SELECT title, body FROM canned WHERE source <> ''"))


def ours(core: Core) -> dict[str, list[tuple[str, dict[str, str]]]]:
    """Everybody's macros: name, steps."""
    return {one.name: [(step.verb, dict(step.entered)) for step in one.steps] for one in core.ask(Macros())}


def why(report: Report) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(remark.name, remark.code, remark.about) for remark in report.remarks]


def zendesk(*actions: tuple[str, Any], id_: int = 1, title: str = "宏", **more: Any) -> Given:
    told = [{"field": field, "value": value} for field, value in actions]
    return {"id": id_, "title": title, "active": True, "actions": told, "restriction": None, **more}


def test_words_come_with_our_slots_and_deeds_are_told_of_each(zhao: Core, write: Write):
    report = run_import(zhao, [write("macros.json", desks.zendesk_macros())], "zendesk")
    assert (report.total("records"), report.total("added"), report.total("rejected")) == (3, 3, 0)
    assert bodies(zhao) == {
        "道歉并关闭": "您好 {customer}，工单 {case_number} 已处理。{ticket.title}",
        "Ask": "Hello ｛% if x %｝dear｛% endif %｝ {agent}",
    }
    assert why(report) == [
        ("道歉并关闭", "no_verb", ("set_tags=done → tag", "custom_fields_77=x")),
        ("道歉并关闭", "asks", ("ticket.title",)),
        ("道歉并关闭", "asked", ("ticket.title",)),
        ("Ask", "logic", ("{% if x %}", "{% endif %}")),
    ]
    assert ours(zhao) == {"Close": [("close", {})]}
    told = {sort.what: sort for sort in report.balance}
    assert (told["macros"].taken, told["macros.ours"].taken) == (3, 1)


def test_the_report_says_it_in_words_and_a_dry_run_keeps_nothing(zhao: Core, write: Write, capsys):
    done = import_files(zhao, [write("macros.json", desks.zendesk_macros())], "zendesk", dry_run=True)
    done.tell(Words("zh-Hans", zhao.zone), as_json=False)
    told = capsys.readouterr().out
    assert "道歉并关闭：不能成为本台的宏，没有对应的操作：set_tags=done → tag, custom_fields_77=x" in told
    assert "其中成为本台的宏" in told
    assert "macros：id ← id，title ← title" in told
    assert (ours(zhao), bodies(zhao)) == ({}, {})


def test_a_macro_of_zendesk_becomes_ours_with_all_that_it_does(zhao: Core, write: Write):
    report = run_import(
        zhao,
        [
            write(
                "macros.json",
                {
                    "macros": [
                        zendesk(
                            ("status", "solved"), ("comment_value", "工单 {{ticket.id}} 已处理"), ("priority", "high"),
                            ("assignee_id", "current_user"), ("current_tags", "done  vip"), ("remove_tags", "new"),
                            title="物流::已送达::道歉并关闭",
                        ),
                        zendesk(
                            ("comment_value", "已催仓库"), ("comment_mode_is_public", "false"), ("status", "pending"),
                            id_=2, title="催仓库",
                        ),
                        zendesk(("comment_value", "只有文字"), id_=3, title="文字"),
                    ]
                },
            )
        ],
        "zendesk",
    )  # fmt: skip
    assert (why(report), report.total("added")) == ([], 3)
    assert ours(zhao) == {
        "物流::已送达::道歉并关闭": [
            ("take", {}),
            ("tag", {"add": "done,vip", "drop": "new"}),
            ("prioritise", {"priority": "2"}),
            ("reply", {"canned": "zendesk/1"}),
            ("close", {}),
        ],
        "催仓库": [("note", {"text": "已催仓库"}), ("snooze", {"hours": "24"})],
    }
    # What is for colleagues is no canned reply: somebody would send it to a customer.
    assert set(bodies(zhao)) == {"物流::已送达::道歉并关闭", "文字"}


def test_text_modules_of_zammad_as_their_csv(zhao: Core, write: Write):
    table = (
        "id,name,keywords,content,note,active\n"
        '1,问候,hi,"<p>您好 #{ticket.customer.firstname}</p><p>{工单} #{ticket.number}</p>",,true\n'
        "2,旧的,x,<p>y</p>,,false\n"
    )
    report = run_import(zhao, [write("text_modules.csv", table)], "zammad")
    assert bodies(zhao) == {"问候": "您好 {customer}\n\n｛工单｝ {case_number}"}
    assert dict(report.reasons) == {"inactive": 1}


def test_macros_of_zammad_and_what_they_do(zhao: Core, write: Write):
    def macro(id_: int, name: str, perform: Given) -> Given:
        return {"id": id_, "name": name, "perform": perform, "active": True, "note": ""}

    macros = [
        macro(1, "Close & tell", {
            "ticket.state_id": {"value": "4"}, "article.note": {"body": "<b>Done</b>", "internal": "false"},
            "ticket.tags": {"operator": "add", "value": "完成, 已告知"},
        }),
        macro(2, "Later", {
            "ticket.pending_time": {"operator": "relative", "value": "2", "range": "day"},
            "ticket.state_id": {"value": "3"}, "ticket.owner_id": {"pre_condition": "current_user.id", "value": None},
            "article.note": {"body": "<p>等 #{ticket.number} 入库</p>", "internal": "true", "subject": "x"},
        }),
        macro(3, "Team", {"ticket.group_id": {"value": "2"}, "ticket.priority_id": {"value": "3"}}),
    ]  # fmt: skip
    report = run_import(zhao, [write("macros.json", macros)], "zammad")
    assert bodies(zhao) == {"Close & tell": "Done"}
    assert ours(zhao) == {
        "Close & tell": [
            ("tag", {"add": "完成, 已告知"}),
            ("reply", {"canned": "zammad/macro-1"}),
            ("close", {}),
        ],
        "Later": [("take", {}), ("note", {"text": "等 {case_number} 入库"}), ("snooze", {"hours": "48"})],
    }
    (reject,) = report.rejects
    assert (reject.record, reject.problem.code) == (3, "only_acts")
    assert "ticket.group_id=2" in str(reject)


def test_canned_responses_and_macros_of_chatwoot(zhao: Core, write: Write):
    def macro(id_: int, name: str, *done: tuple[str, list[Any]], visibility: str = "global") -> Given:
        told = [{"action_name": action, "action_params": params} for action, params in done]
        return {
            "id": id_,
            "name": name,
            "visibility": visibility,
            "actions": told,
            "created_by": {"id": 7, "name": "li"},
        }

    canned = [{"id": 1, "account_id": 1, "short_code": "hi", "content": "Hello {{contact.name}} {{x.y}}"}]
    say = ("send_message", ["再见"])
    macros = {
        "payload": [
            macro(
                1,
                "Bye",
                ("add_label", ["done", "bye"]),
                say,
                ("send_message", ["保重"]),
                ("resolve_conversation", []),
            ),
            macro(
                2, "Mine", ("assign_agent", ["self"]), ("change_priority", ["urgent"]), visibility="personal"
            ),
            macro(3, "Team", say, ("assign_team", [2])),
        ]
    }
    report = run_import(zhao, [write("canned.json", canned), write("macros.json", macros)], "chatwoot")
    assert bodies(zhao) == {"hi": "Hello {customer} {x.y}", "Bye": "再见\n\n保重", "Team": "再见"}
    assert why(report) == [("hi", "asked", ("x.y",)), ("Team", "no_verb", ("assign_team=2 → assign",))]
    assert ours(zhao) == {
        "Bye": [("tag", {"add": "done,bye"}), ("reply", {"canned": "chatwoot/macro-1"}), ("close", {})]
    }
    mine = zhao.store.conn.execute("SELECT owner FROM macro WHERE name = 'Mine'").fetchone()
    assert mine == ("li",)


def test_canned_responses_and_scenarios_of_freshdesk(zhao: Core, write: Write):
    canned = {
        "id": 1,
        "title": "收到",
        "content": "您好，{{ticket.requester.name}}",
        "folder_id": 3,
        "attachments": [],
    }
    reply = {"name": "add_reply", "value": "<div>已处理</div>"}
    note = {"name": "add_note", "value": "<div>转仓库</div>"}
    scenarios = [
        {"id": 1, "name": "结案", "actions": [{"name": "status", "value": 5}, reply]},
        {
            "id": 2,
            "name": "接手",
            "actions": [{"name": "responder_id", "value": -2}, {"name": "add_tag", "value": ["加急"]}, note],
        },
        {"id": 3, "name": "垃圾", "actions": [{"name": "mark_as_spam"}]},
    ]
    report = run_import(zhao, [write("canned.jsonl", [canned, *scenarios])], "freshdesk")
    assert bodies(zhao) == {"收到": "您好，{customer}", "结案": "已处理"}
    assert ours(zhao) == {
        "接手": [("take", {}), ("tag", {"add": "加急"}), ("note", {"text": "转仓库"})],
        "结案": [("reply", {"canned": "freshdesk/scenario-1"}), ("close", {})],
    }
    assert dict(report.reasons) == {"only_acts": 1}


def test_each_macro_that_cannot_become_ours_is_named_with_its_reason(zhao: Core, write: Write):
    zhao.ask(SaveMacro("已有的", (Step("take", {}),), shared=True))
    say, close = ("comment_value", "您好"), ("status", "solved")
    note = (("comment_mode_is_public", False), close)
    macros = [
        zendesk(say, close, id_=1, title="已有的"),
        zendesk(say, close, id_=2, title="两个"),
        zendesk(say, close, id_=3, title="两个"),
        zendesk(("comment_value", "请拨 138 1234 5678"), *note, id_=4, title="电话"),
        zendesk(say, close, id_=5, title="私人", restriction={"type": "User", "id": 99}),
        zendesk(("comment_value", "{{ticket.title}}"), close, id_=6, title="空位"),
        zendesk(say, ("current_tags", "x" * 31), id_=7, title="长标签"),
        zendesk(say, ("assignee_id", "4711"), ("status", "open"), id_=8, title="别人"),
        zendesk(close, id_=9, title="已有的"),
    ]
    files = [write("macros.json", {"macros": macros})]
    dry = run_import(zhao, files, "zendesk", dry_run=True)
    report = run_import(zhao, files, "zendesk")
    assert why(report) == why(dry)
    assert {(name, code) for name, code, _ in why(report)} == {
        ("已有的", "name_taken"), ("两个", "name_taken"), ("私人", "owner"), ("空位", "asks"), ("空位", "asked"),
        ("长标签", "no_verb"), ("别人", "no_verb"),
    }  # fmt: skip
    assert ("别人", "no_verb", ("assignee_id=4711 → assign", "status=open → snooze")) in why(report)
    assert dict(report.reasons) == dict(dry.reasons) == {"only_acts": 2}
    assert [(name, [verb for verb, _ in steps]) for name, steps in ours(zhao).items()] == [
        ("两个", ["reply", "close"]),
        ("已有的", ["take"]),
    ]
    assert len(bodies(zhao)) == 6  # two of them share a title
    told = next(sort for sort in report.balance if sort.what == "macros.ours")
    assert told.taken == 1


def test_importing_again_changes_nothing_and_follows_what_changed_there(zhao: Core, write: Write):
    say, close = ("comment_value", "您好"), ("status", "solved")
    files = [
        write("macros.json", {"macros": [zendesk(say, close, title="一"), zendesk(close, id_=2, title="二")]})
    ]
    run_import(zhao, files, "zendesk")
    before = ours(zhao)
    zhao.ask(SaveMacro("二", (Step("take", {}),), shared=True))
    again = run_import(zhao, files, "zendesk")
    assert again.total("unchanged") == 2
    # What was changed here stays; renamed there, it is renamed here; and what only speaks now is no macro any more.
    assert ours(zhao) == before | {"二": [("take", {})]}
    zhao.ask(DropMacro("二", shared=True))
    changed = {"macros": [zendesk(say, close, title="新名"), zendesk(say, id_=2, title="二")]}
    report = run_import(zhao, [write("macros.json", changed)], "zendesk")
    assert (report.total("changed"), set(ours(zhao))) == (2, {"新名"})
    report = run_import(zhao, [write("macros.json", {"macros": [zendesk(say, title="新名")]})], "zendesk")
    assert (report.total("changed"), ours(zhao)) == (1, {})


def carried_out(file: DeskFile, core: Core, run: RunView) -> RunView:
    while not bulk_answers.step(file.core("system"), run.id):
        pass
    return core.ask(ShowRun(run.id))


def test_an_imported_macro_is_carried_out_and_taken_back(desk_file: DeskFile, zhao: Core, write: Write):
    take, tag = ("assignee_id", "current_user"), ("current_tags", "已告知")
    private = ("comment_mode_is_public", False)
    macros = [
        zendesk(("comment_value", "工单 {{ticket.id}} 已收到"), take, tag, title="收到"),
        zendesk(("comment_value", "{{ticket.id}} 已转"), private, tag, id_=2, title="备注"),
    ]
    run_import(zhao, [write("macros.json", {"macros": macros})], "zendesk")
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case
    wang.do(Take(), case.id)
    run = carried_out(desk_file, wang, wang.ask(RunMacro("收到", (case.id,))))
    now = wang.load(case.id)[0]
    # The case was hers before: that step finds nothing to do, and the others are carried out.
    assert (run.counts["done"], now.assignee, now.tags, now.messages[-1].state) == (
        1,
        "wang",
        ("已告知",),
        "held",
    )
    assert carried_out(desk_file, wang, wang.ask(UndoRun(run.id))).counts["done"] == 1
    now = wang.load(case.id)[0]
    assert (now.assignee, now.tags, now.messages[-1].state) == ("wang", (), "recalled")
    run = carried_out(desk_file, wang, wang.ask(RunMacro("备注", (case.id,))))
    assert (run.counts["done"], wang.load(case.id)[0].tags) == (1, ("已告知",))
    past = cases.history(wang.store.conn, wang.desk, case.id, wang.store.keys)
    assert [one.event.text for one in past if isinstance(one.event, Noted)] == [f"{wang.number(now)} 已转"]
    with pytest.raises(Refused, match="undo_none"):  # a note stays in the record
        wang.ask(UndoRun(run.id))


def test_actions_are_read_in_every_shape():
    told = {
        "a": {"operator": "add", "value": ["x", 2]},
        "b": {"value": "3", "range": "day"},
        "c": True,
        "d": {"x": 1},
    }
    assert [str(one) for one in actions(told)] == ["a add=x,2", "b=3 day", "c=true", "d"]
    assert [str(one) for one in actions([{"action": "a", "value": None}, "b", 7, {"value": 1}])] == [
        "a",
        "b",
        "=1",
    ]
    assert list(actions(None)) == []


@pytest.mark.parametrize("deed", ["dance", "tag add", "tag 'add=x"])
def test_a_map_whose_deed_is_no_verb_of_ours_is_refused(zhao: Core, write: Write, deed: str):
    text = (
        '[map]\nname = "m"\n[macros]\nwhen = "title"\nid = "id"\ntitle = "title"\nactions = "actions"\n'
        f"[macros.deeds.x]\n'*' = {json.dumps(deed)}\n"
    )
    with pytest.raises(ImportFault, match=r"macros\.deeds\.x\.\*"):
        run_import(zhao, [write("macros.json", [{"id": 1, "title": "x"}])], str(write("m.toml", text)))
