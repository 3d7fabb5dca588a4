"""The tables: `desk_id` leads every key and index, personal data lies only in sealed columns.

Events, requests and outbox rows are written in the transaction of the case they belong to. Text is opaque to SQLite:
JSON columns hold bytes that the codec made, and the chain is over those very bytes.
"""

from csdesk.store.index import STATEMENTS as _INDEX
from csdesk.store.library_schema import STATEMENTS as _LIBRARY

_DESK = (
    """CREATE TABLE desk (
        desk_id TEXT PRIMARY KEY, name TEXT NOT NULL, zone TEXT NOT NULL, file_id TEXT NOT NULL,
        created_at INTEGER NOT NULL, practice INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE agent (
        desk_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL, os_user TEXT NOT NULL,
        active INTEGER NOT NULL, PRIMARY KEY (desk_id, id)) WITHOUT ROWID""",
    "CREATE INDEX agent_os_user ON agent (desk_id, os_user)",
    # What somebody can take (lists parted by blanks, "" for all), how dear a case may be and how many at once (0: any).
    """CREATE TABLE agent_skill (
        desk_id TEXT NOT NULL, agent TEXT NOT NULL, queues TEXT NOT NULL, languages TEXT NOT NULL,
        most_amount INTEGER NOT NULL, most_cases INTEGER NOT NULL, PRIMARY KEY (desk_id, agent)) WITHOUT ROWID""",
    # Who is here: each change is a row, the last one holds.
    """CREATE TABLE agent_state (
        desk_id TEXT NOT NULL, agent TEXT NOT NULL, at INTEGER NOT NULL, state TEXT NOT NULL, actor TEXT NOT NULL,
        PRIMARY KEY (desk_id, agent, at)) WITHOUT ROWID""",
    # When the desk itself gave somebody the last case: among equals the one who waited longest comes first.
    """CREATE TABLE agent_given (
        desk_id TEXT NOT NULL, agent TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (desk_id, agent))
        WITHOUT ROWID""",
    """CREATE TABLE person_key (
        desk_id TEXT NOT NULL, person TEXT NOT NULL, key_id TEXT NOT NULL, sealed BLOB NOT NULL,
        shredded_at INTEGER NOT NULL, PRIMARY KEY (desk_id, person)) WITHOUT ROWID""",
    # Whose keys a master key still wraps: a rotation takes them from here, some at a time.
    "CREATE INDEX person_key_wrapped ON person_key (desk_id, key_id, person) WHERE shredded_at = 0",
    # The master keys in their order, the last one wraps; `moved_at` 0 while keys of persons still follow it.
    """CREATE TABLE master_key (
        desk_id TEXT NOT NULL, seq INTEGER NOT NULL, key_id TEXT NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,
        moved_at INTEGER NOT NULL, retired_at INTEGER NOT NULL, PRIMARY KEY (desk_id, seq)) WITHOUT ROWID""",
    # Who was erased, in order: by its last row other programs know to forget the keys that they have opened.
    """CREATE TABLE erasure (
        desk_id TEXT NOT NULL, seq INTEGER NOT NULL, person TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (desk_id, seq)) WITHOUT ROWID""",
    """CREATE TABLE fingerprint (
        desk_id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (desk_id, name)) WITHOUT ROWID""",
)

_RECORDS = (
    """CREATE TABLE customer (
        desk_id TEXT NOT NULL, id TEXT NOT NULL, external_id BLOB NOT NULL, sealed BLOB NOT NULL,
        version INTEGER NOT NULL, changed_at INTEGER NOT NULL, PRIMARY KEY (desk_id, id)) WITHOUT ROWID""",
    "CREATE INDEX customer_external ON customer (desk_id, external_id)",
    """CREATE TABLE customer_hash (
        desk_id TEXT NOT NULL, field TEXT NOT NULL, hash BLOB NOT NULL, customer TEXT NOT NULL,
        PRIMARY KEY (desk_id, field, hash, customer)) WITHOUT ROWID""",
    "CREATE INDEX customer_hash_of ON customer_hash (desk_id, customer)",
    # What a customer was marked as, by which case; of each mark the newest row holds. Codes only, no words.
    """CREATE TABLE person_flag (
        desk_id TEXT NOT NULL, person TEXT NOT NULL, flag TEXT NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,
        case_id TEXT NOT NULL, grounds TEXT NOT NULL, until INTEGER NOT NULL, cleared_at INTEGER NOT NULL,
        PRIMARY KEY (desk_id, person, flag, at)) WITHOUT ROWID""",
    # Whose data is only stored until it is erased (`ended_at` 0: still so); and which consents were taken back.
    """CREATE TABLE person_restraint (
        desk_id TEXT NOT NULL, person TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
        case_id TEXT NOT NULL, ended_at INTEGER NOT NULL, PRIMARY KEY (desk_id, person)) WITHOUT ROWID""",
    """CREATE TABLE consent_withdrawn (
        desk_id TEXT NOT NULL, person TEXT NOT NULL, purpose TEXT NOT NULL, at INTEGER NOT NULL,
        case_id TEXT NOT NULL, actor TEXT NOT NULL, PRIMARY KEY (desk_id, person, purpose)) WITHOUT ROWID""",
    """CREATE TABLE merchant (
        desk_id TEXT NOT NULL, id TEXT NOT NULL, external_id TEXT NOT NULL, name TEXT NOT NULL,
        return_address TEXT NOT NULL, self_operated INTEGER NOT NULL, PRIMARY KEY (desk_id, id)) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX merchant_external ON merchant (desk_id, external_id)",
    """CREATE TABLE product (
        desk_id TEXT NOT NULL, id TEXT NOT NULL, external_id TEXT NOT NULL, title TEXT NOT NULL,
        category TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (desk_id, id)) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX product_external ON product (desk_id, external_id)",
    """CREATE TABLE variant (
        desk_id TEXT NOT NULL, product TEXT NOT NULL, sku TEXT NOT NULL, options TEXT NOT NULL,
        price INTEGER NOT NULL, currency TEXT NOT NULL, available INTEGER NOT NULL,
        PRIMARY KEY (desk_id, sku)) WITHOUT ROWID""",
    "CREATE INDEX variant_product ON variant (desk_id, product)",
    """CREATE TABLE orders (
        desk_id TEXT NOT NULL, id TEXT NOT NULL, number TEXT NOT NULL, folded TEXT NOT NULL, customer TEXT NOT NULL,
        merchant TEXT NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL, channel TEXT NOT NULL,
        placed_at INTEGER NOT NULL, paid_at INTEGER NOT NULL, shipped_at INTEGER NOT NULL,
        signed_at INTEGER NOT NULL, total INTEGER NOT NULL, overlay TEXT NOT NULL, sealed BLOB NOT NULL,
        version INTEGER NOT NULL, changed_at INTEGER NOT NULL, PRIMARY KEY (desk_id, id))""",
    "CREATE UNIQUE INDEX orders_number ON orders (desk_id, folded)",
    "CREATE INDEX orders_customer ON orders (desk_id, customer, placed_at)",
    # Callers say the end of a number: the last four characters, which a million orders share a hundred each.
    "CREATE INDEX orders_tail ON orders (desk_id, substr(folded, -4))",
    """CREATE TABLE order_line (
        desk_id TEXT NOT NULL, order_id TEXT NOT NULL, line INTEGER NOT NULL, sku TEXT NOT NULL, title TEXT NOT NULL,
        options TEXT NOT NULL, category TEXT NOT NULL, qty INTEGER NOT NULL, unit_price INTEGER NOT NULL,
        paid INTEGER NOT NULL, PRIMARY KEY (desk_id, order_id, line)) WITHOUT ROWID""",
    """CREATE TABLE payment (
        desk_id TEXT NOT NULL, order_id TEXT NOT NULL, number INTEGER NOT NULL, method TEXT NOT NULL,
        reference TEXT NOT NULL, captured INTEGER NOT NULL, returned INTEGER NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (desk_id, order_id, number)) WITHOUT ROWID""",
    # Of `returned` what the source gave a reference: by it our own refunds are known again.
    """CREATE TABLE payment_return (
        desk_id TEXT NOT NULL, order_id TEXT NOT NULL, number INTEGER NOT NULL, reference TEXT NOT NULL,
        minor INTEGER NOT NULL, PRIMARY KEY (desk_id, order_id, number, reference)) WITHOUT ROWID""",
    """CREATE TABLE shipment (
        desk_id TEXT NOT NULL, order_id TEXT NOT NULL, number INTEGER NOT NULL, carrier TEXT NOT NULL,
        waybill TEXT NOT NULL, lines TEXT NOT NULL, shipped_at INTEGER NOT NULL, signed_at INTEGER NOT NULL,
        consent TEXT NOT NULL, PRIMARY KEY (desk_id, order_id, number)) WITHOUT ROWID""",
    # Whose a waybill is: an order's (no case), a case's own, or nobody's yet (neither, and no direction).
    """CREATE TABLE parcel (
        desk_id TEXT NOT NULL, waybill TEXT NOT NULL, order_id TEXT NOT NULL, case_id TEXT NOT NULL,
        direction TEXT NOT NULL, carrier TEXT NOT NULL, person TEXT NOT NULL, lines TEXT NOT NULL,
        at INTEGER NOT NULL, consent TEXT NOT NULL, told_at INTEGER NOT NULL, signed_at INTEGER NOT NULL,
        PRIMARY KEY (desk_id, waybill, order_id, case_id)) WITHOUT ROWID""",
    "CREATE INDEX parcel_case ON parcel (desk_id, case_id) WHERE case_id <> ''",
    "CREATE INDEX parcel_order ON parcel (desk_id, order_id) WHERE case_id = '' AND order_id <> ''",
    "CREATE INDEX parcel_tail ON parcel (desk_id, substr(waybill, -4))",
    "CREATE INDEX parcel_unknown ON parcel (desk_id, at, waybill) WHERE direction = ''",
    # Those that carriers are asked after, the latest sent first; and when somebody last asked.
    """CREATE INDEX parcel_awaited ON parcel (desk_id, at, waybill)
        WHERE signed_at = 0 AND told_at = 0 AND direction <> ''""",
    """CREATE TABLE parcel_asked (
        desk_id TEXT NOT NULL, waybill TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (desk_id, waybill)) WITHOUT ROWID""",
    """CREATE TABLE carrier_state (
        desk_id TEXT PRIMARY KEY, answered_at INTEGER NOT NULL, failed_at INTEGER NOT NULL,
        fault TEXT NOT NULL) WITHOUT ROWID""",
    # A carrier's page names couriers, their telephones and the receiver's street: place and text lie sealed.
    """CREATE TABLE scan (
        desk_id TEXT NOT NULL, waybill TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, scan TEXT NOT NULL,
        courier TEXT NOT NULL, person TEXT NOT NULL, sealed BLOB NOT NULL,
        PRIMARY KEY (desk_id, waybill, id)) WITHOUT ROWID""",
    """CREATE TABLE courier (
        desk_id TEXT NOT NULL, carrier TEXT NOT NULL, id TEXT NOT NULL, verified INTEGER NOT NULL,
        checked_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (desk_id, carrier, id)) WITHOUT ROWID""",
    """CREATE TABLE source_record (
        desk_id TEXT NOT NULL, entity TEXT NOT NULL, source TEXT NOT NULL, external_id BLOB NOT NULL,
        digest BLOB NOT NULL, record TEXT NOT NULL, version INTEGER NOT NULL, as_of INTEGER NOT NULL,
        PRIMARY KEY (desk_id, entity, source, external_id)) WITHOUT ROWID""",
    """CREATE TABLE import_run (
        desk_id TEXT NOT NULL, digest BLOB NOT NULL, map TEXT NOT NULL, position INTEGER NOT NULL,
        done INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (desk_id, digest, map)) WITHOUT ROWID""",
)

_CASES = (
    """CREATE TABLE cases (
        desk_id TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, kind TEXT NOT NULL, queue TEXT NOT NULL,
        state TEXT NOT NULL, phase TEXT NOT NULL, live INTEGER NOT NULL, version INTEGER NOT NULL,
        order_id TEXT NOT NULL, order_number TEXT NOT NULL, customer TEXT NOT NULL, merchant TEXT NOT NULL,
        assignee TEXT NOT NULL, priority INTEGER NOT NULL, escalation INTEGER NOT NULL, subject TEXT NOT NULL,
        reason TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL, due INTEGER NOT NULL,
        breached INTEGER NOT NULL, opened_at INTEGER NOT NULL, changed_at INTEGER NOT NULL,
        closed_at INTEGER NOT NULL, language TEXT NOT NULL, incident TEXT NOT NULL, head BLOB NOT NULL,
        snapshot BLOB NOT NULL, held INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (desk_id, id))""",
    "CREATE UNIQUE INDEX cases_body ON cases (desk_id, body)",
    "CREATE INDEX cases_queue ON cases (desk_id, queue, due, id) WHERE live = 1",
    # With all that filters ask for (store/sifting.py), so that a case that does not fit is passed without its row.
    """CREATE INDEX cases_all ON cases (desk_id, due, id, queue, kind, state, phase, assignee, merchant, reason,
        language, priority, escalation, amount, opened_at, changed_at, breached) WHERE live = 1""",
    "CREATE INDEX cases_resting ON cases (desk_id, due, id) WHERE live = 0",
    # `breached`, so that a count of one's own cases reads no row.
    "CREATE INDEX cases_mine ON cases (desk_id, assignee, due, id, breached) WHERE live = 1",
    # Those that whoever asks for the next case may get, by the language that one must speak. `held` (store/leases.py)
    # keeps those apart that are in somebody's hand. Escalation and amount stand at its end, so that cases that wait
    # for somebody else are passed without reading them.
    """CREATE INDEX cases_claim ON cases (desk_id, queue, language, held, due, id, escalation, amount)
        WHERE live = 1 AND phase = 'ours' AND assignee = ''""",
    "CREATE INDEX cases_incident ON cases (desk_id, incident, id) WHERE incident <> ''",
    # What is somebody's, for the board: few of all cases, so that one pass over them counts every queue and agent.
    "CREATE INDEX cases_assigned ON cases (desk_id, queue, assignee, due) WHERE live = 1 AND assignee <> ''",
    # For going through every open case, whatever its deadline does meanwhile.
    "CREATE INDEX cases_open ON cases (desk_id, id) WHERE closed_at = 0",
    # For reports: what was closed since a day; with the open ones that is all in which anything happened since.
    "CREATE INDEX cases_closed ON cases (desk_id, closed_at, id) WHERE closed_at > 0",
    "CREATE INDEX cases_hint ON cases (desk_id, lower(order_number)) WHERE order_id = ''",
    "CREATE INDEX cases_order ON cases (desk_id, order_id, opened_at)",
    "CREATE INDEX cases_customer ON cases (desk_id, customer, opened_at)",
    """CREATE TABLE event (
        desk_id TEXT NOT NULL, case_id TEXT NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, v INTEGER NOT NULL,
        at INTEGER NOT NULL, actor TEXT NOT NULL, cause TEXT NOT NULL, verb TEXT NOT NULL, person TEXT NOT NULL,
        payload BLOB NOT NULL, sealed BLOB NOT NULL, hash BLOB NOT NULL,
        PRIMARY KEY (desk_id, case_id, seq)) WITHOUT ROWID""",
    """CREATE TABLE case_line (
        desk_id TEXT NOT NULL, order_id TEXT NOT NULL, line INTEGER NOT NULL, case_id TEXT NOT NULL,
        claimed INTEGER NOT NULL, refunded_units INTEGER NOT NULL, refunded INTEGER NOT NULL,
        PRIMARY KEY (desk_id, order_id, line, case_id)) WITHOUT ROWID""",
    # An order without id holds what a case gives that no order stands behind (a compensation).
    """CREATE TABLE refund_part (
        desk_id TEXT NOT NULL, case_id TEXT NOT NULL, refund TEXT NOT NULL, payment INTEGER NOT NULL,
        order_id TEXT NOT NULL, minor INTEGER NOT NULL, counted INTEGER NOT NULL, cause TEXT NOT NULL,
        state TEXT NOT NULL, at INTEGER NOT NULL, reference TEXT NOT NULL, booked TEXT NOT NULL,
        PRIMARY KEY (desk_id, case_id, refund, payment)) WITHOUT ROWID""",
    # All that a sum over an order's cases needs: without statistics SQLite would rather read the whole desk's table.
    "CREATE INDEX refund_part_order ON refund_part (desk_id, order_id, payment, state, case_id, cause, minor, counted)",
    "CREATE INDEX refund_part_waiting ON refund_part (desk_id, at, case_id) WHERE state IN ('awaiting', 'in_doubt')",
    # Files kept as evidence; what is in them lies beside the database, sealed like the name under the person's key.
    """CREATE TABLE evidence (
        desk_id TEXT NOT NULL, case_id TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL,
        media TEXT NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, source TEXT NOT NULL, person TEXT NOT NULL,
        sealed BLOB NOT NULL, PRIMARY KEY (desk_id, case_id, sha256)) WITHOUT ROWID""",
    """CREATE TABLE request (
        desk_id TEXT NOT NULL, key TEXT NOT NULL, case_id TEXT NOT NULL, verb TEXT NOT NULL, actor TEXT NOT NULL,
        version INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (desk_id, key)) WITHOUT ROWID""",
    "CREATE INDEX request_actor ON request (desk_id, actor, at)",
    "CREATE INDEX request_ended ON request (desk_id, actor, at, case_id) WHERE verb IN ('close', 'withdraw')",
    """CREATE TABLE counter (
        desk_id TEXT NOT NULL, queue TEXT NOT NULL, shard INTEGER NOT NULL, live INTEGER NOT NULL,
        breached INTEGER NOT NULL, PRIMARY KEY (desk_id, queue, shard)) WITHOUT ROWID""",
    # `since`: the version before, so that a change tells which events it brought.
    """CREATE TABLE change (
        desk_id TEXT NOT NULL, seq INTEGER NOT NULL, case_id TEXT NOT NULL, version INTEGER NOT NULL,
        at INTEGER NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (desk_id, seq)) WITHOUT ROWID""",
)

_BESIDE = (
    """CREATE TABLE lease (
        desk_id TEXT NOT NULL, case_id TEXT NOT NULL, holder TEXT NOT NULL, session TEXT NOT NULL,
        fence INTEGER NOT NULL, expires INTEGER NOT NULL, parked INTEGER NOT NULL, since INTEGER NOT NULL,
        PRIMARY KEY (desk_id, case_id)) WITHOUT ROWID""",
    "CREATE INDEX lease_holder ON lease (desk_id, holder, expires)",
    # Who passed a case over, why, and until when it does not come back to them; their words lie sealed.
    """CREATE TABLE skip (
        desk_id TEXT NOT NULL, agent TEXT NOT NULL, case_id TEXT NOT NULL, at INTEGER NOT NULL,
        until INTEGER NOT NULL, reason TEXT NOT NULL, person TEXT NOT NULL, sealed BLOB NOT NULL,
        PRIMARY KEY (desk_id, agent, case_id, at)) WITHOUT ROWID""",
    "CREATE INDEX skip_until ON skip (desk_id, until, agent, case_id)",
    "CREATE INDEX skip_at ON skip (desk_id, at, agent, reason, case_id)",
    "CREATE INDEX skip_case ON skip (desk_id, case_id, until)",
    # From whom a case was taken while they had it, and who has it since.
    """CREATE TABLE takeover (
        desk_id TEXT NOT NULL, case_id TEXT NOT NULL, former TEXT NOT NULL, taker TEXT NOT NULL,
        actor TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (desk_id, case_id, former)) WITHOUT ROWID""",
    # Who looked at whose masked data: which fields, by which case, why; never what was seen. Rows are only added.
    """CREATE TABLE look (
        desk_id TEXT NOT NULL, person TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,
        case_id TEXT NOT NULL, fields TEXT NOT NULL, reason TEXT NOT NULL, until INTEGER NOT NULL,
        hash BLOB NOT NULL, PRIMARY KEY (desk_id, person, seq)) WITHOUT ROWID""",
    "CREATE INDEX look_actor ON look (desk_id, actor, at)",
    "CREATE INDEX look_at ON look (desk_id, at, actor)",
    # Whose callers were checked: by which sorts of things, with what result; never what was said. Rows are only added.
    """CREATE TABLE caller_check (
        desk_id TEXT NOT NULL, actor TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, sorts TEXT NOT NULL,
        result TEXT NOT NULL, persons TEXT NOT NULL, hash BLOB NOT NULL,
        PRIMARY KEY (desk_id, actor, seq)) WITHOUT ROWID""",
    # What a day's anchor said of the desk, and when it was handed out (0: not yet). Rows are only added.
    """CREATE TABLE anchor (
        desk_id TEXT NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, cases INTEGER NOT NULL,
        events INTEGER NOT NULL, looks INTEGER NOT NULL, checks INTEGER NOT NULL, digest BLOB NOT NULL,
        handed_at INTEGER NOT NULL, fault TEXT NOT NULL, PRIMARY KEY (desk_id, n)) WITHOUT ROWID""",
    "CREATE INDEX anchor_waiting ON anchor (desk_id, n) WHERE handed_at = 0",
    # Where each chain stood that had grown since the anchor before.
    """CREATE TABLE anchor_head (
        desk_id TEXT NOT NULL, sort TEXT NOT NULL, chain TEXT NOT NULL, seq INTEGER NOT NULL,
        anchor INTEGER NOT NULL, head BLOB NOT NULL, PRIMARY KEY (desk_id, sort, chain, seq)) WITHOUT ROWID""",
    "CREATE INDEX anchor_head_anchor ON anchor_head (desk_id, anchor, sort, chain, seq)",
    # What left the desk as a file: who, when, of what, and the ids of its cases (or up to which). Rows are only added.
    """CREATE TABLE export_made (
        desk_id TEXT NOT NULL, actor TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL,
        what TEXT NOT NULL, format TEXT NOT NULL, queue TEXT NOT NULL, cases INTEGER NOT NULL,
        upto TEXT NOT NULL, held BLOB NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (desk_id, actor, seq))""",
    "CREATE INDEX export_made_id ON export_made (desk_id, id)",
    "CREATE INDEX export_made_at ON export_made (desk_id, at)",
    # Who had which case in hand since when, and so could read it. Rows are only added.
    """CREATE TABLE holding (
        desk_id TEXT NOT NULL, actor TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, case_id TEXT NOT NULL,
        hash BLOB NOT NULL, PRIMARY KEY (desk_id, actor, seq)) WITHOUT ROWID""",
    "CREATE INDEX holding_case ON holding (desk_id, case_id, at, actor)",
    # Invented people: `mark` is a keyed hash of the customer's id. Who touched one; rows are only added.
    """CREATE TABLE canary (
        desk_id TEXT NOT NULL, mark TEXT NOT NULL, owner TEXT NOT NULL, sealed BLOB NOT NULL,
        PRIMARY KEY (desk_id, mark)) WITHOUT ROWID""",
    """CREATE TABLE canary_touch (
        desk_id TEXT NOT NULL, mark TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,
        how TEXT NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (desk_id, mark, seq)) WITHOUT ROWID""",
    "CREATE INDEX canary_touch_at ON canary_touch (desk_id, at, mark)",
    # What is known of a leak of personal data, and what was done: one row a fact, sealed. Rows are only added.
    """CREATE TABLE leak_fact (
        desk_id TEXT NOT NULL, leak TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,
        what TEXT NOT NULL, sealed BLOB NOT NULL, hash BLOB NOT NULL,
        PRIMARY KEY (desk_id, leak, seq)) WITHOUT ROWID""",
    "CREATE INDEX leak_fact_first ON leak_fact (desk_id, at, leak) WHERE seq = 1",
    # What unlocks somebody's screen: scrypt of their PIN, wrong tries since the last right one, shut until when.
    """CREATE TABLE agent_pin (
        desk_id TEXT NOT NULL, agent TEXT NOT NULL, salt BLOB NOT NULL, hash BLOB NOT NULL, wrong INTEGER NOT NULL,
        until INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (desk_id, agent)) WITHOUT ROWID""",
    # By what somebody is let in through the API: the SHA-256 of a secret that is shown once. `rights` is a list of
    # `domain.roles.Right`, empty for all that the agent's role has.
    """CREATE TABLE access_token (
        desk_id TEXT NOT NULL, id TEXT NOT NULL, hash BLOB NOT NULL, agent TEXT NOT NULL, label TEXT NOT NULL,
        rights TEXT NOT NULL, made_at INTEGER NOT NULL, made_by TEXT NOT NULL, expires INTEGER NOT NULL,
        used_at INTEGER NOT NULL, revoked_at INTEGER NOT NULL, kind TEXT NOT NULL DEFAULT 'token',
        revoked_by TEXT NOT NULL DEFAULT '', PRIMARY KEY (desk_id, id)) WITHOUT ROWID""",
    "CREATE INDEX access_token_agent ON access_token (desk_id, agent, made_at)",
    "CREATE INDEX access_token_made ON access_token (desk_id, made_at)",
    # Passwords as argon2 hashes, with salt and cost in their own text.
    """CREATE TABLE agent_password (
        desk_id TEXT NOT NULL, agent TEXT NOT NULL, hash TEXT NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,
        PRIMARY KEY (desk_id, agent)) WITHOUT ROWID""",
    # How often somebody tried to sign in, by the keyed hash of the name that was said or of the address it came from:
    # there is a row for a name that nobody has too, or its absence would tell whose names are right.
    """CREATE TABLE sign_in_try (
        desk_id TEXT NOT NULL, tried_hash BLOB NOT NULL, wrong INTEGER NOT NULL, until INTEGER NOT NULL,
        at INTEGER NOT NULL, PRIMARY KEY (desk_id, tried_hash)) WITHOUT ROWID""",
    "CREATE INDEX sign_in_try_at ON sign_in_try (desk_id, at)",
    # Terminals that wait to be let in: `secret_hash` is the SHA-256 of what the terminal knows, a person types `code`.
    """CREATE TABLE device_sign_in (
        desk_id TEXT NOT NULL, secret_hash BLOB NOT NULL, code TEXT NOT NULL, label TEXT NOT NULL,
        made_at INTEGER NOT NULL, expires INTEGER NOT NULL, pause INTEGER NOT NULL, asked_at INTEGER NOT NULL,
        state TEXT NOT NULL, agent TEXT NOT NULL, hours INTEGER NOT NULL, actor TEXT NOT NULL,
        PRIMARY KEY (desk_id, secret_hash)) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX device_sign_in_code ON device_sign_in (desk_id, code)",
    """CREATE TABLE draft (
        desk_id TEXT NOT NULL, agent TEXT NOT NULL, case_id TEXT NOT NULL, person TEXT NOT NULL,
        sealed BLOB NOT NULL, caret INTEGER NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (desk_id, agent, case_id)) WITHOUT ROWID""",
    """CREATE TABLE place (
        desk_id TEXT NOT NULL, agent TEXT NOT NULL, session TEXT NOT NULL, state BLOB NOT NULL,
        at INTEGER NOT NULL, PRIMARY KEY (desk_id, agent, session)) WITHOUT ROWID""",
    """CREATE TABLE outbox (
        desk_id TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, case_id TEXT NOT NULL, ref TEXT NOT NULL,
        state TEXT NOT NULL, run_at INTEGER NOT NULL, attempts INTEGER NOT NULL, fence INTEGER NOT NULL,
        result TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (desk_id, key)) WITHOUT ROWID""",
    "CREATE INDEX outbox_due ON outbox (desk_id, run_at) WHERE state = 'ready'",
    "CREATE INDEX outbox_running ON outbox (desk_id, fence) WHERE state = 'running'",
    "CREATE INDEX outbox_case ON outbox (desk_id, case_id)",
    "CREATE INDEX outbox_failed ON outbox (desk_id, run_at, key) WHERE state = 'failed'",
    """CREATE TABLE outbox_ruling (
        desk_id TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, what TEXT NOT NULL,
        reason TEXT NOT NULL, result TEXT NOT NULL, PRIMARY KEY (desk_id, key, at)) WITHOUT ROWID""",
    # Who may let money go in whose place, until when: up to `most` minor units, 0 for the giver's own limit.
    # `actor` did the last of giving and revoking; rows stay, so that it can be said who might have approved when.
    """CREATE TABLE approval_delegation (
        desk_id TEXT NOT NULL, id TEXT NOT NULL, from_agent TEXT NOT NULL, to_agent TEXT NOT NULL,
        most INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, revoked_at INTEGER NOT NULL,
        actor TEXT NOT NULL, PRIMARY KEY (desk_id, id)) WITHOUT ROWID""",
    "CREATE INDEX approval_delegation_to ON approval_delegation (desk_id, to_agent, until) WHERE revoked_at = 0",
    "CREATE INDEX approval_delegation_until ON approval_delegation (desk_id, until) WHERE revoked_at = 0",
    """CREATE TABLE worker (
        desk_id TEXT PRIMARY KEY, holder TEXT NOT NULL, fence INTEGER NOT NULL, expires INTEGER NOT NULL)
        WITHOUT ROWID""",
)

# One verb for many cases: the run, and what came of it for each case. The verb's text lies sealed under a person
# of the run's own, so that it can be forgotten.
_BULK = (
    """CREATE TABLE bulk (
        desk_id TEXT NOT NULL, id TEXT NOT NULL, verb TEXT NOT NULL, actor TEXT NOT NULL, role TEXT NOT NULL,
        parent TEXT NOT NULL, state TEXT NOT NULL, total INTEGER NOT NULL, person TEXT NOT NULL,
        sealed BLOB NOT NULL, at INTEGER NOT NULL, ended_at INTEGER NOT NULL, PRIMARY KEY (desk_id, id))
        WITHOUT ROWID""",
    "CREATE INDEX bulk_parent ON bulk (desk_id, parent, at)",
    "CREATE INDEX bulk_actor ON bulk (desk_id, actor, at)",
    """CREATE TABLE bulk_item (
        desk_id TEXT NOT NULL, bulk TEXT NOT NULL, case_id TEXT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL,
        at INTEGER NOT NULL, PRIMARY KEY (desk_id, bulk, case_id)) WITHOUT ROWID""",
    "CREATE INDEX bulk_item_state ON bulk_item (desk_id, bulk, state, case_id)",
    # Several verbs under a name; `owner` '' for everybody's. Sealed under a person of its own.
    # Filters under a name; sealed, since a filter can hold what a customer said.
    """CREATE TABLE saved_view (
        desk_id TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, person TEXT NOT NULL, sealed BLOB NOT NULL,
        at INTEGER NOT NULL, PRIMARY KEY (desk_id, owner, name)) WITHOUT ROWID""",
    """CREATE TABLE macro (
        desk_id TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, person TEXT NOT NULL, sealed BLOB NOT NULL,
        at INTEGER NOT NULL, PRIMARY KEY (desk_id, owner, name)) WITHOUT ROWID""",
)

# What a supervisor tells everybody who is here.
_BOARD = (
    """CREATE TABLE broadcast (
        desk_id TEXT NOT NULL, id TEXT NOT NULL, actor TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL,
        until INTEGER NOT NULL, PRIMARY KEY (desk_id, id)) WITHOUT ROWID""",
    "CREATE INDEX broadcast_until ON broadcast (desk_id, until)",
)

# What came from outside, once and for all under its source and id, both only as a keyed hash. A refused one is
# kept whole under a key of its own, so that it can be tried again and forgotten.
_INBOUND = (
    """CREATE TABLE inbound (
        desk_id TEXT NOT NULL, key BLOB NOT NULL, digest BLOB NOT NULL, source TEXT NOT NULL, state TEXT NOT NULL,
        case_id TEXT NOT NULL, began INTEGER NOT NULL, sender BLOB NOT NULL, acknowledged INTEGER NOT NULL,
        alike TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (desk_id, key)) WITHOUT ROWID""",
    "CREATE INDEX inbound_acknowledged ON inbound (desk_id, sender, at) WHERE acknowledged = 1",
    """CREATE TABLE inbound_refused (
        desk_id TEXT NOT NULL, id TEXT NOT NULL, source TEXT NOT NULL, code TEXT NOT NULL, detail BLOB NOT NULL,
        person TEXT NOT NULL, sealed BLOB NOT NULL, size INTEGER NOT NULL, times INTEGER NOT NULL,
        at INTEGER NOT NULL, PRIMARY KEY (desk_id, id)) WITHOUT ROWID""",
    "CREATE INDEX inbound_refused_at ON inbound_refused (desk_id, at, id)",
)

# Order systems: where their feed stands, how old what they told is, and what people made of differences.
_SOURCES = (
    """CREATE TABLE order_source (
        desk_id TEXT NOT NULL, source TEXT NOT NULL, cursor TEXT NOT NULL, pulled_at INTEGER NOT NULL,
        answered_at INTEGER NOT NULL, failed_at INTEGER NOT NULL, fault TEXT NOT NULL,
        PRIMARY KEY (desk_id, source)) WITHOUT ROWID""",
    """CREATE TABLE order_seen (
        desk_id TEXT NOT NULL, order_id TEXT NOT NULL, seen_at INTEGER NOT NULL, stamp INTEGER NOT NULL,
        PRIMARY KEY (desk_id, order_id)) WITHOUT ROWID""",
    """CREATE TABLE order_settled (
        desk_id TEXT NOT NULL, order_id TEXT NOT NULL, what TEXT NOT NULL, digest TEXT NOT NULL, how TEXT NOT NULL,
        reason TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (desk_id, order_id, what)) WITHOUT ROWID""",
    # Few orders have money that their own system gave back: the report goes to these alone.
    "CREATE INDEX payment_returned ON payment (desk_id, order_id) WHERE returned > 0",
)

# Versions of packs and the steps of their lives are added, never changed.
_LAW = (
    """CREATE TABLE pack (
        desk_id TEXT NOT NULL, id TEXT NOT NULL, version TEXT NOT NULL, digest BLOB NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (desk_id, id, version))""",
    """CREATE TABLE pack_step (
        desk_id TEXT NOT NULL, seq INTEGER NOT NULL, pack TEXT NOT NULL, version TEXT NOT NULL, step TEXT NOT NULL,
        actor TEXT NOT NULL, at INTEGER NOT NULL, day TEXT NOT NULL, said TEXT NOT NULL,
        PRIMARY KEY (desk_id, seq)) WITHOUT ROWID""",
)

# A desk that is being brought here and is not whole yet (store/moving.py): which tables are, and what is in them.
# Where events are sent as they happen, how far that has come, and what was given up.
_MOVING = (
    """CREATE TABLE desk_moving (
        desk_id TEXT PRIMARY KEY, file_id TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE desk_moved (
        desk_id TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, digest BLOB NOT NULL,
        PRIMARY KEY (desk_id, name)) WITHOUT ROWID""",
    """CREATE TABLE webhook (
        desk_id TEXT NOT NULL, id TEXT NOT NULL, url TEXT NOT NULL, verbs TEXT NOT NULL, kinds TEXT NOT NULL,
        secret TEXT NOT NULL, private INTEGER NOT NULL, change INTEGER NOT NULL, seq INTEGER NOT NULL,
        tries INTEGER NOT NULL, next_at INTEGER NOT NULL, fault TEXT NOT NULL, told_at INTEGER NOT NULL,
        at INTEGER NOT NULL, actor TEXT NOT NULL, PRIMARY KEY (desk_id, id)) WITHOUT ROWID""",
    """CREATE TABLE webhook_letter (
        desk_id TEXT NOT NULL, webhook TEXT NOT NULL, case_id TEXT NOT NULL, seq INTEGER NOT NULL,
        state TEXT NOT NULL, at INTEGER NOT NULL, tries INTEGER NOT NULL, fault TEXT NOT NULL,
        PRIMARY KEY (desk_id, webhook, case_id, seq)) WITHOUT ROWID""",
    "CREATE INDEX webhook_letter_state ON webhook_letter (desk_id, state, webhook, at)",
)

STATEMENTS: tuple[str, ...] = (
    _DESK
    + _RECORDS
    + _CASES
    + _BESIDE
    + _BULK
    + _BOARD
    + _INBOUND
    + _SOURCES
    + _LAW
    + _MOVING
    + _INDEX
    + _LIBRARY
)
