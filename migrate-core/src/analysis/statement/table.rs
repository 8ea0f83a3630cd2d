//! Parses `CREATE TABLE` in all its forms.

use super::parts::{Element, column, is_table_constraint, table_constraint};
use super::{CreateTable, Statement};
use crate::syntax::cursor::Cursor;

/// Parses what follows `CREATE … TABLE`.
pub(super) fn create<'s>(
    cursor: &mut Cursor<'s>,
    temporary: bool,
    foreign: bool,
) -> Option<Statement<'s>> {
    let if_not_exists = cursor.take(&["if", "not", "exists"]);
    let name = cursor.name()?;
    let mut table = CreateTable {
        name,
        temporary,
        if_not_exists,
        elements: Vec::new(),
        inherits: Vec::new(),
        partition_of: None,
        of_type: None,
        partitioned: false,
        foreign,
        is_clear: true,
    };
    if let Some(query) = cursor.after(&["as"]) {
        let name = table.name;
        let columns = cursor.column_list().unwrap_or_default();
        return Some(Statement::CreateTableAs { name, temporary, if_not_exists, columns, query });
    }
    let mut may_lack_type = false;
    if cursor.take(&["partition", "of"]) {
        table.partition_of = Some(cursor.name()?);
        may_lack_type = true;
    } else if cursor.take(&["of"]) {
        table.of_type = Some(cursor.name()?);
        may_lack_type = true;
        table.is_clear = false;
    }
    if let Some(inner) = cursor.parentheses() {
        for part in inner.split() {
            match element(part, may_lack_type) {
                Some(element) => table.elements.push(element),
                None => table.is_clear = false,
            }
        }
    }
    if cursor.take(&["inherits"]) {
        let mut inner = cursor.parentheses()?;
        if !inner.is_empty() {
            table.inherits = inner.names()?;
        }
    }
    table.partitioned = cursor.has(&["partition", "by"]);
    Some(Statement::CreateTable(table))
}

fn element(mut part: Cursor<'_>, may_lack_type: bool) -> Option<Element<'_>> {
    if part.is(0, "like") && part.token(1).is_some_and(|next| part.ident_of(next).is_some()) {
        part.skip(1);
        let source = part.name()?;
        let mut including = Vec::new();
        while !part.is_empty() {
            let with = part.is(0, "including");
            part.take_any(&[&["including"], &["excluding"]]).then_some(())?;
            let option = part.ident()?;
            match with {
                true => including.push(option),
                // `INCLUDING ALL` with exceptions is not supported here.
                false if including.iter().any(|known| &*known.text == "all") => return None,
                false => including.retain(|known| known.text != option.text),
            }
        }
        return Some(Element::Like { source, including });
    }
    if is_table_constraint(&part) {
        let constraint = table_constraint(&mut part)?;
        return part.is_empty().then_some(Element::Constraint(constraint));
    }
    let column = column(&mut part, may_lack_type)?;
    part.is_empty().then_some(Element::Column(column))
}
