"""Macros and text modules of other desks: words become canned replies, slots ours, deeds are told and left behind."""

from collections.abc import Callable
from pathlib import Path

from csdesk.desk.core import Core
from csdesk.desk.words import Words
from csdesk.interop.command import import_files
from csdesk.interop.importer import run_import
from tests.unit.interop import desks

Write = Callable[..., Path]


def bodies(core: Core) -> dict[str, str]:
    return dict(core.store.conn.execute("SELECT title, body FROM canned WHERE source <> ''"))


def test_words_come_with_our_slots_and_deeds_are_told_of_each(zhao: Core, write: Write):
    report = run_import(zhao, [write("macros.json", desks.zendesk_macros())], "zendesk")
    assert (report.total("records"), report.total("added"), report.total("rejected")) == (3, 2, 1)
    assert bodies(zhao) == {
        "道歉并关闭": "您好 {customer}，工单 {case_number} 已处理。{ticket.title}",
        "Ask": "Hello ｛% if x %｝dear｛% endif %｝ {agent}",
    }
    assert [(remark.name, remark.code, remark.about) for remark in report.remarks] == [
        ("道歉并关闭", "no_verb", ("status → close", "set_tags → tag", "custom_fields_77")),
        ("道歉并关闭", "asked", ("ticket.title",)),
        ("Ask", "logic", ("{% if x %}", "{% endif %}")),
    ]
    (reject,) = report.rejects
    assert (reject.record, reject.problem.code) == (3, "only_acts")
    assert "status → close" in str(reject)


def test_the_report_says_it_in_words(zhao: Core, write: Write, capsys):
    done = import_files(zhao, [write("macros.json", desks.zendesk_macros())], "zendesk", dry_run=True)
    done.tell(Words("zh-Hans", zhao.zone), as_json=False)
    told = capsys.readouterr().out
    assert "道歉并关闭" in told
    assert "status → close" in told
    assert "macros：id ← id，title ← title" in told


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
    perform = {
        "ticket.state_id": {"value": "4"},
        "article.note": {"body": "<b>Done</b>", "internal": "false"},
    }
    macro = {"id": 1, "name": "Close & tell", "perform": perform, "active": True, "note": ""}
    report = run_import(zhao, [write("macros.json", [macro])], "zammad")
    assert bodies(zhao) == {"Close & tell": "Done"}
    assert report.remarks[0].about == ("ticket.state_id → close",)


def test_canned_responses_and_macros_of_chatwoot(zhao: Core, write: Write):
    canned = [{"id": 1, "account_id": 1, "short_code": "hi", "content": "Hello {{contact.name}} {{x.y}}"}]
    actions = [
        {"action_name": "add_label", "action_params": ["done"]},
        {"action_name": "send_message", "action_params": ["再见"]},
    ]
    macros = {"payload": [{"id": 1, "name": "Bye", "visibility": "global", "actions": actions}]}
    report = run_import(zhao, [write("canned.json", canned), write("macros.json", macros)], "chatwoot")
    assert bodies(zhao) == {"hi": "Hello {customer} {x.y}", "Bye": "再见"}
    assert {(remark.name, remark.code) for remark in report.remarks} == {("hi", "asked"), ("Bye", "no_verb")}


def test_canned_responses_and_scenarios_of_freshdesk(zhao: Core, write: Write):
    canned = {
        "id": 1,
        "title": "收到",
        "content": "您好，{{ticket.requester.name}}",
        "folder_id": 3,
        "attachments": [],
    }
    reply = {"name": "add_reply", "value": "<div>已处理</div>"}
    scenario = {"id": 1, "name": "结案", "actions": [{"name": "status", "value": 5}, reply]}
    report = run_import(zhao, [write("canned.jsonl", [canned, scenario])], "freshdesk")
    assert bodies(zhao) == {"收到": "您好，{customer}", "结案": "已处理"}
    assert report.remarks[0].about == ("status → close",)
