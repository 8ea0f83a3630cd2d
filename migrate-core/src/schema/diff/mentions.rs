//! Finds names and literals in a statement, and whether a definition mentions an object.

use std::collections::BTreeSet;

use super::casts;
use crate::schema::catalog::Name;
use crate::syntax::ident::{LONGEST, quote, shown};

/// The words that PostgreSQL quotes when they are names.
const RESERVED: &str = " all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate \
    collation column concurrently constraint create cross current_catalog current_date current_role current_schema current_time \
    current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from full \
    grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit localtime \
    localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning right \
    select session_user similar some symmetric system_user table tablesample then to trailing true union unique user using \
    variadic verbose when where window with between bigint bit boolean char character coalesce dec decimal exists extract float \
    greatest grouping inout int integer interval json json_array json_arrayagg json_exists json_object json_objectagg json_query \
    json_scalar json_serialize json_table json_value least merge_action national nchar none normalize nullif numeric out overlay \
    position precision real row setof smallint substring time timestamp treat trim values varchar xmlattributes xmlconcat \
    xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable ";

/// An identifier, quoted where it has to be.
pub(super) fn ident(name: &str) -> String {
    if RESERVED.contains(&format!(" {name} ")) { quote(name) } else { shown(name) }
}

/// A name, qualified unless it is in `public`.
pub(super) fn name(name: &Name) -> String {
    match name.schema.as_str() {
        "public" => ident(&name.name),
        schema => format!("{}.{}", ident(schema), ident(&name.name)),
    }
}

/// A name as definitions have it: qualified always.
pub(super) fn full(name: &Name) -> String {
    format!("{}.{}", ident(&name.schema), ident(&name.name))
}

/// Identifiers in a list.
pub(super) fn list(names: &[String]) -> String {
    names.iter().map(|name| ident(name)).collect::<Vec<_>>().join(", ")
}

/// The identifiers of a list, up to the bracket that closes it. Of what is more than an identifier,
/// the last word counts.
pub(super) fn list_of(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let (mut word, mut quoted) = (String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                word.push('"');
            }
            '"' => quoted = !quoted,
            ' ' if !quoted => word.clear(),
            ',' | ')' if !quoted => {
                found.insert(std::mem::take(&mut word));
                if c == ')' {
                    break;
                }
            }
            c => word.push(c),
        }
    }
    found
}

/// A string.
pub(super) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') {
        return format!("E'{}'", quoted.replace('\\', "\\\\"));
    }
    format!("'{quoted}'")
}

/// Does a definition speak of something? By its qualified name, so a string with that name in it
/// does, too.
pub(super) fn mentions(definition: &str, what: &Name) -> bool {
    has(definition, &what.name) && is_in(&full(what), definition)
}

/// The name that a type has while its successor is there.
pub(super) fn old(kind: &Name) -> Name {
    Name::new(&*kind.schema, derived(&kind.name, "_old"))
}

/// A text with the name of a type as it is while its successor is there.
pub(super) fn with_other(text: &str, kind: &Name) -> String {
    let (full, other) = (full(kind), full(&old(kind)));
    let mut pieces = text.split(&full).peekable();
    let mut found = String::new();
    while let Some(piece) = pieces.next() {
        found.push_str(piece);
        if let Some(next) = pieces.peek() {
            let whole = !next.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            found.push_str(if whole { &other } else { &full });
        }
    }
    found
}

/// Is a name in a text at all? Most are not, and to quote a name takes longer than to look.
fn has(text: &str, name: &str) -> bool {
    name.contains('"') || text.contains(name)
}

/// Does a definition have this identifier in it?
pub(in crate::schema) fn has_word(definition: &str, name: &str) -> bool {
    has(definition, name) && (is_in(&ident(name), definition) || is_in(name, definition))
}

/// Does a definition have this text in it, and not as a part of a longer word?
pub(super) fn is_in(what: &str, definition: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '"';
    definition.match_indices(what).any(|(at, _)| {
        let before = definition[..at].chars().next_back();
        let after = definition[at + what.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Is there a cast between two types, which need not be the same as their texts'?
pub(super) fn casts(from: &str, to: &str) -> bool {
    let ((from, was_array), (to, array)) = (casts::element(from), casts::element(to));
    if was_array.is_empty() != array.is_empty() {
        return false;
    }
    let (was, is) = (&*casts::base(from), &*casts::base(to));
    let family = |kind: &str| -> Option<usize> {
        let families: [&[&str]; 6] = [
            &casts::TEXTS,
            &["smallint", "integer", "bigint", "numeric", "real", "double precision"],
            &["date", "timestamp without time zone", "timestamp with time zone"],
            &["json", "jsonb"],
            &["inet", "cidr"],
            &["bit", "bit varying"],
        ];
        families.iter().position(|family| family.contains(&kind))
    };
    let (one, other) = (family(was), family(is));
    one == Some(0) || other == Some(0) || one.is_some() && one == other || numbers_object(was, is)
}

/// Does PostgreSQL change a column's type by itself, without being told how? As it would assign.
pub(super) fn assigns(from: &str, to: &str) -> bool {
    let ((from, was_array), (to, array)) = (casts::element(from), casts::element(to));
    if was_array.is_empty() != array.is_empty() {
        return false;
    }
    let (was, is) = (&*casts::base(from), &*casts::base(to));
    let both = |list: &[&str]| list.contains(&was) && list.contains(&is);
    was == is
        || casts::TEXTS.contains(&is)
        || both(&["smallint", "integer", "bigint", "numeric", "real", "double precision"])
        || was == "date" && is == "timestamp without time zone"
        || both(&["json", "jsonb"])
        || both(&["bit", "bit varying"])
        || numbers_object(was, is)
}

/// Is it a cast from or to `oid` and its kin? PostgreSQL takes these by itself.
fn numbers_object(was: &str, is: &str) -> bool {
    casts::is_oid(is) && (casts::INTEGERS.contains(&was) || was == "oid")
        || casts::is_oid(was) && ["oid", "integer", "bigint"].contains(&is)
}

/// How values of a type are stored, unless told otherwise.
pub(super) fn storage(data_type: &str) -> Option<&'static str> {
    let plain =
        ["smallint", "integer", "bigint", "boolean", "date", "real", "double precision", "uuid"];
    let extended = ["text", "bytea", "json", "jsonb", "xml", "tsvector", "character"];
    let base = data_type.split('(').next().unwrap_or_default();
    match base {
        _ if data_type.ends_with("[]") => Some("EXTENDED"),
        "numeric" | "inet" | "cidr" => Some("MAIN"),
        "character varying" => Some("EXTENDED"),
        _ if extended.contains(&base) => Some("EXTENDED"),
        _ if plain.contains(&base) || base.starts_with("time") => Some("PLAIN"),
        _ => None,
    }
}

/// The statement that makes an index, so that others can write meanwhile.
pub(super) fn concurrently(definition: &str) -> String {
    definition.replacen(" INDEX ", " INDEX CONCURRENTLY ", 1)
}

/// A name that is made of another one, and not too long.
pub(super) fn derived(name: &str, suffix: &str) -> String {
    let end = name.floor_char_boundary(LONGEST.saturating_sub(suffix.len()));
    format!("{}{suffix}", &name[..end])
}

/// The options of `WITH (…)`, from `name=value`.
pub(super) fn options(options: &[String]) -> String {
    let option = |option: &String| match option.split_once('=') {
        Some((name, value)) => format!("{name} = {}", literal(value)),
        None => option.clone(),
    };
    options.iter().map(option).collect::<Vec<_>>().join(", ")
}

/// What `OPTIONS (…)` says to get from some foreign-data options to others; nothing if they are the same.
pub(super) fn option_changes(before: &[String], after: &[String]) -> Option<String> {
    let split = |it: &'_ String| -> (String, String) {
        let (name, value) = it.split_once('=').unwrap_or((it, ""));
        (ident(name), literal(value))
    };
    let old: Vec<(String, String)> = before.iter().map(split).collect();
    let new: Vec<(String, String)> = after.iter().map(split).collect();
    let has = |list: &[(String, String)], name: &str| list.iter().any(|(other, _)| other == name);
    let gone =
        old.iter().filter(|(name, _)| !has(&new, name)).map(|(name, _)| format!("DROP {name}"));
    let changed = new.iter().filter(|it| !old.contains(it)).map(|(name, value)| {
        let verb = match (has(&old, name), before.is_empty()) {
            (true, _) => "SET ",
            (false, true) => "",
            (false, false) => "ADD ",
        };
        format!("{verb}{name} {value}")
    });
    let all: Vec<String> = gone.chain(changed).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_have_to_be() {
        let check = |text: &str, expected: &str| assert_eq!(ident(text), expected);
        check("users", "users");
        check("user", "\"user\"");
        check("with", "\"with\"");
        check("all", "\"all\"");
        check("2fa", "\"2fa\"");
        check("a\"B", "\"a\"\"B\"");
        check("", "\"\"");
        check("_x1", "_x1");
    }

    #[test]
    fn strings_mean_what_they_say() {
        let check = |text: &str, expected: &str| assert_eq!(literal(text), expected);
        check("it's", "'it''s'");
        check("a\\'b", "E'a\\\\''b'");
        assert_eq!(options(&["fillfactor=70".to_owned()]), "fillfactor = '70'");
    }

    #[test]
    fn foreign_options_change() {
        let check = |before: &[&str], after: &[&str], expected: Option<&str>| {
            let owned = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
            assert_eq!(option_changes(&owned(before), &owned(after)).as_deref(), expected);
        };
        check(&[], &["host=a=b", "user=it's"], Some("host 'a=b', \"user\" 'it''s'"));
        check(&["a=1", "b=2", "c=3"], &["b=4", "c=3", "d=5"], Some("DROP a, SET b '4', ADD d '5'"));
        check(&["a=1"], &["a=1"], None);
    }

    #[test]
    fn related_types_have_casts() {
        let check = |from: &str, to: &str, expected: bool| assert_eq!(casts(from, to), expected);
        check("integer", "bigint", true);
        check("integer[]", "numeric(8,2)[]", true);
        check("text", "boolean", true);
        check("public.mood", "character varying(7)", true);
        check("boolean", "uuid", false);
        check("public.mood", "public.feeling", false);
        check("bit(3)", "bit varying(5)", true);
        check("integer", "regclass", true);
        check("regclass", "regtype", false);
        check("name", "uuid", true);
    }

    #[test]
    fn lists_are_taken_apart() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<String> = list_of(text).into_iter().collect();
            assert_eq!(found, expected, "{text}");
        };
        check("a, b) ON DELETE (c)", &["a", "b"]);
        check("\"a, \"\"b\", PERIOD c)", &["a, \"b", "c"]);
    }

    #[test]
    fn a_type_that_makes_way_has_another_name() {
        let check = |text: &str, expected: &str| {
            assert_eq!(with_other(text, &Name::new("public", "d")), expected);
        };
        check(
            "x public.d, y public.d[], z public.d2",
            "x public.d_old, y public.d_old[], z public.d2",
        );
        check("integer", "integer");
    }

    #[test]
    fn derived_names_are_short_enough() {
        let check = |name: &str, expected: &str| assert_eq!(derived(name, "_old"), expected);
        check("ix", "ix_old");
        check(&"x".repeat(63), &format!("{}_old", "x".repeat(59)));
        check(&"ü".repeat(31), &format!("{}_old", "ü".repeat(29)));
    }

    #[test]
    fn a_mention_is_a_whole_name() {
        let check = |definition: &str, expected: bool| {
            let found = mentions(definition, &Name::new("public", "t"));
            assert_eq!(found, expected, "{definition}");
        };
        check("SELECT a FROM public.t;", true);
        check("SELECT a FROM public.t1", false);
        check("SELECT a FROM my_public.t", false);
        check("SELECT public.t.a", true);
    }
}
