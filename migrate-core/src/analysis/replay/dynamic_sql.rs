//! Replays `EXECUTE`: in full if its text is constant, and otherwise everything that a text with
//! this beginning can affect.

use std::rc::Rc;

use super::session_search_path::is_usual_path;
use super::state::ReplayState;
use crate::analysis::model::{Namespace, Path};
use crate::analysis::names::Name;
use crate::analysis::statement::{ELSEWHERE, HARMLESS, HOLE, Language, default_path};
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::Token;
use crate::syntax::statements::split_statements;

/// The effect of a statement on names, not all of which are in its text.
#[derive(Debug, PartialEq, Eq)]
enum Reach {
    Nothing,
    /// It runs like a query.
    Query,
    /// It may create names of these kinds.
    Gains(&'static [Namespace]),
    /// It may drop and create names of these kinds.
    Changes(&'static [Namespace]),
    /// The same within one table; whether the table, or the index of a key, may get an unknown
    /// name.
    Table(Name, bool),
    Path,
    /// The search path of later sessions.
    DefaultPath,
    Everything,
}

/// The kinds of names that `ALTER TABLE` can change.
const OF_TABLES: &[Namespace] = &[
    Namespace::Relation,
    Namespace::Column,
    Namespace::Constraint,
    Namespace::ConstraintInSchema,
    Namespace::Type,
];

impl ReplayState {
    /// Replays a text with holes.
    pub(super) fn execute(&mut self, text: &str) {
        if !text.contains(HOLE) {
            return self.run_text(text, None, Language::Sql);
        }
        for statement in split_statements(text) {
            let all = Cursor::new(text, &statement.tokens, 0);
            match reach(&all) {
                Reach::Nothing => self.note_methods(&all),
                Reach::Query => self.execute_query(&all),
                Reach::Gains(namespaces) => {
                    self.model.may_gain(namespaces);
                    self.partly_blind(namespaces, "EXECUTE of a computed string");
                }
                Reach::Changes(namespaces) => {
                    self.model.may_gain(namespaces);
                    self.model.may_lose(namespaces);
                    if namespaces == [Namespace::Routine] {
                        self.note_computed(text, &statement);
                    }
                    self.partly_blind(namespaces, "EXECUTE of a computed string");
                }
                Reach::Table(name, gains) => {
                    self.model.invalidate(&Rc::from(name.last()));
                    if gains {
                        let namespaces =
                            &[Namespace::Relation, Namespace::Type, Namespace::ConstraintInSchema];
                        self.model.may_gain(namespaces);
                    }
                    let found = self.model.namesakes(Namespace::Relation, &name);
                    let below: Vec<_> =
                        found.into_iter().flat_map(|id| self.descendants(id)).collect();
                    for id in below {
                        if let Some(name) = self.model.get(id).map(|child| child.name.clone()) {
                            self.model.invalidate(&name);
                        }
                    }
                }
                Reach::DefaultPath => self.set_default_path(None),
                Reach::Path => self.model.path = Path::Unknown,
                Reach::Everything => self.go_blind("EXECUTE of a computed string"),
            }
        }
    }

    /// Replays a query or a change of data: the effects of its functions, and the triggers of the
    /// tables that it may write.
    fn execute_query(&mut self, all: &Cursor<'_>) {
        let is_hole = |at: usize| all.token(at).is_some_and(|token| all.text(token).contains(HOLE));
        // `SELECT …` of something unknown may call any function.
        let calls = (0..all.len()).any(|at| {
            is_hole(at) && (all.is_sign(at + 1, "(") || at > 0 && all.is(at - 1, "select"))
        });
        if calls {
            return self.go_blind("EXECUTE of a computed string");
        }
        self.run_calls(all);
        let writes = ["insert", "update", "delete", "merge", "copy", "truncate"];
        if all.is_any(0, &writes) || (0..all.len()).any(|at| all.is_any(at, &writes[..4])) {
            self.run_any_trigger();
        }
    }
}

/// What a statement with holes can affect, by its first words.
fn reach(all: &Cursor<'_>) -> Reach {
    const TABLES: [&str; 8] =
        ["table", "view", "index", "sequence", "materialized", "foreign", "unique", "recursive"];
    let mut rest = *all;
    let has = |words: &[&str]| (0..all.len()).any(|at| all.is_any(at, words));
    if rest.is_any(
        0,
        &["select", "with", "values", "insert", "update", "delete", "merge", "copy", "truncate"],
    ) {
        return Reach::Query;
    }
    if rest.take(&["set"]) {
        rest.take_any(&[&["local"], &["session"]]);
        let is_other = rest.tokens().first().is_some_and(|token| !rest.text(*token).contains(HOLE))
            && !rest.is_any(0, &["search_path", "schema"]);
        return if is_other { Reach::Nothing } else { Reach::Path };
    }
    if let Some(path) = default_path(&rest) {
        let is_usual = path.as_deref().is_some_and(is_usual_path);
        return if is_usual { Reach::Nothing } else { Reach::DefaultPath };
    }
    if rest.is_any(0, &HARMLESS) || rest.is_any(0, &["comment", "refresh", "reset"]) {
        return Reach::Nothing;
    }
    let verb = ["create", "alter", "drop"].into_iter().find(|verb| rest.take(&[verb]));
    let Some(verb) = verb else { return Reach::Everything };
    if rest.is_any(0, &ELSEWHERE) {
        return Reach::Nothing;
    }
    rest.take(&["or", "replace"]);
    rest.take_any(&[&["temporary"], &["temp"], &["unlogged"], &["constraint"]]);
    let cascades = has(&["cascade"]);
    match verb {
        _ if rest.is_any(0, &["extension", "schema", "owned", "event"]) => {
            let is_new_schema = verb == "create" && rest.is(0, "schema") && rest.len() <= 5;
            if is_new_schema { Reach::Gains(&[Namespace::Schema]) } else { Reach::Everything }
        }
        "create" if rest.is_any(0, &["view", "recursive"]) && has(&["replace"]) => {
            Reach::Changes(&[Namespace::Relation, Namespace::Type])
        }
        "create" if rest.is_any(0, &TABLES) => {
            Reach::Gains(&[Namespace::Relation, Namespace::Type, Namespace::ConstraintInSchema])
        }
        "create" if rest.is_any(0, &["type", "domain"]) => {
            Reach::Gains(&[Namespace::Type, Namespace::Relation, Namespace::Routine])
        }
        "create" if rest.is_any(0, &["function", "procedure"]) => {
            Reach::Changes(&[Namespace::Routine])
        }
        "create" if rest.is_any(0, &["aggregate", "operator", "cast"]) => {
            Reach::Gains(&[Namespace::Routine])
        }
        "create" | "alter" if rest.is(0, "trigger") => {
            Reach::Changes(&[Namespace::Trigger, Namespace::Constraint])
        }
        "create" | "alter" if rest.is(0, "policy") => Reach::Changes(&[Namespace::Policy]),
        "create" | "alter" if rest.is(0, "rule") => Reach::Changes(&[Namespace::Rule]),
        "drop" if rest.is(0, "trigger") => Reach::Changes(&[Namespace::Trigger]),
        "drop" if rest.is(0, "policy") => Reach::Changes(&[Namespace::Policy]),
        "drop" if rest.is(0, "rule") => Reach::Changes(&[Namespace::Rule]),
        "drop" if cascades => Reach::Everything,
        "drop" if rest.is_any(0, &["function", "procedure", "routine", "aggregate"]) => {
            Reach::Changes(&[Namespace::Routine])
        }
        "drop" if rest.is_any(0, &["type", "domain"]) => {
            Reach::Changes(&[Namespace::Type, Namespace::Relation])
        }
        "drop" if rest.is_any(0, &TABLES) => Reach::Changes(OF_TABLES),
        "alter" if rest.is_any(0, &["function", "procedure", "routine", "aggregate"]) => {
            Reach::Changes(&[Namespace::Routine])
        }
        "alter" if rest.is_any(0, &["type", "domain"]) => {
            Reach::Changes(&[Namespace::Type, Namespace::Relation, Namespace::Column])
        }
        "alter" if rest.is_any(0, &TABLES) && !cascades => altered(rest),
        _ => Reach::Everything,
    }
}

/// The same for `ALTER TABLE` and the like.
fn altered(mut rest: Cursor<'_>) -> Reach {
    let is_table = rest.take(&["table"]);
    if !is_table {
        return Reach::Changes(&[Namespace::Relation, Namespace::Column]);
    }
    rest.take(&["if", "exists"]);
    rest.take(&["only"]);
    let Some(name) = rest.name() else { return Reach::Changes(OF_TABLES) };
    let quiet: [&[&str]; 13] = [
        &["owner", "to"],
        &["set", "tablespace"],
        &["set", "logged"],
        &["set", "unlogged"],
        &["cluster"],
        &["replica"],
        &["enable"],
        &["disable"],
        &["force"],
        &["no", "force"],
        &["validate"],
        &["reset"],
        &["set", "without"],
    ];
    if quiet.iter().any(|words| rest.starts(words)) || rest.is(0, "set") && rest.is_sign(1, "(") {
        return Reach::Nothing;
    }
    let is_hole = |token: &Token| rest.text(*token).contains(HOLE);
    let others = rest.is(0, "set") && rest.is(1, "schema")
        || rest.tokens().first().is_none_or(is_hole)
        || (0..rest.len()).any(|at| rest.is_any(at, &["attach", "detach", "inherit"]));
    if name.to_string().contains(HOLE) || others {
        return Reach::Changes(OF_TABLES);
    }
    let gains = (0..rest.len()).any(|at| rest.is_any(at, &["add", "rename"]));
    Reach::Table(name, gains)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::statement::tokens;

    #[test]
    fn what_a_beginning_can_reach() {
        let check = |text: &str, expected: &str| {
            let text = text.replace('?', &HOLE.to_string());
            let tokens = tokens(&text);
            let found = format!("{:?}", reach(&Cursor::new(&text, &tokens, 0)));
            assert!(found.starts_with(expected), "{text}: {found}");
        };
        check("GRANT SELECT ON ? TO ?", "Nothing");
        check("ALTER ROLE ? SET x = 1", "Nothing");
        check("ALTER DATABASE ? SET search_path = a", "DefaultPath");
        check("ALTER ROLE ? SET search_path TO public, a", "Nothing");
        check("ALTER ROLE x SET ? = a", "DefaultPath");
        check("SET search_path TO ?", "Path");
        check("SET LOCAL ? TO x", "Path");
        check("SET lock_timeout = ?", "Nothing");
        check("SELECT count(*) FROM ?", "Query");
        check("CREATE TRIGGER set_updated_at BEFORE UPDATE ON ?", "Changes([Trigger");
        check("CREATE TABLE ? (a int)", "Gains([Relation");
        check("CREATE UNIQUE INDEX ? ON t (a)", "Gains([Relation");
        check("CREATE SCHEMA ?", "Gains([Schema");
        check("CREATE OR REPLACE FUNCTION ?", "Changes([Routine");
        check("DROP TABLE ?", "Changes([Relation");
        check("DROP TABLE ? CASCADE", "Everything");
        check("ALTER TABLE ? OWNER TO x", "Nothing");
        check("ALTER TABLE ? ADD COLUMN a int", "Changes([Relation");
        check("ALTER TABLE users DROP CONSTRAINT ?", "Table");
        check("ALTER TABLE users SET SCHEMA ?", "Changes");
        check("DROP SCHEMA ?", "Everything");
        check("?", "Everything");
        check("DO ?", "Everything");
    }
}
