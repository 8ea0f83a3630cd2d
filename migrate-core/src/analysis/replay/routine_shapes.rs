//! Checks what `CREATE OR REPLACE` cannot change in a routine, and what a trigger requires of its
//! function.

use std::rc::Rc;

use super::state::ReplayState;
use crate::analysis::model::{ArgumentType, Detail, Given, Id, Lookup, Namespace, RoutineShape};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{Argument, Routine, RoutineKind};
use crate::chain::problem::Problem;
use crate::syntax::source::Span;
use crate::syntax::suggest::did_you_mean;

/// Trigger functions of PostgreSQL and of well-known extensions.
const TRIGGER_FUNCTIONS: &str = "tsvector_update_trigger tsvector_update_trigger_column \
    suppress_redundant_updates_trigger unique_key_recheck moddatetime insert_username autoinc timetravel \
    ttdummy check_primary_key check_foreign_key lo_manage triggered_change_notification versioning \
    checkauthtrigger postgis_cache_bbox cache_bbox citus_truncate_trigger logtriga logutriga sqltriga \
    jsontriga ts_insert_blocker";

impl ReplayState {
    /// The call signature and the result of a routine.
    pub(super) fn shape(&mut self, routine: &Routine<'_>) -> RoutineShape {
        let arguments = routine.arguments.as_deref().unwrap_or_default();
        let is_plain = !arguments.iter().any(|argument| argument.is_out || argument.is_inout);
        let given = match &routine.returns {
            Some(kind) if is_plain => self.argument_type(kind).map(|given| match kind.set_of {
                true => Given::Rows(given),
                false => Given::One(given),
            }),
            None if is_plain && routine.is_table => self.table_of(routine.table.as_deref()),
            _ => None,
        };
        RoutineShape {
            is_procedure: routine.kind == RoutineKind::Procedure,
            names: arguments.iter().map(|argument| argument.name.clone()).collect(),
            defaults: arguments.iter().filter(|argument| argument.has_default).count(),
            given,
        }
    }

    fn table_of(&mut self, columns: Option<&[Argument]>) -> Option<Given> {
        let mut found = Vec::new();
        for column in columns? {
            found.push((column.name.clone()?, self.argument_type(&column.kind)?));
        }
        // For a single column, the server only stores the type.
        match found.as_slice() {
            [(_, kind)] => Some(Given::Rows(kind.clone())),
            _ => Some(Given::Table(found)),
        }
    }

    /// Replaces an existing routine, or reports why that is impossible.
    pub(super) fn replace_routine(&mut self, id: Id, routine: &Routine<'_>) {
        let new = self.shape(routine);
        let Some(object) = self.model.get(id) else { return };
        let (name, place) = (object.name.clone(), object.place);
        let Detail::Routine { shape, .. } = &object.detail else { return };
        let old = shape.clone();
        if let Some(why) = old.as_ref().and_then(|old| self.irreplaceable(old, &new)) {
            let kind = if old.as_ref().is_some_and(|old| old.is_procedure) {
                "procedure"
            } else {
                "function"
            };
            let instead = format!(
                "drop it first, and create it again: `DROP {} {name};`",
                kind.to_uppercase()
            );
            let what = format!("{kind} `{name}`");
            let span = routine.name.span();
            self.report(Problem::CannotReplace { what, why, instead }, span, "replaced here");
            self.add_related(place, "created here");
        } else if old.as_ref() != Some(&new) {
            self.set_shape(id, new, routine.name.span());
        }
    }

    pub(super) fn set_shape(&mut self, id: Id, new: RoutineShape, span: Span) {
        let place = self.place(span);
        self.model.change(id, place, |object| {
            if let Detail::Routine { shape, .. } = &mut object.detail {
                *shape = Some(new);
            }
        });
    }

    fn irreplaceable(&self, old: &RoutineShape, new: &RoutineShape) -> Option<String> {
        if old.is_procedure != new.is_procedure {
            let word =
                |shape: &RoutineShape| if shape.is_procedure { "procedure" } else { "function" };
            return Some(format!("it is a {}, not a {}", word(old), word(new)));
        }
        if let (Some(before), Some(after)) = (&old.given, &new.given)
            && before != after
            && self.is_clear_given(before)
            && self.is_clear_given(after)
        {
            let (before, after) = (self.shown_given(before), self.shown_given(after));
            return Some(format!("it returns `{before}`, not `{after}`"));
        }
        let renamed =
            old.names.iter().zip(&new.names).find(|(old, new)| old.is_some() && old != new);
        if let Some((Some(name), new)) = renamed {
            return Some(match new {
                Some(new) => format!("its parameter is named `{name}`, not `{new}`"),
                None => format!("its parameter is named `{name}`"),
            });
        }
        (old.defaults > new.defaults).then(|| "its parameters must keep their defaults".to_owned())
    }

    fn is_clear_given(&self, given: &Given) -> bool {
        match given {
            Given::One(kind) | Given::Rows(kind) => self.is_clear_type(kind),
            Given::Table(columns) => columns.iter().all(|(_, kind)| self.is_clear_type(kind)),
        }
    }

    /// Whether it is a built-in type or one of the chain's, and not an extension's, which may have
    /// several spellings.
    fn is_clear_type(&self, kind: &ArgumentType) -> bool {
        let pseudo = matches!(kind, ArgumentType::Other(text) if is_pseudo(text));
        pseudo || self.are_clear(std::slice::from_ref(kind))
    }

    fn shown_given(&self, given: &Given) -> String {
        let shown = |kind: &ArgumentType| self.signature("", std::slice::from_ref(kind));
        let bare = |kind: &ArgumentType| {
            let shown = shown(kind);
            shown.trim_start_matches('(').trim_end_matches(')').to_owned()
        };
        match given {
            Given::One(kind) => bare(kind),
            Given::Rows(kind) => format!("SETOF {}", bare(kind)),
            Given::Table(columns) => {
                let columns: Vec<String> =
                    columns.iter().map(|(name, kind)| format!("{name} {}", bare(kind))).collect();
                format!("TABLE({})", columns.join(", "))
            }
        }
    }

    /// The only function that a trigger can call, if known. Reports it if it is missing or returns
    /// another type.
    pub(super) fn called(&mut self, name: &Name, returns: &'static str) -> Option<Id> {
        let signature = Name { parts: with_last(name, &format!("{}()", name.last())) };
        match self.model.resolve(Namespace::Routine, &signature) {
            Lookup::Yes(id) => {
                self.must_return(id, name, returns);
                return Some(id);
            }
            Lookup::Unknown(_) => return None,
            Lookup::No(gone) => {
                let known = |list: &str| list.split_whitespace().any(|known| known == name.last());
                let may_be_elsewhere =
                    super::calls::is_harmless(name.last()) || known(TRIGGER_FUNCTIONS);
                if may_be_elsewhere && gone.is_none() {
                    return None;
                }
                let names =
                    self.names_of(|class| class == crate::analysis::model::ObjectKind::Routine);
                let bare = |name: &Rc<str>| Rc::from(name.split('(').next().unwrap_or(name));
                let names: Vec<Rc<str>> = names.iter().map(bare).collect();
                let suggestion = did_you_mean(name.last(), names.iter().map(AsRef::as_ref));
                let suggestion =
                    suggestion.filter(|suggestion| *suggestion != name.last()).map(str::to_owned);
                let what = format!("function `{name}()`");
                self.report(Problem::Missing { what, suggestion }, name.span(), "not there");
                if let Some(place) = gone {
                    self.add_related(place, "dropped or renamed here");
                }
            }
        }
        None
    }

    fn must_return(&mut self, id: Id, name: &Name, returns: &'static str) {
        let Some(object) = self.model.get(id) else { return };
        let Detail::Routine { shape: Some(shape), .. } = &object.detail else { return };
        let place = object.place;
        let is_other = match &shape.given {
            Some(Given::One(ArgumentType::Other(kind))) if **kind == *returns => false,
            Some(given) => self.is_clear_given(given),
            None => false,
        };
        let is = match shape.is_procedure {
            true => "procedure",
            false if is_other => "function",
            false => return,
        };
        let wanted = match returns {
            "trigger" => "trigger function",
            _ => "event trigger function",
        };
        let name_shown = format!("{name}()");
        self.report(Problem::WrongKind { name: name_shown, is, wanted }, name.span(), "");
        self.add_related(place, "created here");
    }

    /// Reports that a name without arguments is ambiguous, because several routines have it.
    pub(super) fn ambiguous(&mut self, kind: RoutineKind, name: &Name, here: &[Id]) -> bool {
        let is_meant = |id: &&Id| {
            let detail = self.model.get(**id).map(|object| &object.detail);
            let Some(Detail::Routine { shape, .. }) = detail else { return false };
            let is_procedure = shape.as_ref().map(|shape| shape.is_procedure);
            self.model.is_sure(**id)
                && match kind {
                    RoutineKind::Either => true,
                    RoutineKind::Function => is_procedure == Some(false),
                    RoutineKind::Procedure => is_procedure == Some(true),
                }
        };
        let suggestion: Vec<Id> = here.iter().filter(is_meant).copied().collect();
        if suggestion.len() < 2 {
            return false;
        }
        let of: Vec<String> = suggestion.iter().map(|id| self.model.shown(*id)).collect();
        let word = if kind == RoutineKind::Procedure { "procedure" } else { "function" };
        let problem = Problem::Ambiguous { kind: word, name: name.to_string(), of };
        self.report(problem, name.span(), "which one?");
        true
    }
}

fn is_pseudo(name: &str) -> bool {
    matches!(name, "void" | "trigger" | "event_trigger" | "record")
}

pub(super) fn with_last(name: &Name, last: &str) -> Vec<Ident> {
    let mut parts = name.parts.clone();
    if let Some(part) = parts.last_mut() {
        part.text = last.into();
    }
    parts
}
