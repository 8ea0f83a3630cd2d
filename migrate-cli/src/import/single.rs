//! Supabase and Atlas: `20251217101112_name.sql`, in the order of the names; Atlas has directives in a file's head.

use super::names::{Named, file_name, is_digits};
use super::{Body, Draft, Found, Original, Wrong};
use crate::args::Tool;

pub(super) fn read(tool: Tool, originals: &[Original]) -> Draft {
    let mut draft = Draft::default();
    for original in originals {
        let path = &original.path;
        let (file, true) = file_name(path) else { continue };
        let Some(stem) = file.strip_suffix(".sql") else { continue };
        let (version, words) = stem.split_once('_').unwrap_or((stem, ""));
        let is_one = match tool {
            Tool::Supabase => is_digits(version) && !words.is_empty(),
            _ => !version.is_empty(),
        };
        if !is_one {
            draft.left_out(tool, path);
            continue;
        }
        let Some(text) = draft.text(original) else { continue };
        let named = Named::versioned(version, words);
        let none = || Err(format!("imported from {tool}, which has no downgrades"));
        let whole = Body { sql: text.to_owned(), non_transactional: false };
        let (up, down) = if tool == Tool::Atlas {
            match atlas(text) {
                Ok(File::Checkpoint) => {
                    draft.notes.push(format!(
                        "`{path}` is a checkpoint of Atlas': the files below it do the same, and it was left out"
                    ));
                    continue;
                }
                Ok(File::Migration { up, down, has_checks }) => {
                    if has_checks {
                        draft.notes.push(format!("the checks in `{path}` were left out"));
                    }
                    (up, down.map_or_else(none, Ok))
                }
                Err((line, what, help)) => {
                    draft.wrong.push(Wrong::at(path, what, help).line(line));
                    continue;
                }
            }
        } else {
            (whole, none())
        };
        draft.revisions.push(Found::new(named, path.clone(), up, down));
    }
    draft
}

/// What a file of Atlas' is.
#[derive(Debug, PartialEq, Eq)]
enum File {
    /// All that stands before it, at once.
    Checkpoint,
    Migration {
        up: Body,
        down: Option<Body>,
        has_checks: bool,
    },
}

/// Reads a file of Atlas' by the directives in its head, the comments that an empty line ends.
fn atlas(text: &str) -> Result<File, (usize, String, &'static str)> {
    let mut non_transactional = false;
    let mut is_archive = false;
    let head = text.lines().enumerate().take_while(|(_, line)| line.starts_with("--"));
    for (nth, line) in head {
        let Some(directive) = line.strip_prefix("-- atlas:") else { continue };
        let (word, value) = directive.trim().split_once(' ').unwrap_or((directive.trim(), ""));
        match word {
            "checkpoint" => return Ok(File::Checkpoint),
            "txmode" => non_transactional = value.trim() == "none",
            "txtar" => is_archive = true,
            "delimiter" if value.trim() != ";" => {
                let what = format!("the statements end with `{}` here", value.trim());
                return Err((nth + 1, what, "end them with `;`, and remove the line"));
            }
            // `nolint`, `sum`, and what is about nothing but Atlas itself.
            _ => {}
        }
    }
    let body = |sql: String| Body { sql, non_transactional };
    if !is_archive {
        return Ok(File::Migration { up: body(text.to_owned()), down: None, has_checks: false });
    }
    let (mut up, mut down, mut has_checks) = (None, None, false);
    let mut current: Option<(&str, String)> = None;
    let mut close = |part: Option<(&str, String)>| match part {
        Some(("migration.sql", sql)) => up = Some(body(sql)),
        Some(("down.sql", sql)) => down = Some(body(sql)),
        Some(_) => has_checks = true,
        None => {}
    };
    for line in text.split_inclusive('\n') {
        let name = line.trim_end().strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
        match (name.filter(|name| name.ends_with(".sql")), &mut current) {
            (Some(name), _) => close(current.replace((name, String::new()))),
            (None, Some((_, sql))) => sql.push_str(line),
            (None, None) => {}
        }
    }
    close(current);
    let Some(up) = up else {
        let what = "the archive has no `-- migration.sql --`".to_owned();
        return Err((1, what, "add it, or remove the line `-- atlas:txtar`"));
    };
    Ok(File::Migration { up, down, has_checks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_atlas() {
        let body = |sql: &str, non_transactional| Body { sql: sql.to_owned(), non_transactional };
        let check = |text: &str, expected: Result<File, usize>| {
            assert_eq!(atlas(text).map_err(|(line, ..)| line), expected, "{text}");
        };
        let plain = |text: &str, non_transactional| {
            Ok(File::Migration { up: body(text, non_transactional), down: None, has_checks: false })
        };
        check("SELECT 1;", plain("SELECT 1;", false));
        let text = "-- atlas:txmode none\n\nCREATE INDEX CONCURRENTLY i ON t (a);\n";
        check(text, plain(text, true));
        // Not in the head.
        let text = "SELECT 1;\n-- atlas:txmode none\n";
        check(text, plain(text, false));
        check("-- atlas:checkpoint\n\nSELECT 1;", Ok(File::Checkpoint));
        check("-- x\n-- atlas:delimiter \\n\\n\\n\n\nSELECT 1", Err(2));
        check(
            "-- atlas:txtar\n\n-- checks.sql --\nSELECT true;\n\n-- migration.sql --\nDROP TABLE a;\n\n-- down.sql --\nCREATE TABLE a ();\n",
            Ok(File::Migration {
                up: body("DROP TABLE a;\n\n", false),
                down: Some(body("CREATE TABLE a ();\n", false)),
                has_checks: true,
            }),
        );
        check("-- atlas:txtar\n", Err(1));
    }
}
