//! Fills the tables of a scratch database with generated rows. The server decides about each.

use std::collections::BTreeMap;

use migrate_core::schema::catalog::{Catalog, Name};
use migrate_core::schema::rows::Rows;
use postgres::Client;

use super::lost_connection;
use crate::failure::Failure;

/// What was filled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filled {
    /// How many rows each table got.
    pub(super) counts: BTreeMap<Name, usize>,
    /// The tables that got none, and why.
    pub(super) unfilled: Vec<(Name, String)>,
}

/// So many rows that no attempt could insert mean that a table accepts none.
const HOPELESS: usize = 4;

/// Fills each table with up to so many rows.
pub(super) fn fill(
    client: &mut Client,
    catalog: &Catalog,
    count: usize,
    seed: u64,
) -> Result<Filled, Failure> {
    let rows = Rows::new(catalog, seed);
    let mut filled = Filled::default();
    // What is checked at the end of a transaction would refuse all rows for the sake of one.
    run(client, "BEGIN; SET CONSTRAINTS ALL IMMEDIATE")?.map_err(lost_connection)?;
    for table in rows.tables() {
        match fill_table(client, &rows, table, count)? {
            (0, why) => filled.unfilled.push((table.clone(), why)),
            (found, _) => drop(filled.counts.insert(table.clone(), found)),
        }
    }
    if let Err(why) = run(client, "COMMIT")? {
        run(client, "ROLLBACK")?.map_err(lost_connection)?;
        let tables = std::mem::take(&mut filled.counts).into_keys();
        filled.unfilled.extend(tables.map(|table| (table, why.clone())));
    }
    Ok(filled)
}

/// How many rows a table got, and why it got no more.
fn fill_table(
    client: &mut Client,
    rows: &Rows<'_>,
    table: &Name,
    count: usize,
) -> Result<(usize, String), Failure> {
    let all: Result<Vec<String>, String> =
        (0..count).map(|nth| rows.insert(table, nth, 0)).collect();
    let all = match all {
        Ok(all) => all,
        Err(why) => return Ok((0, why)),
    };
    let together = format!("SAVEPOINT migrate_rows; {}; RELEASE migrate_rows", all.join("; "));
    if run(client, &together)?.is_ok() {
        return Ok((count, String::new()));
    }
    run(client, "ROLLBACK TO migrate_rows; RELEASE migrate_rows")?.map_err(lost_connection)?;
    let (mut found, mut refused, mut why) = (0, 0, String::new());
    // The attempt that worked is tried first for the next row.
    let mut first = 0;
    for nth in 0..count {
        let mut attempts = (first..Rows::ATTEMPTS).chain(0..first);
        let worked = loop {
            let Some(attempt) = attempts.next() else { break None };
            let insert = match rows.insert(table, nth, attempt) {
                Ok(insert) => insert,
                Err(unknown) => return Ok((found, unknown)),
            };
            let alone = format!("SAVEPOINT migrate_rows; {insert}; RELEASE migrate_rows");
            match run(client, &alone)? {
                Ok(()) => break Some(attempt),
                Err(refusal) => {
                    let back = "ROLLBACK TO migrate_rows; RELEASE migrate_rows";
                    run(client, back)?.map_err(lost_connection)?;
                    why = refusal;
                }
            }
        };
        match worked {
            // Careless rows have more edges: they are tried again now and then.
            Some(attempt) => {
                first = if nth.is_multiple_of(3) { 0 } else { attempt };
                found += 1;
            }
            None => refused += 1,
        }
        if refused >= HOPELESS && found <= refused {
            break;
        }
    }
    Ok((found, why))
}

/// Runs this. The inner error is the server's refusal; the outer one ends the test.
fn run(client: &mut Client, sql: &str) -> Result<Result<(), String>, Failure> {
    match client.batch_execute(sql) {
        Ok(()) => Ok(Ok(())),
        Err(error) => match error.as_db_error() {
            Some(said) if !client.is_closed() => Ok(Err(said.message().to_owned())),
            _ => Err(lost_connection(error)),
        },
    }
}
