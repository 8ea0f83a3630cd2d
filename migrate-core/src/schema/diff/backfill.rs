//! Adds a NOT NULL column whose default differs for each row. PostgreSQL would rewrite the table under an exclusive lock,
//! so the column is added without it and filled afterwards.

use super::{Draft, Phase, mentions};
use crate::schema::catalog::{Column, Name};
use crate::syntax::table_locks::VOLATILE;

impl Draft<'_> {
    /// Is this new column of a table that stays added without its default, and filled later?
    pub(super) fn is_filled_later(&self, table: &Name, key: &[String], it: &Column) -> bool {
        let plain =
            it.generated.is_none() && it.identity.is_none() && it.not_null_options.is_none();
        let default = it.default.as_deref().unwrap_or_default();
        let owner = (table.clone(), it.name.clone());
        // A serial column counts from its first row on.
        let mut sequences = self.to.sequences.values();
        let counts = sequences.any(|sequence| sequence.owned_by.as_ref() == Some(&owner));
        plain && it.not_null && !counts && !key.contains(&it.name) && self.is_volatile(default)
    }

    /// May an expression give another value for each row?
    pub(super) fn is_volatile(&self, expression: &str) -> bool {
        calls_volatile(expression) || self.calls_own_volatile(expression)
    }

    /// Does an expression call a function of this database that may give something else each time?
    fn calls_own_volatile(&self, expression: &str) -> bool {
        self.to.routines.iter().any(|(name, it)| {
            let declared = ["IMMUTABLE", "STABLE"].iter().any(|word| it.definition.contains(word));
            !declared && mentions::mentions(expression, &Name::new(&*name.schema, &*name.name))
        })
    }

    /// Fills the rows that were there before the column was, if it was added without its default; tells
    /// whether it was.
    pub(super) fn fill(&mut self, table: &Name, before: &Column, after: &Column) -> bool {
        let is_new = self.online && before.default.is_none() && before.generated.is_none();
        if !is_new || after.default.is_none() {
            return false;
        }
        let (table, column) = (mentions::name(table), mentions::ident(&after.name));
        let batch = format!(
            "UPDATE {table} SET {column} = DEFAULT WHERE ctid = ANY (ARRAY (SELECT ctid FROM {table} \
             WHERE {column} IS NULL LIMIT 5000))"
        );
        let caution = format!(
            "fills the rows that are there in one statement. For a large table, repeat this instead until \
             no row is changed: {batch}"
        );
        let sql = format!("UPDATE {table} SET {column} = DEFAULT WHERE {column} IS NULL");
        self.careful(Phase::Columns, sql, Some(caution));
        true
    }
}

/// Does an expression call a function of the server that gives another value for each row?
fn calls_volatile(expression: &str) -> bool {
    VOLATILE.iter().any(|name| {
        expression.contains(&format!("{name}(")) && mentions::has_word(expression, name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_that_are_another_for_each_row() {
        let check = |expression: &str, expected: bool| {
            assert_eq!(calls_volatile(expression), expected, "{expression}");
        };
        check("gen_random_uuid()", true);
        check("(random() * (6)::double precision)", true);
        check("public.uuid_generate_v4()", true);
        check("now()", false);
        check("'random()'::text", true);
        check("my_random()", false);
        check("0", false);
    }
}
