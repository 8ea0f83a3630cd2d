//! Replays functions, procedures and triggers, and records what they may do when they are called.

use std::rc::Rc;

use super::calls::{RoutineBody, is_harmless};
use super::removal::class_of;
use super::routine_shapes::with_last;
use super::state::ReplayState;
use crate::analysis::model::{
    ArgumentType, DependencyKind, Detail, Id, Lookup, Namespace, Object, ObjectKind,
};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{
    Argument, CreateTrigger, Language, OnTable, Routine, RoutineChange, RoutineKind, tokens,
    written,
};
use crate::chain::problem::Problem;
use crate::syntax::cursor::Cursor;
use crate::syntax::source::Span;
use crate::syntax::suggest::did_you_mean;

impl ReplayState {
    pub(super) fn create_routine(&mut self, routine: &Routine<'_>) {
        let last: Rc<str> = routine.name.last().into();
        self.note_body(&last, routine);
        let Some(types) = self.argument_types(routine.arguments.as_deref()) else {
            return self.model.invalidate(&last);
        };
        let signature = self.signature(&last, &types);
        let Some(schema) = self.model.target(&routine.name, false) else {
            // Reports the missing schema.
            let _ = self.free(ObjectKind::Routine, &routine.name, false, false);
            return;
        };
        let mut dependencies = Vec::new();
        for argument in routine.arguments.iter().flatten() {
            dependencies.extend(self.type_of(&argument.kind));
        }
        if let Some(kind) = &routine.returns {
            dependencies.extend(self.type_of(kind));
        }
        let found = self.model.find(Namespace::Routine, Some(schema), &signature);
        match found {
            Lookup::Yes(id) if routine.or_replace => return self.replace_routine(id, routine),
            Lookup::Unknown(Some(id)) if routine.or_replace => {
                self.model.confirm(id);
                let shape = self.shape(routine);
                return self.set_shape(id, shape, routine.name.span());
            }
            Lookup::Yes(id) => return self.report_exists(id, routine.name.span()),
            Lookup::Unknown(Some(id)) => self.forget(id, routine.name.span()),
            Lookup::Unknown(None) | Lookup::No(_) => {}
        }
        let place = self.place(routine.name.span());
        let mut object = Object::new(ObjectKind::Routine, signature.into(), Some(schema), place);
        object.is_old = routine.or_replace && matches!(found, Lookup::Unknown(_));
        for id in dependencies {
            object.need(
                id,
                if self.model.is_sure(id) { DependencyKind::Normal } else { DependencyKind::Guess },
            );
        }
        for kind in &types {
            if let ArgumentType::Own(id, _) = kind {
                object.need(*id, DependencyKind::Guess);
            }
        }
        object.detail = Detail::Routine { arguments: types, shape: Some(self.shape(routine)) };
        self.guess(&mut object, &routine.rest);
        self.model.add(object);
    }

    /// Records the body of a routine that does more than compute a value.
    pub(super) fn note_body(&mut self, name: &Rc<str>, routine: &Routine<'_>) {
        let Some((text, language)) = routine.body() else { return };
        let tokens = tokens(&text);
        let words = Cursor::new(&text, &tokens, 0);
        let is_trigger = routine.returns.as_ref().is_some_and(|kind| kind.name.last() == "trigger");
        let mut body = RoutineBody {
            text: text.as_ref().into(),
            language,
            is_trigger,
            changes_schema: false,
            sets_path: routine.rest.has(&["search_path"]),
            calls: Vec::new(),
            writes: Vec::new(),
        };
        if language == Language::Other {
            // The ways in which other languages access the database.
            let ways = ["execute", "spi", "prepare", "cursor", "subtransaction"];
            let lower = text.to_lowercase();
            let is_compiled = routine.rest.after(&["as"]).is_some_and(|rest| rest.is_sign(1, ","))
                || lower.starts_with("$libdir");
            body.changes_schema =
                !is_harmless(name) && (is_compiled || ways.iter().any(|way| lower.contains(way)));
        } else {
            body.changes_schema = changes_schema(&words);
            body.calls = self.called_in(&words);
            body.calls.retain(|name| !is_harmless(name) || self.active.contains_key(name));
            body.writes = written(&words);
        }
        if body.changes_schema || !body.calls.is_empty() || !body.writes.is_empty() {
            self.active.entry(name.clone()).or_default().push(body.into());
            self.note_field(name, routine);
        }
    }

    pub(super) fn create_trigger(&mut self, trigger: &CreateTrigger<'_>) {
        let table = self.relation(&trigger.table, "table", false);
        let function = self.called(&trigger.function, "trigger");
        let Some(table) = table else { return };
        for column in &trigger.update_of {
            self.column(table, column);
        }
        self.check_trigger(table, &trigger.rest);
        if trigger.is_constraint {
            // A constraint of the same name exists, too.
            self.model.invalidate(&trigger.name.text);
        }
        self.create_on_table(
            OnTable::Trigger,
            &trigger.name,
            trigger.or_replace,
            table,
            &trigger.rest,
            Some((trigger.function.last(), function)),
        );
        self.invalidate_children(table.id);
    }

    pub(super) fn create_on_table(
        &mut self,
        what: OnTable,
        name: &Ident,
        or_replace: bool,
        table: super::state::Target,
        text: &Cursor<'_>,
        function: Option<(&str, Option<Id>)>,
    ) {
        let (class, namespace) = class_of(what);
        // Before PostgreSQL 16, this turns the table into a view.
        if what == OnTable::Rule && &*name.text == "_RETURN" {
            let place = self.place(name.span);
            self.model.change(table.id, place, |table| table.is_certain = false);
            return;
        }
        let replaced = match self.model.find(namespace, Some(table.id), &name.text) {
            Lookup::Yes(id) | Lookup::Unknown(Some(id)) if or_replace => Some(id),
            Lookup::Yes(id) => return self.report_exists(id, name.span),
            Lookup::Unknown(Some(id)) => {
                self.forget(id, name.span);
                None
            }
            _ => None,
        };
        let place = self.place(name.span);
        let mut object = Object::new(class, name.text.clone(), Some(table.id), place);
        if let Some((name, id)) = function {
            object.detail = Detail::Trigger { function: name.into() };
            if let Some(id) = id {
                object.need(id, DependencyKind::Normal);
            }
        }
        self.guess(&mut object, text);
        for ident in text.idents() {
            if let Some(id) = self.model.find(Namespace::Column, Some(table.id), &ident.text).id() {
                object.need(id, DependencyKind::Guess);
            }
        }
        match replaced {
            Some(id) => self.model.change(id, place, |old| {
                (old.dependencies, old.detail) = (object.dependencies, object.detail);
            }),
            None => {
                self.model.add(object);
            }
        }
    }

    pub(super) fn drop_routines(
        &mut self,
        kind: RoutineKind,
        routines: &[(Name, Option<Vec<Argument>>)],
        if_exists: bool,
        cascade: bool,
    ) {
        let mut roots = Vec::new();
        for (name, arguments) in routines {
            if let Some(id) = self.routine(kind, name, arguments.as_deref(), if_exists) {
                roots.push((id, name.span()));
            }
        }
        self.drop_objects(&roots, cascade);
        // Only the name of an aggregate is known.
        if cascade && roots.len() < routines.len() {
            let span = routines.first().map_or(Span::default(), |(name, _)| name.span());
            for id in self.possible_dependents() {
                self.doubt(id, span);
            }
        }
    }

    /// The routines of this name in the schema that it refers to, with any arguments.
    pub(super) fn routines_here(&mut self, name: &Name) -> Vec<Id> {
        let Some(schema) = self.model.target(name, false) else { return Vec::new() };
        let is_here = |id: &Id| self.model.get(*id).is_some_and(|it| it.home == Some(schema));
        self.model.routines(name.last()).into_iter().filter(is_here).collect()
    }

    /// Looks up a routine, which must exist.
    fn routine(
        &mut self,
        kind: RoutineKind,
        name: &Name,
        arguments: Option<&[Argument]>,
        if_exists: bool,
    ) -> Option<Id> {
        let others = self.model.routines(name.last());
        let here = self.routines_here(name);
        let Some(arguments) = arguments else {
            if self.ambiguous(kind, name, &here) {
                return None;
            }
            return match here.as_slice() {
                [one] if others.len() == 1 => Some(*one),
                _ => {
                    for id in others {
                        let place = self.place(name.span());
                        self.model.change(id, place, |object| object.is_certain = false);
                    }
                    None
                }
            };
        };
        let doubt = |state: &mut Self| {
            for id in &others {
                let place = state.place(name.span());
                state.model.change(*id, place, |object| object.is_certain = false);
            }
        };
        let Some(types) = self.argument_types(Some(arguments)) else {
            doubt(self);
            return None;
        };
        let signature = self.signature(name.last(), &types);
        let full = Name { parts: with_last(name, &signature) };
        match self.model.resolve(Namespace::Routine, &full) {
            Lookup::Yes(id) => Some(id),
            Lookup::Unknown(Some(id)) => Some(id),
            // The server accepts the statement, which shows that the routine exists.
            Lookup::Unknown(None) => self.ghost(ObjectKind::Routine, Namespace::Routine, &full),
            Lookup::No(_) if if_exists => {
                doubt(self);
                None
            }
            Lookup::No(gone) => {
                // The type of an extension may be another name for a type.
                let is_clear = |id: &Id| match self.model.get(*id).map(|other| &other.detail) {
                    Some(Detail::Routine { arguments, .. }) => self.are_clear(arguments),
                    _ => false,
                };
                let is_certain = kind != RoutineKind::Procedure
                    && (others.is_empty() || gone.is_some())
                    && others.iter().all(is_clear)
                    && self.are_clear(&types);
                let extension = gone.is_none();
                let names: Vec<Rc<str>> = self.names_of(|class| class == ObjectKind::Routine);
                let bare: Vec<Rc<str>> = names
                    .iter()
                    .map(|name| Rc::from(name.split('(').next().unwrap_or(name)))
                    .collect();
                let near = did_you_mean(name.last(), bare.iter().map(AsRef::as_ref));
                if is_certain && (!extension || near.is_some()) {
                    let what = format!("function `{signature}`");
                    let suggestion = near.filter(|near| *near != name.last()).map(str::to_owned);
                    self.report(Problem::Missing { what, suggestion }, name.span(), "not there");
                    if let Some(place) = gone {
                        self.add_related(place, "dropped or renamed here");
                    }
                } else {
                    doubt(self);
                }
                None
            }
        }
    }

    pub(super) fn alter_routine(
        &mut self,
        kind: RoutineKind,
        name: &Name,
        arguments: Option<&[Argument]>,
        change: &RoutineChange,
    ) {
        let Some(id) = self.routine(kind, name, arguments, false) else {
            match change {
                RoutineChange::Rename(to) => self.model.invalidate(&to.text),
                RoutineChange::SetSchema(_) => self.model.invalidate(&name.last().into()),
                RoutineChange::Other => {}
            }
            return;
        };
        let place = self.place(name.span());
        match change {
            RoutineChange::Rename(to) => {
                if let Some(bodies) = self.active.get(name.last()).cloned() {
                    self.active.entry(to.text.clone()).or_default().extend(bodies);
                    if self.of_rows.contains(name.last()) {
                        self.of_rows.insert(to.text.clone());
                    }
                }
                for trigger in self.model.parts(id, |class| class == ObjectKind::Trigger) {
                    self.model.change(trigger, place, |trigger| {
                        trigger.detail = Detail::Trigger { function: to.text.clone() };
                    });
                }
                let Some(object) = self.model.get(id) else { return };
                let rest = object.name.find('(').map_or("", |at| &object.name[at..]);
                let renamed: Rc<str> = format!("{}{rest}", to.text).into();
                match self.model.find(Namespace::Routine, object.home, &renamed) {
                    Lookup::Yes(other) => self.report_exists(other, to.span),
                    _ => self.model.change(id, place, |object| object.name = renamed),
                }
            }
            RoutineChange::SetSchema(schema) => self.move_to(id, schema),
            // The routine may get its own search_path.
            RoutineChange::Other => {
                for body in self.active.get_mut(name.last()).into_iter().flatten() {
                    Rc::make_mut(body).sets_path = true;
                }
            }
        }
    }
}

/// Whether a body contains words that change a schema, or that run something which may.
fn changes_schema(text: &Cursor<'_>) -> bool {
    let words = [
        "create",
        "alter",
        "drop",
        "call",
        "import",
        "set_config",
        "search_path",
        "truncate",
        "do",
    ];
    (0..text.len()).any(|at| {
        text.is_any(at, &words)
            || text.is(at, "execute") && !text.is_any(at + 1, &["function", "procedure"])
    })
}
