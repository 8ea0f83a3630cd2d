//! The names that the crate exports, against a list: what is added, renamed or removed shows in a review.

#![expect(clippy::disallowed_methods, reason = "the tree is read from a disk")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The list, beside this file. `PUBLIC_NAMES=write` writes it again.
const LIST: &str = "tests/public_names.txt";

/// What can follow `pub` where a name is defined.
const KEYWORDS: [&str; 8] = ["fn", "async fn", "struct", "enum", "trait", "type", "const", "mod"];

/// Adds the names of a module, and of the public modules in it. `file` is its path below `src`, without `.rs`.
fn names(file: &str, module: &str, found: &mut BTreeSet<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(format!("{file}.rs"));
    let text = fs::read_to_string(path).unwrap_or_default();
    // What the macro and its output use is nobody else's.
    let text = text.split("#[doc(hidden)]\npub mod").next().unwrap_or_default();
    for item in text.split("\npub ").skip(1) {
        if let Some(exported) = item.strip_prefix("use ") {
            // `self::a::B`, or `self::a::{B, C as D}`.
            let exported = exported.split(';').next().unwrap_or_default();
            let (_, last) = exported.rsplit_once("::").unwrap_or(("", exported));
            let names = last.trim_matches(['{', '}']).split(',').map(str::trim);
            for name in names.filter(|name| !name.is_empty()) {
                let name = name.rsplit(" as ").next().unwrap_or_default();
                found.insert(format!("{module}::{name}"));
            }
            continue;
        }
        let Some(rest) = KEYWORDS.iter().find_map(|it| item.strip_prefix(it)?.strip_prefix(' '))
        else {
            continue;
        };
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = &rest[..end];
        found.insert(format!("{module}::{name}"));
        if item.starts_with("mod ") {
            let inner = if file == "lib" { name.to_owned() } else { format!("{file}/{name}") };
            names(&inner, &format!("{module}::{name}"), found);
        }
    }
}

#[test]
fn are_those_of_the_list() {
    let mut found = BTreeSet::new();
    names("lib", "migrate_core", &mut found);
    // It is not in the file of its name.
    names("fs/files", "migrate_core::files", &mut found);
    let found: String = found.into_iter().map(|name| name + "\n").collect();
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join(LIST);
    if std::env::var_os("PUBLIC_NAMES").is_some() {
        fs::write(&list, &found).unwrap();
    }
    let expected = fs::read_to_string(&list).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(found, expected, "PUBLIC_NAMES=write writes {LIST}");
}
