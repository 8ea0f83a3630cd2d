//! The state of a replay, and how a fault is noted.

use std::collections::HashSet;
use std::rc::Rc;

use crate::analysis::catalog::{Catalog, Class, Found, Id, Object, Place, Space};
use crate::analysis::names::{Ident, Name};
use crate::id::did_you_mean;
use crate::problem::Problem;
use crate::text::Span;

/// What a server would refuse.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) problem: Problem,
    pub(super) span: Span,
    pub(super) label: String,
    pub(super) related: Vec<(Place, String)>,
}

pub(super) struct World {
    pub(super) catalog: Catalog,
    /// The file that is being replayed.
    pub(super) source: usize,
    pub(super) faults: Vec<Fault>,
    /// Routines of the chain that may change the schema when they are called.
    pub(super) tainted: HashSet<Rc<str>>,
    /// Whether a change of data may run such a routine.
    pub(super) data_blinds: bool,
    /// Whether any statement may.
    pub(super) all_blinds: bool,
}

/// A relation that a statement is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) id: Id,
    pub(super) class: Class,
}

impl World {
    pub(super) fn new() -> Self {
        World {
            catalog: Catalog::new(),
            source: 0,
            faults: Vec::new(),
            tainted: HashSet::new(),
            data_blinds: false,
            all_blinds: false,
        }
    }

    pub(super) fn place(&self, span: Span) -> Place {
        Place { source: self.source, span }
    }

    pub(super) fn fault(&mut self, problem: Problem, span: Span, label: &str) {
        let label = label.to_owned();
        self.faults.push(Fault { problem, span, label, related: Vec::new() });
    }

    /// Adds a place to the last fault, where there is one to show.
    pub(super) fn see(&mut self, place: Place, text: impl Into<String>) {
        if place != Place::default()
            && let Some(fault) = self.faults.last_mut()
        {
            fault.related.push((place, text.into()));
        }
    }

    /// An object that is there already.
    pub(super) fn exists(&mut self, id: Id, span: Span) {
        let Some(object) = self.catalog.get(id) else { return };
        let place = object.place;
        let what = self.what(id);
        self.fault(Problem::AlreadyExists { what }, span, "created again here");
        self.see(place, "first created here");
    }

    /// Something that is not there; what has such a name is proposed.
    pub(super) fn missing(
        &mut self,
        kind: &str,
        shown: &str,
        span: Span,
        gone: Option<Place>,
        candidates: &[Rc<str>],
    ) {
        let last = shown.split('`').next().unwrap_or(shown);
        let last = last.rsplit('.').next().unwrap_or(last).trim_matches('"');
        let meant = did_you_mean(last, candidates.iter().map(AsRef::as_ref));
        let meant = meant.filter(|meant| *meant != last).map(str::to_owned);
        let what = format!("{kind} `{shown}`");
        self.fault(Problem::Missing { what, meant }, span, "not there");
        if let Some(place) = gone {
            self.see(place, "dropped or renamed here");
        }
    }

    /// The kind and the name of an object.
    pub(super) fn what(&self, id: Id) -> String {
        let Some(object) = self.catalog.get(id) else { return "?".to_owned() };
        let of = match object.class {
            Class::Constraint | Class::Trigger | Class::Policy | Class::Rule => object.home,
            _ => None,
        };
        let of = of.map_or(String::new(), |table| format!(" of `{}`", self.catalog.shown(table)));
        format!("{} `{}`{of}", object.class.word(), self.catalog.shown(id))
    }

    pub(super) fn class(&self, id: Id) -> Option<Class> {
        self.catalog.get(id).map(|object| object.class)
    }

    /// The names of all objects of these classes, for proposals.
    pub(super) fn names_of(&self, classes: impl Fn(Class) -> bool) -> Vec<Rc<str>> {
        let mut names: Vec<Rc<str>> = self
            .catalog
            .objects()
            .filter(|(id, object)| classes(object.class) && self.catalog.is_sure(*id))
            .map(|(_, object)| object.name.clone())
            .collect();
        names.sort_unstable();
        names
    }

    /// The relation of this name, which must be there; nothing where it is not known.
    pub(super) fn relation(&mut self, name: &Name, kind: &str, if_exists: bool) -> Option<Target> {
        match self.catalog.resolve(Space::Relation, name) {
            Found::Yes(id) | Found::Maybe(Some(id)) => Some(Target { id, class: self.class(id)? }),
            Found::Maybe(None) => {
                let id = self.phantom(name)?;
                Some(Target { id, class: self.class(id)? })
            }
            Found::No(_) if if_exists => None,
            Found::No(gone) => {
                let others = self.names_of(|class| {
                    class.space() == Some(Space::Relation) && class != Class::Composite
                });
                let others: Vec<Rc<str>> = self.of_kind(kind, others);
                self.missing(kind, &name.to_string(), name.span(), gone, &others);
                None
            }
        }
    }

    fn of_kind(&self, kind: &str, names: Vec<Rc<str>>) -> Vec<Rc<str>> {
        let classes: &[Class] = match kind {
            "index" => &[Class::Index],
            "sequence" => &[Class::Sequence],
            "table" => &[Class::Table, Class::ForeignTable, Class::View, Class::MaterializedView],
            _ => return names,
        };
        self.names_of(|class| classes.contains(&class))
    }

    /// A relation of which nothing is known but its name.
    fn phantom(&mut self, name: &Name) -> Option<Id> {
        let home = self.catalog.target(name, false)?;
        if let Some(id) = self.catalog.find(Space::Relation, Some(home), name.last()).id() {
            return Some(id);
        }
        let mut object =
            Object::new(Class::Table, name.last().into(), Some(home), Place::default());
        object.is_certain = false;
        (object.complete, object.parts_complete) = (false, false);
        Some(self.catalog.add(object))
    }

    /// A column of a table, which must be there.
    pub(super) fn column(&mut self, table: Target, name: &Ident) -> Option<Id> {
        match self.catalog.find(Space::Column, Some(table.id), &name.text) {
            Found::Yes(id) => Some(id),
            Found::Maybe(id) => id,
            Found::No(_) if is_system_column(&name.text) => None,
            Found::No(gone) => {
                let columns = self.column_names(table.id);
                let shown = format!("{}.{name}", self.catalog.shown(table.id));
                self.missing("column", &shown, name.span, gone, &columns);
                let made = self.catalog.get(table.id).map(|table| table.place);
                if gone.is_none()
                    && let Some(made) = made
                {
                    self.see(made, "the table is created here");
                }
                None
            }
        }
    }

    pub(super) fn column_names(&self, table: Id) -> Vec<Rc<str>> {
        let columns = self.catalog.parts(table, |class| class == Class::Column);
        columns.iter().filter_map(|id| Some(self.catalog.get(*id)?.name.clone())).collect()
    }

    /// What a class of relations is called where another was wanted.
    pub(super) fn wrong_kind(&mut self, id: Id, wanted: &'static str, span: Span) {
        let Some(object) = self.catalog.get(id) else { return };
        let (is, place, name) = (object.class.word(), object.place, self.catalog.shown(id));
        self.fault(Problem::WrongKind { name, is, wanted }, span, "");
        self.see(place, "created here");
    }
}

/// What every table has beside its columns.
pub(super) fn is_system_column(name: &str) -> bool {
    matches!(name, "ctid" | "xmin" | "xmax" | "cmin" | "cmax" | "tableoid" | "oid")
}
