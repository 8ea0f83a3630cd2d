//! The state of a replay, and the reporting of faults.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::calls::RoutineBody;
use super::subscriptions::WithSlot;
use super::transaction_rules::AddedValue;
use crate::analysis::model::{
    Detail, FileSpan, Id, Lookup, Mark, Model, Namespace, Object, ObjectKind,
};
pub(super) use crate::analysis::names::is_system_column;
use crate::analysis::names::{Ident, Name};
use crate::chain::problem::Problem;
use crate::syntax::source::Span;
use crate::syntax::suggest::did_you_mean;

/// An error that a server would report.
#[derive(Debug)]
pub(in crate::analysis) struct Fault {
    pub(in crate::analysis) problem: Problem,
    pub(in crate::analysis) span: Span,
    pub(in crate::analysis) label: String,
    pub(in crate::analysis) related: Vec<(FileSpan, String)>,
}

/// The limit for copying inherited columns. A chain of a few kilobytes can ask for millions of
/// them. The columns of further child tables are unknown.
const MOST_COPIES: usize = 50_000;

/// The limit for running bodies. A few kilobytes of triggers that write each other's tables can ask
/// for as many runs as there are statements, each time.
const MOST_BODIES: usize = 5_000;

/// A statement after which names are unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) struct BlindSpot {
    pub(in crate::analysis) source: usize,
    pub(in crate::analysis) span: Span,
    pub(in crate::analysis) why: String,
    /// The affected kinds of names; `None` for all, and empty for names without a schema.
    pub(in crate::analysis) namespaces: Option<&'static [Namespace]>,
}

pub(in crate::analysis) struct ReplayState {
    pub(in crate::analysis) model: Model,
    /// The file that is being replayed.
    pub(super) source: usize,
    pub(super) faults: Vec<Fault>,
    /// How many faults to keep if a statement in a body fails: errors inside a body are not
    /// reported.
    pub(super) kept_faults: usize,
    /// The statement that is being replayed.
    pub(super) statement: Span,
    /// The same while replaying a text that the file does not contain literally.
    pub(super) within: Option<Span>,
    /// Whether the section runs in a transaction, and when that started.
    pub(super) in_transaction: bool,
    pub(super) section_start: u32,
    /// The enum values that the transaction has added.
    pub(super) added_values: Vec<AddedValue>,
    /// Subscriptions that have a replication slot.
    pub(super) with_slot: WithSlot,
    /// The names that the server chose, by their schemas and by whether they are constraints: the
    /// counter of freed names at that time, and the last number used.
    pub(super) chosen: HashMap<(Id, bool, Rc<str>), (u64, u32)>,
    /// The names of temporary objects and of their dependents.
    pub(super) temporaries: HashSet<Rc<str>>,
    /// The savepoints of the transaction, and the state of the model at each.
    pub(super) savepoints: Vec<(Rc<str>, Mark)>,
    /// How many columns may still be copied to child tables.
    pub(super) copies_left: usize,
    /// The nesting depth of bodies.
    pub(super) depth: usize,
    /// Routines of the chain that do more than compute a value, by their names without a schema.
    pub(super) active: HashMap<Rc<str>, Vec<Rc<RoutineBody>>>,
    /// Which of them have run together, and the version of the model after that.
    pub(super) ran: HashMap<Vec<Rc<str>>, u64>,
    /// What a change of a table's data runs, and the version of the model that this is based on.
    pub(super) triggered: HashMap<Id, (u64, Vec<Rc<str>>)>,
    /// How many bodies may still be run.
    pub(super) bodies_left: usize,
    /// Tables whose children already are unknown, as long as no table gets a new child.
    pub(super) open_below: HashSet<Id>,
    /// The active routines that are running, with everything that they call.
    pub(super) running: HashSet<Rc<str>>,
    /// The active routines that any change of data may run: those in defaults, rules and policies.
    pub(super) stored: Vec<Rc<str>>,
    /// The functions of the chain's operators, by operator, and of its casts.
    pub(super) operators: HashMap<Rc<str>, Vec<Rc<str>>>,
    pub(super) casts: Vec<Rc<str>>,
    /// The chain's own access methods, the methods that may have more default operator classes than
    /// the built-in ones, and whether there may be additional casts.
    pub(super) methods: HashSet<Rc<str>>,
    pub(super) with_classes: HashSet<Rc<str>>,
    pub(super) has_casts: bool,
    /// The routines in `active` that can be called with field syntax: `t.f`.
    pub(super) of_rows: HashSet<Rc<str>>,
    /// Whether any statement may fire an event trigger.
    pub(super) has_event_triggers: bool,
    /// Whether the faults of the section are reported.
    pub(super) is_pending: bool,
    /// Whether `check_function_bodies` may be off, for the rest of the section or permanently.
    pub(super) bodies_unread: bool,
    pub(super) bodies_never_read: bool,
    /// The blind spots, with their reasons.
    pub(super) blind: Vec<BlindSpot>,
}

/// A relation that a statement refers to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) id: Id,
    pub(super) class: ObjectKind,
}

impl ReplayState {
    pub(super) fn new() -> Self {
        ReplayState {
            model: Model::new(),
            source: 0,
            faults: Vec::new(),
            kept_faults: 0,
            statement: Span::default(),
            within: None,
            in_transaction: true,
            section_start: 0,
            added_values: Vec::new(),
            with_slot: Some(HashMap::new()),
            chosen: HashMap::new(),
            temporaries: HashSet::new(),
            savepoints: Vec::new(),
            copies_left: MOST_COPIES,
            depth: 0,
            active: HashMap::new(),
            ran: HashMap::new(),
            triggered: HashMap::new(),
            bodies_left: MOST_BODIES,
            open_below: HashSet::new(),
            running: HashSet::new(),
            stored: Vec::new(),
            operators: HashMap::new(),
            casts: Vec::new(),
            methods: HashSet::new(),
            with_classes: HashSet::new(),
            has_casts: false,
            of_rows: HashSet::new(),
            has_event_triggers: false,
            is_pending: true,
            bodies_unread: false,
            bodies_never_read: false,
            blind: Vec::new(),
        }
    }

    pub(super) fn place(&self, span: Span) -> FileSpan {
        FileSpan { source: self.source, span: self.within.unwrap_or(span) }
    }

    /// Marks all names as unknown from here on.
    pub(super) fn go_blind(&mut self, why: &str) {
        self.model.invalidate_everything();
        self.with_slot = None;
        self.note_blind(why, None);
    }

    /// Marks some kinds of names as unknown from here on.
    pub(super) fn partly_blind(&mut self, namespaces: &'static [Namespace], why: &str) {
        self.note_blind(why, Some(namespaces));
    }

    fn note_blind(&mut self, why: &str, namespaces: Option<&'static [Namespace]>) {
        let (source, span) = (self.source, self.statement);
        // A statement has only one reason.
        if let Some(last) =
            self.blind.last_mut().filter(|last| (last.source, last.span) == (source, span))
        {
            if namespaces.is_none() {
                last.namespaces = None;
            }
            return;
        }
        self.blind.push(BlindSpot { source, span, why: why.to_owned(), namespaces });
    }

    pub(super) fn report(&mut self, problem: Problem, span: Span, label: &str) {
        let label = label.to_owned();
        self.faults.push(Fault { problem, span, label, related: Vec::new() });
    }

    /// Adds a location to the last fault, if it can be shown.
    pub(super) fn add_related(&mut self, place: FileSpan, text: impl Into<String>) {
        if place != FileSpan::default()
            && let Some(fault) = self.faults.last_mut()
        {
            fault.related.push((place, text.into()));
        }
    }

    /// Reports that an object already exists.
    pub(super) fn report_exists(&mut self, id: Id, span: Span) {
        let Some(object) = self.model.get(id) else { return };
        let place = object.place;
        let what = self.describe(id);
        self.report(Problem::AlreadyExists { what }, span, "created again here");
        self.add_related(place, "first created here");
    }

    /// Reports that an object does not exist, and suggests a similar name.
    pub(super) fn report_missing(
        &mut self,
        kind: &str,
        shown: &str,
        span: Span,
        gone: Option<FileSpan>,
        candidates: &[Rc<str>],
    ) {
        let last = shown.split('`').next().unwrap_or(shown);
        let last = last.rsplit('.').next().unwrap_or(last).trim_matches('"');
        let suggestion = did_you_mean(last, candidates.iter().map(AsRef::as_ref));
        let suggestion = suggestion.filter(|suggestion| *suggestion != last).map(str::to_owned);
        let what = format!("{kind} `{shown}`");
        self.report(Problem::Missing { what, suggestion }, span, "not there");
        if let Some(place) = gone {
            self.add_related(place, "dropped or renamed here");
        }
    }

    /// The kind and name of an object.
    pub(super) fn describe(&self, id: Id) -> String {
        let Some(object) = self.model.get(id) else { return "?".to_owned() };
        let of = match object.class {
            ObjectKind::Constraint
            | ObjectKind::Trigger
            | ObjectKind::Policy
            | ObjectKind::Rule => object.home,
            _ => None,
        };
        let of = of.map_or(String::new(), |table| format!(" of `{}`", self.model.shown(table)));
        format!("{} `{}`{of}", object.class.word(), self.model.shown(id))
    }

    pub(super) fn class(&self, id: Id) -> Option<ObjectKind> {
        self.model.get(id).map(|object| object.class)
    }

    /// The names of all objects of these kinds, for suggestions.
    pub(super) fn names_of(&self, classes: impl Fn(ObjectKind) -> bool) -> Vec<Rc<str>> {
        let mut names: Vec<Rc<str>> = self
            .model
            .objects()
            .filter(|(id, object)| classes(object.class) && self.model.is_sure(*id))
            .map(|(_, object)| object.name.clone())
            .collect();
        names.sort_unstable();
        names
    }

    /// Looks up a relation, which must exist; `None` if it is unknown.
    pub(super) fn relation(&mut self, name: &Name, kind: &str, if_exists: bool) -> Option<Target> {
        match self.model.resolve(Namespace::Relation, name) {
            Lookup::Yes(id) | Lookup::Unknown(Some(id)) => {
                Some(Target { id, class: self.class(id)? })
            }
            Lookup::Unknown(None) => {
                let id = self.placeholder(name)?;
                Some(Target { id, class: self.class(id)? })
            }
            Lookup::No(_) if if_exists => None,
            Lookup::No(gone) => {
                let others = self.names_of(|class| {
                    class.namespace() == Some(Namespace::Relation) && class != ObjectKind::Composite
                });
                let others: Vec<Rc<str>> = self.of_kind(kind, others);
                self.report_missing(kind, &name.to_string(), name.span(), gone, &others);
                None
            }
        }
    }

    fn of_kind(&self, kind: &str, names: Vec<Rc<str>>) -> Vec<Rc<str>> {
        let classes: &[ObjectKind] = match kind {
            "index" => &[ObjectKind::Index],
            "sequence" => &[ObjectKind::Sequence],
            "table" => &[
                ObjectKind::Table,
                ObjectKind::ForeignTable,
                ObjectKind::View,
                ObjectKind::MaterializedView,
            ],
            _ => return names,
        };
        self.names_of(|class| classes.contains(&class))
    }

    /// Adds a relation of which only the name is known.
    fn placeholder(&mut self, name: &Name) -> Option<Id> {
        self.ghost(ObjectKind::Table, Namespace::Relation, name)
    }

    /// Adds an object that a statement presupposes and of which only the name is known.
    pub(super) fn ghost(
        &mut self,
        class: ObjectKind,
        namespace: Namespace,
        name: &Name,
    ) -> Option<Id> {
        let home = self.model.target(name, false)?;
        if let Some(id) = self.model.find(namespace, Some(home), name.last()).id() {
            return Some(id);
        }
        // With an unknown path, it may be any object of this name.
        if home == self.model.unresolved {
            self.model.invalidate(&name.last().into());
        }
        // It may be one of these, in a schema later in the path; or the object created without a
        // schema, if this schema is named like the role.
        let mut others = self.model.namesakes(namespace, name);
        others.extend(self.model.made_bare_as(name));
        for other in others {
            self.model.change(other, FileSpan::default(), |other| other.is_certain = false);
        }
        let mut object = Object::new(class, name.last().into(), Some(home), FileSpan::default());
        object.is_certain = false;
        (object.complete, object.parts_complete) = (false, false);
        Some(self.model.add(object))
    }

    /// The same for a part of a table.
    pub(super) fn ghost_of(&mut self, table: Id, class: ObjectKind, name: &Rc<str>) -> Id {
        let place = FileSpan::default();
        let mut object = Object::new(class, name.clone(), Some(table), place);
        if class == ObjectKind::Column {
            object.detail = Detail::Column { kind: None, not_null: None, changed: place };
        }
        object.is_certain = false;
        self.model.add(object)
    }

    /// Looks up a column of a table, which must exist.
    pub(super) fn column(&mut self, table: Target, name: &Ident) -> Option<Id> {
        match self.model.find(Namespace::Column, Some(table.id), &name.text) {
            Lookup::Yes(id) => Some(id),
            Lookup::Unknown(Some(id)) => Some(id),
            Lookup::Unknown(None) if is_system_column(&name.text) => None,
            Lookup::Unknown(None) => Some(self.ghost_of(table.id, ObjectKind::Column, &name.text)),
            Lookup::No(_) if is_system_column(&name.text) => None,
            Lookup::No(gone) => {
                let columns = self.column_names(table.id);
                let shown = format!("{}.{name}", self.model.shown(table.id));
                self.report_missing("column", &shown, name.span, gone, &columns);
                let made = self.model.get(table.id).map(|table| table.place);
                if gone.is_none()
                    && let Some(made) = made
                {
                    self.add_related(made, "the table is created here");
                }
                None
            }
        }
    }

    pub(super) fn column_names(&self, table: Id) -> Vec<Rc<str>> {
        let columns = self.model.parts(table, |class| class == ObjectKind::Column);
        columns.iter().filter_map(|id| Some(self.model.get(*id)?.name.clone())).collect()
    }

    /// Reports a relation of the wrong kind.
    pub(super) fn wrong_kind(&mut self, id: Id, wanted: &'static str, span: Span) {
        let Some(object) = self.model.get(id) else { return };
        // An object that existed before its CREATE may be of another kind.
        if object.is_old {
            return;
        }
        let (is, place, name) = (object.class.word(), object.place, self.model.shown(id));
        self.report(Problem::WrongKind { name, is, wanted }, span, "");
        self.add_related(place, "created here");
    }
}
