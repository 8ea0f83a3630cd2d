//! diesel: folders `2025-12-17-101112_name` with `up.sql`, `down.sql` and perhaps `metadata.toml`.

use std::collections::BTreeMap;

use super::names::Named;
use super::{Body, Draft, Found, Original, Wrong};

pub(super) fn read(originals: &[Original]) -> Draft {
    let mut draft = Draft::default();
    let mut folders: BTreeMap<&str, BTreeMap<&str, &Original>> = BTreeMap::new();
    for original in originals {
        match original.path.split_once('/') {
            Some((folder, file)) => {
                folders.entry(folder).or_default().insert(file, original);
            }
            None => continue,
        }
    }
    for (folder, files) in folders {
        let Some(up) = files.get("up.sql") else {
            // What is no migration at all needs no word.
            if files.contains_key("down.sql") || files.contains_key("metadata.toml") {
                let help = "add it, or take the folder away";
                draft.wrong.push(Wrong::at(folder, "the folder has no `up.sql`", help));
            }
            continue;
        };
        let (written, words) = folder.split_once('_').unwrap_or((folder, ""));
        // The database has it without the dashes.
        let version = written.replace('-', "");
        let named = Named { version, written: written.replace('-', ""), words: words.to_owned() };
        let non_transactional = match files.get("metadata.toml") {
            None => false,
            Some(metadata) => {
                let Some(text) = draft.text(metadata) else { continue };
                match runs_in_transaction(text) {
                    Ok(inside) => !inside,
                    Err((line, what)) => {
                        let help = "write `run_in_transaction = true` or `= false`";
                        draft.wrong.push(Wrong::at(&metadata.path, what, help).line(line));
                        continue;
                    }
                }
            }
        };
        let Some(up) = draft.text(up).map(|sql| Body { sql: sql.to_owned(), non_transactional })
        else {
            continue;
        };
        let down = match files.get("down.sql") {
            None => Err("imported from diesel, without a down.sql".to_owned()),
            Some(down) => match draft.text(down) {
                Some(sql) => Ok(Body { sql: sql.to_owned(), non_transactional }),
                None => continue,
            },
        };
        draft.revisions.push(Found::new(named, folder.to_owned(), up, down));
    }
    draft
}

/// What `metadata.toml` says; its one setting is false where it has a file that leaves it out.
fn runs_in_transaction(text: &str) -> Result<bool, (usize, String)> {
    let mut inside = false;
    for (nth, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let Some((key, value)) = line.split_once('=') else { continue };
        if key.trim().trim_matches(['"', '\'']) == "run_in_transaction" {
            inside = value
                .trim()
                .parse()
                .map_err(|_| (nth + 1, format!("`run_in_transaction` is `{}`", value.trim())))?;
        }
    }
    Ok(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata() {
        let check = |text: &str, expected: Result<bool, usize>| {
            assert_eq!(runs_in_transaction(text).map_err(|(line, _)| line), expected, "{text:?}");
        };
        check("run_in_transaction = false\n", Ok(false));
        check("# why\n\"run_in_transaction\"=true # yes", Ok(true));
        check("", Ok(false));
        check("other = 1", Ok(false));
        check("\nrun_in_transaction = no", Err(2));
    }
}
