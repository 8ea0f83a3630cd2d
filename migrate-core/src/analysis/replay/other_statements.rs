//! Replays queries, `DO` blocks, comments, extensions, and statements that are not understood.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::calls::is_reserved;
use super::removal::class_of;
use super::state::{ReplayState, Target};
use crate::analysis::model::{Id, Lookup, Namespace, Object, ObjectKind, Path};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{
    Commented, ObjectType, canonical, is_built_in, relations, written,
};
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::TokenKind;

/// Extensions that create functions and types, but no relations that a chain could collide with.
const HARMLESS: &str = "uuid-ossp pgcrypto citext hstore ltree pg_trgm btree_gin btree_gist unaccent \
    fuzzystrmatch intarray cube earthdistance tablefunc dblink file_fdw postgres_fdw isn lo seg sslinfo \
    tcn tsm_system_rows tsm_system_time vector bloom dict_int dict_xsyn amcheck pgstattuple \
    pageinspect pgrowlocks plpgsql xml2 moddatetime insert_username autoinc refint intagg adminpack \
    pg_freespacemap pg_visibility pg_walinspect pg_prewarm old_snapshot pg_surgery hstore_plpython3u \
    jsonb_plpython3u ltree_plpython3u plpython3u plperl plperlu pltcl rum pgtap pg_uuidv7 semver ip4r \
    prefix roaringbitmap hll";

/// Extensions that create relations, and the names of these.
const WITH_RELATIONS: [(&str, &[&str]); 3] = [
    (
        "postgis",
        &[
            "spatial_ref_sys",
            "geometry_columns",
            "geography_columns",
            "raster_columns",
            "raster_overviews",
        ],
    ),
    ("pg_stat_statements", &["pg_stat_statements", "pg_stat_statements_info"]),
    ("pg_buffercache", &["pg_buffercache"]),
];

impl ReplayState {
    pub(super) fn create_extension(&mut self, name: &Ident, if_not_exists: bool) {
        match self.model.find(Namespace::Extension, None, &name.text) {
            Lookup::Yes(_) if if_not_exists => return,
            Lookup::Yes(id) => return self.report_exists(id, name.span),
            _ => {}
        }
        self.extension_effects(&name.text);
        let place = self.place(name.span);
        let mut object = Object::new(ObjectKind::Extension, name.text.clone(), None, place);
        // An administrator may have created it before.
        object.is_old = if_not_exists;
        self.model.add(object);
    }

    fn extension_effects(&mut self, name: &str) {
        let is_harmless = HARMLESS.split_whitespace().any(|known| known == name);
        let has_relations = WITH_RELATIONS.iter().any(|(known, _)| *known == name);
        self.note_classes_of(name, is_harmless || has_relations);
        if is_harmless {
            return;
        }
        match WITH_RELATIONS.iter().find(|(known, _)| *known == name) {
            Some((_, relations)) => {
                for relation in *relations {
                    self.model.invalidate(&Rc::from(*relation));
                }
            }
            None => self.go_blind(&format!("what the extension `{name}` makes is not known")),
        }
    }

    /// Replays a query or a change of data.
    pub(super) fn query(&mut self, writes: Option<&Name>, text: &Cursor<'_>) {
        if let Some(name) = writes {
            let is_refresh = text.is(0, "refresh");
            let kind = if is_refresh { "materialized view" } else { "table" };
            let found = self.relation(name, kind, false);
            if let Some(found) = found.filter(|found| is_refresh && self.is_no_materialized(found))
            {
                self.wrong_kind(found.id, "materialized view", name.span());
            }
        }
        let is_read = self.checks_queries() && self.check_query(text);
        // The tables of DELETE also follow FROM.
        for name in relations(text) {
            if !is_read && writes.is_none_or(|target| *target != name) {
                self.needed_relation(&name);
            }
        }
        if let Some(path) = set_config(text) {
            self.model.path = path;
        }
        self.run_calls(text);
        let mut changed = written(text);
        changed.extend(writes.cloned());
        for name in changed {
            if let Some(id) = self.model.resolve(Namespace::Relation, &name).id() {
                self.run_triggers(id);
            }
        }
    }

    /// Whether it certainly is a relation that cannot be refreshed.
    fn is_no_materialized(&self, found: &Target) -> bool {
        found.class != ObjectKind::MaterializedView && self.model.is_sure(found.id)
    }

    /// Invalidates every name in a text.
    pub(super) fn invalidate_all(&mut self, text: &Cursor<'_>) {
        if text.tokens().iter().any(|token| text.is_escaped(*token)) {
            return self.go_blind("a name is written with escapes");
        }
        let mut names: BTreeSet<Rc<str>> = BTreeSet::new();
        for (at, token) in text.tokens().iter().enumerate() {
            let is_word = token.kind == TokenKind::Word;
            let ident = text.ident_of(*token);
            let name = ident.filter(|ident| !(is_word && is_reserved(&ident.text)));
            let name =
                name.filter(|name| !(text.is_sign(at + 1, ".") && self.is_schema(&name.text)));
            names.extend(name.map(|ident| ident.text));
        }
        let below: Vec<Rc<str>> = names
            .iter()
            .flat_map(|name| {
                let tables: Vec<_> = self
                    .model
                    .schemas
                    .iter()
                    .filter_map(|schema| {
                        self.model.find(Namespace::Relation, Some(*schema), name).id()
                    })
                    .collect();
                tables.into_iter().flat_map(|table| self.descendants(table)).collect::<Vec<_>>()
            })
            .filter_map(|id| Some(self.model.get(id)?.name.clone()))
            .collect();
        for name in names.iter().chain(&below) {
            self.model.invalidate(name);
        }
        // The objects in a schema are dropped with it.
        if names.contains("schema") {
            let renamed =
                self.model.schemas.clone().into_iter().any(|id| {
                    self.model.get(id).is_some_and(|schema| names.contains(&schema.name))
                });
            if renamed {
                self.go_blind("a schema of the chain is in it");
            }
        }
    }

    /// Whether a name refers to a schema and not to a relation. Then the name that follows it is
    /// affected, not the schema.
    fn is_schema(&self, name: &Rc<str>) -> bool {
        let schemas = &self.model.schemas;
        let named = |id: &Id| self.model.get(*id).is_some_and(|schema| schema.name == *name);
        let has = |id: &Id| self.model.find(Namespace::Relation, Some(*id), name).id().is_some();
        schemas.iter().any(named) && !schemas.iter().any(has)
    }

    pub(super) fn opaque(&mut self, why: &str, all: &Cursor<'_>) {
        self.note_hidden(all);
        if all.starts(&["create", "schema"]) && all.has(&["authorization"]) {
            self.lead_to_role();
        }
        if all.starts(&["create", "event"]) {
            let call = all.after(&["execute"]).and_then(|mut rest| {
                rest.skip(1);
                rest.name()
            });
            if let Some(function) = &call {
                self.called(function, "event_trigger");
            }
            let is_quiet = call.is_some_and(|function| {
                !self.active.contains_key(function.last()) && !self.is_unknown(function.last())
            });
            self.has_event_triggers |= !is_quiet;
            return;
        }
        let is_blind = all.is_any(0, &["execute", "import"])
            || all.starts(&["drop", "owned"])
            || (0..all.len()).any(|at| all.is(at, "cascade"));
        if is_blind {
            self.go_blind(why);
        } else if let Some(name) = operation(all) {
            if let Some(name) = name {
                self.model.invalidate(&name.last().into());
            }
        } else {
            self.invalidate_all(all);
        }
    }

    pub(super) fn comment(&mut self, on: &Commented) {
        match on {
            // Built-in types, those of extensions, and row types can be commented on as well.
            Commented::Object(ObjectType::Type | ObjectType::Domain, name) => {
                let row = self.model.resolve(Namespace::Relation, name);
                let has_extension =
                    self.model.objects().any(|(_, it)| it.class == ObjectKind::Extension);
                let is_own = row.id().is_none() && !is_built_in(canonical(name.last()));
                if is_own && !has_extension {
                    self.droppable_type(name, false, "type");
                }
            }
            Commented::Object(ObjectType::Schema | ObjectType::Extension, _) => {}
            Commented::Object(kind, name) => {
                let kind = match kind {
                    ObjectType::Index => "index",
                    ObjectType::Sequence => "sequence",
                    ObjectType::View => "view",
                    ObjectType::MaterializedView => "materialized view",
                    _ => "table",
                };
                self.relation(name, kind, false);
            }
            Commented::Routine(kind, name) => {
                let here = self.routines_here(name);
                self.ambiguous(*kind, name, &here);
            }
            Commented::Column(name) => {
                if let Some((column, table)) = name.parts.split_last()
                    && !table.is_empty()
                {
                    let table = Name { parts: table.to_vec() };
                    if let Some(table) = self.relation(&table, "table", false) {
                        self.column(table, column);
                    }
                }
            }
            Commented::Constraint { name, table } => {
                if let Some(table) = self.relation(table, "table", false) {
                    self.constraint(table, name, false);
                }
            }
            Commented::OnTable { what, name, table } => {
                if let Some(table) = self.relation(table, "table", false) {
                    let (class, namespace) = class_of(*what);
                    self.on_table(class, namespace, name, table, false);
                }
            }
        }
    }

    pub(super) fn rename_schema(&mut self, name: &Ident, to: &Ident) {
        let id = match self.model.find(Namespace::Schema, None, &name.text) {
            Lookup::Yes(id) => id,
            Lookup::Unknown(id) => match id {
                Some(id) => id,
                None => return,
            },
            Lookup::No(None) => return self.model.invalidate(&to.text),
            Lookup::No(gone) => {
                let schemas = self.names_of(|class| class == ObjectKind::Schema);
                return self.report_missing("schema", &name.to_string(), name.span, gone, &schemas);
            }
        };
        match self.model.find(Namespace::Schema, None, &to.text) {
            Lookup::Yes(other) => self.report_exists(other, to.span),
            _ => {
                let place = self.place(name.span);
                self.model.change(id, place, |schema| schema.name = to.text.clone());
                // `public` in the search path no longer refers to this schema.
                if id == self.model.public {
                    self.go_blind("the schema `public` has another name");
                }
            }
        }
    }
}

/// Whether a statement is about an operator, an operator class or family, a cast, or an aggregate.
/// These are built on existing objects and change none of them. For an aggregate, returns its name,
/// which is that of a function.
fn operation(all: &Cursor<'_>) -> Option<Option<Name>> {
    let mut rest = *all;
    if !rest.take_any(&[&["create", "or", "replace"], &["create"], &["alter"], &["drop"]]) {
        return None;
    }
    if rest.take(&["aggregate"]) {
        return rest.name().map(Some);
    }
    rest.is_any(0, &["operator", "cast"]).then_some(None)
}

/// `set_config('search_path', …)`, as in dumps: the path that it sets.
fn set_config(text: &Cursor<'_>) -> Option<Path> {
    for at in 0..text.len() {
        if text.is(at, "set_config") {
            let mut rest = *text;
            rest.skip(at + 1);
            let mut inner = rest.parentheses()?.split().into_iter();
            let name = inner.next()?.string().map(|(name, _)| name);
            if name.as_deref().is_some_and(|name| name != "search_path") {
                continue;
            }
            let value = inner.next().and_then(|mut value| value.string());
            let schemas = value.filter(|_| name.is_some()).and_then(|(value, span)| {
                let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                let ident = |name: &str| {
                    let is_plain = name == "\"$user\"" || name.chars().all(plain);
                    is_plain.then(|| Ident { text: name.trim_matches('"').into(), span })
                };
                names.map(ident).collect::<Option<Vec<Ident>>>()
            });
            return Some(schemas.map_or(Path::Unknown, Path::Known));
        }
    }
    None
}
