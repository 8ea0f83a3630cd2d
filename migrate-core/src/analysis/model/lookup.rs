//! Resolves a name to an object: it exists, it does not, or it is unknown.

use std::rc::Rc;

use super::snapshot::Snapshot;
use super::{
    DependencyKind, Detail, FileSpan, GENERATED, Id, Model, Namespace, Object, ObjectKind, Path,
    Slot,
};
use crate::analysis::names::{Ident, Name};

/// The result of a lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) enum Lookup {
    Yes(Id),
    /// It may exist, or it may be another object than the known one.
    Unknown(Option<Id>),
    /// It does not exist; where it was removed, if it existed.
    No(Option<FileSpan>),
}

impl Lookup {
    pub(in crate::analysis) fn id(self) -> Option<Id> {
        match self {
            Lookup::Yes(id) => Some(id),
            Lookup::Unknown(id) => id,
            Lookup::No(_) => None,
        }
    }
}

impl Model {
    /// Finds the object with this name in one scope.
    pub(in crate::analysis) fn find(
        &self,
        namespace: Namespace,
        home: Option<Id>,
        name: &str,
    ) -> Lookup {
        let key = (namespace, home, Rc::from(name));
        let found = self.look_up(&key);
        if !matches!(found, Lookup::No(_)) {
            return found;
        }
        // An object whose schema is unknown may be in any schema.
        let is_unresolved =
            || self.slots.contains_key(&(namespace, Some(self.unresolved), key.2.clone()));
        if self.has_unresolved && home != Some(self.unresolved) && is_unresolved() {
            return Lookup::Unknown(None);
        }
        found
    }

    /// Finds a schema by its name. One that the chain did not create may exist.
    pub(in crate::analysis) fn schema(&mut self, name: &Ident) -> Lookup {
        match self.find(Namespace::Schema, None, &name.text) {
            // It may have been created before the chain, or by something else.
            Lookup::No(None) | Lookup::Unknown(None) => {
                let mut schema =
                    Object::new(ObjectKind::Schema, name.text.clone(), None, FileSpan::default());
                (schema.is_certain, schema.complete) = (false, false);
                Lookup::Unknown(Some(self.add(schema)))
            }
            found => found,
        }
    }

    /// The schemas in which a name is looked up, in order, and whether the list is complete.
    fn searched(&mut self, name: &Name) -> (Vec<Id>, bool) {
        if let Some(schema) = name.schema() {
            if &*schema.text == "pg_temp" {
                return (vec![self.temporary], true);
            }
            return match self.schema(&schema.clone()).id() {
                Some(id) => (vec![id], true),
                None => (Vec::new(), true),
            };
        }
        let mut schemas = vec![self.temporary];
        match self.path.clone() {
            Path::Default => schemas.push(self.public),
            Path::Unknown => return (schemas, false),
            Path::Known(path) => {
                for name in path.iter().filter(|name| &*name.text != "pg_catalog") {
                    let outside = name.text.starts_with('$');
                    schemas.extend(
                        Some(name).filter(|_| !outside).and_then(|name| self.schema(name).id()),
                    );
                }
            }
        }
        (schemas, true)
    }

    /// Resolves a name.
    pub(in crate::analysis) fn resolve(&mut self, namespace: Namespace, name: &Name) -> Lookup {
        let found = self.on_path(namespace, name);
        self.doubted(name, found)
    }

    fn on_path(&mut self, namespace: Namespace, name: &Name) -> Lookup {
        let last: Rc<str> = name.last().into();
        if name.parts.len() > 2 || last.starts_with("pg_") {
            return Lookup::Unknown(None);
        }
        if let Some(schema) = name.schema()
            && (schema.text.starts_with("pg_") || &*schema.text == "information_schema")
            && &*schema.text != "pg_temp"
        {
            return Lookup::Unknown(None);
        }
        let (schemas, is_all) = self.searched(name);
        let (mut gone, mut is_unknown) = (None, false);
        let is_default = name.parts.len() == 1 && matches!(self.path, Path::Default);
        for schema in schemas {
            // Only the chain creates temporary objects.
            if schema == self.temporary
                && !self.slots.contains_key(&(namespace, Some(schema), last.clone()))
            {
                continue;
            }
            match self.find(namespace, Some(schema), &last) {
                Lookup::No(place) => gone = gone.or(place),
                Lookup::Yes(id) if is_default && self.is_elsewhere(namespace, schema, &last) => {
                    return Lookup::Unknown(Some(id));
                }
                // An earlier schema in the path may contain the name, too.
                Lookup::Yes(_) if is_unknown => return Lookup::Unknown(None),
                Lookup::Yes(id) => return Lookup::Yes(id),
                Lookup::Unknown(Some(id)) if !is_unknown => return Lookup::Unknown(Some(id)),
                Lookup::Unknown(_) => is_unknown = true,
            }
        }
        // The path of a role may contain that schema instead.
        if is_unknown
            || !is_all
            || self.path_may_differ(name) && self.is_elsewhere(namespace, self.unresolved, &last)
        {
            return Lookup::Unknown(None);
        }
        Lookup::No(gone)
    }

    /// Whether an unqualified name may refer, or may have referred, to something else than the
    /// model assumes.
    fn path_may_differ(&self, name: &Name) -> bool {
        let is_open = match &self.path {
            Path::Default => true,
            // The schema of the role, as in `"$user"`.
            Path::Known(path) => path.iter().any(|name| name.text.starts_with('$')),
            Path::Unknown => true,
        };
        name.parts.len() == 1 && is_open
            || name.schema().is_some_and(|schema| &*schema.text != "pg_temp")
    }

    /// Whether a schema other than this one contains something of this name.
    fn is_elsewhere(&self, namespace: Namespace, this: Id, name: &Rc<str>) -> bool {
        let others = self.schemas.iter().filter(|schema| **schema != this);
        let is_there = |schema: &Id| {
            let slot = self.slots.get(&(namespace, Some(*schema), name.clone()));
            matches!(slot, Some(Slot::Here(_) | Slot::Many))
                && *schema != self.temporary
                && *schema != self.unresolved
        };
        others.into_iter().any(is_there)
    }

    /// The schema in which something of this name is created; `None` if the schema is gone.
    pub(in crate::analysis) fn target(&mut self, name: &Name, temporary: bool) -> Option<Id> {
        if name.parts.len() > 2 {
            return Some(self.unresolved);
        }
        if let Some(schema) = name.schema() {
            if &*schema.text == "pg_temp" {
                return Some(self.temporary);
            }
            return self.schema(&schema.clone()).id();
        }
        if temporary {
            return Some(self.temporary);
        }
        match self.path.clone() {
            Path::Default => Some(self.public),
            Path::Unknown => Some(self.unresolved),
            Path::Known(path) => {
                let mut path = path.iter().filter(|name| &*name.text != "pg_catalog");
                let first = path.next().map(|name| self.schema(name));
                // The first existing schema of the path. It is unknown whether a schema from
                // elsewhere exists.
                Some(match first {
                    Some(Lookup::Yes(id)) => id,
                    _ => self.unresolved,
                })
            }
        }
    }

    /// All objects that a name could refer to in the schemas of the path.
    pub(in crate::analysis) fn namesakes(&mut self, namespace: Namespace, name: &Name) -> Vec<Id> {
        let last: Rc<str> = name.last().into();
        let (schemas, _) = self.searched(name);
        let found = schemas.iter().map(|schema| self.find(namespace, Some(*schema), &last));
        found.filter_map(Lookup::id).collect()
    }

    /// The relations of a schema of which only the name is known. They may belong to any table.
    pub(in crate::analysis) fn known_by_name_alone(&self, home: Option<Id>) -> Vec<Id> {
        let relations = [ObjectKind::Index, ObjectKind::Sequence, ObjectKind::Table];
        let all = self.objects().filter(|(_, object)| {
            relations.contains(&object.class) && object.home == home && !object.complete
        });
        all.map(|(id, _)| id).collect()
    }

    /// Finds what occupies a name in the schema where an object of this name would be created.
    pub(in crate::analysis) fn resolve_own(
        &mut self,
        namespace: Namespace,
        name: &Name,
        temporary: bool,
    ) -> Option<Lookup> {
        let home = self.target(name, temporary)?;
        Some(self.find(namespace, Some(home), name.last()))
    }

    /// The routines of the chain that have this name, in any schema.
    pub(in crate::analysis) fn routines(&self, name: &str) -> Vec<Id> {
        let all = self.routines.get(name).map_or(&[][..], Vec::as_slice);
        let is_called_so = |id: &Id| {
            self.get(*id).is_some_and(|object| {
                object.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('('))
            })
        };
        let mut found: Vec<Id> = all.iter().copied().filter(is_called_so).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether the chain creates a routine of this name, or a statement that is not followed names it,
    /// such as `CREATE AGGREGATE`.
    pub(in crate::analysis) fn may_have_routine(&self, name: &str) -> bool {
        !self.routines(name).is_empty() || self.invalidated_at(name) > 0
    }

    /// The columns of a relation in order, if all of them are known.
    pub(in crate::analysis) fn ordered_columns(&self, relation: Id) -> Option<Vec<Rc<str>>> {
        let object = self.get(relation)?;
        // The order of inherited columns follows other rules.
        let is_derived =
            object.dependencies.iter().any(|need| matches!(need.how, DependencyKind::Child { .. }));
        let is_whole = matches!(self.find(Namespace::Column, Some(relation), ""), Lookup::No(_));
        if is_derived || !is_whole {
            return None;
        }
        let mut columns = self.parts(relation, |class| class == ObjectKind::Column);
        columns.sort_unstable();
        let is_clear =
            |id: &Id| self.is_sure(*id) && self.get(*id).is_some_and(|column| !column.is_old);
        let named = |id: &Id| Some(self.get(*id)?.name.clone());
        columns.iter().all(is_clear).then(|| columns.iter().filter_map(named).collect())
    }

    /// Whether a column certainly is generated, in a table without rules.
    pub(in crate::analysis) fn is_generated(&self, table: Id, column: &str) -> bool {
        let is_table = self.get(table).is_some_and(|table| table.class == ObjectKind::Table);
        let has_rules = !self.parts(table, |class| class == ObjectKind::Rule).is_empty();
        let Lookup::Yes(column) = self.find(Namespace::Column, Some(table), column) else {
            return false;
        };
        let sources = self.parts(column, |class| class == ObjectKind::Default);
        let is_it = |id: &Id| {
            self.is_sure(*id) && self.get(*id).is_some_and(|source| &*source.name == GENERATED)
        };
        is_table && !has_rules && !self.is_open(Namespace::Rule) && sources.iter().any(is_it)
    }

    /// Whether a row of a table certainly needs a value for this column: it is NOT NULL, has no
    /// default, and no trigger or rule can give it a value.
    pub(in crate::analysis) fn needs_value(&self, table: Id, column: &str) -> bool {
        let is_table = self.get(table).is_some_and(|table| {
            table.class == ObjectKind::Table && table.parts_complete && !table.is_old
        });
        let changes = |class| matches!(class, ObjectKind::Trigger | ObjectKind::Rule);
        let is_plain = is_table
            && self.parts(table, changes).is_empty()
            && !self.is_open(Namespace::Trigger)
            && !self.is_open(Namespace::Rule);
        let Lookup::Yes(id) = self.find(Namespace::Column, Some(table), column) else {
            return false;
        };
        let gives = |class| matches!(class, ObjectKind::Default | ObjectKind::Sequence);
        let is_required = self.get(id).is_some_and(|column| {
            !column.is_old && matches!(column.detail, Detail::Column { not_null: Some(true), .. })
        });
        is_plain && is_required && self.is_sure(id) && self.parts(id, gives).is_empty()
    }

    /// A name, qualified unless its schema is `public`.
    pub(in crate::analysis) fn shown(&self, id: Id) -> String {
        let Some(object) = self.get(id) else { return "?".to_owned() };
        self.shown_with(object, &|id| self.get(id).cloned())
    }

    /// The same, with the objects of another point in time.
    pub(super) fn shown_with(&self, object: &Object, get: &dyn Fn(Id) -> Option<Object>) -> String {
        let own = match object.class {
            ObjectKind::Routine => object.name.to_string(),
            _ => crate::analysis::names::quoted(&object.name),
        };
        let home = object.home.and_then(|home| Some((home, get(home)?)));
        match (object.class, home) {
            (ObjectKind::Column, Some((_, table))) => {
                format!("{}.{own}", self.shown_with(&table, get))
            }
            (_, Some((home, schema)))
                if schema.class == ObjectKind::Schema
                    && home != self.public
                    && home != self.temporary =>
            {
                format!("{}.{own}", crate::analysis::names::quoted(&schema.name))
            }
            _ => own,
        }
    }
}
