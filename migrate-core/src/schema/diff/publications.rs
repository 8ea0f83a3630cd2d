//! Writes publications. Tables that are dropped leave them without a statement.

use std::collections::BTreeSet;

use super::{Draft, Phase, mentions};
use crate::schema::catalog::{Name, Other};

impl Draft<'_> {
    /// The tables and schemas of a publication. What holds a column that may go, or change, lets go of it first.
    pub(super) fn published(&mut self, alter: &str, before: &Other, after: &Other) {
        let table = |key: &str| {
            let text = key.strip_prefix("TABLE ")?;
            let mut names = self.from.relations.keys();
            names.find(|name| mentions::full(name) == text).cloned()
        };
        let staying: BTreeSet<Name> = match before.parts.is_empty() {
            true => BTreeSet::new(),
            false => self.staying().into_iter().cloned().collect(),
        };
        let remade = |key: &String| {
            table(key).is_some_and(|name| {
                self.to.relations.contains_key(&name) && !staying.contains(&name)
            })
        };
        let retyped = |key: &String, text: &String| {
            table(key)
                .is_some_and(|name| text.contains(" WHERE ") && self.recreated.frees(&name, text))
        };
        let same = |(key, text): (&String, &String)| {
            after.parts.get(key) == Some(text) && !remade(key) && !retyped(key, text)
        };
        let gone: Vec<String> =
            before.parts.iter().filter(|it| !same(*it)).map(|(key, _)| key.clone()).collect();
        let new = after
            .parts
            .iter()
            .filter(|(key, _)| gone.contains(key) || !before.parts.contains_key(*key));
        let new: Vec<String> = new.map(|(_, text)| text.clone()).collect();
        for key in &gone {
            // The object goes by its name alone.
            self.step(Phase::DropParts, format!("{alter} DROP {key}"));
        }
        for text in new {
            self.step(Phase::Parts, format!("{alter} ADD {text}"));
        }
    }
}

/// The statement that makes a publication.
pub(super) fn publication(it: &Other) -> String {
    let mut list: Vec<&String> = it.parts.values().collect();
    list.sort_by_key(|it| it.starts_with("TABLES "));
    // PostgreSQL 14 takes the word TABLE only once.
    let plain = list.iter().enumerate().map(|(nth, it)| match it.strip_prefix("TABLE ") {
        Some(table) if nth > 0 => table,
        _ => it.as_str(),
    });
    let tables = match plain.collect::<Vec<_>>().as_slice() {
        [] => String::new(),
        list => format!(" FOR {}", list.join(", ")),
    };
    let options = match it.options.as_slice() {
        [] => String::new(),
        options => format!(" WITH ({})", mentions::options(options)),
    };
    format!("{}{tables}{options}", it.definition)
}

/// What to set so that options are what they are to be; those that are not listed are as usual.
pub(super) fn changed_options(before: &[String], after: &[String]) -> Vec<String> {
    let name = |it: &str| it.split('=').next().unwrap_or_default().to_owned();
    let is_set = |it: &String| after.iter().any(|new| name(new) == name(it));
    let usual = |it: &String| USUAL.iter().find(|usual| name(usual) == name(it));
    let gone = before.iter().filter(|it| !is_set(it)).filter_map(usual);
    let new = after.iter().filter(|it| !before.contains(it)).cloned();
    gone.map(|it| (*it).to_owned()).chain(new).collect()
}

/// The options that go without saying.
const USUAL: [&str; 3] = [
    "publish=insert, update, delete, truncate",
    "publish_via_partition_root=false",
    "publish_generated_columns=none",
];
