//! Prisma and Drizzle: folders `20251217101112_name` with a `migration.sql`; of Drizzle also `0001_name.sql`.

use super::names::{Named, file_name, is_digits};
use super::{Body, Draft, Found, Original};
use crate::args::Tool;

pub(super) fn read(tool: Tool, originals: &[Original]) -> Draft {
    let mut draft = Draft::default();
    for original in originals {
        let (file, is_top) = file_name(&original.path);
        let folder = original.path.strip_suffix("/migration.sql").filter(|it| !it.contains('/'));
        let stem = file.strip_suffix(".sql").filter(|_| is_top && tool == Tool::Drizzle);
        let Some(name) = folder.or(stem) else {
            if is_top && file.ends_with(".sql") {
                draft.left_out(tool, &original.path);
            }
            continue;
        };
        let named = match name.split_once('_') {
            // Drizzle counts its files, and its table has no versions.
            Some((number, words)) if tool == Tool::Drizzle && folder.is_none() => {
                Named::numbered(number, words)
            }
            Some((number, words)) if is_digits(number) => Some(Named::versioned(number, words)),
            _ => Some(Named::versioned(name, "")),
        };
        let Some(named) = named else {
            draft.left_out(tool, &original.path);
            continue;
        };
        let Some(sql) = draft.text(original).map(str::to_owned) else { continue };
        let up = Body { sql, non_transactional: false };
        let down = Err(format!("imported from {tool}, which has no downgrades"));
        draft.revisions.push(Found::new(named, original.path.clone(), up, down));
    }
    draft
}
