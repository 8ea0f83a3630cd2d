//! refinery: `V1__name.sql` and `U1__name.sql`, in any folder below; no downgrades.

use super::names::{Named, file_name, is_digits};
use super::{Body, Draft, Found, Original, Wrong};
use crate::args::Tool;

pub(super) fn read(originals: &[Original]) -> Draft {
    let mut draft = Draft::default();
    for original in originals {
        let path = &original.path;
        let (file, _) = file_name(path);
        let Some((stem, ending)) = file.rsplit_once('.') else { continue };
        match (ending, parts(stem)) {
            ("rs", Some(_)) => draft.wrong.push(Wrong::at(
                path,
                "a migration written in Rust can't be imported",
                "put the SQL that it makes into a file of the same name that ends in `.sql`",
            )),
            ("sql", Some((written, words))) => {
                let Some(named) = Named::numbered(written, words) else {
                    let what = format!("`{written}` is no version of refinery's: a whole number");
                    draft.wrong.push(Wrong::at(path, what, "rename the file"));
                    continue;
                };
                let Some(sql) = draft.text(original).map(str::to_owned) else { continue };
                let up = Body { sql, non_transactional: false };
                let down = Err("imported from refinery, which has no downgrades".to_owned());
                draft.revisions.push(Found::new(named, path.clone(), up, down));
            }
            ("sql", None) => draft.left_out(Tool::Refinery, path),
            _ => {}
        }
    }
    draft
}

/// The version and the name in `V1__name`; also of versions that are none.
pub(crate) fn parts(stem: &str) -> Option<(&str, &str)> {
    let (version, name) = stem.strip_prefix(['V', 'U'])?.split_once("__")?;
    let is_number = version.split('.').all(is_digits) && version.split('.').count() <= 2;
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    (is_number && !name.is_empty() && name.chars().all(is_word)).then_some((version, name))
}
