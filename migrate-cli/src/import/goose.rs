//! goose: files with `-- +goose Up` and `-- +goose Down`.

use super::names::{Named, file_name};
use super::{Body, Draft, Found, Original, Wrong};
use crate::args::Tool;

pub(super) fn read(originals: &[Original]) -> Draft {
    let mut draft = Draft::default();
    for original in originals {
        let path = &original.path;
        let (file, true) = file_name(path) else { continue };
        let Some((stem, ending)) = file.rsplit_once('.') else { continue };
        let named =
            stem.split_once('_').and_then(|(version, words)| Named::numbered(version, words));
        match (ending, named) {
            ("go", Some(_)) if !stem.ends_with("_test") => draft.wrong.push(Wrong::at(
                path,
                "a migration written in Go can't be imported",
                "put the SQL that it runs into a file of the same name that ends in `.sql`",
            )),
            ("sql", Some(named)) => {
                let Some(text) = draft.text(original) else { continue };
                match sections(text) {
                    Ok((up, down)) => {
                        let why = "imported from goose, without a `+goose Down`";
                        let down = down.ok_or_else(|| why.to_owned());
                        draft.revisions.push(Found::new(named, path.clone(), up, down));
                    }
                    Err((line, what, help)) => {
                        draft.wrong.push(Wrong::at(path, what, help).line(line));
                    }
                }
            }
            ("sql", None) => draft.left_out(Tool::Goose, path),
            _ => {}
        }
    }
    draft
}

type Why = (usize, String, &'static str);

/// The two sections, without the lines that speak to goose alone: where a statement ends is known
/// here.
fn sections(text: &str) -> Result<(Body, Option<Body>), Why> {
    const SHAPE: &str = "goose has `-- +goose Up`, then SQL, then `-- +goose Down`, then SQL";
    let mut above = String::new();
    let mut found: Vec<Body> = Vec::new();
    let mut non_transactional = false;
    for (nth, line) in text.split_inclusive('\n').enumerate() {
        let wrong = |what: &str, help| Err((nth + 1, what.to_owned(), help));
        let said = annotation(line);
        match said.map(str::to_ascii_lowercase).as_deref() {
            Some("up") if found.is_empty() => found.push(Body::default()),
            Some("up") => return wrong("`-- +goose Up` is there twice", SHAPE),
            Some("down") if found.len() == 1 => found.push(Body::default()),
            Some("down") if found.is_empty() => {
                return wrong("`-- +goose Down` stands above `-- +goose Up`", SHAPE);
            }
            Some("down") => return wrong("`-- +goose Down` is there twice", SHAPE),
            Some("no transaction") => non_transactional = true,
            Some("envsub on" | "envsubst on") => {
                let help = "write in what the variables stand for, and take the line away";
                return wrong("the SQL is filled in from variables when it runs", help);
            }
            Some("statementbegin" | "statementend" | "envsub off" | "envsubst off") => {}
            Some(_) => {
                let what = format!("`-- +goose {}` is not understood", said.unwrap_or_default());
                return wrong(&what, "fix the line, or remove it");
            }
            None => match found.last_mut() {
                Some(body) => body.sql.push_str(line),
                None if line.trim().is_empty() || line.trim_start().starts_with("--") => {
                    above.push_str(line);
                }
                None => return wrong("SQL stands above `-- +goose Up`", SHAPE),
            },
        }
    }
    let mut bodies = found.into_iter().map(|body| Body { non_transactional, ..body });
    let Some(mut up) = bodies.next() else {
        return Err((1, "there is no `-- +goose Up`".to_owned(), SHAPE));
    };
    if !above.trim().is_empty() {
        up.sql.insert_str(0, &above);
    }
    Ok((up, bodies.next()))
}

/// What a line tells goose, which takes it in any case.
fn annotation(line: &str) -> Option<&str> {
    let (mark, said) = line.strip_prefix("--")?.trim().split_once(' ')?;
    mark.eq_ignore_ascii_case("+goose").then(|| said.trim())
}
