//! sqlx and golang-migrate: `1_name.up.sql` and `1_name.down.sql`; of sqlx also `1_name.sql`.

use std::collections::BTreeMap;

use super::names::{Named, file_name};
use super::{Body, Draft, Found, Original, Wrong};
use crate::args::Tool;

/// The first line by which a file of sqlx's asks to run outside a transaction.
const NO_TRANSACTION: &str = "-- no-transaction";

pub(super) fn read(tool: Tool, originals: &[Original]) -> Draft {
    let mut draft = Draft::default();
    let mut downs: BTreeMap<String, (String, Body)> = BTreeMap::new();
    let mut ups: Vec<(Named, String, Body)> = Vec::new();
    for original in originals {
        let path = &original.path;
        let (file, true) = file_name(path) else { continue };
        let Some(stem) = file.strip_suffix(".sql") else { continue };
        let Some((version, words)) = stem.split_once('_') else {
            draft.left_out(tool, path);
            continue;
        };
        let (words, is_down) = match (words.strip_suffix(".up"), words.strip_suffix(".down")) {
            (Some(words), _) => (words, false),
            (None, Some(words)) => (words, true),
            (None, None) if tool == Tool::Sqlx => (words, false),
            (None, None) => {
                draft.left_out(tool, path);
                continue;
            }
        };
        let Some(named) = Named::numbered(version, words) else {
            let what = format!("`{version}` is no version of {tool}'s: a whole number");
            draft.wrong.push(Wrong::at(path, what, "rename the file"));
            continue;
        };
        let Some(sql) = draft.text(original).map(str::to_owned) else { continue };
        let non_transactional = tool == Tool::Sqlx && sql.starts_with(NO_TRANSACTION);
        let body = Body { non_transactional, sql };
        match is_down {
            false => ups.push((named, path.clone(), body)),
            true => {
                downs.insert(named.version, (path.clone(), body));
            }
        }
    }
    for (named, origin, up) in ups {
        let down = downs.remove(&named.version).map(|(_, body)| body);
        let down = down.ok_or_else(|| format!("imported from {tool}, without a down file"));
        draft.revisions.push(Found::new(named, origin, up, down));
    }
    for (path, _) in downs.into_values() {
        let help = "add the file that ends in `.up.sql`, or take this one away";
        draft.wrong.push(Wrong::at(&path, "a down file has no up file", help));
    }
    draft
}
