//! Types as they are written in statements, and as the server displays them.

use std::fmt::Write as _;

use crate::analysis::names::Name;
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::TokenKind;
use crate::syntax::source::Span;

/// A type as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeName {
    /// Without modifiers. If the type has several names, the one that the server displays: `bigint`
    /// for `int8`.
    pub(crate) name: Name,
    /// The modifiers in parentheses after it.
    pub(crate) modifiers: String,
    pub(crate) is_array: bool,
    /// `%TYPE`: the type of a column.
    pub(crate) of_column: bool,
    pub(crate) set_of: bool,
    pub(crate) span: Span,
}

/// The built-in types that columns often have.
const KNOWN: [&str; 36] = [
    "bigint",
    "bit",
    "bit varying",
    "boolean",
    "box",
    "bytea",
    "character",
    "character varying",
    "cidr",
    "circle",
    "date",
    "double precision",
    "inet",
    "integer",
    "interval",
    "json",
    "jsonb",
    "line",
    "lseg",
    "macaddr",
    "money",
    "name",
    "numeric",
    "oid",
    "path",
    "point",
    "polygon",
    "real",
    "smallint",
    "text",
    "time with time zone",
    "time without time zone",
    "timestamp with time zone",
    "timestamp without time zone",
    "tsvector",
    "uuid",
];

/// Whether a type, as the server displays it, is built in.
pub(crate) fn is_built_in(shown: &str) -> bool {
    let base = shown.trim_end_matches("[]");
    // The modifiers may precede the last words: `timestamp(3) with time zone`.
    let base = match (base.split_once('('), base.split_once(')')) {
        (Some((first, _)), Some((_, last))) => format!("{first}{last}"),
        _ => base.to_owned(),
    };
    KNOWN.contains(&base.as_str())
}

impl TypeName {
    /// The type as the server displays it.
    pub(crate) fn shown(&self) -> String {
        let mut text = self.name.to_string();
        let modified = |text: &mut String, modifiers: &str| {
            if !modifiers.is_empty() {
                let _ = write!(text, "({modifiers})");
            }
        };
        match self.name.last() {
            full @ ("time with time zone"
            | "time without time zone"
            | "timestamp with time zone"
            | "timestamp without time zone") => {
                let (word, zone) = full.split_once(' ').unwrap_or((full, ""));
                text = word.to_owned();
                modified(&mut text, &self.modifiers);
                text.push(' ');
                text.push_str(zone);
            }
            plain if self.name.parts.len() == 1 && plain.contains(' ') => {
                text = plain.to_owned();
                modified(&mut text, &self.modifiers);
            }
            _ => modified(&mut text, &self.modifiers),
        }
        if self.is_array {
            text.push_str("[]");
        }
        text
    }
}

/// The name that the server displays for a type with several names.
pub(crate) fn canonical(name: &str) -> &str {
    match name {
        "int" | "int4" => "integer",
        "int8" => "bigint",
        "int2" => "smallint",
        "float8" | "float" => "double precision",
        "float4" => "real",
        "decimal" | "dec" => "numeric",
        "bool" => "boolean",
        "varchar" => "character varying",
        "char" | "bpchar" | "nchar" => "character",
        "timestamp" => "timestamp without time zone",
        "timestamptz" => "timestamp with time zone",
        "time" => "time without time zone",
        "timetz" => "time with time zone",
        "varbit" => "bit varying",
        other => other,
    }
}

/// Reads a type, if one comes next.
pub(crate) fn type_name(cursor: &mut Cursor<'_>) -> Option<TypeName> {
    let set_of = cursor.take(&["setof"]);
    let start = *cursor;
    let mut name = cursor.name()?;
    let is_word = start.token(0).is_some_and(|token| token.kind == TokenKind::Word);
    let of_column = cursor.is_sign(0, "%") && cursor.is(1, "type");
    if of_column {
        cursor.skip(2);
    }
    let mut modifiers = String::new();
    if name.parts.len() == 1 && is_word {
        let (text, after) = match name.last() {
            "double" if cursor.take(&["precision"]) => ("double precision", false),
            "national" => {
                cursor.take_any(&[&["character"], &["char"]]);
                let varying = cursor.take(&["varying"]);
                (if varying { "character varying" } else { "character" }, true)
            }
            "character" | "char" | "nchar" if cursor.take(&["varying"]) => {
                ("character varying", true)
            }
            "bit" if cursor.take(&["varying"]) => ("bit varying", true),
            word @ ("time" | "timestamp") => {
                modifiers = modifier(cursor);
                let zone = cursor.take(&["with", "time", "zone"]);
                if !zone {
                    cursor.take(&["without", "time", "zone"]);
                }
                let text = match (word, zone) {
                    ("time", false) => "time without time zone",
                    ("time", true) => "time with time zone",
                    (_, false) => "timestamp without time zone",
                    (_, true) => "timestamp with time zone",
                };
                (text, false)
            }
            "interval" => {
                while cursor.take_any(&[
                    &["year"],
                    &["month"],
                    &["day"],
                    &["hour"],
                    &["minute"],
                    &["second"],
                    &["to"],
                ]) {}
                ("interval", true)
            }
            other => (canonical(other), true),
        };
        if after && modifiers.is_empty() {
            modifiers = modifier(cursor);
        }
        if text == "double precision" {
            // `float(24)` stands for one of two types.
            if modifiers.parse::<u32>().is_ok_and(|digits| digits <= 24) {
                modifiers = String::new();
                name.parts[0].text = "real".into();
            } else {
                modifiers = String::new();
                name.parts[0].text = "double precision".into();
            }
        } else if name.parts[0].text.as_ref() != text {
            let is_one = text == "character" && !start.is(0, "bpchar");
            if is_one && modifiers.is_empty() {
                modifiers = "1".to_owned();
            }
            name.parts[0].text = text.into();
        } else if matches!(text, "bit" | "character") && modifiers.is_empty() {
            modifiers = "1".to_owned();
        }
    } else {
        modifiers = modifier(cursor);
    }
    let modifiers = as_kept(&name, modifiers);
    let mut is_array = false;
    loop {
        if cursor.is_sign(0, "[") {
            let mut ahead = 1;
            if cursor.token(ahead).is_some_and(|token| token.kind == TokenKind::Number) {
                ahead += 1;
            }
            if !cursor.is_sign(ahead, "]") {
                return None;
            }
            cursor.skip(ahead + 1);
        } else if !cursor.take(&["array"]) {
            break;
        }
        is_array = true;
    }
    Some(TypeName {
        name,
        modifiers,
        is_array,
        of_column,
        set_of,
        span: cursor.since(start).span(),
    })
}

/// Modifiers as the server stores them: a missing scale is 0, and times have at most six digits.
fn as_kept(name: &Name, modifiers: String) -> String {
    let Ok(digits) = modifiers.parse::<u32>() else { return modifiers };
    let is_built_in = name.schema().is_none_or(|schema| &*schema.text == "pg_catalog");
    match canonical(name.last()) {
        "numeric" if is_built_in => format!("{digits},0"),
        "interval"
        | "time with time zone"
        | "time without time zone"
        | "timestamp with time zone"
        | "timestamp without time zone"
            if is_built_in =>
        {
            digits.min(6).to_string()
        }
        _ => modifiers,
    }
}

/// Reads the modifiers in parentheses after a type, without white space.
fn modifier(cursor: &mut Cursor<'_>) -> String {
    let inner = cursor.parentheses();
    inner.map_or(String::new(), |inner| {
        inner.tokens().iter().map(|token| inner.text(*token)).collect()
    })
}
