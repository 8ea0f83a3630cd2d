//! Replays statements that only run if something exists, or does not: afterwards it certainly
//! exists, or certainly is gone.

use std::borrow::Cow;

use super::state::ReplayState;
use crate::analysis::model::{Detail, Id, Namespace, ObjectKind};
use crate::analysis::names::Name;
use crate::analysis::statement::{
    self, Action, Asked, AskedKind, ObjectType, OnTable, Statement, Step, constant, tokens,
};
use crate::syntax::statements;

impl ReplayState {
    /// Replays something that only runs if what it creates does not exist yet, so that it exists
    /// afterwards. If the condition asks for an object, this only holds for that object; the
    /// condition may be about another one.
    pub(super) fn ensure(&mut self, asked: Option<&Asked>, run: impl FnOnce(&mut ReplayState)) {
        let (mark, is_refused) = self.try_out(run);
        if is_refused {
            return self.model.undo(mark);
        }
        let made = self.model.made_since(&mark);
        let ids: Vec<Id> = made.iter().map(|(id, _)| *id).collect();
        let is_root = |id: Id| {
            self.model.get(id).is_some_and(|object| {
                let home = object.table.or(object.home);
                !home.is_some_and(|home| ids.contains(&home))
                    && !object.dependencies.iter().any(|need| ids.contains(&need.on))
                    && !matches!(object.class, ObjectKind::Default)
            })
        };
        let roots: Vec<_> = made.iter().filter(|(id, _)| is_root(*id)).copied().collect();
        let is_asked = match (asked, roots.as_slice()) {
            (None, roots) => !roots.is_empty(),
            (Some(asked), [(root, _)]) => self.is_what(*root, asked) && self.is_alone(asked),
            (Some(_), _) => false,
        };
        let were_free = roots.iter().all(|(_, was_free)| *was_free);
        // If one of several objects existed, none of the others was created.
        if !is_asked || !were_free && roots.len() > 1 {
            return self.model.unsettle(mark);
        }
        if were_free {
            return;
        }
        let place = self.place(self.statement);
        for id in ids {
            let is_root = roots.iter().any(|(root, _)| *root == id);
            self.model.change(id, place, |object| {
                object.is_old = true;
                object.is_certain &= is_root;
                (object.complete, object.parts_complete) = (false, false);
                match &mut object.detail {
                    Detail::Column { kind, not_null, .. } => (*kind, *not_null) = (None, None),
                    Detail::Constraint { columns, .. } | Detail::Index { columns, .. } => {
                        *columns = None;
                    }
                    _ => {}
                }
            });
        }
    }

    /// Whether an object is the one that the condition asks for.
    fn is_what(&self, id: Id, asked: &Asked) -> bool {
        let Some(object) = self.model.get(id) else { return false };
        let bare = object.name.split('(').next().unwrap_or(&object.name);
        let home = object.table.or(object.home).and_then(|home| self.model.get(home));
        let is_schema = home.is_some_and(|home| home.class == ObjectKind::Schema);
        let table = home.filter(|_| !is_schema);
        let schema = match table {
            Some(table) => table.home.and_then(|schema| self.model.get(schema)),
            None => home,
        };
        let same_table = match (&asked.table, table) {
            (Some(asked), Some(table)) => asked.rsplit('.').next() == Some(&*table.name),
            (None, _) => true,
            (Some(_), None) => object.class == ObjectKind::Index,
        };
        let same_schema = match (&asked.schema, schema) {
            (Some(asked), Some(schema)) => **asked == *schema.name,
            _ => true,
        };
        fits(asked.kind, object.class) && bare == asked.name && same_table && same_schema
    }

    /// Whether at most one object can match the condition.
    pub(super) fn is_alone(&self, asked: &Asked) -> bool {
        let is_of_table = matches!(
            asked.kind,
            AskedKind::Column | AskedKind::Constraint | AskedKind::Trigger | AskedKind::Policy
        );
        if is_of_table && asked.table.is_none() {
            // Any table may have something of this name, including tables that are not fully known.
            let namespace = match asked.kind {
                AskedKind::Column => return false,
                AskedKind::Trigger => Namespace::Trigger,
                AskedKind::Policy => Namespace::Policy,
                _ => Namespace::Constraint,
            };
            if self.model.is_open(namespace) {
                return false;
            }
        }
        // There may be overloads of the function.
        if asked.kind == AskedKind::Routine && self.model.is_open(Namespace::Routine) {
            return false;
        }
        let same = self.model.objects().filter(|(id, object)| {
            // Another relation or type of this name in another schema, or a view in place of a
            // table.
            let is_near = fits(asked.kind, object.class)
                || matches!(asked.kind, AskedKind::Type) && object.class.has_row_type();
            is_near && self.is_what(*id, &Asked { kind: kind_of(object.class), ..asked.clone() })
        });
        same.count() <= 1
    }
}

/// How a condition would ask for an object of this kind.
fn kind_of(class: ObjectKind) -> AskedKind {
    match class {
        ObjectKind::Index => AskedKind::Index,
        ObjectKind::Enum | ObjectKind::Domain | ObjectKind::OtherType | ObjectKind::Composite => {
            AskedKind::Type
        }
        ObjectKind::Column => AskedKind::Column,
        ObjectKind::Constraint => AskedKind::Constraint,
        ObjectKind::Trigger => AskedKind::Trigger,
        ObjectKind::Policy => AskedKind::Policy,
        ObjectKind::Schema => AskedKind::Schema,
        ObjectKind::Extension => AskedKind::Extension,
        ObjectKind::Routine => AskedKind::Routine,
        _ => AskedKind::Relation,
    }
}

fn fits(kind: AskedKind, class: ObjectKind) -> bool {
    let of_class = kind_of(class);
    // `pg_class` also contains indexes.
    kind == of_class || kind == AskedKind::Relation && of_class == AskedKind::Index
}

/// Whether a step only drops what the condition asks for.
pub(super) fn drops_only(step: &Step<'_>, asked: &Asked) -> bool {
    let of_kind = |kind: AskedKind, name: &str| asked.kind == kind && asked.name == name;
    let in_schema = |name: &Name| {
        let schema = name.schema().map_or("public", |schema| &*schema.text);
        asked.schema.as_ref().is_none_or(|asked| asked == schema)
    };
    let of_table = |table: &Name| {
        let known = asked.table.as_ref().and_then(|known| known.rsplit('.').next());
        known.is_none_or(|known| known == table.last())
    };
    let text: Cow<'_, str>;
    let (source, tokens, offset) = match step {
        Step::Sql(sql) => {
            let (source, offset) = sql.source();
            (source, sql.tokens().to_vec(), offset)
        }
        Step::Execute(expression) => {
            let Some(constant) = constant(expression) else { return false };
            text = Cow::Owned(constant);
            (&*text, tokens(&text), 0)
        }
        _ => return false,
    };
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return false };
    let statement = statements::Statement { span: first.span.to(last.span), tokens };
    match statement::read(source, &statement, offset) {
        Statement::Drop(drop) => {
            let kind = match drop.kind {
                ObjectType::Type | ObjectType::Domain => AskedKind::Type,
                ObjectType::Index => AskedKind::Index,
                ObjectType::Schema => AskedKind::Schema,
                ObjectType::Extension => AskedKind::Extension,
                _ => AskedKind::Relation,
            };
            let is_it = |name: &Name| {
                of_kind(kind, name.last())
                    || kind == AskedKind::Index && of_kind(AskedKind::Relation, name.last())
            };
            let is_there = |name: &Name| is_it(name) && in_schema(name);
            !drop.cascade && drop.names.len() == 1 && drop.names.iter().all(is_there)
        }
        Statement::DropOnTable { what, name, table, .. } => {
            let kind = match what {
                OnTable::Trigger => AskedKind::Trigger,
                OnTable::Policy => AskedKind::Policy,
                OnTable::Rule => return false,
            };
            of_kind(kind, &name.text) && of_table(&table) && in_schema(&table)
        }
        Statement::AlterTable(alter) => {
            let is_it = |action: &Action<'_>| match action {
                Action::DropColumn { name, cascade: false, .. } => {
                    of_kind(AskedKind::Column, &name.text)
                }
                Action::DropConstraint { name, cascade: false, .. } => {
                    of_kind(AskedKind::Constraint, &name.text)
                }
                _ => false,
            };
            let is_there = of_table(&alter.name) && in_schema(&alter.name);
            is_there && alter.actions.len() == 1 && alter.actions.iter().all(is_it)
        }
        _ => false,
    }
}
