//! The state of a replay, and how a fault is noted.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::calls::RoutineBody;
use super::subscriptions::WithSlot;
use super::transaction_rules::AddedValue;
use crate::analysis::model::{
    Detail, Id, Lookup, Mark, Model, Namespace, Object, ObjectKind, Place,
};
pub(super) use crate::analysis::names::is_system_column;
use crate::analysis::names::{Ident, Name};
use crate::chain::problem::Problem;
use crate::syntax::source::Span;
use crate::syntax::suggest::did_you_mean;

/// What a server would refuse.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) problem: Problem,
    pub(super) span: Span,
    pub(super) label: String,
    pub(super) related: Vec<(Place, String)>,
}

/// Inherited columns are followed one by one up to this many; a chain of a few kilobytes can ask for
/// millions of them. The columns of tables behind that are not known.
const MOST_COPIES: usize = 50_000;

/// Bodies are run up to this many times; a few kilobytes of triggers that write one another's tables can ask
/// for as many as there are statements, each time.
const MOST_BODIES: usize = 5_000;

/// Where the replay loses sight of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) struct BlindSpot {
    pub(in crate::analysis) source: usize,
    pub(in crate::analysis) span: Span,
    pub(in crate::analysis) why: String,
    /// Of which kinds; of all where there is none; only those without a schema where it is empty.
    pub(in crate::analysis) namespaces: Option<&'static [Namespace]>,
}

pub(super) struct ReplayState {
    pub(super) model: Model,
    /// The file that is being replayed.
    pub(super) source: usize,
    pub(super) faults: Vec<Fault>,
    /// How many faults are kept when a statement in a body has some: what is refused in there is not said.
    pub(super) kept_faults: usize,
    /// The statement of the file that is being replayed.
    pub(super) statement: Span,
    /// The same while a text is replayed that does not stand in the file as it is.
    pub(super) within: Option<Span>,
    /// Whether the section runs in a transaction, and when it began.
    pub(super) in_transaction: bool,
    pub(super) section_start: u32,
    /// The values that it has added to enums.
    pub(super) added_values: Vec<AddedValue>,
    /// Subscriptions that have a slot.
    pub(super) with_slot: WithSlot,
    /// The names that were chosen, in their schemas, for constraints or not: when, and the number that the last one got.
    pub(super) chosen: HashMap<(Id, bool, Rc<str>), (u64, u32)>,
    /// Names of what is temporary, and of what stands on it.
    pub(super) temporaries: HashSet<Rc<str>>,
    /// The savepoints that it has set, and how the catalog was.
    pub(super) savepoints: Vec<(Rc<str>, Mark)>,
    /// How many columns may yet be copied to the tables below others.
    pub(super) copies_left: usize,
    /// How deep in bodies this is.
    pub(super) depth: usize,
    /// Routines of the chain that do more than to compute, by their names without a schema.
    pub(super) active: HashMap<Rc<str>, Vec<Rc<RoutineBody>>>,
    /// Which of them have run together, and the catalog's version behind that.
    pub(super) ran: HashMap<Vec<Rc<str>>, u64>,
    /// What a change of a table's data runs, and of which version of the catalog that is.
    pub(super) triggered: HashMap<Id, (u64, Vec<Rc<str>>)>,
    /// How many bodies may yet be run.
    pub(super) bodies_left: usize,
    /// Tables of which all below them is open, as long as no more tables come to be below others.
    pub(super) open_below: HashSet<Id>,
    /// Those of them that are run at the moment, with all that they call.
    pub(super) running: HashSet<Rc<str>>,
    /// Those of them that any change of data may run: in defaults, rules, policies.
    pub(super) stored: Vec<Rc<str>>,
    /// The functions behind the chain's operators, by their signs, and behind its casts.
    pub(super) operators: HashMap<Rc<str>, Vec<Rc<str>>>,
    pub(super) casts: Vec<Rc<str>>,
    /// Access methods of the chain's own, those that may have more default operator classes than the server has,
    /// and whether there may be more casts.
    pub(super) methods: HashSet<Rc<str>>,
    pub(super) with_classes: HashSet<Rc<str>>,
    pub(super) has_casts: bool,
    /// Those of `active` that can be written as a field: `t.f`.
    pub(super) of_rows: HashSet<Rc<str>>,
    /// Whether any statement may run an event trigger.
    pub(super) has_event_triggers: bool,
    /// Whether what is wrong with the section is said.
    pub(super) is_pending: bool,
    /// Whether `check_function_bodies` may be off, until the section ends or for good.
    pub(super) bodies_unread: bool,
    pub(super) bodies_never_read: bool,
    /// Where nothing is known any more, and why.
    pub(super) blind: Vec<BlindSpot>,
}

/// A relation that a statement is about.
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

    pub(super) fn place(&self, span: Span) -> Place {
        Place { source: self.source, span: self.within.unwrap_or(span) }
    }

    /// From here on nothing is known of any name.
    pub(super) fn go_blind(&mut self, why: &str) {
        self.model.invalidate_everything();
        self.with_slot = None;
        self.note_blind(why, None);
    }

    /// From here on names of some kinds are not known.
    pub(super) fn partly_blind(&mut self, namespaces: &'static [Namespace], why: &str) {
        self.note_blind(why, Some(namespaces));
    }

    fn note_blind(&mut self, why: &str, namespaces: Option<&'static [Namespace]>) {
        let (source, span) = (self.source, self.statement);
        // One statement has one reason.
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

    /// Adds a place to the last fault, where there is one to show.
    pub(super) fn add_related(&mut self, place: Place, text: impl Into<String>) {
        if place != Place::default()
            && let Some(fault) = self.faults.last_mut()
        {
            fault.related.push((place, text.into()));
        }
    }

    /// An object that is there already.
    pub(super) fn report_exists(&mut self, id: Id, span: Span) {
        let Some(object) = self.model.get(id) else { return };
        let place = object.place;
        let what = self.describe(id);
        self.report(Problem::AlreadyExists { what }, span, "created again here");
        self.add_related(place, "first created here");
    }

    /// Something that is not there; what has such a name is proposed.
    pub(super) fn report_missing(
        &mut self,
        kind: &str,
        shown: &str,
        span: Span,
        gone: Option<Place>,
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

    /// The kind and the name of an object.
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

    /// The names of all objects of these classes, for proposals.
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

    /// The relation of this name, which must be there; nothing where it is not known.
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

    /// A relation of which nothing is known but its name.
    fn placeholder(&mut self, name: &Name) -> Option<Id> {
        self.ghost(ObjectKind::Table, Namespace::Relation, name)
    }

    /// Something that a statement takes for granted, and of which nothing is known but its name.
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
        // Where the path is not known, it is any of that name.
        if home == self.model.unresolved {
            self.model.invalidate(&name.last().into());
        }
        // It may be one of these, in a schema that comes later in the path, or the one that was made without a
        // schema, where this is the role's.
        let mut others = self.model.namesakes(namespace, name);
        others.extend(self.model.made_bare_as(name));
        for other in others {
            self.model.change(other, Place::default(), |other| other.is_certain = false);
        }
        let mut object = Object::new(class, name.last().into(), Some(home), Place::default());
        object.is_certain = false;
        (object.complete, object.parts_complete) = (false, false);
        Some(self.model.add(object))
    }

    /// The same in a table.
    pub(super) fn ghost_of(&mut self, table: Id, class: ObjectKind, name: &Rc<str>) -> Id {
        let place = Place::default();
        let mut object = Object::new(class, name.clone(), Some(table), place);
        if class == ObjectKind::Column {
            object.detail = Detail::Column { kind: None, not_null: None, changed: place };
        }
        object.is_certain = false;
        self.model.add(object)
    }

    /// A column of a table, which must be there.
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

    /// What a class of relations is called where another was wanted.
    pub(super) fn wrong_kind(&mut self, id: Id, wanted: &'static str, span: Span) {
        let Some(object) = self.model.get(id) else { return };
        // It may have been something else before the statement that made it if it was not there.
        if object.is_old {
            return;
        }
        let (is, place, name) = (object.class.word(), object.place, self.model.shown(id));
        self.report(Problem::WrongKind { name, is, wanted }, span, "");
        self.add_related(place, "created here");
    }
}
