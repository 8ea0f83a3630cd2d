//! Tracks schemas, types and functions for the lints: which ones are new, what a domain checks, and
//! which functions are evaluated for each row.

use std::collections::HashMap;

use super::columns::is_volatile;
use super::tables::{LintSpan, key};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{
    AlterType, Argument, Drop, Language, ObjectType, Routine, RoutineChange, Statement, TypeChange,
    TypeName, calls, language, quoted_body, tokens,
};
use crate::syntax::cursor::Cursor;

#[derive(Debug, Default)]
pub(super) struct Objects {
    /// The revision that created each schema, by its index in the chain.
    schemas: HashMap<String, usize>,
    types: HashMap<String, Type>,
    /// Functions by name. Overloads that differ are unknown.
    functions: HashMap<String, Function>,
    /// `SECURITY DEFINER` routines that do not set their search path.
    pub(super) definers: Vec<Definer>,
}

/// A routine that runs with the privileges of its owner, and with the search path of its caller.
#[derive(Debug)]
pub(super) struct Definer {
    pub(super) name: Name,
    arguments: Option<Vec<Argument>>,
    pub(super) place: LintSpan,
}

#[derive(Debug)]
struct Type {
    made: usize,
    domain: Option<Domain>,
}

#[derive(Debug)]
struct Domain {
    /// Its base type, which may be another domain.
    base: TypeName,
    /// Whether it has a CHECK or is NOT NULL.
    checks: bool,
    /// Whether its default is volatile.
    is_volatile: bool,
}

#[derive(Debug)]
struct Function {
    made: usize,
    arguments: Option<Vec<Argument>>,
    is_volatile: Option<bool>,
}

/// What adding a column of a domain does to the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DomainWork {
    /// Each value is checked, so the server rewrites the table.
    Checks,
    /// Each row gets a different default.
    Default,
}

impl Objects {
    /// The revision that created this schema.
    pub(super) fn schema(&self, name: &Ident) -> Option<usize> {
        self.schemas.get(&*name.text).copied()
    }

    /// The revision that created this type.
    pub(super) fn made_type(&self, name: &Name) -> Option<usize> {
        self.types.get(&key(name)).map(|known| known.made)
    }

    /// The revision that created this function.
    pub(super) fn made_function(&self, name: &Name) -> Option<usize> {
        self.functions.get(&key(name)).map(|known| known.made)
    }

    /// Whether this is a function of the chain that certainly is evaluated for each row.
    pub(super) fn is_volatile(&self, name: &Name) -> bool {
        self.functions.get(&key(name)).is_some_and(|known| known.is_volatile == Some(true))
    }

    /// What happens to existing rows when a column of this type is added, with or without its own
    /// default.
    pub(super) fn domain_work(&self, kind: &TypeName, has_default: bool) -> Option<DomainWork> {
        if kind.is_array {
            return None;
        }
        let mut name = key(&kind.name);
        // A domain cannot be based on itself, but the SQL of a chain may say so; the loop is
        // bounded.
        for _ in 0..self.types.len() {
            let domain = self.types.get(&name).and_then(|known| known.domain.as_ref())?;
            if domain.checks {
                return Some(DomainWork::Checks);
            }
            if domain.is_volatile && !has_default {
                return Some(DomainWork::Default);
            }
            name = key(&domain.base.name);
        }
        None
    }

    /// Applies a statement of this revision. `all` is its full text.
    pub(super) fn follow(&mut self, statement: &Statement<'_>, all: Cursor<'_>, place: LintSpan) {
        let revision = place.revision;
        self.follow_definers(statement, all, place);
        match statement {
            Statement::CreateSchema { name, .. } => {
                self.schemas.entry(name.text.to_string()).or_insert(revision);
            }
            Statement::RenameSchema { name, to } => {
                if let Some(made) = self.schemas.remove(&*name.text) {
                    self.schemas.insert(to.text.to_string(), made);
                }
            }
            Statement::CreateType { name, .. } => {
                self.types.insert(key(name), Type { made: revision, domain: None });
            }
            Statement::CreateDomain { name, base } => {
                let domain = self.domain(base, all);
                self.types.insert(key(name), Type { made: revision, domain: Some(domain) });
            }
            Statement::AlterType(alter) => self.alter_type(alter, all),
            Statement::Drop(drop) => self.drop(drop),
            Statement::CreateRoutine(routine) => self.create_function(routine, revision),
            Statement::AlterRoutine { name, change: RoutineChange::Other, .. } => {
                let said = declared(&all);
                if let (Some(known), Some(_)) = (self.functions.get_mut(&key(name)), said) {
                    // It is not checked which overload is changed.
                    known.is_volatile = None;
                }
            }
            Statement::AlterRoutine { name, .. } => {
                self.functions.remove(&key(name));
            }
            Statement::DropRoutines { routines, .. } => {
                for (name, _) in routines {
                    self.functions.remove(&key(name));
                }
            }
            _ => {}
        }
    }

    fn domain(&self, base: &TypeName, all: Cursor<'_>) -> Domain {
        let mut rest = all;
        rest.skip(all.tokens().partition_point(|token| all.place(*token).start < base.span.end));
        let default = rest.after(&["default"]);
        let is_volatile = default.is_some_and(|value| {
            calls(&value).iter().any(|name| is_volatile(name) || self.is_volatile(name))
        });
        // It is not known whether a call belongs to the check or to a default after it.
        let checks = rest.has(&["check"]) || rest.has(&["not", "null"]);
        Domain { base: base.clone(), checks, is_volatile: is_volatile && !checks }
    }

    fn alter_type(&mut self, alter: &AlterType, all: Cursor<'_>) {
        let own = key(&alter.name);
        match &alter.change {
            TypeChange::RenameTo(to) => {
                let new = match own.rsplit_once('.') {
                    Some((schema, _)) => format!("{schema}.{}", to.text),
                    None => to.text.to_string(),
                };
                self.move_type(&own, new);
            }
            TypeChange::SetSchema(schema) => {
                let last = alter.name.last();
                let new = match &*schema.text {
                    "public" => last.to_owned(),
                    schema => format!("{schema}.{last}"),
                };
                self.move_type(&own, new);
            }
            TypeChange::Members => {
                let domain = self.types.get_mut(&own).and_then(|known| known.domain.as_mut());
                let Some(domain) = domain else { return };
                // Whether another check remains after one is dropped is not tracked.
                domain.checks = all.has(&["add"]) || all.has(&["set", "not", "null"]);
                domain.is_volatile &= !all.has(&["default"]);
            }
            _ => {}
        }
    }

    fn move_type(&mut self, from: &str, to: String) {
        if let Some(known) = self.types.remove(from) {
            self.types.insert(to, known);
        }
    }

    fn drop(&mut self, drop: &Drop) {
        for name in &drop.names {
            match drop.kind {
                ObjectType::Type | ObjectType::Domain => drop_key(&mut self.types, &key(name)),
                ObjectType::Schema => drop_key(&mut self.schemas, name.last()),
                _ => {}
            }
        }
    }

    /// Keeps track of the routines that do not set their search path.
    fn follow_definers(&mut self, statement: &Statement<'_>, all: Cursor<'_>, place: LintSpan) {
        let forget = |definers: &mut Vec<Definer>, name: &Name| {
            definers.retain(|one| key(&one.name) != key(name));
        };
        match statement {
            Statement::CreateRoutine(routine) => {
                self.definers.retain(|one| {
                    key(&one.name) != key(&routine.name) || one.arguments != routine.arguments
                });
                if is_open_definer(&routine.rest) {
                    self.definers.push(Definer {
                        name: routine.name.clone(),
                        arguments: routine.arguments.clone(),
                        place: LintSpan { span: routine.name.span(), ..place },
                    });
                }
            }
            Statement::AlterRoutine { name, change, .. } => {
                let is_safe =
                    all.idents().any(|word| matches!(&*word.text, "search_path" | "invoker"));
                // Another name or schema: what becomes of it is not followed.
                if is_safe || !matches!(change, RoutineChange::Other) {
                    forget(&mut self.definers, name);
                }
            }
            Statement::DropRoutines { routines, .. } => {
                routines.iter().for_each(|(name, _)| forget(&mut self.definers, name));
            }
            _ => {}
        }
    }

    fn create_function(&mut self, routine: &Routine<'_>, revision: usize) {
        let new = Function {
            made: revision,
            arguments: routine.arguments.clone(),
            is_volatile: volatility(&routine.rest),
        };
        let own = key(&routine.name);
        match self.functions.get_mut(&own) {
            Some(known) if known.arguments != new.arguments => {
                if known.is_volatile != new.is_volatile {
                    known.is_volatile = None;
                }
                known.arguments = None;
            }
            _ => {
                self.functions.insert(own, new);
            }
        }
    }
}

/// Whether a routine is `SECURITY DEFINER`, written in a language in which names are looked up, and
/// sets no search path.
fn is_open_definer(rest: &Cursor<'_>) -> bool {
    let language = language(rest, Language::Sql);
    rest.has(&["security", "definer"])
        && matches!(language, Language::Sql | Language::Plpgsql)
        // The names in `BEGIN ATOMIC … END` and `RETURN …` are resolved when it is created.
        && !rest.has(&["begin", "atomic"])
        && !rest.has(&["return"])
        && !rest.idents().any(|word| &*word.text == "search_path")
}

fn drop_key<T>(known: &mut HashMap<String, T>, key: &str) {
    known.remove(key);
}

/// The declared volatility of a function: `true` for `VOLATILE`.
fn declared(rest: &Cursor<'_>) -> Option<bool> {
    let says = |word: &str| rest.has(&[word]);
    if says("immutable") || says("stable") {
        return Some(false);
    }
    says("volatile").then_some(true)
}

/// Whether a function is evaluated for each row, by the options after its arguments. A function in
/// SQL may be inlined, in which case its body decides. `None` if that is uncertain.
fn volatility(rest: &Cursor<'_>) -> Option<bool> {
    let body = rest.after(&["return"]).or_else(|| rest.after(&["begin"]));
    let options = body.map_or(*rest, |body| body.since(*rest));
    if let Some(false) = declared(&options) {
        return Some(false);
    }
    let language = options.after(&["language"]).and_then(|mut rest| match rest.string() {
        Some((text, _)) => Some(text),
        None => rest.ident().map(|ident| ident.text.to_string()),
    });
    match language {
        Some(language) if !language.eq_ignore_ascii_case("sql") => return Some(true),
        None if body.is_none() => return None,
        _ => {}
    }
    if options.has(&["security", "definer"]) || options.has(&["set"]) {
        return Some(true);
    }
    let text = options.after(&["as"]).filter(|_| body.is_none())?;
    let text = quoted_body(&text)?;
    let tokens = tokens(&text);
    let body = Cursor::new(&text, &tokens, 0);
    let reads = body.is(0, "select") && body.has(&["from"]);
    (reads || calls(&body).iter().any(is_volatile)).then_some(true)
}
