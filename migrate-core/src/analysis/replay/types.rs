//! Replays the creation and change of types and domains.

use std::rc::Rc;

use super::creation::NameStatus;
use super::state::{ReplayState, Target};
use crate::analysis::model::{
    DependencyKind, Detail, FileSpan, Id, Lookup, Namespace, Object, ObjectKind,
};
use crate::analysis::names::{Name, automatic, cut};
use crate::analysis::statement::{AlterType, TypeBody, TypeChange, TypeName};
use crate::chain::problem::Problem;
use crate::syntax::source::Span;
use crate::syntax::suggest::did_you_mean;

/// The values of an enum, and where each was added.
type Labels = Vec<(Rc<str>, FileSpan)>;

impl ReplayState {
    pub(super) fn create_type(&mut self, name: &Name, body: &TypeBody<'_>) {
        let class = match body {
            TypeBody::Enum(_) => ObjectKind::Enum,
            TypeBody::Composite(_) => ObjectKind::Composite,
            TypeBody::Range { .. } | TypeBody::Other => ObjectKind::OtherType,
        };
        if let TypeBody::Enum(labels) = body {
            for (nth, (label, span)) in labels.iter().enumerate() {
                if let Some((_, first)) = labels[..nth].iter().find(|(known, _)| known == label) {
                    let what = format!("value `{label}` of type `{name}`");
                    let first = self.place(*first);
                    self.report(Problem::AlreadyExists { what }, *span, "again here");
                    self.add_related(first, "first here");
                }
            }
        }
        // A second statement completes a shell type.
        if matches!(body, TypeBody::Other)
            && let Some(id) =
                self.model.resolve_own(Namespace::Type, name, false).and_then(Lookup::id)
            && self.class(id) == Some(ObjectKind::OtherType)
        {
            return;
        }
        let NameStatus::Yes(schema, _) = self.free(class, name, false, false) else { return };
        let place = self.place(name.span());
        let mut object = Object::new(class, name.last().into(), Some(schema), place);
        match body {
            TypeBody::Enum(labels) => {
                let placed = |(label, span): &(Rc<str>, Span)| (label.clone(), self.place(*span));
                object.detail = Detail::Enum { labels: labels.iter().map(placed).collect() };
                self.model.add(object);
            }
            TypeBody::Composite(attributes) => {
                let id = self.model.add(object);
                for attribute in attributes {
                    self.add_column(Target { id, class }, attribute, false);
                }
            }
            TypeBody::Range { multirange } => {
                let id = self.model.add(object);
                // A multirange is created and dropped with its range.
                let of = match multirange {
                    Some(of) => of.clone(),
                    None => multirange_of(name),
                };
                if let Some(home) = self.model.target(&of, false)
                    && let Lookup::No(_) = self.model.find(Namespace::Type, Some(home), of.last())
                {
                    let mut of = Object::new(class, of.last().into(), Some(home), place);
                    of.need(id, DependencyKind::Internal);
                    self.model.add(of);
                }
            }
            TypeBody::Other => {
                self.model.add(object);
            }
        }
    }

    pub(super) fn create_domain(&mut self, name: &Name, base: &TypeName) {
        let base = self.plain_type_of(base);
        if let NameStatus::Yes(schema, _) = self.free(ObjectKind::Domain, name, false, false) {
            let place = self.place(name.span());
            let mut domain =
                Object::new(ObjectKind::Domain, name.last().into(), Some(schema), place);
            if let Some(base) = base {
                domain.need(base, DependencyKind::Normal);
            }
            self.model.add(domain);
        }
    }

    pub(super) fn alter_type(&mut self, alter: &AlterType) {
        let kind = if alter.is_domain { "domain" } else { "type" };
        let Some(id) = self.droppable_type(&alter.name, false, kind) else { return };
        match &alter.change {
            TypeChange::AddValue { label, if_not_exists, beside } => {
                self.add_value(id, label, *if_not_exists, beside.as_ref());
            }
            TypeChange::RenameValue { from, to } => self.rename_value(id, from, to),
            TypeChange::RenameTo(to) => self.rename(id, to, to.span),
            TypeChange::RenameAttribute { name, to } => {
                if let Some(class) = self.class(id)
                    && let Some(column) = self.column(Target { id, class }, name)
                {
                    self.rename(column, to, name.span);
                }
            }
            TypeChange::SetSchema(schema) => self.move_to(id, schema),
            TypeChange::Members => {
                let place = self.place(alter.name.span());
                self.model.change(id, place, |object| object.complete = false);
                for part in self.model.parts(id, |class| class == ObjectKind::Column) {
                    self.model.change(part, place, |part| part.is_certain = false);
                }
                self.doubt_typed(id, alter.name.span());
            }
            TypeChange::Harmless => {}
        }
    }

    /// The values of an enum, if all are known.
    fn values(&self, id: Id) -> Option<(Labels, FileSpan)> {
        let object = self.model.get(id)?;
        match &object.detail {
            Detail::Enum { labels } if object.complete && self.model.is_sure(id) => {
                Some((labels.clone(), object.place))
            }
            _ => None,
        }
    }

    fn set_values(&mut self, id: Id, span: Span, change: impl FnOnce(&mut Labels)) {
        let place = self.place(span);
        self.model.change(id, place, |object| {
            if let Detail::Enum { labels } = &mut object.detail {
                change(labels);
            }
        });
    }

    fn add_value(
        &mut self,
        id: Id,
        (label, span): &(Rc<str>, Span),
        if_not_exists: bool,
        beside: Option<&(Rc<str>, Span)>,
    ) {
        if let Some((labels, place)) = self.values(id) {
            if has(&labels, label) {
                if !if_not_exists {
                    let what = format!("value `{label}` of {}", self.describe(id));
                    self.report(Problem::AlreadyExists { what }, *span, "added again here");
                    self.add_related(place, "the type is created here");
                }
                return;
            }
            if let Some((beside, span)) = beside
                && !has(&labels, beside)
            {
                self.no_value(id, beside, *span, &labels, place);
                return;
            }
        }
        // If all values of the enum are known, this value is new. An enum that existed before its
        // CREATE may have more.
        let is_known =
            self.values(id).is_some() && self.model.get(id).is_some_and(|kind| !kind.is_old);
        if is_known || !if_not_exists {
            self.note_added(id, label, *span);
        }
        let place = self.place(*span);
        self.set_values(id, *span, |labels| {
            if !has(labels, label) {
                labels.push((label.clone(), place));
            }
        });
    }

    /// Checks that a string is a value of an enum, if all its values are known.
    pub(super) fn must_have_value(&mut self, id: Id, label: &str, span: Span) {
        if let Some((labels, place)) = self.values(id)
            && !has(&labels, &label.into())
        {
            self.no_value(id, label, span, &labels, place);
        }
    }

    fn no_value(
        &mut self,
        id: Id,
        label: &str,
        span: Span,
        labels: &[(Rc<str>, FileSpan)],
        place: FileSpan,
    ) {
        let what = format!("value `{label}` of {}", self.describe(id));
        let suggestion =
            did_you_mean(label, labels.iter().map(|(label, _)| &**label)).map(str::to_owned);
        self.report(Problem::Missing { what, suggestion }, span, "not there");
        self.add_related(place, "the type is created here");
    }

    fn rename_value(
        &mut self,
        id: Id,
        (from, from_span): &(Rc<str>, Span),
        (to, to_span): &(Rc<str>, Span),
    ) {
        if let Some((labels, place)) = self.values(id) {
            if !has(&labels, from) {
                return self.no_value(id, from, *from_span, &labels, place);
            }
            if has(&labels, to) {
                let what = format!("value `{to}` of {}", self.describe(id));
                self.report(Problem::AlreadyExists { what }, *to_span, "");
                return self.add_related(place, "the type is created here");
            }
        }
        self.set_values(id, *from_span, |labels| {
            for (label, _) in labels.iter_mut().filter(|(label, _)| label == from) {
                *label = to.clone();
            }
        });
    }
}

fn has(labels: &[(Rc<str>, FileSpan)], label: &Rc<str>) -> bool {
    labels.iter().any(|(known, _)| known == label)
}

/// The name that the server chooses for the multirange of a range.
fn multirange_of(range: &Name) -> Name {
    let last = range.last();
    let name = match last.find("range") {
        Some(at) => format!("{}multi{}", &last[..at], &last[at..]),
        None => automatic(last, "", "multirange"),
    };
    let mut parts = range.parts.clone();
    if let Some(part) = parts.last_mut() {
        part.text = cut(&name).into();
    }
    Name { parts }
}
