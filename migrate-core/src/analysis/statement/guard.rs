//! Recognises `IF` conditions that ask whether one object exists, and nothing else.
//!
//! If a condition asks for more (`data_type = 'text'`) or for something else, it is uncertain
//! whether the branch runs.

use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::TokenKind;

/// The question that a condition asks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    Absent(Asked),
    Present(Asked),
}

/// The object that a condition asks for.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) kind: AskedKind,
    pub(crate) name: String,
    /// The table that it belongs to, if the condition specifies one.
    pub(crate) table: Option<String>,
    pub(crate) schema: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AskedKind {
    #[default]
    Relation,
    Index,
    Type,
    Column,
    Constraint,
    Trigger,
    Policy,
    Schema,
    Extension,
    Routine,
}

/// The role of a system catalog column in a condition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Name(AskedKind),
    /// The name of the table. It is the object asked for unless there is a narrower one.
    Table,
    Schema,
    /// A join key, which does not restrict what is asked for.
    Idle,
}

const FIELDS: [(&str, Field); 26] = [
    ("typname", Field::Name(AskedKind::Type)),
    ("udt_name", Field::Name(AskedKind::Type)),
    ("conname", Field::Name(AskedKind::Constraint)),
    ("constraint_name", Field::Name(AskedKind::Constraint)),
    ("tgname", Field::Name(AskedKind::Trigger)),
    ("trigger_name", Field::Name(AskedKind::Trigger)),
    ("policyname", Field::Name(AskedKind::Policy)),
    ("polname", Field::Name(AskedKind::Policy)),
    ("column_name", Field::Name(AskedKind::Column)),
    ("attname", Field::Name(AskedKind::Column)),
    ("indexname", Field::Name(AskedKind::Index)),
    ("extname", Field::Name(AskedKind::Extension)),
    ("schema_name", Field::Name(AskedKind::Schema)),
    ("proname", Field::Name(AskedKind::Routine)),
    ("relname", Field::Table),
    ("tablename", Field::Table),
    ("table_name", Field::Table),
    ("viewname", Field::Table),
    ("matviewname", Field::Table),
    ("event_object_table", Field::Table),
    ("conrelid", Field::Table),
    ("tgrelid", Field::Table),
    ("attrelid", Field::Table),
    ("nspname", Field::Schema),
    ("schemaname", Field::Schema),
    ("table_schema", Field::Schema),
];

/// The catalog relations that a condition may query.
const CATALOGS: [&str; 22] = [
    "pg_type",
    "pg_constraint",
    "pg_trigger",
    "pg_policy",
    "pg_policies",
    "pg_attribute",
    "pg_class",
    "pg_indexes",
    "pg_index",
    "pg_extension",
    "pg_namespace",
    "pg_proc",
    "pg_tables",
    "pg_views",
    "pg_matviews",
    "columns",
    "tables",
    "views",
    "table_constraints",
    "triggers",
    "schemata",
    "routines",
];

/// Parses `[NOT] EXISTS (SELECT … FROM catalog WHERE name = 'x' AND …)` and `to_regclass('x') IS
/// [NOT] NULL`.
pub(crate) fn guard(condition: &Cursor<'_>) -> Option<Guard> {
    let mut rest = *condition;
    if let Some(inner) = rest.parentheses()
        && rest.is_empty()
    {
        return guard(&inner);
    }
    let mut rest = *condition;
    let is_not = rest.take(&["not"]);
    if rest.take(&["exists"]) {
        let inner = rest.parentheses()?;
        let asked = asked(inner).filter(|_| rest.is_empty())?;
        return Some(if is_not { Guard::Absent(asked) } else { Guard::Present(asked) });
    }
    let name = rest.name().filter(|_| !is_not)?;
    let kind = match name.last() {
        "to_regclass" => AskedKind::Relation,
        "to_regtype" => AskedKind::Type,
        _ => return None,
    };
    let asked = qualified(kind, &literal(&mut rest.parentheses()?)?)?;
    if rest.take(&["is", "null"]) && rest.is_empty() {
        return Some(Guard::Absent(asked));
    }
    (rest.take(&["is", "not", "null"]) && rest.is_empty()).then_some(Guard::Present(asked))
}

/// Parses `'x'` or `'s.x'`, without quotes inside.
fn qualified(kind: AskedKind, text: &str) -> Option<Asked> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
    if !text.chars().all(plain) {
        return None;
    }
    let (schema, name) = match text.split_once('.') {
        Some((schema, name)) => (Some(schema.to_owned()), name),
        None => (None, text),
    };
    Some(Asked { kind, name: name.to_owned(), table: None, schema })
}

fn literal(rest: &mut Cursor<'_>) -> Option<String> {
    let (text, _) = rest.string()?;
    if rest.take_sign("::") {
        rest.name()?;
    }
    Some(text)
}

/// Parses the query after `EXISTS`.
fn asked(query: Cursor<'_>) -> Option<Asked> {
    let mut rest = query;
    rest.take(&["select"]).then_some(())?;
    rest = rest.after(&["from"])?;
    let conditions = rest.after(&["where"])?;
    let mut sources = rest;
    sources.skip(rest.len() - conditions.len() - 1);
    let sources = sources.since(rest);
    from_catalogs(sources)?;
    let mut asked: Option<Asked> = None;
    let (mut table, mut schema) = (None, None);
    for part in conjuncts(conditions) {
        let (field, value) = comparison(part)?;
        let slot = match field {
            Field::Idle => continue,
            Field::Schema => &mut schema,
            Field::Table => &mut table,
            Field::Name(kind) => {
                if asked.replace(Asked { kind, name: value?, ..Asked::default() }).is_some() {
                    return None;
                }
                continue;
            }
        };
        if slot.replace(value?).is_some() {
            return None;
        }
    }
    let names_schemas = sources.has(&["pg_namespace"]) && !sources.has(&["join"]);
    match (asked, table) {
        (Some(asked), table) => Some(Asked { table, schema, ..asked }),
        // `'t'::regclass` may include the schema.
        (None, Some(table)) => Some(Asked { schema, ..qualified(AskedKind::Relation, &table)? }),
        (None, None) if names_schemas => {
            Some(Asked { kind: AskedKind::Schema, name: schema?, ..Asked::default() })
        }
        (None, None) => None,
    }
}

/// Whether the query reads only system catalogs, joined by their usual keys.
fn from_catalogs(sources: Cursor<'_>) -> Option<()> {
    let mut rest = sources;
    loop {
        let name = rest.name()?;
        CATALOGS.contains(&name.last()).then_some(())?;
        rest.take(&["as"]);
        if !rest.is_any(0, &["join", "inner", "on"]) && !rest.is_sign(0, ",") {
            rest.ident();
        }
        if rest.take(&["on"]) {
            let on = rest.expression(|rest| rest.is_any(0, &["join", "inner"]));
            for part in conjuncts(on) {
                matches!(comparison(part)?, (Field::Idle, _)).then_some(())?;
            }
        }
        if rest.is_empty() {
            return Some(());
        }
        let joined = rest.take_sign(",") || rest.take_any(&[&["join"], &["inner", "join"]]);
        joined.then_some(())?;
    }
}

/// The parts of a condition between `AND`. An `OR` is a single part.
fn conjuncts(mut rest: Cursor<'_>) -> Vec<Cursor<'_>> {
    let mut parts = Vec::new();
    while !rest.is_empty() {
        parts.push(rest.expression(|rest| rest.is(0, "and")));
        rest.take(&["and"]);
    }
    parts
}

fn field_of(column: &str) -> Option<Field> {
    FIELDS.iter().find(|(name, _)| *name == column).map(|(_, field)| *field)
}

/// Parses `column = 'literal'`, or a comparison of two columns that are usual join keys.
fn comparison(part: Cursor<'_>) -> Option<(Field, Option<String>)> {
    let mut rest = part;
    if let Some(inner) = rest.parentheses()
        && rest.is_empty()
    {
        return comparison(inner);
    }
    let mut rest = part;
    let column = rest.name()?;
    rest.take_sign("=").then_some(())?;
    let last = column.last();
    if rest.is_any(0, &["current_schema"]) {
        let is_schema = field_of(last) == Some(Field::Schema);
        return is_schema.then(|| (Field::Schema, Some("public".to_owned())));
    }
    if rest.token(0).is_some_and(|token| token.kind == TokenKind::String) {
        let value = literal(&mut rest).filter(|_| rest.is_empty())?;
        if last.ends_with("namespace") {
            return Some((Field::Schema, Some(value)));
        }
        return Some((field_of(last)?, Some(value)));
    }
    // `n.oid = t.typnamespace`
    let other = rest.name().filter(|_| rest.is_empty())?;
    let belongs = |name: &str| {
        matches!(name, "oid" | "indexrelid" | "indrelid")
            || name.ends_with("namespace")
            || name.ends_with("relid")
    };
    let is_join = other.parts.len() > 1 || column.parts.len() > 1;
    (is_join && belongs(last) && belongs(other.last())).then_some((Field::Idle, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::statement::tokens;

    fn check(condition: &str, expected: &str) {
        let tokens = tokens(condition);
        let shown = match guard(&Cursor::new(condition, &tokens, 0)) {
            None => "-".to_owned(),
            Some(guard) => {
                let (word, asked) = match &guard {
                    Guard::Absent(asked) => ("absent", asked),
                    Guard::Present(asked) => ("present", asked),
                };
                let part = |part: &Option<String>| part.clone().unwrap_or_default();
                let (schema, table) = (part(&asked.schema), part(&asked.table));
                format!("{word} {:?} {schema}/{table}/{}", asked.kind, asked.name)
            }
        };
        assert_eq!(shown, expected, "{condition}");
    }

    #[test]
    fn what_asks_for_one_thing() {
        check("NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'm')", "absent Type //m");
        check(
            "(NOT EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.typname = 'm'))",
            "absent Type //m",
        );
        check(
            "NOT EXISTS (SELECT 1 FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typname = 'm' AND n.nspname = 'public')",
            "absent Type public//m",
        );
        check(
            "EXISTS (SELECT 1 FROM pg_indexes WHERE schemaname = current_schema() AND indexname = 'i')",
            "present Index public//i",
        );
        check(
            "EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 't' AND column_name = 'a')",
            "present Column /t/a",
        );
        check(
            "NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'k' AND conrelid = 't'::regclass)",
            "absent Constraint /t/k",
        );
        check("EXISTS (SELECT FROM pg_tables WHERE tablename = 't')", "present Relation //t");
        check("NOT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 's')", "absent Schema //s");
        check("to_regclass('public.t') IS NULL", "absent Relation public//t");
        check("to_regtype('m') IS NOT NULL", "present Type //m");
    }

    #[test]
    fn what_asks_for_more_is_no_guard() {
        for condition in [
            "NOT EXISTS (SELECT 1 FROM settings WHERE key = 'users')",
            "EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 't' AND column_name = 'a' AND data_type = 'text')",
            "NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'm' OR typname = 'n')",
            "NOT EXISTS (SELECT 1 FROM pg_type WHERE typname <> 'm')",
            "NOT EXISTS (SELECT 1 FROM pg_type WHERE typname LIKE 'm')",
            "NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'm') AND now() > '2000-01-01'",
            "EXISTS (SELECT 1 FROM pg_class WHERE relname = 't' AND relkind = 'm')",
            "EXISTS (SELECT 1 FROM pg_indexes WHERE indexname = 'i' AND indexdef NOT LIKE '%UNIQUE%')",
            "to_regclass(x) IS NULL",
            "to_regclass('\"T\"') IS NULL",
            "EXISTS (SELECT 1 FROM pg_type)",
            "true",
        ] {
            check(condition, "-");
        }
    }
}
