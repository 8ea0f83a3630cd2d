//! Flyway: `V1.2__name.sql`, `U1.2__name.sql`, `R__name.sql`, in any folder below, and settings in `….sql.conf`.

use std::collections::BTreeMap;

use super::names::{Named, file_name, is_digits};
use super::{Body, Draft, Found, Original, Wrong};
use crate::args::Tool;

pub(super) fn read(originals: &[Original]) -> Draft {
    let mut draft = Draft::default();
    let settings: BTreeMap<&str, &Original> =
        originals.iter().filter_map(|it| Some((it.path.strip_suffix(".conf")?, it))).collect();
    let mut undos: BTreeMap<String, (String, Body)> = BTreeMap::new();
    for original in originals {
        let path = &original.path;
        let Some((stem, "sql")) = file_name(path).0.rsplit_once('.') else { continue };
        let Some((prefix, version, words)) = parts(stem) else {
            draft.left_out(Tool::Flyway, path);
            continue;
        };
        if prefix == 'B' {
            draft.notes.push(format!(
                "`{path}` is a baseline of Flyway's: the migrations below it do the same, and it was left out"
            ));
            continue;
        }
        let Some(sql) = draft.text(original).map(str::to_owned) else { continue };
        if let Some(line) = placeholder(&sql) {
            let what = "the SQL is filled in from a placeholder when it runs";
            let help = "write in what it stands for, and import again";
            draft.wrong.push(Wrong::at(path, what, help).line(line));
            continue;
        }
        let conf = settings.get(path.as_str()).and_then(|it| it.text.as_deref().ok());
        let body = Body { sql, non_transactional: conf.is_some_and(runs_outside) };
        let named = Named {
            version: version.replace('_', "."),
            written: version.replace('_', "."),
            words: words.to_owned(),
        };
        match prefix {
            'U' => {
                undos.insert(named.version, (path.clone(), body));
            }
            // Flyway runs it behind all others, and again whenever it is edited.
            'R' => {
                draft.notes.push(format!(
                    "`{path}` runs again in Flyway whenever it is edited; here each change is a new revision"
                ));
                let id = format!("R__{words}");
                let named = Named { version: id, written: "R_".to_owned(), ..named };
                let down =
                    Err("imported from Flyway, where a repeatable migration is not undone"
                        .to_owned());
                draft.revisions.push(Found::new(named, path.clone(), body, down));
            }
            _ => {
                let down = Err("imported from Flyway, without an undo migration".to_owned());
                draft.revisions.push(Found::new(named, path.clone(), body, down));
            }
        }
    }
    for found in &mut draft.revisions {
        if let Some((_, undo)) = undos.remove(&found.named.version) {
            found.down = Ok(undo);
        }
    }
    for (path, _) in undos.into_values() {
        let help = "add the versioned migration, or take this one away";
        draft.wrong.push(Wrong::at(&path, "an undo migration has no versioned migration", help));
    }
    draft
}

/// The kind, the version and the words of `V1.2__name`; a repeatable migration has no version.
fn parts(stem: &str) -> Option<(char, &str, &str)> {
    let prefix = stem.chars().next().filter(|first| "VUBR".contains(*first))?;
    let (version, words) = stem.get(1..)?.split_once("__")?;
    let is_version = version.split(['.', '_']).all(is_digits);
    let fits = if prefix == 'R' { version.is_empty() } else { is_version };
    (fits && !words.is_empty()).then_some((prefix, version, words))
}

/// The line of the first `${name}`.
fn placeholder(sql: &str) -> Option<usize> {
    let names_one = |line: &str| {
        line.split("${").skip(1).any(|rest| {
            let name = rest.split('}').next().unwrap_or_default();
            let is_name = |c: char| c.is_alphanumeric() || "_.:-".contains(c);
            rest.len() > name.len() && !name.is_empty() && name.chars().all(is_name)
        })
    };
    sql.lines().position(names_one).map(|nth| nth + 1)
}

/// Whether a file's settings say that it runs outside a transaction.
fn runs_outside(settings: &str) -> bool {
    settings.lines().any(|line| {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        key.trim() == "executeInTransaction" && value.trim().eq_ignore_ascii_case("false")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |stem: &str, expected| assert_eq!(parts(stem), expected, "{stem}");
        check("V1__init", Some(('V', "1", "init")));
        check("V1.2_3__add_users", Some(('V', "1.2_3", "add_users")));
        check("U20240101__x", Some(('U', "20240101", "x")));
        check("R__views", Some(('R', "", "views")));
        check("R1__views", None);
        check("V__x", None);
        check("V1_init", None);
        check("V1__", None);
        check("Vä__x", None);
        check("ÄV1__x", None);
    }

    #[test]
    fn placeholders() {
        let check = |sql: &str, expected| assert_eq!(placeholder(sql), expected, "{sql}");
        check("SELECT 1;\nCREATE TABLE ${schema}.t ();", Some(2));
        check("SELECT '${flyway:database}';", Some(1));
        check("SELECT $${ }$$, '${';", None);
    }
}
