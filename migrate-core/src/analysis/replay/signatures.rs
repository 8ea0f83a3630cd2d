//! Distinguishes overloads of a routine by the types of their arguments, in any spelling.

use std::rc::Rc;

use super::state::ReplayState;
use crate::analysis::model::{ArgumentType, Detail, Id, Lookup, Namespace, ObjectKind};
use crate::analysis::names::Name;
use crate::analysis::statement::{Argument, TypeName, canonical, is_built_in};

impl ReplayState {
    /// The argument types that distinguish a routine from its overloads; `None` if they are
    /// unclear.
    pub(super) fn argument_types(
        &mut self,
        arguments: Option<&[Argument]>,
    ) -> Option<Vec<ArgumentType>> {
        let mut types = Vec::new();
        for argument in arguments? {
            if argument.is_out {
                return None;
            }
            types.push(self.argument_type(&argument.kind)?);
        }
        Some(types)
    }

    pub(super) fn argument_type(&mut self, kind: &TypeName) -> Option<ArgumentType> {
        let shown = |name: &str| {
            let array = if kind.is_array { "[]" } else { "" };
            ArgumentType::Other(format!("{name}{array}").into())
        };
        if kind.of_column {
            return self.type_of_column(&kind.name).map(|base| shown(&base));
        }
        let name = &kind.name;
        let schema = name.schema().map(|schema| schema.text.clone());
        // `_int4` is the server's internal name for `int4[]`.
        let is_own_schema = schema.as_deref().is_none_or(|schema| schema == "pg_catalog");
        if let Some(base) = name.last().strip_prefix('_')
            && is_own_schema
            && is_built_in(canonical(base))
        {
            return Some(ArgumentType::Other(format!("{}[]", canonical(base)).into()));
        }
        if schema.as_deref() == Some("pg_catalog") {
            return Some(shown(canonical(name.last())));
        }
        if name.parts.len() == 1 && (name.last().contains(' ') || is_built_in(name.last())) {
            return Some(shown(name.last()));
        }
        let own = match self.model.resolve(Namespace::Type, name).id() {
            Some(id) => Some(id),
            None => self.model.resolve(Namespace::Relation, name).id(),
        };
        Some(own.map_or_else(|| shown(name.last()), |id| ArgumentType::Own(id, kind.is_array)))
    }

    /// Resolves `table.column%TYPE`, if it is a built-in type.
    fn type_of_column(&mut self, name: &Name) -> Option<String> {
        let (column, table) = name.parts.split_last()?;
        let table = Name { parts: table.to_vec() };
        if table.parts.is_empty() {
            return None;
        }
        let Lookup::Yes(table) = self.model.resolve(Namespace::Relation, &table) else {
            return None;
        };
        let found = self.model.find(Namespace::Column, Some(table), &column.text);
        let Lookup::Yes(column) = found else { return None };
        match &self.model.get(column)?.detail {
            // Modifiers are not part of the type.
            Detail::Column { kind: Some(kind), .. } if is_built_in(kind) => {
                let start = kind.find('(').unwrap_or(kind.len());
                let end = kind.find(')').map_or(kind.len(), |at| at + 1);
                Some(format!("{}{}", &kind[..start], &kind[end..]))
            }
            _ => None,
        }
    }

    pub(super) fn signature(&self, name: &str, types: &[ArgumentType]) -> String {
        let shown = |kind: &ArgumentType| match kind {
            ArgumentType::Own(id, true) => format!("{}[]", self.model.shown(*id)),
            ArgumentType::Own(id, false) => self.model.shown(*id),
            ArgumentType::Other(text) => text.to_string(),
        };
        let types: Vec<String> = types.iter().map(shown).collect();
        format!("{name}({})", types.join(", "))
    }

    pub(super) fn are_clear(&self, types: &[ArgumentType]) -> bool {
        types.iter().all(|kind| match kind {
            ArgumentType::Own(id, _) => self.model.is_sure(*id),
            ArgumentType::Other(text) => is_built_in(text),
        })
    }

    /// Updates the names of the routines that have a renamed type among their arguments.
    pub(super) fn sign_again(&mut self, kind: Id) {
        let place = self.place(self.statement);
        for id in self.model.parts(kind, |class| class == ObjectKind::Routine) {
            let Some(object) = self.model.get(id) else { continue };
            let Detail::Routine { arguments, .. } = &object.detail else { continue };
            let since = object.since;
            let bare = object.name.split('(').next().unwrap_or(&object.name);
            let name: Rc<str> = self.signature(bare, arguments).into();
            if name != object.name {
                self.model.change(id, place, |object| object.name = name);
                self.model.change(id, place, |object| object.since = since);
            }
        }
    }
}
