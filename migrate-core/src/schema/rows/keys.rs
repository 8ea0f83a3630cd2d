//! Which columns of a table have to differ from row to row, and which refer to another table.

use std::collections::BTreeMap;

use crate::schema::catalog::{Catalog, Constraint, Name, Relation};
use crate::schema::diff::has_word;
use crate::syntax::ident;
use crate::syntax::lexer::{Lexer, Token};

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ForeignKey {
    pub(super) columns: Vec<String>,
    pub(super) table: Name,
    pub(super) referenced: Vec<String>,
}

/// The foreign keys of a table, those over most columns first: what they choose fits the others.
pub(super) fn foreign_keys(table: &Relation) -> Vec<ForeignKey> {
    let key = |constraint: &Constraint| {
        let references = constraint.references.clone()?;
        let referenced = referenced_columns(&constraint.definition);
        let columns = constraint.columns.clone();
        (columns.len() == referenced.len() && !columns.is_empty()).then_some(ForeignKey {
            columns,
            table: references,
            referenced,
        })
    };
    let all = table.constraints.values().filter(|it| it.kind == "foreign key");
    let mut keys: Vec<ForeignKey> = all.filter_map(key).collect();
    keys.sort_by_key(|key| std::cmp::Reverse(key.columns.len()));
    keys
}

/// The columns in `FOREIGN KEY (a) REFERENCES public.t(id) ON DELETE CASCADE`.
fn referenced_columns(definition: &str) -> Vec<String> {
    let tokens: Vec<Token> =
        Lexer::new(definition).filter(|token| !token.kind.is_trivia()).collect();
    let is = |token: &Token, word: &str| token.text(definition).eq_ignore_ascii_case(word);
    let rest = tokens.iter().skip_while(|token| !is(token, "REFERENCES"));
    let inside =
        rest.skip_while(|token| !is(token, "(")).skip(1).take_while(|token| !is(token, ")"));
    inside.filter_map(|token| ident::of(definition, *token)).collect()
}

/// How the rows of a table are told apart by a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Apart {
    /// Each row has a value of its own.
    ByItself,
    /// The first of two columns that do it together.
    First,
    /// The second of them.
    Second,
}

/// The columns that have to differ from row to row, alone or in pairs, so that no unique index refuses a row.
pub(super) fn apart(
    table: &Relation,
    is_left_out: impl Fn(&str) -> bool,
) -> BTreeMap<String, Apart> {
    let foreign: Vec<ForeignKey> = foreign_keys(table);
    let is_foreign = |name: &str| foreign.iter().any(|key| key.columns.iter().any(|it| it == name));
    let mut found: BTreeMap<String, Apart> = BTreeMap::new();
    for index in table.indexes.values().filter(|index| index.unique) {
        // Of an expression, the columns in it; a generated column is one, too.
        let mut columns: Vec<&str> = Vec::new();
        for key in &index.keys {
            let text = generated(table, key).unwrap_or(key);
            let inside = table.columns.iter().filter(|it| it.generated.is_none());
            columns.extend(inside.map(|it| it.name.as_str()).filter(|name| has_word(text, name)));
        }
        if columns
            .iter()
            .any(|name| is_left_out(name) || found.get(*name) == Some(&Apart::ByItself))
        {
            continue;
        }
        let is_wide = |name: &str| {
            let column = table.columns.iter().find(|it| it.name == name);
            column.is_some_and(|it| !is_narrow(&it.data_type)) && !is_foreign(name)
        };
        match columns.as_slice() {
            [] => {}
            [only] => drop(found.insert((*only).to_owned(), Apart::ByItself)),
            [first, .., last] => match columns.iter().find(|name| is_wide(name)) {
                Some(wide) => drop(found.insert((*wide).to_owned(), Apart::ByItself)),
                None => {
                    found.entry((*first).to_owned()).or_insert(Apart::First);
                    found.entry((*last).to_owned()).or_insert(Apart::Second);
                }
            },
        }
    }
    // Ranges that must not overlap.
    for constraint in table.constraints.values().filter(|it| it.kind == "exclusion") {
        for column in &table.columns {
            if column.data_type.contains("range") && has_word(&constraint.definition, &column.name)
            {
                found.insert(column.name.clone(), Apart::ByItself);
            }
        }
    }
    found
}

/// The expression of a generated column.
fn generated<'t>(table: &'t Relation, key: &str) -> Option<&'t str> {
    let column = table.columns.iter().find(|it| it.name == key && it.generated.is_some())?;
    column.default.as_deref()
}

/// Whether a type has few values: it can't tell many rows apart.
fn is_narrow(data_type: &str) -> bool {
    let wide = [
        "text", "char", "int", "numeric", "uuid", "date", "time", "double", "real", "citext",
        "bytea", "inet", "range",
    ];
    data_type.ends_with(']') || !wide.iter().any(|word| data_type.contains(word))
}

/// The `nth` pair of numbers: (0,0), (0,1), (1,0), (0,2), …; among the first fifty none is over nine.
pub(super) fn pair(nth: usize) -> (usize, usize) {
    let mut diagonal = 0;
    let mut left = nth;
    while left > diagonal {
        left -= diagonal + 1;
        diagonal += 1;
    }
    (left, diagonal - left)
}

/// Tables to fill, each after those that it refers to. Where tables refer to each other in a circle, one comes first whose
/// keys may be NULL.
pub(super) fn in_order(catalog: &Catalog, tables: Vec<Name>) -> Vec<Name> {
    let needs = |name: &Name| -> Vec<(Name, bool)> {
        let Some(relation) = catalog.relations.get(name) else { return Vec::new() };
        let is_needed =
            |column: &String| relation.columns.iter().any(|it| it.name == *column && it.not_null);
        let keys = foreign_keys(relation).into_iter();
        let others = keys.map(|key| (key.table, key.columns.iter().all(is_needed)));
        others.filter(|(other, _)| other != name && tables.contains(other)).collect()
    };
    let mut left: Vec<(Name, Vec<(Name, bool)>)> =
        tables.iter().map(|name| (name.clone(), needs(name))).collect();
    let mut order: Vec<Name> = Vec::new();
    while !left.is_empty() {
        let is_there = |(other, _): &(Name, bool)| order.contains(other);
        let ready = left.iter().position(|(_, needs)| needs.iter().all(is_there)).or_else(|| {
            let may_begin = |need: &(Name, bool)| !need.1 || is_there(need);
            left.iter().position(|(_, needs)| needs.iter().all(may_begin))
        });
        let (name, _) = left.remove(ready.unwrap_or_default());
        order.push(name);
    }
    order
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn referenced_columns_are_read() {
        let check = |definition: &str, expected: &[&str]| {
            assert_eq!(referenced_columns(definition), expected, "{definition}");
        };
        check("FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE", &["id"]);
        check("FOREIGN KEY (a, b) REFERENCES \"My\".\"T(x)\"(\"A\", b) MATCH FULL", &["A", "b"]);
    }

    #[test]
    fn pairs_are_small_and_differ() {
        let pairs: BTreeSet<_> = (0..50).map(pair).collect();
        assert_eq!(pairs.len(), 50);
        assert!(pairs.iter().all(|(one, other)| *one <= 9 && *other <= 9), "{pairs:?}");
    }
}
