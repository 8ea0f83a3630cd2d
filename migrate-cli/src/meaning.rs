//! Where two texts of a definition differ, the server is asked to read both once more: PostgreSQL does not
//! always print what it reads as it was written, nor print it again in the same way.

use migrate_core::catalog::Catalog;
use migrate_core::diff::{
    Definition, Script, differing_definitions, same_definitions, script, with_definitions,
};
use postgres::Client;

/// A catalog with the texts of another one wherever the two mean the same. `client` is connected to a scratch
/// database with the other one in it, which is left as it is.
pub(crate) fn agreed(client: &mut Client, catalog: &Catalog, other: &Catalog) -> Catalog {
    let differing = differing_definitions(catalog, other);
    let same = same(client, catalog, other, &differing);
    with_definitions(catalog, other, &same)
}

/// Those definitions that mean the same. What the server refuses in a row is tried by halves.
fn same(
    client: &mut Client,
    catalog: &Catalog,
    other: &Catalog,
    which: &[Definition],
) -> Vec<Definition> {
    if which.is_empty() {
        return Vec::new();
    }
    let both = read_again(client, catalog, other, which);
    // There is nothing to keep, and nothing to do if that fails.
    let _ = client.batch_execute("ROLLBACK");
    match both {
        Some((one, two)) => same_definitions(&one, &two, which),
        None if which.len() == 1 => Vec::new(),
        None => {
            let (left, right) = which.split_at(which.len() / 2);
            let left = same(client, catalog, other, left);
            [left, same(client, catalog, other, right)].concat()
        }
    }
}

/// What the server makes of either text, unless it refuses one.
fn read_again(
    client: &mut Client,
    catalog: &Catalog,
    other: &Catalog,
    which: &[Definition],
) -> Option<(Catalog, Catalog)> {
    let mixed = with_definitions(other, catalog, which);
    client.batch_execute("BEGIN").ok()?;
    let mut read = |script: &Script| {
        // Where nothing is written, nothing would be read again.
        if script.steps.is_empty() || !script.unwritten.is_empty() {
            return None;
        }
        for step in &script.steps {
            client.batch_execute(&step.sql).ok()?;
        }
        Catalog::read(client).ok()
    };
    let one = read(&script(other, &mixed))?;
    Some((one, read(&script(&mixed, other))?))
}
