//! dbmate: files with `-- migrate:up` and `-- migrate:down`, which are markers here, too.

use super::names::{Named, file_name};
use super::{Body, Draft, Found, Original, Wrong};
use crate::args::Tool;

pub(super) fn read(originals: &[Original]) -> Draft {
    let mut draft = Draft::default();
    for original in originals {
        let path = &original.path;
        let (file, true) = file_name(path) else { continue };
        let Some(stem) = file.strip_suffix(".sql") else { continue };
        let digits = stem.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            draft.left_out(Tool::Dbmate, path);
            continue;
        }
        let (version, words) = stem.split_at(digits);
        let named = Named {
            version: version.to_owned(),
            written: version.to_owned(),
            words: words.trim_start_matches(['_', '-']).to_owned(),
        };
        let Some(text) = draft.text(original) else { continue };
        match sections(text) {
            Ok((up, down)) => {
                let down =
                    down.ok_or_else(|| "imported from dbmate, without a `migrate:down`".to_owned());
                draft.revisions.push(Found::new(named, path.clone(), up, down));
            }
            Err((line, what)) => {
                let help = "dbmate has `-- migrate:up`, then SQL, then `-- migrate:down`, then SQL";
                draft.wrong.push(Wrong::at(path, what, help).line(line));
            }
        }
    }
    draft
}

/// A section that a line begins, and its options.
fn marker(line: &str) -> Option<(&'static str, &str)> {
    let body = line.strip_prefix("--")?.trim_start().strip_prefix("migrate:")?;
    let (word, options) = body.split_at(body.find(char::is_whitespace).unwrap_or(body.len()));
    let name = ["up", "down"].into_iter().find(|name| *name == word)?;
    Some((name, options))
}

/// The two sections. What stands above the first goes into it: comments, which are no header here.
fn sections(text: &str) -> Result<(Body, Option<Body>), (usize, String)> {
    let mut above = String::new();
    let mut found: Vec<(&str, Body)> = Vec::new();
    for (nth, line) in text.split_inclusive('\n').enumerate() {
        if let Some((name, options)) = marker(line) {
            if found.is_empty() && name == "down" {
                return Err((nth + 1, "`-- migrate:down` stands above `-- migrate:up`".to_owned()));
            }
            if found.iter().any(|(known, _)| *known == name) {
                return Err((nth + 1, format!("`-- migrate:{name}` is there twice")));
            }
            let non_transactional =
                options.split_whitespace().any(|option| option == "transaction:false");
            found.push((name, Body { sql: String::new(), non_transactional }));
            continue;
        }
        match found.last_mut() {
            Some((_, body)) => body.sql.push_str(line),
            None if line.trim().is_empty() || line.trim_start().starts_with("--") => {
                above.push_str(line);
            }
            None => return Err((nth + 1, "SQL stands above `-- migrate:up`".to_owned())),
        }
    }
    let mut bodies = found.into_iter().map(|(_, body)| body);
    let Some(mut up) = bodies.next() else {
        return Err((1, "there is no `-- migrate:up`".to_owned()));
    };
    if !above.trim().is_empty() {
        up.sql.insert_str(0, &above);
    }
    Ok((up, bodies.next()))
}
