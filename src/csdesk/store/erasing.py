"""Erasing a person for good: their key is destroyed, so that nothing sealed under it opens again, here or in a bundle.

Events stay in their chains, unreadable; so do the files of evidence. What was copied before (backups, files that were
handed out) keeps the key it had: see docs/privacy.md.
"""

from csdesk.store import restraint
from csdesk.store.connection import Connection


def erase(conn: Connection, desk: str, person: str, at: int) -> bool:
    """Destroy a person's key and all that finds them, inside the caller's transaction; False when it was destroyed
    before, or there never was one.

    Whoever keeps keys in memory drops this one (`PersonKeys.drop`; other programs do by `Store.heed_erasures`);
    `connection.checkpoint` then empties the log.
    """
    changed = conn.execute(
        "UPDATE person_key SET key_id = '', sealed = ?, shredded_at = ?"
        " WHERE desk_id = ? AND person = ? AND shredded_at = 0",
        (b"", at, desk, person),
    )
    restraint.forget_traces(conn, desk, person)
    restraint.end(conn, desk, person, at)
    # Its id at the source stays, as a keyed hash: without it the next import would begin the person anew.
    conn.execute("UPDATE customer SET sealed = ? WHERE desk_id = ? AND id = ?", (b"", desk, person))
    conn.execute("UPDATE orders SET sealed = ? WHERE desk_id = ? AND customer = ?", (b"", desk, person))
    if changed.rowcount != 1:
        return False
    (last,) = conn.execute("SELECT coalesce(max(seq), 0) FROM erasure WHERE desk_id = ?", (desk,)).fetchone()
    conn.execute("INSERT INTO erasure VALUES (?,?,?,?)", (desk, last + 1, person, at))
    return True
