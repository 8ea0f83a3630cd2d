//! Lints for indexes that are built or dropped while others wait, and for missing indexes.

use super::tables::{ForeignKey, What};
use super::{Context, Raw};
use crate::analysis::statement::{ObjectType, Statement};
use crate::chain::lint::Lint;

pub(super) fn check(context: &Context<'_>, report: &mut dyn FnMut(Raw)) {
    match context.view {
        Statement::CreateIndex(index) => {
            if index.concurrently && index.name.is_none() {
                let message =
                    "the server chooses another name for this index each time it is tried";
                let help = "name the index: if building it fails, or is cut off, the next run then finds what is left of it by \
                            its name";
                report(context.raw(
                    Lint::UnnamedIndex,
                    context.whole,
                    message.to_owned(),
                    "",
                    help.to_owned(),
                ));
            }
            // With ONLY on a partitioned table, nothing is built.
            let quick = index.concurrently || index.only;
            if quick || !context.in_use(&index.table) {
                return;
            }
            let table = &index.table;
            let waits = match context.is(table, What::MaterializedView) {
                // Only a refresh writes to a materialized view.
                true => return,
                false => format!("nobody can write to `{table}` while this index is built"),
            };
            let help = match context.is(table, What::Partitioned) {
                true => format!(
                    "make it with `ON ONLY {table}`, then on each partition with `CONCURRENTLY`, and attach \
                     those: `ALTER INDEX … ATTACH PARTITION …`"
                ),
                false => {
                    "write `CREATE INDEX CONCURRENTLY`, in a revision of its own whose marker says \
                          `-- migrate:up transaction:false`"
                        .to_owned()
                }
            };
            let label = "reads all rows under a lock that writers wait for";
            report(context.raw(Lint::IndexBlocksWrites, context.whole, waits, label, help));
        }
        Statement::Drop(drop) if drop.kind == ObjectType::Index && !drop.concurrently => {
            // The statement does not name the table. A new table has no index to drop.
            let (Some(first), count) = (drop.names.first(), drop.names.len()) else { return };
            let what = if count == 1 { format!("`{first}`") } else { format!("{count} indexes") };
            let message = format!(
                "dropping {what} keeps everybody off the table while it waits for its lock"
            );
            let help = "write `DROP INDEX CONCURRENTLY`, for one index at a time, in a revision whose marker says \
                        `-- migrate:up transaction:false`";
            report(context.raw(Lint::DropIndexBlocks, context.whole, message, "", help.to_owned()));
        }
        _ => {}
    }
}

/// A foreign key that has no supporting index at the end of the chain.
pub(super) fn unserved(foreign: &ForeignKey) -> Raw {
    let columns = foreign.columns.join(", ");
    let table = &foreign.table;
    Raw {
        lint: Lint::ForeignKeyWithoutIndex,
        message: format!(
            "no index of `{table}` begins with `{columns}`, which refers to another table"
        ),
        help: format!(
            "`CREATE INDEX ON {table} ({columns})`; if nobody deletes there and nobody joins by it, say so: \
             `-- migrate:allow(foreign-key-without-index): why`"
        ),
        span: foreign.span,
        label: "each row that is deleted or given another key there reads all rows here".to_owned(),
        statement: foreign.statement,
        also: None,
        level: None,
    }
}
