//! Access methods, and the column types for which they have a default operator class.

use super::state::ReplayState;
use super::value_types::ValueKind;
use crate::analysis::model::Id;
use crate::analysis::names::Ident;
use crate::analysis::type_facts::{METHODS, has_class};
use crate::chain::problem::Problem;
use crate::syntax::cursor::Cursor;
use crate::syntax::source::Span;
use crate::syntax::suggest::slip_of;

impl ReplayState {
    /// The access method of an index, if it is built in. A typo is reported. Other methods may
    /// belong to an extension.
    pub(super) fn access_method(&mut self, written: Option<&Ident>) -> Option<&'static str> {
        let Some(name) = written else { return Some("btree") };
        let known = METHODS.into_iter().find(|known| **known == *name.text);
        // The server reads `rtree` as `gist`.
        if known.is_some() || &*name.text == "rtree" || self.methods.contains(&name.text) {
            return known;
        }
        if let Some(suggestion) = slip_of(&name.text, METHODS) {
            let (what, suggestion) =
                (format!("access method `{name}`"), Some(suggestion.to_owned()));
            self.report(Problem::Missing { what, suggestion }, name.span, "not there");
        }
        None
    }

    /// Checks that a key without an operator class has a default one for its type.
    pub(super) fn has_default_class(&mut self, method: &str, column: Id, span: Span) -> bool {
        let Some(ValueKind::BuiltIn(kind)) = self.value_kind(column) else { return true };
        if has_class(method, kind) || self.with_classes.contains(method) {
            return true;
        }
        let instead = match (method, kind) {
            ("gin", "text" | "character varying" | "character") => {
                "name an operator class, for example `gin_trgm_ops` of the extension `pg_trgm`; or create the \
                 extension `btree_gin` in the chain"
            }
            ("btree" | "hash", "json") => {
                "use `jsonb`, or index an expression such as `(column ->> 'key')`"
            }
            (_, "json") => "use `jsonb`",
            ("btree" | "hash", "point" | "box" | "circle" | "polygon") => "use `USING gist`",
            _ => {
                "use another access method, or name an operator class behind the column; where an extension \
                 brings a default one, say so above the statement: `-- migrate:allow(no-operator-class): why`"
            }
        };
        let (kind, method) = (kind.to_owned(), method.to_owned());
        let problem = Problem::NoOperatorClass { kind, method, instead: instead.to_owned() };
        self.report(problem, span, "");
        false
    }

    /// Records statements that add casts, operator classes and access methods.
    pub(super) fn note_methods(&mut self, all: &Cursor<'_>) {
        let mut rest = *all;
        if rest.take(&["create", "access", "method"]) {
            self.methods.extend(rest.ident().map(|name| name.text));
        } else if rest.take(&["create", "operator", "class"]) {
            let method = rest.after(&["using"]).and_then(|mut rest| rest.ident());
            self.with_classes.extend(method.map(|name| name.text));
        } else if rest.take(&["create", "cast"]) {
            self.has_casts = true;
        }
    }

    /// The same for an extension.
    pub(super) fn note_classes_of(&mut self, extension: &str, is_known: bool) {
        let methods: &[&str] = match extension {
            "btree_gin" => &["gin"],
            "btree_gist" | "intarray" => &["gist"],
            _ if is_known => &[],
            _ => &METHODS,
        };
        self.with_classes.extend(methods.iter().map(|method| (*method).into()));
        self.has_casts |= !is_known;
    }
}
