//! Writes objects of rare kinds: operators, casts, collations, foreign servers, publications and similar ones.

use std::collections::BTreeSet;

use super::publications::{changed_options, publication};
use super::recreated::{Recreated, is_used_in};
use super::{Draft, Phase, mentions};
use crate::schema::catalog::{Catalog, Change, ObjectName, Other, OtherName};

/// A kind that statements can make.
struct OtherStatements {
    kind: &'static str,
    /// What statements call it.
    keyword: &'static str,
    make: Phase,
    drop: Phase,
}

const fn kind(
    kind: &'static str,
    keyword: &'static str,
    make: Phase,
    drop: Phase,
) -> OtherStatements {
    OtherStatements { kind, keyword, make, drop }
}

/// In the order in which they need each other.
const KINDS: [OtherStatements; 19] = [
    kind("collation", "COLLATION", Phase::Collations, Phase::DropRest),
    kind("language", "LANGUAGE", Phase::Collations, Phase::DropRest),
    kind("access method", "ACCESS METHOD", Phase::Collations, Phase::DropRest),
    kind("conversion", "CONVERSION", Phase::Collations, Phase::DropRest),
    kind("text search parser", "TEXT SEARCH PARSER", Phase::Operators, Phase::DropOperators),
    kind("text search template", "TEXT SEARCH TEMPLATE", Phase::Operators, Phase::DropOperators),
    kind(
        "text search dictionary",
        "TEXT SEARCH DICTIONARY",
        Phase::Operators,
        Phase::DropOperators,
    ),
    kind(
        "text search configuration",
        "TEXT SEARCH CONFIGURATION",
        Phase::Operators,
        Phase::DropOperators,
    ),
    kind("foreign-data wrapper", "FOREIGN DATA WRAPPER", Phase::Operators, Phase::DropOperators),
    kind("server", "SERVER", Phase::Operators, Phase::DropOperators),
    kind("user mapping", "USER MAPPING", Phase::Operators, Phase::DropOperators),
    kind("operator", "OPERATOR", Phase::Operators, Phase::DropOperators),
    kind("operator family", "OPERATOR FAMILY", Phase::Operators, Phase::DropOperators),
    kind("operator class", "OPERATOR CLASS", Phase::Operators, Phase::DropOperators),
    kind("cast", "CAST", Phase::Operators, Phase::DropOperators),
    kind("transform", "TRANSFORM", Phase::Operators, Phase::DropOperators),
    kind("type", "TYPE", Phase::Types, Phase::DropTypes),
    kind("publication", "PUBLICATION", Phase::Parts, Phase::DropParts),
    kind("event trigger", "EVENT TRIGGER", Phase::Watchers, Phase::DropWatchers),
];

/// Something of one of them.
struct Thing {
    kind: &'static OtherStatements,
    /// As `ALTER`, `DROP` and `COMMENT` name it.
    target: String,
}

impl Thing {
    fn of(name: &OtherName) -> Option<Self> {
        let kind = KINDS.iter().find(|it| it.kind == name.kind)?;
        let identity = match kind.kind {
            "user mapping" => {
                let own = name.identity.replacen(" on server ", " SERVER ", 1);
                own.strip_prefix("public ").map_or(own.clone(), |rest| format!("PUBLIC {rest}"))
            }
            "transform" => {
                name.identity.replacen("for ", "FOR ", 1).replacen(" on language ", " LANGUAGE ", 1)
            }
            _ => name.identity.clone(),
        };
        let of = if kind.kind == "user mapping" { "FOR " } else { "" };
        Some(Thing { kind, target: format!("{} {of}{identity}", kind.keyword) })
    }

    /// How the statement that changes it begins.
    fn alter(&self) -> String {
        format!("ALTER {}", self.target)
    }
}

impl Draft<'_> {
    pub(super) fn others(&mut self) {
        let (from, to) = (self.from, self.to);
        let replaced = self.recreated.others.clone();
        let names: BTreeSet<&OtherName> = from.others.keys().chain(to.others.keys()).collect();
        let place = |name: &&OtherName| KINDS.iter().position(|it| it.kind == name.kind);
        let mut names: Vec<&OtherName> = names.into_iter().collect();
        names.sort_by_key(place);
        for name in names.iter().rev() {
            if let Some(before) = from.others.get(*name) {
                let after = to.others.get(*name);
                if after.is_none() || replaced.contains(*name) {
                    self.drop_other(name, before, after);
                }
            }
        }
        for name in names {
            if let Some(after) = to.others.get(name) {
                let before = from.others.get(name).filter(|_| !replaced.contains(name));
                // A table that is made again has to be published again.
                if before != Some(after) || name.kind == "publication" {
                    self.make_other(name, before, after);
                }
            }
        }
    }

    fn drop_other(&mut self, name: &OtherName, before: &Other, after: Option<&Other>) {
        let change = if after.is_some() { Change::Alter } else { Change::Remove };
        let why = why_not(name, before);
        let Some(thing) = Thing::of(name).filter(|_| why.is_none()) else {
            self.cannot(change, &name.kind, &name.identity, why.unwrap_or(UNKNOWN));
            return;
        };
        if after.is_some() && self.in_use(name).is_some() {
            // It is told where it would be made again.
            return;
        }
        // Its name has that of a type in it, which is another one later.
        let renamed = self.recreated.has_type(&before.definition);
        let late = after.is_none() && !renamed || thing.kind.drop < Phase::LetGo;
        let phase = match thing.kind.kind {
            _ if late => thing.kind.drop,
            // Its foreign tables go first, and functions whose body the server has read.
            "server" => Phase::DropAnew,
            "operator" if self.is_in_bodies(name) => Phase::DropAnew,
            _ => Phase::LetGo,
        };
        self.step(phase, format!("DROP {}", thing.target));
    }

    /// Has a body of a function that the server has read something of a rare kind in it?
    fn is_in_bodies(&self, other: &OtherName) -> bool {
        let mut routines = self.from.routines.values();
        routines.any(|it| it.is_parsed() && is_used_in(&it.definition, other))
    }

    fn make_other(&mut self, name: &OtherName, before: Option<&Other>, after: &Other) {
        let change = if self.from.others.contains_key(name) { Change::Alter } else { Change::Add };
        let why = why_not(name, after).or_else(|| before.and_then(|it| why_not(name, it)));
        let secret = needs_secret(name, before, after).then_some(SECRET);
        let why = why.or(secret).or_else(|| self.in_use(name));
        let Some(thing) = Thing::of(name).filter(|_| why.is_none()) else {
            self.cannot(change, &name.kind, &name.identity, why.unwrap_or(UNKNOWN));
            return;
        };
        let phase = thing.kind.make;
        if before.is_none() {
            self.step(phase, create(name, after));
            self.made(ObjectName::other(name));
        } else {
            self.other_options(&thing, before, after);
        }
        self.other_parts(&thing, before, after);
        let was = before.and_then(|it| it.comment.as_ref());
        if was != after.comment.as_ref() && thing.kind.kind != "user mapping" {
            let text = after.comment.as_ref();
            let text = text.map_or_else(|| "NULL".to_owned(), |it| mentions::literal(it));
            let sql = format!("COMMENT ON {} IS {text}", thing.target);
            self.step(phase.max(Phase::Comments), sql);
        }
    }

    /// Why a collation that differs can't be dropped and made again.
    fn in_use(&self, name: &OtherName) -> Option<&'static str> {
        let both = (self.from.others.get(name)?, self.to.others.get(name)?);
        let own = |it: &Option<String>| it.as_ref() == Some(&name.identity);
        let columns = self.from.relations.values().flat_map(|it| &it.columns);
        let mut columns = columns.map(|it| &it.collation);
        let mut domains = self.from.domains.values().map(|it| &it.collation);
        let used = columns.any(own) || domains.any(own);
        let moves = name.kind == "collation" && both.0.definition != both.1.definition;
        (moves && used).then_some(
            "PostgreSQL can't change a collation, and this one is in use: create one under a new name, and move the columns to it",
        )
    }

    fn other_options(&mut self, thing: &Thing, before: Option<&Other>, after: &Other) {
        let old = before.map(|it| &*it.options).unwrap_or_default();
        if old == after.options {
            return;
        }
        let alter = thing.alter();
        let sql = match thing.kind.kind {
            "publication" => {
                let set = mentions::options(&changed_options(old, &after.options));
                format!("{alter} SET ({set})")
            }
            "text search dictionary" => {
                let new: Vec<&str> = after.options.iter().flat_map(|it| entries(it)).collect();
                let name = |entry: &str| entry.split(" = ").next().unwrap_or_default().to_owned();
                let kept: Vec<String> = new.iter().map(|it| name(it)).collect();
                let gone = old.iter().flat_map(|it| entries(it)).map(name);
                let gone = gone.filter(|it| !kept.contains(it));
                let all = new.iter().map(|it| (*it).to_owned()).chain(gone).collect::<Vec<_>>();
                format!("{alter} ({})", all.join(", "))
            }
            _ => match mentions::option_changes(old, &after.options) {
                Some(changes) => format!("{alter} OPTIONS ({changes})"),
                None => return,
            },
        };
        self.step(thing.kind.make, sql);
    }

    /// What comes and goes by itself.
    fn other_parts(&mut self, thing: &Thing, before: Option<&Other>, after: &Other) {
        let (alter, make) = (thing.alter(), thing.kind.make);
        let old = |key: &String| before.and_then(|it| it.parts.get(key));
        let gone = before.iter().flat_map(|it| &it.parts);
        let gone = gone.filter(|(key, _)| !after.parts.contains_key(*key)).map(|(key, _)| key);
        let gone: Vec<&String> = gone.collect();
        let new = after.parts.iter().filter(|(key, text)| old(key) != Some(*text));
        let new: Vec<(&String, &String)> = new.collect();
        match thing.kind.kind {
            "publication" => {
                before.into_iter().for_each(|before| self.published(&alter, before, after));
            }
            "text search configuration" => {
                for token in gone {
                    self.step(make, format!("{alter} DROP MAPPING FOR {token}"));
                }
                for (token, dictionaries) in new {
                    let verb = if old(token).is_some() { "ALTER" } else { "ADD" };
                    let sql = format!("{alter} {verb} MAPPING FOR {token} WITH {dictionaries}");
                    self.step(make, sql);
                }
            }
            "operator family" => {
                let changed = new.iter().map(|(key, _)| *key).filter(|key| old(key).is_some());
                for member in gone.into_iter().chain(changed) {
                    self.step(make, format!("{alter} DROP {member}"));
                }
                for (_, clause) in new {
                    // Its operators may be made after it.
                    self.step(Phase::Members, format!("{alter} ADD {clause}"));
                }
            }
            "operator" => {
                let gone = gone.into_iter().map(|key| format!("{key} = NONE"));
                let new = new.into_iter().map(|(key, function)| format!("{key} = {function}"));
                let all: Vec<String> = gone.chain(new).collect();
                if !all.is_empty() {
                    self.step(make, format!("{alter} SET ({})", all.join(", ")));
                }
            }
            "event trigger" => {
                for (_, firing) in new {
                    self.step(make, format!("{alter} {firing}"));
                }
                for _ in gone {
                    self.step(make, format!("{alter} ENABLE"));
                }
            }
            _ => {
                for key in gone {
                    let sql = match key.as_str() {
                        "VERSION" => format!("{alter} VERSION NULL"),
                        key => format!("{alter} NO {key}"),
                    };
                    self.step(make, sql);
                }
                for (key, value) in new {
                    self.step(make, format!("{alter} {key} {value}"));
                }
            }
        }
    }
}

impl Recreated {
    /// Those that have to be dropped and created again, since no statement changes them.
    pub(super) fn look_at_others(&mut self, from: &Catalog, to: &Catalog) {
        loop {
            let speaks = |it: &Other| {
                let mut texts = it.parts.values().chain([&it.definition]);
                texts.any(|text| self.others.iter().any(|name| is_spoken_of(name, text)))
            };
            let moves = |(name, before): &(&OtherName, &Other)| {
                !self.others.contains(*name)
                    && Thing::of(name).is_some()
                    && to.others.get(*name).is_some_and(|after| {
                        let watches = name.kind == "publication" || name.kind == "event trigger";
                        before.definition != after.definition
                            || !watches && (self.has(&before.definition) || speaks(before))
                    })
            };
            let found = from.others.iter().filter(moves).map(|(name, _)| name.clone());
            let found: Vec<OtherName> = found.collect();
            if found.is_empty() {
                return;
            }
            self.others.extend(found);
        }
    }
}

const SECRET: &str = "it has an option that may be a secret, which is not read: write it by hand";
const UNKNOWN: &str = "no statement for this kind is written: add it by hand";

/// Does the definition of something speak of something else? Only servers have users whose names have no schema.
fn is_spoken_of(name: &OtherName, definition: &str) -> bool {
    match name.kind.as_str() {
        "server" => mentions::is_in(&format!("SERVER {}", name.identity), definition),
        _ => name.identity.contains('.') && mentions::is_in(&name.identity, definition),
    }
}

/// Why nothing is written for something.
fn why_not(name: &OtherName, it: &Other) -> Option<&'static str> {
    match name.kind.as_str() {
        "subscription" => Some(
            "a subscription belongs to one database and connects to another one: create, change or drop it by hand",
        ),
        "type" if !it.parts.is_empty() => {
            Some("a base type and its functions need each other: write both by hand")
        }
        _ => None,
    }
}

/// Does something get an option whose value is not read, since it may be a secret?
fn needs_secret(name: &OtherName, before: Option<&Other>, after: &Other) -> bool {
    let old = before.map(|it| &*it.options).unwrap_or_default();
    let foreign = ["foreign-data wrapper", "server", "user mapping"].contains(&&*name.kind);
    foreign && after.options.iter().any(|it| !it.contains('=') && !old.contains(it))
}

/// The statement that makes it.
fn create(name: &OtherName, it: &Other) -> String {
    let definition = &it.definition;
    match name.kind.as_str() {
        "publication" => publication(it),
        "text search dictionary" if !it.options.is_empty() => {
            format!("{}, {})", definition.trim_end_matches(')'), it.options.join(", "))
        }
        _ => match mentions::option_changes(&[], &it.options) {
            Some(options) => format!("{definition} OPTIONS ({options})"),
            None => definition.clone(),
        },
    }
}

/// The entries of `a = 'x', b = 'y'`.
fn entries(text: &str) -> Vec<&str> {
    let (mut found, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            ',' if !quoted => {
                found.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(text[start..].trim());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_split_outside_of_strings() {
        let check = |text: &str, expected: &[&str]| assert_eq!(entries(text), expected);
        check(
            "language = 'english', stopwords = 'a, b'",
            &["language = 'english'", "stopwords = 'a, b'"],
        );
        check("a = 'it''s, so'", &["a = 'it''s, so'"]);
    }

    #[test]
    fn names_are_found_as_a_whole() {
        let check = |kind: &str, identity: &str, definition: &str, expected: bool| {
            let name = OtherName { kind: kind.to_owned(), identity: identity.to_owned() };
            assert_eq!(is_spoken_of(&name, definition), expected, "{definition}");
        };
        check("server", "s", "CREATE USER MAPPING FOR x SERVER s", true);
        check("server", "s", "CREATE USER MAPPING FOR s SERVER s2", false);
        check("operator", "public.=(a,b)", "OPERATOR 1 public.=(a,b), FUNCTION 1", true);
        check("publication", "p", "CREATE OPERATOR p", false);
    }

    #[test]
    fn kinds_have_their_words() {
        let check = |kind: &str, identity: &str, expected: Option<&str>| {
            let name = OtherName { kind: kind.to_owned(), identity: identity.to_owned() };
            let found = Thing::of(&name).map(|it| it.target);
            assert_eq!(found.as_deref(), expected);
        };
        check("user mapping", "app on server s", Some("USER MAPPING FOR app SERVER s"));
        check("user mapping", "public on server s", Some("USER MAPPING FOR PUBLIC SERVER s"));
        check("cast", "(a AS b)", Some("CAST (a AS b)"));
        check("transform", "for a on language b", Some("TRANSFORM FOR a LANGUAGE b"));
        check("subscription", "s", None);
    }
}
