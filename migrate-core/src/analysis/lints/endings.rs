//! Lints about what a chain leaves at its end: a table without a key, an index that another one makes
//! superfluous, policies that have no effect, functions that look names up on their caller's path.
//!
//! Whatever a statement that is not followed may have changed, is not reported.

use super::Raw;
use super::objects::{Definer, Objects};
use super::tables::{Index, LintSpan, Table, Tables, What};
use crate::chain::lint::Lint;

pub(super) fn check(
    tables: &Tables,
    objects: &Objects,
    wanted: impl Fn(usize) -> bool,
    report: &mut dyn FnMut(usize, Raw),
) {
    let mut note = |place: LintSpan, raw: Option<Raw>| {
        if let Some(raw) = raw.filter(|_| wanted(place.revision)) {
            report(place.revision, raw);
        }
    };
    for (name, table) in tables.all() {
        if tables.may_be_changed(name) {
            continue;
        }
        if let Some(place) = table.created.filter(|_| !table.has_primary_key) {
            note(place, Some(without_key(name, place)));
        }
        for (place, raw) in superfluous(name, table) {
            note(place, Some(raw));
        }
        match (table.row_security, table.policies.first()) {
            (None, Some((policy, place))) => note(*place, Some(ineffective(name, policy, *place))),
            (Some(place), None) => note(place, Some(closed(name, place))),
            _ => {}
        }
    }
    for definer in &objects.definers {
        note(definer.place, Some(open(definer)));
    }
}

fn raw(lint: Lint, place: LintSpan, message: String, label: &str, help: String) -> Raw {
    let LintSpan { span, statement, .. } = place;
    Raw { lint, message, help, span, label: label.to_owned(), statement, also: None, level: None }
}

fn without_key(name: &str, place: LintSpan) -> Raw {
    let message = format!("`{name}` has no primary key");
    let label = "logical replication can't update or delete its rows";
    let help = "add one: `id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY`, or the columns that identify a row";
    raw(Lint::NoPrimaryKey, place, message, label, help.to_owned())
}

/// The indexes that another index of the table makes superfluous.
fn superfluous(name: &str, table: &Table) -> Vec<(LintSpan, Raw)> {
    if table.what != What::Table && table.what != What::Partitioned {
        return Vec::new();
    }
    let all = table.indexes();
    let mut found = Vec::new();
    for (at, index) in all.iter().enumerate() {
        let by = all
            .iter()
            .enumerate()
            .find(|(other, one)| at != *other && covers(one, *other, index, at));
        let Some((_, by)) = by else { continue };
        // It is reported where the later of the two is created.
        let is_later = index.place.revision >= by.place.revision;
        let (place, other) =
            if is_later { (index.place, by.place) } else { (by.place, index.place) };
        let (own, covering) = (shown(index), shown(by));
        let message = match index.columns.len() == by.columns.len() {
            true => format!("{own} of `{name}` has the same columns as {covering}"),
            false => format!("the columns of {own} of `{name}` are the first ones of {covering}"),
        };
        let help = "drop the shorter one, or do not create it: each index slows down every write, and the other one serves \
                    the same queries";
        let found_here = raw(Lint::DuplicateIndex, place, message, "", help.to_owned());
        let found_here = match other.revision == place.revision {
            true => found_here.and(other.span, "the other one"),
            false => found_here,
        };
        found.push((place, found_here));
    }
    found
}

fn shown(index: &Index) -> String {
    match &index.name {
        Some(name) => format!("the index `{name}`"),
        None => "an index".to_owned(),
    }
}

/// Whether `one` serves whatever `index` serves. Of two that are alike, the later is superfluous.
fn covers(one: &Index, at_one: usize, index: &Index, at: usize) -> bool {
    if !one.is_plain || !index.is_plain || index.of_constraint && !one.of_constraint {
        return false;
    }
    let is_same = one.columns == index.columns;
    let begins = one.columns.starts_with(&index.columns);
    match (index.unique, one.unique) {
        (true, false) => false,
        (true, true) => is_same && (one.of_constraint && !index.of_constraint || at_one < at),
        (false, true) => begins,
        (false, false) => begins && (!is_same || at_one < at),
    }
}

fn ineffective(name: &str, policy: &str, place: LintSpan) -> Raw {
    let message =
        format!("the policy `{policy}` has no effect: `{name}` has no row-level security");
    let help = format!("enable it: `ALTER TABLE {name} ENABLE ROW LEVEL SECURITY`");
    raw(Lint::PolicyWithoutRls, place, message, "", help)
}

fn closed(name: &str, place: LintSpan) -> Raw {
    let message = format!("`{name}` has row-level security, and no policy");
    let label = "only its owner, superusers and roles with BYPASSRLS see rows";
    let help = "create a policy for those who use the table; if nobody should, say so: \
                `-- migrate:allow(rls-without-policy): why`";
    raw(Lint::RlsWithoutPolicy, place, message, label, help.to_owned())
}

fn open(definer: &Definer) -> Raw {
    let message = format!(
        "`{}` is SECURITY DEFINER and looks names up on the path of its caller",
        definer.name
    );
    let label = "who calls it can put own tables and functions in the place of others";
    let help = "add `SET search_path = pg_catalog, pg_temp` to the function, and write the schema before each name in it";
    raw(Lint::DefinerSearchPath, definer.place, message, label, help.to_owned())
}
