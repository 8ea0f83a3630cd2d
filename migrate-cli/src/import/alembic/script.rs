//! What `alembic upgrade a:b --sql` prints, without what is Alembic's own: the transaction around it
//! and the statements on its table.

use migrate_core::syntax::{Statement, TokenKind, split_statements};

use crate::import::Body;

/// The part of a script that is one revision's; others may stand beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) text: String,
    /// Whether another part follows, so that this one is whole even if the script ends early.
    pub(crate) is_followed: bool,
}

/// Which way a script goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Up,
    Down,
}

/// The part of this revision. A script without Alembic's lines is one part.
pub(crate) fn part(script: &str, revision: &str, way: Way) -> Option<Part> {
    let parts = parts(script, way);
    if parts.is_empty() {
        return Some(Part { text: script.to_owned(), is_followed: false });
    }
    let at = parts.iter().position(|(id, _)| *id == revision)?;
    let is_followed = at + 1 < parts.len();
    parts.into_iter().nth(at).map(|(_, text)| Part { text, is_followed })
}

/// The parts of a script, each with its revision.
pub(super) fn parts(script: &str, way: Way) -> Vec<(&str, String)> {
    let mut parts: Vec<(&str, String)> = Vec::new();
    for line in script.split_inclusive('\n') {
        match (running(line, way), parts.last_mut()) {
            (Some(id), _) => parts.push((id, String::new())),
            (None, Some((_, text))) => text.push_str(line),
            // What stands above the first part makes Alembic's table.
            (None, None) => {}
        }
    }
    parts
}

/// The revision in `-- Running upgrade a -> b`.
fn running(line: &str, way: Way) -> Option<&str> {
    let (word, end) = match way {
        Way::Up => ("upgrade", 1),
        Way::Down => ("downgrade", 0),
    };
    let step = line.trim_end().strip_prefix("-- Running ")?.strip_prefix(word)?;
    let (from, to) = step.split_once("->")?;
    Some([from, to][end].trim())
}

/// The SQL of a part: without BEGIN and COMMIT, and without the statements on the version table.
/// What stood between a COMMIT and a BEGIN was to run outside a transaction.
pub(crate) fn body(text: &str, version_table: &str) -> Body {
    let mut pieces: Vec<&str> = Vec::new();
    let (mut non_transactional, mut is_open, mut from) = (false, true, 0);
    for statement in split_statements(text) {
        let words = statement.leading_words(text);
        let word = words.first().map_or("", String::as_str);
        let is_alone = statement.tokens.len() == 1;
        let is_end = is_alone && matches!(word, "COMMIT" | "END");
        let is_begin = is_alone && word == "BEGIN";
        if is_end || is_begin || is_bookkeeping(text, &statement, version_table) {
            pieces.extend(text.get(from..statement.span.start));
            from = statement.span.end;
            is_open = if is_end || is_begin { is_begin } else { is_open };
        } else {
            non_transactional |= !is_open;
        }
    }
    pieces.extend(text.get(from..));
    let pieces: Vec<&str> =
        pieces.into_iter().map(str::trim).filter(|piece| !piece.is_empty()).collect();
    let end = if pieces.is_empty() { "" } else { "\n" };
    Body { sql: pieces.join("\n\n") + end, non_transactional }
}

/// Whether a statement is about Alembic's table alone.
fn is_bookkeeping(text: &str, statement: &Statement, version_table: &str) -> bool {
    let tokens = &statement.tokens;
    let word = |at: usize| tokens.get(at).map(|token| token.text(text).to_ascii_uppercase());
    let first = [word(0).unwrap_or_default(), word(1).unwrap_or_default()];
    let at = match [first[0].as_str(), first[1].as_str()] {
        ["INSERT", "INTO"] | ["DELETE", "FROM"] | ["CREATE" | "DROP", "TABLE"] => 2,
        ["UPDATE", _] => 1,
        _ => return false,
    };
    // A name, and behind each dot another one.
    let mut name = "";
    let mut rest = tokens.get(at..).unwrap_or_default().iter();
    while let Some(token) = rest.next() {
        if !matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdentifier) {
            break;
        }
        name = token.text(text).trim_matches('"');
        if rest.next().is_none_or(|next| next.text(text) != ".") {
            break;
        }
    }
    // Alembic leaves its schema out where that is the search path's.
    name == version_table.rsplit('.').next().unwrap_or(version_table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_revisions_own_statements_stay() {
        let check = |text: &str, sql: &str, non_transactional: bool| {
            assert_eq!(
                body(text, "alembic_version"),
                Body { sql: sql.to_owned(), non_transactional },
                "{text}"
            );
        };
        check(
            "\nCREATE TABLE a ();\n\nINSERT INTO alembic_version (version_num) VALUES ('001') RETURNING alembic_version.version_num;\n\nCOMMIT;\n\n",
            "CREATE TABLE a ();\n",
            false,
        );
        check(
            "UPDATE a SET b = 1;\n\nUPDATE app.alembic_version SET version_num='b' WHERE x;\nCOMMIT;\n\nBEGIN;\n",
            "UPDATE a SET b = 1;\n",
            false,
        );
        check(
            "BEGIN;\n\nDELETE FROM \"alembic_version\" WHERE x;\n\nDROP TABLE alembic_version;\nCOMMIT;",
            "",
            false,
        );
        check(
            "COMMIT;\n\nCREATE INDEX CONCURRENTLY i ON a (b);\n\nBEGIN;\n\nSELECT 1;\n",
            "CREATE INDEX CONCURRENTLY i ON a (b);\n\nSELECT 1;\n",
            true,
        );
        check("-- why\nSELECT 'COMMIT; BEGIN;';\n", "-- why\nSELECT 'COMMIT; BEGIN;';\n", false);
        check("SELECT * FROM alembic_version;\n", "SELECT * FROM alembic_version;\n", false);
        check("SELECT '\n\n\n';\nCOMMIT;", "SELECT '\n\n\n';\n", false);
        check("UPDATE", "UPDATE\n", false);
    }

    #[test]
    fn a_script_has_parts() {
        let script =
            "BEGIN;\n-- Running upgrade  -> a\n\nA;\n-- Running upgrade a, x -> b\nB;\nCOMMIT;\n";
        let check = |revision: &str, way, expected: Option<(&str, bool)>| {
            let found = part(script, revision, way);
            let found = found.as_ref().map(|part| (part.text.as_str(), part.is_followed));
            assert_eq!(found, expected, "{revision}");
        };
        check("a", Way::Up, Some(("\nA;\n", true)));
        check("b", Way::Up, Some(("B;\nCOMMIT;\n", false)));
        check("c", Way::Up, None);
        check("a", Way::Down, Some((script, false)));
        let down = part("-- Running downgrade b -> a, x\nD;\n", "b", Way::Down);
        assert_eq!(down, Some(Part { text: "D;\n".to_owned(), is_followed: false }));
    }
}
