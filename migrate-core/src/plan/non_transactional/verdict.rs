//! Decides what to do about a statement that an earlier attempt may have run, fully or in part.

use super::StatementKind;
use crate::syntax::lexer::{Lexer, TokenKind};

/// What is known of an earlier attempt of a statement that runs outside of a transaction. `before`
/// holds the ids of the objects that are examined for this [kind](Kind) of statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum EarlierAttempt {
    /// There was no attempt.
    #[default]
    None,
    /// The server refused it, so it did not complete.
    Refused {
        /// The objects that existed before.
        before: Vec<String>,
    },
    /// It was announced, and no answer came: the connection was lost, or the client was stopped.
    Unanswered {
        /// The objects that existed before.
        before: Vec<String>,
    },
    /// The announced statement had another text.
    Edited,
}

/// What the progress keeps of a statement that runs alone, as ids of objects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RecordedObjects {
    /// What was there before it.
    pub(crate) before: Vec<String>,
    /// What it has left behind, where the server refused it.
    pub(crate) left: Vec<String>,
}

impl RecordedObjects {
    /// Reads `12 13 +14`: what was left has a sign, which an older release takes for an id that nothing has.
    pub(crate) fn read(text: Option<&str>) -> Self {
        let mut kept = RecordedObjects::default();
        for id in text.unwrap_or_default().split_whitespace() {
            match id.strip_prefix('+') {
                Some(left) => kept.left.push(left.to_owned()),
                None => kept.before.push(id.to_owned()),
            }
        }
        kept
    }

    /// The opposite.
    pub(crate) fn text(&self) -> String {
        let left = self.left.iter().map(|id| format!("+{id}"));
        self.before.iter().cloned().chain(left).collect::<Vec<_>>().join(" ")
    }
}

/// An object that tells whether a statement ran.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FoundObject {
    /// Its OID in the catalog, which no other object gets.
    pub(crate) oid: String,
    /// Whether it is complete: a valid index, or an attached partition.
    pub(crate) is_ready: bool,
    /// Its name with its schema, quoted. For a partition, the statement that finalizes the detach.
    pub(crate) name: String,
    /// Whether another session is building it.
    pub(crate) is_busy: bool,
    /// Its definition, as the server displays it.
    pub(crate) definition: String,
    /// Whether this role may drop it.
    pub(crate) is_own: bool,
}

impl FoundObject {
    /// Whether it is useless: an invalid index that no session is building.
    pub(super) fn is_left(&self) -> bool {
        !self.is_ready && !self.is_busy
    }
}

/// The decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Run the statement.
    Run,
    /// It has run.
    Done,
    /// Drop this invalid index, which a failed attempt left behind, and check again.
    Drop(String),
    /// Run this statement, which completes what the original one started.
    Finalize(String),
    /// It is impossible to tell whether it ran.
    Unknown,
}

/// Decides about a statement, by what an earlier attempt may have done and by the objects that
/// exist now.
pub(crate) fn verdict(
    kind: &StatementKind,
    sql: &str,
    doubt: &EarlierAttempt,
    found: &[FoundObject],
) -> Verdict {
    let (before, is_unanswered): (&[String], bool) = match doubt {
        EarlierAttempt::Edited => return Verdict::Unknown,
        EarlierAttempt::None => (&[], false),
        EarlierAttempt::Refused { before } => (before, false),
        EarlierAttempt::Unanswered { before } => (before, true),
    };
    let is_new = |one: &&FoundObject| is_new(doubt, one);
    let is_left = |one: &&FoundObject| one.is_left();
    let drop = |one: &FoundObject| Verdict::Drop(one.name.clone());
    match kind {
        StatementKind::Procedure if is_unanswered => Verdict::Unknown,
        StatementKind::InTransaction | StatementKind::Procedure | StatementKind::Alone => {
            Verdict::Run
        }
        StatementKind::CreateIndex { name, .. } => {
            let made = || found.iter().filter(is_new).filter(|one| is_unanswered && one.is_ready);
            if made().any(|one| !is_another_index(sql, &one.definition)) {
                return Verdict::Done;
            }
            // An invalid index of this name is useless. Without a name, only a new index is known
            // to be ours.
            match found.iter().filter(is_left).find(|one| name.is_some() || is_new(one)) {
                Some(left) => drop(left),
                // Another session has created a different index of this name. Without a name, the
                // indexes of others do not conflict.
                None if name.is_some() && made().next().is_some() => Verdict::Unknown,
                None => Verdict::Run,
            }
        }
        StatementKind::CreateShared(..) => {
            match is_unanswered && found.iter().any(|one| is_new(&one)) {
                true => Verdict::Done,
                false => Verdict::Run,
            }
        }
        StatementKind::DropIndex { .. } | StatementKind::DropShared(..) => {
            let is_gone = !found.iter().any(|one| before.contains(&one.oid));
            match is_unanswered && !before.is_empty() && is_gone {
                true => Verdict::Done,
                false => Verdict::Run,
            }
        }
        // An index that this role may not drop is harmless, and must not block the run. It is
        // reported.
        StatementKind::Reindex(_) => {
            let mut own = found.iter().filter(|one| one.is_own);
            own.find(|one| is_new(one) && one.is_left()).map_or(Verdict::Run, drop)
        }
        StatementKind::Detach { .. } => match found.first() {
            Some(partition) if !partition.is_ready => Verdict::Finalize(partition.name.clone()),
            None if is_unanswered && !before.is_empty() => Verdict::Done,
            _ => Verdict::Run,
        },
    }
}

/// Whether an object did not exist before the attempt.
pub(super) fn is_new(doubt: &EarlierAttempt, one: &FoundObject) -> bool {
    match doubt {
        EarlierAttempt::None | EarlierAttempt::Edited => false,
        EarlierAttempt::Refused { before } | EarlierAttempt::Unanswered { before } => {
            !before.contains(&one.oid)
        }
    }
}

/// Whether the server's definition certainly is that of another index. The server displays
/// expressions and predicates in its own form, so only the parts with a single spelling are
/// compared.
fn is_another_index(statement: &str, definition: &str) -> bool {
    let [statement, definition] = [statement, definition].map(IndexParts::of);
    statement.is_unique != definition.is_unique
        || statement.method != definition.method
        || statement.has_where != definition.has_where
        || matches!((&statement.columns, &definition.columns), (Some(a), Some(b)) if a != b)
}

/// The parts of an index definition that have a single spelling.
struct IndexParts {
    is_unique: bool,
    method: String,
    has_where: bool,
    /// The names of the columns, if none of the keys is an expression.
    columns: Option<Vec<String>>,
}

impl IndexParts {
    fn of(sql: &str) -> Self {
        let tokens = folded_tokens(sql);
        let opening = tokens.iter().position(|token| token == "(").unwrap_or(tokens.len());
        let (before, rest) = tokens.split_at(opening);
        let method = before.iter().rposition(|token| token == "using");
        let is_simple = |item: &[String]| !item.is_empty() && !item.iter().any(|it| it == "(");
        let closing = rest.iter().position(|token| token == ")").unwrap_or(rest.len());
        let inside = rest.get(1..closing).unwrap_or_default();
        let items: Vec<&[String]> = inside.split(|token| token == ",").collect();
        let columns = items.iter().all(|item| is_simple(item));
        let unquoted = |name: &String| match name.strip_prefix('"') {
            Some(inner) => inner.trim_end_matches('"').to_owned(),
            None => name.clone(),
        };
        IndexParts {
            is_unique: before.iter().any(|token| token == "unique"),
            method: match method {
                Some(at) => before[at + 1..].concat(),
                None => "btree".to_owned(),
            },
            has_where: rest.iter().any(|token| token == "where"),
            columns: columns.then(|| items.iter().map(|item| unquoted(&item[0])).collect()),
        }
    }
}

fn folded_tokens(sql: &str) -> Vec<String> {
    let tokens = Lexer::new(sql).filter(|token| !token.kind.is_trivia());
    let text = |kind: TokenKind, text: &str| match kind {
        TokenKind::Word => text.to_ascii_lowercase(),
        _ => text.to_owned(),
    };
    tokens.map(|token| text(token.kind, token.text(sql))).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::plan::non_transactional::parts;

    const NONE: EarlierAttempt = EarlierAttempt::None;

    fn ids(ids: &str) -> Vec<String> {
        ids.split_whitespace().map(str::to_owned).collect()
    }

    pub(in crate::plan::non_transactional) fn refused(before: &str) -> EarlierAttempt {
        EarlierAttempt::Refused { before: ids(before) }
    }

    pub(in crate::plan::non_transactional) fn unanswered(before: &str) -> EarlierAttempt {
        EarlierAttempt::Unanswered { before: ids(before) }
    }

    /// Parses a list of objects: `7` is ready, `7!` is not, `7?` is being built by another session,
    /// `7#` is not ready and this role may not drop it.
    pub(in crate::plan::non_transactional) fn found(text: &str) -> Vec<FoundObject> {
        let one = |text: &str| {
            let oid = text.trim_end_matches(['!', '?', '#']).to_owned();
            let name = format!("s.{oid}");
            let definition = "CREATE INDEX t_a_idx ON public.t USING btree (a)".to_owned();
            let (is_ready, is_own) = (oid == text, !text.ends_with('#'));
            FoundObject { is_ready, is_busy: text.ends_with('?'), name, definition, oid, is_own }
        };
        text.split_whitespace().map(one).collect()
    }

    fn check(sql: &str, doubt: EarlierAttempt, now: &str, expected: &str) {
        let found = found(now);
        let verdict = verdict(&parts(sql)[0].kind, sql, &doubt, &found);
        assert_eq!(format!("{verdict:?}"), expected, "{sql}, {doubt:?}, {found:?}");
    }

    #[test]
    fn a_named_index() {
        let sql = "CREATE INDEX CONCURRENTLY ix ON t (a)";
        check(sql, NONE, "", "Run");
        // The server says that it already exists.
        check(sql, NONE, "7", "Run");
        check(sql, NONE, "7!", "Drop(\"s.7\")");
        check(sql, NONE, "7?", "Run");
        check(sql, refused(""), "7!", "Drop(\"s.7\")");
        check(sql, refused("7"), "7", "Run");
        // Whatever created it since, it was not this statement.
        check(sql, refused(""), "7", "Run");
        check(sql, unanswered(""), "", "Run");
        check(sql, unanswered(""), "7", "Done");
        check(sql, unanswered(""), "7!", "Drop(\"s.7\")");
        check(sql, unanswered("7"), "7", "Run");
        check(sql, unanswered("7"), "8", "Done");
        check(sql, EarlierAttempt::Edited, "7", "Unknown");
        // The index was dropped, and another one of this name was created.
        check("CREATE UNIQUE INDEX CONCURRENTLY ix ON t (a)", unanswered(""), "7", "Unknown");
        check("CREATE INDEX CONCURRENTLY ix ON t (b)", unanswered(""), "7", "Unknown");
    }

    #[test]
    fn what_is_kept_is_read_back() {
        let check = |text: &str, before: &str, left: &str| {
            let kept = RecordedObjects { before: ids(before), left: ids(left) };
            assert_eq!(
                (RecordedObjects::read(Some(text)), kept.text()),
                (kept.clone(), text.to_owned())
            );
        };
        check("", "", "");
        check("7 8", "7 8", "");
        check("7 +8 +9", "7", "8 9");
        check("+8", "", "8");
        assert_eq!(RecordedObjects::read(None), RecordedObjects::default());
    }

    #[test]
    fn databases_and_the_like() {
        check("CREATE DATABASE d", NONE, "", "Run");
        check("CREATE DATABASE d", unanswered(""), "7", "Done");
        check("CREATE DATABASE d", unanswered("7"), "7", "Run");
        check("CREATE DATABASE d", refused(""), "7", "Run");
        check("DROP DATABASE d", unanswered("7"), "", "Done");
        check("DROP DATABASE d", unanswered(""), "", "Run");
        check("DROP TABLESPACE d", unanswered("7"), "7", "Run");
    }

    #[test]
    fn an_index_whose_name_the_server_chooses() {
        let sql = "CREATE INDEX CONCURRENTLY ON t (a)";
        check(sql, NONE, "7 8!", "Run");
        check(sql, refused("7 8!"), "7 8!", "Drop(\"s.8\")");
        check(sql, refused("7 8"), "7 8!", "Run");
        check(sql, refused("7 8"), "7 8! 9!", "Drop(\"s.9\")");
        check(sql, unanswered("7"), "7", "Run");
        check(sql, unanswered("7"), "7 8", "Done");
        check(sql, unanswered("7"), "7 8?", "Run");
        check("CREATE INDEX CONCURRENTLY ON t (b)", unanswered("7"), "7 8 9!", "Drop(\"s.9\")");
        // Objects created by another session do not conflict.
        check("CREATE INDEX CONCURRENTLY ON t (b)", unanswered("7"), "7 8", "Run");
        check("CREATE UNIQUE INDEX CONCURRENTLY ON t (a)", unanswered("7"), "7 8", "Run");
    }

    #[test]
    fn an_index_that_is_dropped() {
        let sql = "DROP INDEX CONCURRENTLY ix";
        check(sql, NONE, "", "Run");
        check(sql, NONE, "7", "Run");
        check(sql, refused("7"), "", "Run");
        // It never existed: the server refused the statement, or would have.
        check(sql, unanswered(""), "", "Run");
        check(sql, unanswered("7"), "7", "Run");
        check(sql, unanswered("7"), "", "Done");
        check(sql, unanswered("7"), "8", "Done");
    }

    #[test]
    fn copies_that_a_reindex_has_left() {
        let sql = "REINDEX TABLE CONCURRENTLY t";
        check(sql, NONE, "7!", "Run");
        check(sql, refused("7"), "7!", "Run");
        check(sql, refused("7"), "7! 8!", "Drop(\"s.8\")");
        check(sql, unanswered(""), "8!", "Drop(\"s.8\")");
        check(sql, unanswered(""), "8?", "Run");
        check(sql, unanswered(""), "", "Run");
        check(sql, unanswered(""), "8# 9!", "Drop(\"s.9\")");
        check(sql, unanswered(""), "8#", "Run");
        check("REINDEX SCHEMA CONCURRENTLY s", unanswered("7"), "7! 8!", "Drop(\"s.8\")");
    }

    #[test]
    fn a_partition_that_is_detached() {
        let sql = "ALTER TABLE t DETACH PARTITION p CONCURRENTLY";
        check(sql, NONE, "7", "Run");
        check(sql, NONE, "", "Run");
        check(sql, NONE, "7!", "Finalize(\"s.7\")");
        check(sql, unanswered("7"), "7!", "Finalize(\"s.7\")");
        check(sql, unanswered("7"), "", "Done");
        check(sql, unanswered(""), "", "Run");
        check(sql, refused("7"), "", "Run");
    }

    #[test]
    fn others() {
        check("VACUUM t", unanswered(""), "", "Run");
        check("VACUUM t", EarlierAttempt::Edited, "", "Unknown");
        check("CALL p()", NONE, "", "Run");
        check("CALL p()", unanswered(""), "", "Unknown");
        check("INSERT INTO t VALUES (1)", NONE, "", "Run");
    }

    #[test]
    fn another_index_is_told_by_what_is_written_in_one_way() {
        let check = |statement: &str, definition: &str, expected: bool| {
            let sql = format!("CREATE {statement}");
            assert_eq!(is_another_index(&sql, definition), expected, "{sql}: {definition}");
        };
        let btree = "CREATE INDEX t_a_idx ON public.t USING btree (a, b DESC) WHERE (a > 1)";
        check("INDEX CONCURRENTLY ON t (a, b desc) WHERE a > 1;", btree, false);
        check(
            "INDEX CONCURRENTLY ix ON t USING BTREE (\"a\" ASC, B) where (a > (1))",
            btree,
            false,
        );
        check("INDEX CONCURRENTLY ON t USING brin (a, b DESC) WHERE (a > 1)", btree, true);
        check("UNIQUE INDEX CONCURRENTLY ON t (a, b) WHERE a > 1", btree, true);
        check("INDEX CONCURRENTLY ON t (a, b)", btree, true);
        check("INDEX CONCURRENTLY ON t (b, a) WHERE a > 1", btree, true);
        check("INDEX CONCURRENTLY ON t (a) WHERE a > 1", btree, true);
        // Expressions are not compared.
        let lower = "CREATE INDEX t_lower_idx ON public.t USING btree (lower((a)::text))";
        check("INDEX CONCURRENTLY ON t (lower(a))", lower, false);
        check("INDEX CONCURRENTLY ON t (upper(a))", lower, false);
        check("INDEX CONCURRENTLY ON t", btree, true);
    }
}
