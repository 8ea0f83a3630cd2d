//! Replays index statements.

use std::rc::Rc;

use super::columns::Chosen;
use super::creation::NameStatus;
use super::queries::Role;
use super::state::{ReplayState, Target, is_system_column};
use crate::analysis::model::{DependencyKind, Detail, Id, Lookup, Namespace, Object, ObjectKind};
use crate::analysis::names::{LONGEST, joined};
use crate::analysis::statement::{CreateIndex, Key};
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::TokenKind;

impl ReplayState {
    pub(super) fn create_index(&mut self, index: &CreateIndex<'_>) {
        let Some(table) = self.relation(&index.table, "table", false) else { return };
        let Some(schema) = self.model.get(table.id).and_then(|table| table.home) else { return };
        if self.model.is_sure(table.id)
            && matches!(
                table.class,
                ObjectKind::View | ObjectKind::Index | ObjectKind::Sequence | ObjectKind::Composite
            )
        {
            return self.wrong_kind(table.id, "table", index.table.span());
        }
        let method = self.access_method(index.method.as_ref());
        let mut is_old = false;
        if let Some(name) = &index.name {
            match self.free_in(
                ObjectKind::Index,
                schema,
                &name.text,
                name.span,
                index.if_not_exists,
            ) {
                NameStatus::Yes(_, old) => is_old = old,
                NameStatus::Skip => return,
            }
        }
        let (keys, whole, names) = self.index_keys(table, index);
        if let Some(method) = method {
            for name in index.keys.iter().zip(&index.with_class).filter_map(|(key, with)| match key
            {
                Key::Column(name) if !with => Some(name),
                _ => None,
            }) {
                let column = self.model.find(Namespace::Column, Some(table.id), &name.text);
                if let Lookup::Yes(column) = column {
                    self.has_default_class(method, column, name.span);
                }
            }
        }
        let partitioned = match self.model.get(table.id).map(|table| &table.detail) {
            Some(Detail::Table { partitioned, .. }) => *partitioned,
            _ => false,
        };
        if partitioned {
            self.invalidate_children(table.id);
        }
        let chosen = match (&index.name, names) {
            (Some(name), _) => Chosen { name: name.text.clone(), is_sure: true },
            (None, Some(names)) => {
                let Some(table_name) = self.model.get(table.id).map(|t| t.name.clone()) else {
                    return;
                };
                self.choose(schema, &table_name, &names, "idx", false)
            }
            (None, None) => {
                if let Some(name) = self.model.get(table.id).map(|table| table.name.clone()) {
                    self.model.invalidate_prefix(&name);
                }
                return;
            }
        };
        let place = self.place(index.name.as_ref().map_or(index.span, |name| name.span));
        let plain = index.keys.iter().all(|key| matches!(key, Key::Column(_)));
        let is_key = index.unique && index.predicate.is_none() && plain;
        let detail = Detail::Index { columns: (whole && plain).then(|| keys.clone()), is_key };
        let mut object =
            Object::new(ObjectKind::Index, chosen.name, Some(schema), place).with(detail);
        (object.is_certain, object.is_old) = (chosen.is_sure, is_old);
        object.table = Some(table.id);
        object.need(table.id, DependencyKind::Auto);
        for id in keys {
            object.need(id, DependencyKind::Auto);
        }
        for column in &index.include {
            if let Some(id) = self.column(table, column) {
                object.need(id, DependencyKind::Auto);
            }
        }
        let expressions = index.keys.iter().filter_map(|key| match key {
            Key::Expression(text) => Some(text),
            Key::Column(_) => None,
        });
        for text in expressions.chain(&index.predicate) {
            self.check_expression(table, text, Role::Immutable);
            self.expression(table, &mut object, text);
        }
        self.model.add(object);
    }

    /// The columns that the keys cover, whether these are all, and their part of a server-chosen
    /// name, if known.
    fn index_keys(
        &mut self,
        table: Target,
        index: &CreateIndex<'_>,
    ) -> (Vec<Id>, bool, Option<String>) {
        let (mut ids, mut whole, mut named) = (Vec::new(), true, true);
        let mut names: Vec<Rc<str>> = Vec::new();
        let add = |names: &mut Vec<Rc<str>>, name: &str| {
            let mut numbered: Rc<str> = name.into();
            let mut number = 0;
            while names.contains(&numbered) {
                number += 1;
                let digits = number.to_string();
                let room = LONGEST.saturating_sub(digits.len()).min(name.len());
                numbered = format!("{}{digits}", &name[..name.floor_char_boundary(room)]).into();
            }
            names.push(numbered);
        };
        for key in &index.keys {
            match key {
                Key::Column(name) => {
                    if is_system_column(&name.text) {
                        continue;
                    }
                    match self.column(table, name) {
                        Some(id) => ids.push(id),
                        None => whole = false,
                    }
                    add(&mut names, &name.text);
                }
                Key::Expression(text) => match expression_name(text) {
                    Some(name) => add(&mut names, &name),
                    None => named = false,
                },
            }
        }
        for column in &index.include {
            add(&mut names, &column.text);
        }
        let joined = joined(names.iter().map(AsRef::as_ref));
        (ids, whole, named.then_some(joined))
    }

    /// Adds the dependencies of an expression of a table.
    pub(super) fn expression(&mut self, table: Target, object: &mut Object, text: &Cursor<'_>) {
        let (columns, _) = self.columns_in(table.id, text);
        for id in columns {
            object.need(id, DependencyKind::Auto);
        }
        // Words that may be columns of the table.
        for ident in text.idents() {
            if let Lookup::Yes(id) | Lookup::Unknown(Some(id)) =
                self.model.find(Namespace::Column, Some(table.id), &ident.text)
                && !object.dependencies.iter().any(|need| need.on == id)
            {
                object.need(id, DependencyKind::Guess);
            }
        }
        self.guess(object, text);
    }
}

/// The word that the server uses for an expression in the name of an index, where that is clear:
/// `lower` for `lower(a)`, and `expr` for an operator.
fn expression_name(text: &Cursor<'_>) -> Option<String> {
    let mut rest = *text;
    if let Some(inner) = rest.parentheses() {
        return if rest.is_empty() { expression_name(&inner) } else { operation(text) };
    }
    let mut rest = *text;
    if let Some(name) = rest.name()
        && rest.parentheses().is_some()
        && rest.is_empty()
    {
        // These have special syntax, and the server implements them by functions with other names.
        let is_other = matches!(
            name.last(),
            "trim" | "cast" | "xmlforest" | "xmlelement" | "normalize" | "treat" | "collation"
        );
        return (!is_other).then(|| name.last().to_owned());
    }
    operation(text)
}

/// `expr`, if the top level of the expression is an operation other than a cast or a collation.
fn operation(text: &Cursor<'_>) -> Option<String> {
    let (mut depth, mut rest) = (0, *text);
    while let Some(token) = rest.token(0) {
        let is_word = rest.is_any(0, &["and", "or", "not", "like", "ilike", "is"]);
        let is_sign = token.kind == TokenKind::Operator && rest.text(token) != "::";
        if depth == 0 && (is_word || is_sign) && !text.has(&["at", "time"]) && !text.is(0, "case") {
            return Some("expr".to_owned());
        }
        depth = rest.deeper(depth, token);
        rest.skip(1);
    }
    None
}
