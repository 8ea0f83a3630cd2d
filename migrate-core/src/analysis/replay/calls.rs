//! Replays the effects of called functions. The built-in functions, those of PostgreSQL's
//! extensions, and syntax that only looks like a call are known not to change the schema.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::OnceLock;

use super::implicit_calls::ANY_TRIGGER;
use super::state::ReplayState;
pub(super) use crate::analysis::keywords::is_reserved;
use crate::analysis::model::{ConstraintClass, DependencyKind, Detail, Id, Namespace, ObjectKind};
use crate::analysis::names::Name;
use crate::analysis::statement::Language;
use crate::syntax::cursor::Cursor;

/// The functions of PostgreSQL 14 to 18 and of the extensions shipped with it.
const FUNCTIONS: &str = include_str!("functions.txt");

/// Words that can precede a parenthesis and are not functions.
const WORDS: &str = "add all and any array as asc between by case cast check columns conflict cube \
    default desc distinct else elsif elseif end except exclude exists explain extract filter for from \
    full group grouping having if ilike in include inner insert intersect interval into is join key \
    lateral left like limit loop materialized not null offset on only or order out over overlaps \
    overlay partition position precision primary raise range references return returning right rollup \
    row rows select set sets similar some substring table then timestamp trim unique union update \
    using values varchar varying when where while window with within without xmlelement xmlforest \
    xmltable coalesce nullif greatest least json_table json_object json_array json_value json_query \
    json_exists json_arrayagg json_objectagg json_scalar json_serialize json time numeric decimal \
    char character bit float perform assert exit continue begin collation current_timestamp \
    current_time localtime localtimestamp treat normalize merge_action grouping xmlagg xmlparse \
    xmlroot xmlserialize xmlpi xmlconcat xmlattributes xmlexists percent tablesample vector halfvec \
    enum gin gist btree hash brin spgist owned identity stored interval trigger function immutable stable volatile strict security language";

fn known() -> &'static HashSet<&'static str> {
    static KNOWN: OnceLock<HashSet<&'static str>> = OnceLock::new();
    KNOWN.get_or_init(|| FUNCTIONS.split_whitespace().chain(WORDS.split_whitespace()).collect())
}

/// The functions of PostgreSQL and of the extensions shipped with it.
pub(super) fn known_functions() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.split_whitespace()
}

pub(super) fn is_harmless(name: &str) -> bool {
    known().contains(name)
}

/// What a routine of the chain does when it is called.
#[derive(Debug, Clone)]
pub(super) struct RoutineBody {
    pub(super) text: Rc<str>,
    pub(super) language: Language,
    pub(super) is_trigger: bool,
    /// Whether it may change the schema itself.
    pub(super) changes_schema: bool,
    /// Whether it sets its own search_path.
    pub(super) sets_path: bool,
    /// The routines that it calls, without their schemas.
    pub(super) calls: Vec<Rc<str>>,
    /// The tables whose data it changes.
    pub(super) writes: Vec<Name>,
}

impl ReplayState {
    /// Replays the effects of the functions that are called in a text.
    pub(super) fn run_calls(&mut self, text: &Cursor<'_>) {
        self.run_functions(self.called_in(text));
    }

    /// Whether the effect of a call of this name is unknown.
    pub(super) fn is_unknown(&self, name: &str) -> bool {
        // `INSERT INTO t (a)` and `WITH t (a)` look like calls.
        !is_harmless(name) && self.model.routines(name).is_empty() && !self.has_relation(name)
    }

    /// Replays what a change of a table's data runs: its triggers, those of the tables that
    /// reference it or belong to it, and the functions in defaults and rules.
    pub(super) fn run_triggers(&mut self, table: Id) {
        if self.active.is_empty() {
            return;
        }
        let version = self.model.version();
        let functions = match self.triggered.get(&table) {
            Some((at, functions)) if *at == version => functions.clone(),
            _ => {
                let functions = self.triggered(table);
                self.triggered.insert(table, (version, functions.clone()));
                functions
            }
        };
        self.run_functions(functions);
    }

    /// The functions that a change of a table's data may run.
    fn triggered(&self, table: Id) -> Vec<Rc<str>> {
        let (mut left, mut seen) = (vec![table], HashSet::from([table]));
        let mut functions: Vec<Rc<str>> = self.stored.clone();
        while let Some(id) = left.pop() {
            let Some(object) = self.model.get(id) else { continue };
            let parents = object
                .dependencies
                .iter()
                .filter(|need| matches!(need.how, DependencyKind::Child { .. }));
            let mut near: Vec<Id> = parents.map(|need| need.on).collect();
            // A simple view passes the change on to its table.
            if object.class == ObjectKind::View {
                near.extend(object.dependencies.iter().map(|need| need.on));
            }
            for (part, how) in self.model.dependents(id) {
                let Some(part_object) = self.model.get(*part) else { continue };
                match (&part_object.detail, how) {
                    (Detail::Trigger { function }, _) => {
                        functions.push(function.clone());
                        let any = self.active.get_key_value(ANY_TRIGGER);
                        functions.extend(any.map(|(any, _)| any.clone()));
                    }
                    (_, DependencyKind::Child { .. }) => near.push(*part),
                    // The tables that a rule's actions write are among its dependencies.
                    _ if part_object.class == ObjectKind::Rule => {
                        near.extend(part_object.dependencies.iter().map(|need| need.on));
                    }
                    (Detail::Constraint { kind: ConstraintClass::Foreign, .. }, _) => {
                        near.extend(part_object.home);
                    }
                    _ => {}
                }
            }
            left.extend(near.into_iter().filter(|id| seen.insert(*id)));
        }
        // After a statement that cannot be followed, any table may have a trigger.
        if self.model.is_open(Namespace::Trigger) {
            functions.extend(self.trigger_functions());
        }
        functions
    }

    /// Replays what a change of data in any table may run.
    pub(super) fn run_any_trigger(&mut self) {
        let mut functions = self.stored.clone();
        functions.extend(self.trigger_functions());
        self.run_functions(functions);
    }

    /// Replays what these functions may do, including the functions that they call and the triggers
    /// of the tables that they write.
    pub(super) fn run_functions(&mut self, mut left: Vec<Rc<str>>) {
        left.retain(|name| !self.running.contains(name));
        left.sort_unstable();
        left.dedup();
        // The same functions have run, and nothing has changed since.
        if left.is_empty() || self.ran.get(&left) == Some(&self.model.version()) {
            return;
        }
        let key = left.clone();
        let (mut bodies, mut unknown) = (Vec::new(), None);
        let (mut seen, mut tables) = (HashSet::new(), HashSet::new());
        while let Some(name) = left.pop() {
            if self.running.contains(&name) || !seen.insert(name.clone()) {
                continue;
            }
            let Some(of_name) = self.active.get(&name).cloned() else {
                if unknown.is_none() && self.is_unknown(&name) {
                    unknown = Some(name);
                }
                continue;
            };
            for body in of_name {
                left.extend(body.calls.iter().cloned());
                for table in &body.writes {
                    if let Some(id) = self.model.resolve(Namespace::Relation, table).id()
                        && tables.insert(id)
                    {
                        left.extend(self.triggered(id));
                    }
                }
                if body.changes_schema {
                    bodies.push(body);
                }
            }
        }
        if !bodies.is_empty() {
            self.run_bodies(&bodies, seen);
            self.ran.insert(key, self.model.version());
        }
        if let Some(name) = unknown {
            self.go_blind(&format!("what `{name}()` does is not known"));
        }
    }

    fn run_bodies(&mut self, bodies: &[Rc<RoutineBody>], names: HashSet<Rc<str>>) {
        let Some(left) = self.bodies_left.checked_sub(bodies.len()) else {
            return self.go_blind("the functions of the chain run too often to follow each time");
        };
        self.bodies_left = left;
        let before = self.running.clone();
        self.running.extend(names);
        for body in bodies {
            self.perhaps(|state| {
                let path = state.model.path.clone();
                if body.sets_path {
                    state.model.lose_path();
                }
                state.run_text(&body.text, None, body.language);
                if body.sets_path {
                    state.model.path = path;
                }
            });
        }
        self.running = before;
    }

    fn trigger_functions(&self) -> Vec<Rc<str>> {
        let is_trigger = |bodies: &[Rc<RoutineBody>]| bodies.iter().any(|body| body.is_trigger);
        let triggers = self.active.iter().filter(|(_, bodies)| is_trigger(bodies));
        let mut names: Vec<Rc<str>> = triggers.map(|(name, _)| name.clone()).collect();
        // Sorted, so that the same problem always names the same function.
        names.sort_unstable();
        names
    }

    fn has_relation(&self, name: &str) -> bool {
        self.model
            .schemas
            .iter()
            .any(|schema| self.model.find(Namespace::Relation, Some(*schema), name).id().is_some())
    }
}
