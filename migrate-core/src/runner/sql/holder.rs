//! Who is migrating now, and how far its statement has got, in one question.

use super::{Tables, held, tag};

/// What the views of the server say of the statement of process `l.pid`: its phase, how much of it is done, of how much, of
/// what, and for which process it waits. Of another role's, a role without `pg_read_all_stats` sees nulls.
const PROGRESS: &str = "SELECT phase, \
     CASE WHEN lockers_total > 0 THEN lockers_done WHEN blocks_total > 0 THEN blocks_done ELSE tuples_done END AS done, \
     CASE WHEN lockers_total > 0 THEN lockers_total WHEN blocks_total > 0 THEN blocks_total ELSE tuples_total END AS total, \
     CASE WHEN lockers_total > 0 THEN 'transactions' WHEN blocks_total > 0 THEN 'blocks' ELSE 'rows' END AS unit, \
     nullif(current_locker_pid, 0) AS waits_for \
     FROM pg_catalog.pg_stat_progress_create_index WHERE pid = l.pid \
     UNION ALL SELECT phase, heap_blks_scanned, heap_blks_total, 'blocks', NULL \
     FROM pg_catalog.pg_stat_progress_vacuum WHERE pid = l.pid \
     UNION ALL SELECT phase, heap_blks_scanned, heap_blks_total, 'blocks', NULL \
     FROM pg_catalog.pg_stat_progress_cluster WHERE pid = l.pid";

/// Who holds the lock, if anyone does, and what it is doing. That may be the session that asks: a pooler gives the same one
/// to several clients.
pub(crate) fn holder(tables: &Tables) -> String {
    format!(
        "SELECT '{tag}', l.pid, a.application_name, a.usename, \
         pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - a.xact_start), pg_catalog.left(a.query, 200), \
         p.phase, p.done, p.total, p.unit, p.waits_for \
         FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
         LEFT JOIN LATERAL ({PROGRESS}) p ON true \
         WHERE {held} LIMIT 1",
        tag = tag::HOLDER,
        held = held(tables),
    )
}
