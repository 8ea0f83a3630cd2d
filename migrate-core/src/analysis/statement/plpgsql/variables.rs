//! Tracks variables: which ones are in scope, and what is assigned to them.

use std::rc::Rc;

use super::reader::{Read, Reader};
use crate::analysis::names::Ident;
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::TokenKind;
use crate::syntax::source::Span;

impl<'s> Reader<'s, '_> {
    /// Whether a variable of this name certainly is out of scope.
    pub(super) fn is_out_of_scope(&self, name: &Ident) -> bool {
        let Some(own) = &self.setting.variables else { return false };
        let is_own = |known: &Rc<str>| *known == name.text;
        let is_given = name.text.starts_with("tg_")
            || matches!(&*name.text, "found" | "new" | "old" | "sqlstate" | "sqlerrm");
        !is_given && !own.iter().any(is_own) && !self.visible.iter().any(is_own)
    }

    /// Checks that an assigned variable exists.
    pub(super) fn variable(&self, name: &Ident) -> Read<()> {
        if !self.is_out_of_scope(name) {
            return Ok(());
        }
        let own = self.setting.variables.iter().flatten();
        let known: Vec<&str> = own.chain(&self.visible).map(AsRef::as_ref).collect();
        let suggestion = crate::syntax::suggest::did_you_mean(&name.text, known);
        self.refuse_missing(format!("variable `{name}`"), suggestion, name.span)
    }

    /// Records variables that get an unknown value: those after an `INTO`, and all that `CALL` and
    /// `GET DIAGNOSTICS` name. Returns the position of the PL/pgSQL `INTO`, which is not part of
    /// the SQL.
    pub(super) fn into(&mut self, one: &Cursor<'s>) -> Read<Option<Span>> {
        if one.is_any(0, &["call", "get", "fetch", "move"]) {
            self.assignments.extend(one.idents().map(|name| (name.text, None)));
        }
        let mut without = None;
        let (mut rest, mut is_table) = (*one, one.is(0, "import"));
        while let Some(token) = rest.token(0) {
            if !rest.take(&["into"]) {
                is_table = one.is(0, "import") || rest.is_any(0, &["insert", "merge"]);
                rest.skip(1);
                continue;
            }
            rest.take(&["strict"]);
            let mut end = token;
            while let Some(first) = rest.token(0) {
                let mut target = rest;
                if first.kind == TokenKind::Parameter {
                    target.skip(1);
                } else {
                    let Some(name) = target.name() else { break };
                    if let ([one], false) = (&name.parts[..], is_table) {
                        self.variable(one)?;
                    }
                    self.assignments.extend(name.parts.into_iter().map(|part| (part.text, None)));
                }
                end = target.since(rest).tokens().last().copied().unwrap_or(first);
                rest = target;
                if !rest.take_sign(",") {
                    break;
                }
            }
            if !is_table && without.is_none() {
                without = Some(token.span.to(end.span));
            }
        }
        Ok(without)
    }
}
