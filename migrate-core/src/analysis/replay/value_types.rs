//! Checks whether values match types: defaults, changes of a column's type, and the columns of
//! foreign keys.

use super::state::{ReplayState, Target};
use crate::analysis::facts::Context;
use crate::analysis::literals;
use crate::analysis::model::{DependencyKind, Detail, GENERATED, Id, ObjectKind};
use crate::analysis::names::Ident;
use crate::analysis::statement::TypeName;
use crate::analysis::type_facts::{is_assigned, is_text, may_refer, plain};
use crate::analysis::typing::ValueType;
use crate::chain::problem::Problem;
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::source::Span;

/// The name of a default that is a single string. The name of another constant is its type.
const LITERAL: &str = "literal";

/// The type of a column, as far as its conversions are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    /// A built-in type.
    BuiltIn(&'static str),
    /// An array of a built-in type.
    Array,
    Enum(Id),
}

impl ReplayState {
    pub(super) fn value_kind(&self, column: Id) -> Option<ValueKind> {
        let object = self.model.get(column)?;
        let Detail::Column { kind: Some(shown), .. } = &object.detail else { return None };
        let is_type = |id: &Id| self.class(*id).is_some_and(ObjectKind::is_type);
        let own = object.dependencies.iter().find(|need| is_type(&need.on));
        let is_known = self.model.is_sure(column) && !object.is_old;
        match own {
            _ if !is_known => None,
            Some(need) => {
                let is_enum = need.how == DependencyKind::Normal
                    && self.class(need.on) == Some(ObjectKind::Enum);
                (is_enum && !shown.ends_with("[]")).then_some(ValueKind::Enum(need.on))
            }
            None => of_shown(shown),
        }
    }

    /// The kind of a type as written.
    fn written_kind(&self, written: &TypeName, own: Option<Id>) -> Option<ValueKind> {
        match own {
            Some(id) if self.class(id) == Some(ObjectKind::Enum) && self.model.is_sure(id) => {
                (!written.is_array).then_some(ValueKind::Enum(id))
            }
            Some(_) => None,
            None if written.of_column => None,
            None => of_shown(&written.shown()),
        }
    }

    fn shown_kind(&self, kind: ValueKind) -> String {
        match kind {
            ValueKind::BuiltIn(name) => name.to_owned(),
            ValueKind::Array => "an array".to_owned(),
            ValueKind::Enum(id) => self.model.shown(id),
        }
    }

    /// Checks that a default is a value of its column's type, as far as a constant shows that.
    pub(super) fn default_fits(&mut self, column: Id, text: &Cursor<'_>) {
        let Some(kind) = self.value_kind(column) else { return };
        let mut rest = *text;
        if let Some((value, span)) = rest.string() {
            if rest.is_empty() {
                self.literal_fits(kind, &value, span);
            }
            return;
        }
        let Some(constant) = constant(text).filter(|_| !self.has_casts) else {
            return self.computed_default_fits(column, text);
        };
        let fits = match kind {
            ValueKind::BuiltIn(name) => is_assigned(constant, name),
            ValueKind::Array | ValueKind::Enum(_) => false,
        };
        if !fits {
            let (shown, column) = (self.shown_kind(kind), self.model.shown(column));
            let message =
                format!("the default of column `{column}` is of type `{constant}`, not `{shown}`");
            self.mismatch(message, "write a value of the column's type", text.span());
        }
    }

    /// Checks the type of a default that is computed.
    fn computed_default_fits(&mut self, column: Id, text: &Cursor<'_>) {
        let (to, from) = (ValueType::of_column(&self.model, column), self.kind_of_default(text));
        if !from.converts(to, Context::Assignment) {
            let (from, to) = (from.shown(&self.model), to.shown(&self.model));
            let column = self.model.shown(column);
            let message =
                format!("the default of column `{column}` is of type `{from}`, not `{to}`");
            self.mismatch(message, "write a value of the column's type", text.span());
        }
    }

    fn literal_fits(&mut self, kind: ValueKind, value: &str, span: Span) {
        let refused = match kind {
            ValueKind::BuiltIn(name) => literals::is_refused(name, value),
            ValueKind::Array => literals::is_no_array(value),
            ValueKind::Enum(id) => {
                let is_old = self.model.get(id).is_none_or(|object| object.is_old);
                if !is_old {
                    self.must_have_value(id, value, span);
                }
                return;
            }
        };
        if refused {
            let message = match kind {
                ValueKind::Array => {
                    format!("`'{value}'` is not an array; an empty one is `'{{}}'`")
                }
                _ => {
                    format!("`'{value}'` is not a valid value of type `{}`", self.shown_kind(kind))
                }
            };
            self.mismatch(message, "write a value of the column's type", span);
        }
    }

    /// Checks a change of a column's type: its values and its default must be convertible, with
    /// `USING` or without.
    pub(super) fn type_fits(
        &mut self,
        column: Id,
        name: &Ident,
        to: &TypeName,
        own: Option<Id>,
        has_using: bool,
    ) {
        let (Some(before), Some(after)) = (self.value_kind(column), self.written_kind(to, own))
        else {
            return self.forget_literal(column, name.span);
        };
        let shown = self.model.shown(column);
        let (from, into) = (self.shown_kind(before), to.shown());
        let default = self.constant_default(column, before);
        let lost = default.filter(|default| !self.has_casts && !is_cast(*default, after));
        let anew = || {
            format!(
                "drop the default before and set it again, in the same statement: `ALTER COLUMN {name} DROP \
                 DEFAULT, ALTER COLUMN {name} TYPE {into} USING {name}::{into}, ALTER COLUMN {name} SET DEFAULT …`"
            )
        };
        if !has_using && !self.has_casts && !is_cast(before, after) {
            let message =
                format!("column `{shown}` can't be cast from `{from}` to `{into}` automatically");
            let instead = match lost {
                Some(_) => anew(),
                None => format!("say how, for example: `USING {name}::{into}`"),
            };
            return self.mismatch(message, &instead, to.span);
        }
        if let Some(default) = lost {
            let default = self.shown_kind(default);
            let message = format!(
                "the default of column `{shown}` can't be cast from `{default}` to `{into}` automatically"
            );
            return self.mismatch(message, &anew(), to.span);
        }
        self.forget_literal(column, name.span);
    }

    /// Checks that the new values of `USING` can be assigned to the new type.
    pub(super) fn using_fits(
        &mut self,
        table: Target,
        name: &Ident,
        using: &Cursor<'_>,
        to: &TypeName,
    ) {
        // Another column may have changed in the same statement, of which the server sees nothing
        // here.
        let (named, is_clear) = self.columns_in(table.id, using);
        let is_other = |id: &Id| self.model.get(*id).is_none_or(|column| column.name != name.text);
        if !is_clear || named.iter().any(is_other) {
            return;
        }
        let from = self.kind_of_using(table, using);
        let to = ValueType::written(&mut self.model, to);
        if !from.converts(to, Context::Assignment) {
            let (from, to) = (from.shown(&self.model), to.shown(&self.model));
            let message = format!(
                "the result of `USING` for column `{name}` is of type `{from}`, not `{to}`"
            );
            self.mismatch(message, &format!("cast it: `USING (…)::{to}`"), using.span());
        }
    }

    /// The type of a column's default, if it is a constant.
    fn constant_default(&self, column: Id, kind: ValueKind) -> Option<ValueKind> {
        let defaults = self.model.parts(column, |class| class == ObjectKind::Default);
        let [default] = defaults.as_slice() else { return None };
        let name = &*self.model.get(*default)?.name;
        let found = if name == LITERAL { Some(kind) } else { plain(name).map(ValueKind::BuiltIn) };
        found.filter(|_| self.model.is_sure(*default))
    }

    /// Forgets the text of a string default, once it has been cast.
    fn forget_literal(&mut self, column: Id, span: Span) {
        let place = self.place(span);
        for id in self.model.parts(column, |class| class == ObjectKind::Default) {
            if self.model.get(id).is_some_and(|default| &*default.name != GENERATED) {
                self.model.change(id, place, |default| default.name = "".into());
            }
        }
    }

    /// Checks that the types of a foreign key's columns match those of the referenced key.
    pub(super) fn keys_fit(&mut self, own: &[Id], key: &[Id], span: Span) {
        for (own, key) in own.iter().zip(key) {
            let kinds = (self.value_kind(*own), self.value_kind(*key));
            let (Some(one), Some(other)) = kinds else { continue };
            let fits = match (one, other) {
                _ if one == other || self.has_casts => true,
                (ValueKind::BuiltIn(one), ValueKind::BuiltIn(other)) => may_refer(one, other),
                (ValueKind::Enum(_), ValueKind::Enum(_) | ValueKind::BuiltIn(_))
                | (ValueKind::BuiltIn(_), ValueKind::Enum(_)) => false,
                _ => true,
            };
            if !fits {
                let (one, other) = (self.shown_kind(one), self.shown_kind(other));
                let (own, shown) = (self.model.shown(*own), self.model.shown(*key));
                let message = format!(
                    "a foreign key can't refer from `{own}` (`{one}`) to `{shown}` (`{other}`)"
                );
                let place = self.model.get(*key).map(|key| key.place);
                self.mismatch(message, "give both columns the same type", span);
                if let Some(place) = place {
                    self.add_related(place, "declared here");
                }
                return;
            }
        }
    }

    fn mismatch(&mut self, message: String, instead: &str, span: Span) {
        let instead = instead.to_owned();
        self.report(Problem::TypeMismatch { message, instead }, span, "");
    }
}

/// The name of a default. A constant is known by its type, which is what matters for a change of
/// the column's type.
pub(super) fn default_name(text: &Cursor<'_>) -> &'static str {
    let is_string = |token: Token| token.kind == TokenKind::String;
    match text.tokens() {
        [one] if is_string(*one) => LITERAL,
        _ => constant(text).unwrap_or(""),
    }
}

fn is_cast(before: ValueKind, after: ValueKind) -> bool {
    match (before, after) {
        _ if before == after => true,
        (ValueKind::BuiltIn(before), ValueKind::BuiltIn(after)) => is_assigned(before, after),
        (_, ValueKind::BuiltIn(after)) => is_text(after),
        _ => false,
    }
}

fn of_shown(shown: &str) -> Option<ValueKind> {
    match shown.strip_suffix("[]") {
        Some(base) => plain(base).map(|_| ValueKind::Array),
        None => plain(shown).map(ValueKind::BuiltIn),
    }
}

/// The type of a constant that is not a string.
fn constant(text: &Cursor<'_>) -> Option<&'static str> {
    let mut rest = *text;
    if rest.len() == 1 && rest.is_any(0, &["true", "false"]) {
        return Some("boolean");
    }
    let _ = rest.take_sign("-") || rest.take_sign("+");
    let number = rest.next().filter(|token| token.kind == TokenKind::Number && rest.is_empty())?;
    let digits = rest.text(number);
    let is_plain = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    if !digits.bytes().all(is_plain) {
        return None;
    }
    Some(match digits.parse::<u64>() {
        _ if digits.contains('.') => "numeric",
        Ok(value) if value <= 2_147_483_647 => "integer",
        Ok(value) if value <= 9_223_372_036_854_775_807 => "bigint",
        _ => "numeric",
    })
}
