//! The name of a type as the catalog prints it, taken apart: `character varying(255)[]`.

use crate::schema::catalog::Name;
use crate::syntax::ident::read_qualified;
use crate::syntax::lexer::{Lexer, Token};

/// A type's name without its modifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TypeName {
    /// `character varying`, `timestamp without time zone`, `public.mood`.
    pub(super) base: String,
    /// `255`; `10` and `2`.
    pub(super) modifiers: Vec<i64>,
    /// How many `[]` follow.
    pub(super) dimensions: usize,
}

impl TypeName {
    pub(super) fn read(text: &str) -> Self {
        let element = text.trim_end_matches("[]");
        let dimensions = (text.len() - element.len()) / "[]".len();
        // A quoted name may have a bracket in it; then there is no modifier to find.
        let brackets = element.find('(').and_then(|open| {
            let close = element[open..].find(')')? + open;
            (!element[..open].contains('"')).then_some((open, close))
        });
        let Some((open, close)) = brackets else {
            return TypeName { base: element.to_owned(), modifiers: Vec::new(), dimensions };
        };
        let modifiers = element[open + 1..close].split(',');
        let modifiers = modifiers.filter_map(|number| number.trim().parse().ok()).collect();
        let (before, after) = (element[..open].trim_end(), element[close + 1..].trim());
        let base = if after.is_empty() { before.to_owned() } else { format!("{before} {after}") };
        TypeName { base, modifiers, dimensions }
    }

    /// The first modifier, a length.
    pub(super) fn length(&self) -> Option<usize> {
        self.modifiers.first().and_then(|length| usize::try_from(*length).ok())
    }

    /// The name of a type of the user's, or of an extension's.
    pub(super) fn qualified(&self) -> Option<Name> {
        let tokens: Vec<Token> =
            Lexer::new(&self.base).filter(|token| !token.kind.is_trivia()).collect();
        let (parts, used) = read_qualified(&self.base, &tokens)?;
        match parts.as_slice() {
            [schema, name] if used == tokens.len() => Some(Name::new(schema.clone(), name.clone())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let check = |text: &str, base: &str, modifiers: &[i64], dimensions: usize| {
            let expected =
                TypeName { base: base.to_owned(), modifiers: modifiers.to_vec(), dimensions };
            assert_eq!(TypeName::read(text), expected, "{text}");
        };
        check("integer", "integer", &[], 0);
        check("character varying(255)", "character varying", &[255], 0);
        check("numeric(10,2)[]", "numeric", &[10, 2], 1);
        check("timestamp(3) without time zone", "timestamp without time zone", &[3], 0);
        check("public.mood[]", "public.mood", &[], 1);
        check("interval day to second(3)", "interval day to second", &[3], 0);
        check("public.geometry(Point,4326)", "public.geometry", &[4326], 0);
        check("s.\"a(b)\"", "s.\"a(b)\"", &[], 0);
    }

    #[test]
    fn qualified_names_are_read() {
        let check = |text: &str, expected: Option<Name>| {
            assert_eq!(TypeName::read(text).qualified(), expected, "{text}");
        };
        check("public.mood", Some(Name::new("public", "mood")));
        check("\"My\".\"a.b\"", Some(Name::new("My", "a.b")));
        check("integer", None);
        check("double precision", None);
    }
}
