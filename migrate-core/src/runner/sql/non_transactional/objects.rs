//! The objects that tell whether a statement ran, and what it has left.

use super::{PROCESS, prove_lock};
use crate::plan::non_transactional::{Reindexed, Shared, StatementKind};
use crate::runner::sql::{Tables, literal, tag};

/// Objects that tell whether a statement ran, as [`FoundObject`](crate::plan::non_transactional::FoundObject) has them.
pub(crate) struct Objects {
    /// The column with their ids.
    oid: &'static str,
    /// Whether they are whole, their names, whether somebody builds them, their definitions, whether this role may drop them.
    others: &'static str,
    /// Where they are.
    from: String,
}

/// Indexes. One of a partitioned table alone is invalid until all its partitions have theirs. Who may read everybody's
/// statistics sees which index somebody builds; everybody sees the lock that this takes of its table, as it is built and
/// until it is valid. A VACUUM or ANALYZE takes the same lock. It is released a moment before the transaction commits that
/// makes the index valid: that one is seen by the row that it changes.
fn indexes(condition: &str) -> Objects {
    Objects {
        oid: "i.indexrelid",
        others: "i.indisvalid OR c.relkind = 'I', (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) \
             FROM pg_catalog.pg_namespace n WHERE n.oid = c.relnamespace), \
             EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid) \
             OR NOT i.indisvalid AND EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' \
             AND l.relation = i.indrelid AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted \
             AND l.pid <> pg_catalog.pg_backend_pid() \
             AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_vacuum v WHERE v.pid = l.pid) \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_analyze a WHERE a.pid = l.pid)) \
             OR NOT i.indisvalid AND EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'transactionid' \
             AND l.transactionid = i.xmax AND l.pid <> pg_catalog.pg_backend_pid()), \
             pg_catalog.pg_get_indexdef(c.oid), \
             pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') AND pg_catalog.pg_has_role(c.relowner, 'USAGE')",
        from: format!(
            "pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE {condition}"
        ),
    }
}

/// Partitions.
fn partitions(condition: &str) -> Objects {
    Objects {
        oid: "h.inhrelid",
        others: "NOT h.inhdetachpending, pg_catalog.format('ALTER TABLE %I.%I DETACH PARTITION %I.%I FINALIZE', \
             (SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = p.relnamespace), p.relname, \
             (SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = c.relnamespace), c.relname), false, '', true",
        from: format!(
            "pg_catalog.pg_inherits h JOIN pg_catalog.pg_class p ON p.oid = h.inhparent \
             JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid WHERE {condition}"
        ),
    }
}

/// Looks at what a statement has left that is no longer in the file.
pub(crate) fn orphans(tables: &Tables, ids: &[String]) -> String {
    let numbers = ids.iter().filter_map(|id| id.parse::<u32>().ok());
    let ids = numbers.map(|id| id.to_string()).collect::<Vec<_>>().join(", ");
    let ids = if ids.is_empty() { "0" } else { &ids };
    format!(
        "{};\n{}",
        indexes(&format!("i.indexrelid IN ({ids})")).look(tables),
        partitions(&format!("h.inhrelid IN ({ids})")).rows(),
    )
}

/// The objects that tell whether a statement of this kind ran, if there are such.
pub(crate) fn objects(kind: &StatementKind) -> Option<Objects> {
    let index = |condition: String| indexes(&condition);
    let name_of = |name: &str| format!("{}::pg_catalog.name", literal(name));
    let relation = |name: &str| format!("pg_catalog.to_regclass({})", literal(name));
    Some(match kind {
        StatementKind::InTransaction | StatementKind::Procedure | StatementKind::Alone => {
            return None;
        }
        StatementKind::CreateIndex { table, name: None } => {
            index(format!("i.indrelid = {}", relation(table)))
        }
        StatementKind::CreateIndex { table, name: Some(name) } => {
            let (table, name) = (relation(table), name_of(name));
            index(format!("i.indrelid = {table} AND c.relname = {name}"))
        }
        // Of the TOAST tables, too, whose schema only some roles may use.
        StatementKind::Reindex(of) => index(format!(
            "NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'{}",
            match of {
                Reindexed::Relation(name) => format!(
                    " AND i.indrelid IN \
                     (SELECT pg_catalog.unnest(ARRAY[t.oid, t.reltoastrelid]) FROM (SELECT {of} AS relid \
                     UNION SELECT relid FROM pg_catalog.pg_partition_tree({of})) r \
                     LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = r.relid \
                     JOIN pg_catalog.pg_class t ON t.oid = coalesce(x.indrelid, r.relid))",
                    of = relation(name),
                ),
                Reindexed::Schema(name) => format!(
                    " AND i.indrelid IN (SELECT pg_catalog.unnest(ARRAY[t.oid, t.reltoastrelid]) \
                     FROM pg_catalog.pg_class t WHERE t.relnamespace = pg_catalog.to_regnamespace({}))",
                    literal(name),
                ),
                Reindexed::Database => String::new(),
            }
        )),
        StatementKind::CreateShared(of, name) | StatementKind::DropShared(of, name) => {
            let (catalog, column, condition) = match of {
                Shared::Database => ("pg_database", "datname", ""),
                Shared::Tablespace => ("pg_tablespace", "spcname", ""),
                Shared::Subscription => (
                    "pg_subscription",
                    "subname",
                    " AND o.subdbid = (SELECT oid FROM pg_catalog.pg_database \
                     WHERE datname = pg_catalog.current_database())",
                ),
            };
            Objects {
                oid: "o.oid",
                others: "true, '', false, '', true",
                from: format!(
                    "pg_catalog.{catalog} o WHERE o.{column} = {}{condition}",
                    name_of(name)
                ),
            }
        }
        StatementKind::DropIndex { name } => Objects {
            oid: "c.oid",
            // One whose dropping has failed is invalid.
            others: "coalesce(i.indisvalid OR c.relkind = 'I', true), (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) \
                 FROM pg_catalog.pg_namespace n WHERE n.oid = c.relnamespace), false, '', true",
            from: format!(
                "pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid WHERE c.oid = {}",
                relation(name)
            ),
        },
        StatementKind::Detach { table, partition } => {
            partitions(&format!("p.oid = {} AND c.oid = {}", relation(table), relation(partition)))
        }
    })
}

impl Objects {
    /// Looks at them, where the session has the lock.
    pub(crate) fn look(&self, tables: &Tables) -> String {
        format!("{proof}{PROCESS};\n{rows}", proof = prove_lock(tables), rows = self.rows())
    }

    pub(crate) fn rows(&self) -> String {
        let Objects { oid, others, from } = self;
        format!("SELECT '{tag}', {oid}, {others} FROM {from} ORDER BY {oid}", tag = tag::OBJECT)
    }

    /// An expression for their ids, with a blank between them.
    pub(crate) fn ids(&self) -> String {
        let Objects { oid, from, .. } = self;
        format!("(SELECT coalesce(pg_catalog.string_agg({oid}::text, ' '), '') FROM {from})")
    }
}

/// The same where there are none.
pub(crate) const NO_IDS: &str = "''";
