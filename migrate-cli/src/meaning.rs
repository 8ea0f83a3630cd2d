//! Where two texts of a definition differ, the server is asked to read both once more: PostgreSQL does not
//! always print what it reads as it was written, nor print it again in the same way.

use migrate_core::schema::catalog::Catalog;
use migrate_core::schema::diff::{
    Definition, Script, differing_definitions, same_definitions, script, with_definitions,
    with_keys_beside,
};
use postgres::Client;

/// A catalog with the texts of another one wherever the two mean the same. `client` is connected to a scratch
/// database with the other one in it, which is left as it is.
pub(crate) fn agreed(client: &mut Client, catalog: &Catalog, other: &Catalog) -> Catalog {
    let differing = differing_definitions(catalog, other);
    let (keys, rest): (Vec<_>, Vec<_>) =
        differing.into_iter().partition(Definition::is_partition_key);
    let mut agreed = same(client, catalog, other, &rest);
    agreed.extend(keys.into_iter().filter(|key| is_same_key(client, catalog, other, key)));
    with_definitions(catalog, other, &agreed)
}

/// Do two texts of a partition key mean the same? New tables are made of both.
fn is_same_key(client: &mut Client, catalog: &Catalog, other: &Catalog, key: &Definition) -> bool {
    let mut read = |of: &Catalog| {
        let (beside, pairs) = with_keys_beside(other, of, std::slice::from_ref(key));
        let (_, table) = pairs.first()?;
        client.batch_execute("BEGIN").ok()?;
        let read = run(client, &script(other, &beside));
        let _ = client.batch_execute("ROLLBACK");
        read?.relations.remove(table)?.partition_key
    };
    let both = (read(catalog), read(other));
    both.0.is_some() && both.0 == both.1
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
    let one = run(client, &script(other, &mixed))?;
    Some((one, run(client, &script(&mixed, other))?))
}

/// What is there after a script. A generated column is read again by dropping it and adding it at the end, so the
/// order of columns does not count.
fn run(client: &mut Client, script: &Script) -> Option<Catalog> {
    // Where nothing is written, nothing would be read again.
    if script.steps.is_empty() || !script.is_whole_but_for_order() {
        return None;
    }
    for step in &script.steps {
        client.batch_execute(&step.sql).ok()?;
    }
    Catalog::read(client).ok()
}
