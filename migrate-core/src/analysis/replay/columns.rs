//! Columns: their types, defaults and sequences.

use std::rc::Rc;

use super::creation::NameStatus;
use super::state::{ReplayState, Target};
use super::value_types::default_name;
use crate::analysis::foreign_types::postgres_word;
use crate::analysis::model::{
    DependencyKind, Detail, FileSpan, GENERATED, Id, Lookup, Namespace, Object, ObjectKind,
};
use crate::analysis::names::{Ident, automatic};
use crate::analysis::statement::{ColumnDef, Default, Identity, TypeName, is_built_in};
use crate::chain::problem::Problem;
use crate::syntax::cursor::Cursor;
use crate::syntax::source::Span;
use crate::syntax::suggest::{did_you_mean, slip_of};

/// Types that every server has, under all their names.
const BUILT_IN: &str = "integer bigint smallint real numeric boolean character text date interval \
    bytea uuid json jsonb xml money inet cidr macaddr macaddr8 bit point line lseg box path polygon \
    circle tsvector tsquery oid name regclass regtype regproc regprocedure regnamespace regrole \
    regoper regoperator regconfig regdictionary regcollation int4range int8range numrange tsrange \
    tstzrange daterange int4multirange int8multirange nummultirange tsmultirange tstzmultirange \
    datemultirange txid_snapshot pg_snapshot pg_lsn xid xid8 cid tid jsonpath refcursor record trigger \
    event_trigger void anyelement anyarray anynonarray anyenum anyrange anymultirange \
    anycompatible anycompatiblearray cstring internal language_handler fdw_handler varchar int int2 \
    int4 int8 float float4 float8 bool char bpchar decimal dec timestamp timestamptz time timetz \
    varbit serial bigserial smallserial serial2 serial4 serial8 aclitem oidvector int2vector \
    unknown any table_am_handler index_am_handler tsm_handler gtsvector \
    oid8 regdatabase";

/// Types of well-known extensions.
const OF_EXTENSIONS: &str = "citext hstore ltree lquery ltxtquery cube seg isbn isbn13 issn issn13 \
    ismn ismn13 ean13 upc lo geometry geography raster box2d box3d geomval topogeometry vector \
    halfvec sparsevec intbig query_int uint1 uint2 uint4 uint8 uint16 int1 int16 timestamp9 semver \
    roaringbitmap h3index bloom hll ulid rum bson bsonquery agtype graphid jsquery ip4 ip4r ip6 ip6r \
    ipaddress iprange emailaddr uri mpz mpq debversion spheroid tdigest country currency";

/// Whether a word is the name of a type of PostgreSQL or of a well-known extension.
pub(super) fn is_type_name(word: &str) -> bool {
    let known = |list: &str| list.split_whitespace().any(|known| known == word);
    known(BUILT_IN) || known(OF_EXTENSIONS)
}

impl ReplayState {
    /// Resolves a type, if it is one of the chain's. Reports a type that cannot exist.
    pub(super) fn type_of(&mut self, written: &TypeName) -> Option<Id> {
        let name = &written.name;
        if written.of_column || name.last().contains(' ') {
            return None;
        }
        // Built-in types come first, whatever the search path is.
        if name.parts.len() == 1 && is_built_in(name.last()) {
            return None;
        }
        let found = self.model.resolve(Namespace::Type, name);
        let row = self.model.resolve(Namespace::Relation, name);
        if let Some(id) = found.id().or(row.id()) {
            return Some(id);
        }
        let (Lookup::No(gone), Lookup::No(_)) = (found, row) else { return None };
        let last = name.last();
        let is_known = is_type_name(last) || last.starts_with('_');
        if is_known {
            return None;
        }
        // A type that never existed may be an extension's, or a typo. Extensions have types with
        // names like built-in ones (`iprange`), so a distance of two letters is too much.
        let types = self.names_of(ObjectKind::is_type);
        let suggestion = postgres_word(last)
            .filter(|_| name.parts.len() == 1 && gone.is_none())
            .or_else(|| did_you_mean(last, types.iter().map(AsRef::as_ref)))
            .or_else(|| slip_of(last, BUILT_IN.split_whitespace()).filter(|_| last.len() > 3))
            .or_else(|| short_slip(last));
        if gone.is_some() || suggestion.is_some() {
            let suggestion = suggestion.filter(|suggestion| *suggestion != last).map(str::to_owned);
            let what = format!("type `{name}`");
            self.report(Problem::Missing { what, suggestion }, written.span, "not there");
            if let Some(place) = gone {
                self.add_related(place, "dropped or renamed here");
            }
        }
        None
    }

    /// The same where `serial` is not allowed: it is only a keyword for new columns of tables.
    pub(super) fn plain_type_of(&mut self, written: &TypeName) -> Option<Id> {
        let found = self.type_of(written);
        let name = &written.name;
        let Some(suggestion) = behind_serial(name.last()).filter(|_| found.is_none()) else {
            return found;
        };
        let is_absent = matches!(self.model.resolve(Namespace::Type, name), Lookup::No(_))
            && matches!(self.model.resolve(Namespace::Relation, name), Lookup::No(_));
        if is_absent && !written.of_column {
            let (what, suggestion) = (format!("type `{name}`"), Some(suggestion.to_owned()));
            let label = "only a new column of a table can be declared with it";
            self.report(Problem::Missing { what, suggestion }, written.span, label);
        }
        None
    }

    /// Adds a column that does not exist yet.
    pub(super) fn new_column(&mut self, table: Target, column: &ColumnDef<'_>, is_old: bool) {
        let place = self.place(column.name.span);
        let serial = column.kind.as_ref().filter(|kind| behind_serial(kind.name.last()).is_some());
        let kind = column.kind.as_ref().map(|kind| match behind_serial(kind.name.last()) {
            Some(plain) => plain.into(),
            None => Rc::from(kind.shown()),
        });
        let not_null = Some(column.not_null || serial.is_some());
        let detail = Detail::Column { kind, not_null, changed: place };
        let mut object =
            Object::new(ObjectKind::Column, column.name.text.clone(), Some(table.id), place)
                .with(detail);
        object.is_old = is_old;
        if let Some(kind) = &column.kind
            && serial.is_none()
            && let Some(kind) = self.type_of(kind)
        {
            let how = if self.model.is_sure(kind) {
                DependencyKind::Normal
            } else {
                DependencyKind::Guess
            };
            object.need(kind, how);
        }
        let id = self.model.add(object);
        if serial.is_some() {
            self.sequence_of(table.id, id, &column.name, false);
        }
        match &column.default {
            Some(Default::Identity(identity)) => {
                self.identity(table.id, id, &column.name, identity);
            }
            Some(Default::Expression(text)) => self.new_default(id, text, place),
            Some(Default::Generated(text)) => {
                let mut default =
                    Object::new(ObjectKind::Default, GENERATED.into(), Some(id), place);
                self.guess(&mut default, text);
                self.model.add(default);
            }
            None => {}
        }
    }

    /// Adds the default of a column.
    pub(super) fn new_default(&mut self, column: Id, text: &Cursor<'_>, place: FileSpan) {
        self.default_fits(column, text);
        // `DEFAULT NULL` is the same as no default.
        if text.is(0, "null") && (text.len() == 1 || text.is_sign(1, "::")) {
            return;
        }
        let name = default_name(text).into();
        let mut default = Object::new(ObjectKind::Default, name, Some(column), place);
        self.guess(&mut default, text);
        self.model.add(default);
    }

    pub(super) fn drop_defaults(&mut self, column: Id, span: Span) {
        let place = self.place(span);
        for default in self.model.parts(column, |class| class == ObjectKind::Default) {
            self.model.remove(default, place);
        }
    }

    pub(super) fn identity(&mut self, table: Id, column: Id, name: &Ident, identity: &Identity) {
        let Some(named) = &identity.sequence else {
            return self.sequence_of(table, column, name, true);
        };
        if let NameStatus::Yes(schema, _) = self.free(ObjectKind::Sequence, named, false, false) {
            let place = self.place(named.span());
            let mut sequence =
                Object::new(ObjectKind::Sequence, named.last().into(), Some(schema), place);
            sequence.need(column, DependencyKind::Internal);
            self.model.add(sequence);
        }
    }

    /// Adds the sequence of a column.
    fn sequence_of(&mut self, table: Id, column: Id, name: &Ident, identity: bool) {
        let Some(object) = self.model.get(table) else { return };
        let (Some(schema), table_name) = (object.home, object.name.clone()) else { return };
        let place = self.place(name.span);
        let chosen = self.choose(schema, &table_name, &name.text, "seq", false);
        let mut sequence = Object::new(ObjectKind::Sequence, chosen.name, Some(schema), place);
        sequence.is_certain = chosen.is_sure && self.model.is_sure(table);
        sequence
            .need(column, if identity { DependencyKind::Internal } else { DependencyKind::Auto });
        let sequence = self.model.add(sequence);
        if !identity {
            let mut default = Object::new(ObjectKind::Default, "".into(), Some(column), place);
            default.need(sequence, DependencyKind::Normal);
            self.model.add(default);
        }
    }

    /// Replays `SET NOT NULL` and `DROP NOT NULL`. The change also applies to child tables; before
    /// PostgreSQL 18 they lose NOT NULL, too.
    pub(super) fn set_not_null(&mut self, table: Id, column: Id, name: &Ident, is: bool) {
        let place = self.place(name.span);
        let below = self.descendants(table).into_iter().filter(|below| *below != table);
        let below = below
            .filter_map(|below| self.model.find(Namespace::Column, Some(below), &name.text).id());
        let below: Vec<(Id, Option<bool>)> = below.map(|id| (id, None)).collect();
        for (id, is) in std::iter::once((column, Some(is))).chain(below) {
            self.model.change(id, place, |column| {
                if let Detail::Column { not_null, changed, .. } = &mut column.detail {
                    (*not_null, *changed) = (is, place);
                }
            });
        }
    }

    /// The name that the server chooses for an unnamed object.
    pub(super) fn choose(
        &mut self,
        schema: Id,
        table: &str,
        columns: &str,
        label: &str,
        constraint: bool,
    ) -> Chosen {
        let relation = matches!(label, "pkey" | "key" | "excl" | "idx" | "seq");
        let base = (schema, constraint, Rc::from(automatic(table, columns, label)));
        // As long as no name has become free, the lower numbers are taken.
        let known = self.chosen.get(&base).filter(|(freed, _)| *freed == self.model.freed());
        let mut pass: u32 = known.map_or(0, |(_, pass)| *pass);
        loop {
            let label = if pass == 0 { label.to_owned() } else { format!("{label}{pass}") };
            let name: Rc<str> = automatic(table, columns, &label).into();
            let mut found = vec![];
            if relation {
                found.push(self.model.find(Namespace::Relation, Some(schema), &name));
            }
            if constraint {
                found.push(self.model.find(Namespace::ConstraintInSchema, Some(schema), &name));
            }
            let complete = self.model.get(schema).is_some_and(|schema| schema.complete);
            if found.iter().any(|found| matches!(found, Lookup::Yes(_))) {
                pass += 1;
            } else {
                let is_sure = complete && found.iter().all(|found| matches!(found, Lookup::No(_)));
                if !is_sure {
                    self.model.invalidate_prefix(&name);
                }
                self.chosen.insert(base, (self.model.freed(), pass));
                return Chosen { name, is_sure };
            }
        }
    }

    /// The columns of this table that an expression certainly names, and whether it may name
    /// others, too.
    pub(super) fn columns_in(
        &self,
        table: Id,
        expression: &crate::syntax::cursor::Cursor<'_>,
    ) -> (Vec<Id>, bool) {
        let (mut columns, mut is_clear) = (Vec::new(), true);
        let mut rest = *expression;
        let mut after_sign = false;
        while let Some(token) = rest.next() {
            let named = rest.ident_of(token);
            let is_cast = matches!(rest.text(token), "::" | ".");
            if let Some(name) = named {
                let is_plain = !after_sign
                    && !rest.is_sign(0, "(")
                    && !rest.is_sign(0, ".")
                    && rest
                        .token(0)
                        .is_none_or(|t| t.kind != crate::syntax::lexer::TokenKind::String);
                match self.model.find(Namespace::Column, Some(table), &name.text) {
                    Lookup::Yes(id) if is_plain => {
                        if !columns.contains(&id) {
                            columns.push(id);
                        }
                    }
                    Lookup::Yes(_) | Lookup::Unknown(_) => is_clear = false,
                    Lookup::No(_) if SYSTEM_COLUMNS.contains(&&*name.text) => is_clear = false,
                    Lookup::No(_) => {}
                }
            }
            after_sign = is_cast;
        }
        (columns, is_clear)
    }

    /// Renames an object, if the new name is free.
    pub(super) fn rename(&mut self, id: Id, to: &Ident, span: Span) {
        let Some(object) = self.model.get(id) else { return };
        let (class, home) = (object.class, object.home);
        let place = self.place(span);
        let free = match (class.namespace(), home) {
            (Some(Namespace::Relation | Namespace::Type), Some(schema)) => {
                self.free_in(class, schema, &to.text, to.span, false)
            }
            (Some(namespace), home) => match self.model.find(namespace, home, &to.text) {
                Lookup::Yes(other) => {
                    self.report_exists(other, to.span);
                    NameStatus::Skip
                }
                Lookup::Unknown(Some(other)) if other != id => {
                    self.forget(other, to.span);
                    NameStatus::Yes(id, false)
                }
                _ => NameStatus::Yes(id, false),
            },
            (None, _) => NameStatus::Skip,
        };
        if let NameStatus::Yes(..) = free {
            self.model.change(id, place, |object| object.name = to.text.clone());
            self.sign_again(id);
        }
    }
}

/// The system columns.
const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"];

/// A name chosen by the server.
pub(super) struct Chosen {
    pub(super) name: Rc<str>,
    pub(super) is_sure: bool,
}

/// The type of a column that is declared as `serial` or the like.
fn behind_serial(name: &str) -> Option<&'static str> {
    match name {
        "serial" | "serial4" => Some("integer"),
        "bigserial" | "serial8" => Some("bigint"),
        "smallserial" | "serial2" => Some("smallint"),
        _ => None,
    }
}

/// The type that a three-letter name was meant to be. Extensions have types with short names, too,
/// so only two swapped letters or one missing letter count as a typo.
fn short_slip(name: &str) -> Option<&'static str> {
    let suggestion = slip_of(name, ["int", "text", "date", "bool", "json", "time"])?;
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    (name.len() == 3 && (suggestion.len() == 4 || sorted(name) == sorted(suggestion)))
        .then_some(suggestion)
}
