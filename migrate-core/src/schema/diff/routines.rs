//! Writes functions, procedures and aggregates, in an order that their bodies allow.

use std::collections::BTreeSet;

use super::order::sorted;
use super::relations::is_view;
use super::{Draft, Phase, mentions};
use crate::schema::catalog::{Catalog, Change, Name, ObjectName, Relation, Routine, RoutineName};

impl Draft<'_> {
    pub(super) fn routines(&mut self) {
        let (from, to) = (self.from, self.to);
        let calls = |(_, it): &(&RoutineName, &Routine), (name, _): &(&RoutineName, &Routine)| {
            // Its own name is no call.
            let text = it.definition.split_once('(').map_or(&*it.definition, |(_, text)| text);
            match it.is_parsed() {
                true => mentions::mentions(text, &Name::new(&*name.schema, &*name.name)),
                false => mentions::has_word(text, &name.name),
            }
        };
        let goes = |(name, _): &(&RoutineName, &Routine)| {
            self.recreated.routines.contains(*name) || !to.routines.contains_key(*name)
        };
        let with_views: BTreeSet<&RoutineName> =
            self.gone_with_views().into_iter().map(|(name, _)| name).collect();
        let old = sorted(from.routines.iter().filter(goes).collect(), calls);
        for (name, it) in old.into_iter().rev() {
            if with_views.contains(name) {
                continue;
            }
            if self.recreated.routines.contains(name) {
                let makes_way = |(table, before): (&Name, &Relation)| {
                    let other = |after| self.recreated.remakes(before, after);
                    it.needs(name, table) && to.relations.get(table).is_some_and(other)
                };
                let phase = match from.relations.iter().any(makes_way) {
                    true => Phase::DropRoutinesOfTables,
                    false => Phase::DropAnew,
                };
                self.drop_routine(name, it, phase);
            } else if !to.routines.contains_key(name) {
                // What takes rows of a table goes before it does.
                let gone = from.relations.keys().filter(|name| !to.relations.contains_key(*name));
                let early = gone.into_iter().any(|table| {
                    let result = it.result.as_deref().unwrap_or_default();
                    mentions::mentions(result, table)
                        || mentions::mentions(&name.arguments, table)
                        || it.definition.contains("BEGIN ATOMIC")
                            && mentions::mentions(&it.definition, table)
                });
                let own = Name::new(&*name.schema, &*name.name);
                let mut measures = from.ranges.values().filter_map(|it| it.difference.as_ref());
                let phase = match early {
                    true => Phase::DropRoutinesOfTables,
                    false if measures.any(|it| mentions::mentions(it, &own)) => Phase::DropRest,
                    false => Phase::DropRoutines,
                };
                let mut name = name.clone();
                if phase > Phase::RenameTypes {
                    // It takes a type that has another name by then.
                    for kind in &self.recreated.types {
                        name.arguments = mentions::with_other(&name.arguments, kind);
                    }
                }
                self.drop_routine(&name, it, phase);
            }
        }
        let early = if from.routines == to.routines && self.recreated.routines.is_empty() {
            BTreeSet::new()
        } else {
            needed_by_tables(to)
        };
        let with_views: BTreeSet<&RoutineName> =
            self.made_with_views().into_iter().map(|(name, _)| name).collect();
        let comes = |(name, it): &(&RoutineName, &Routine)| {
            self.recreated.routines.contains(*name) || from.routines.get(*name) != Some(it)
        };
        for (name, it) in sorted(to.routines.iter().filter(comes).collect(), calls) {
            // Between views, it comes with them.
            if !with_views.contains(name) {
                self.make_routine(name, it, self.phase(name, it, &early));
            }
        }
    }

    pub(super) fn drop_routine(&mut self, name: &RoutineName, it: &Routine, phase: Phase) {
        self.step(phase, format!("DROP {}", shown(name, it)));
    }

    /// A routine that is new, or that changes.
    pub(super) fn make_routine(&mut self, name: &RoutineName, it: &Routine, phase: Phase) {
        let before = self.from.routines.get(name);
        let before = before.filter(|_| !self.recreated.routines.contains(name));
        if before.is_none() {
            self.made(ObjectName::routine(name));
        }
        if before.is_none_or(|before| before.definition != it.definition) {
            match create(name, it) {
                Ok(sql) => self.step(phase, sql),
                Err(why) => {
                    let change = if before.is_some() { Change::Alter } else { Change::Add };
                    self.cannot(change, "routine", name, why);
                }
            }
        }
        let shown = shown(name, it);
        let depended = before.map(|it| it.depends_on.clone()).unwrap_or_default();
        // What ALTER calls an aggregate takes these words only as a routine.
        let altered = shown.replacen("AGGREGATE ", "ROUTINE ", 1);
        self.dependence(&altered, &depended, &it.depends_on);
        self.comment(&shown, before.and_then(|it| it.comment.as_ref()), it.comment.as_ref());
    }

    /// The server looks at the body of an SQL function when it is made, so tables come first, and
    /// views, unless it is them who need it.
    fn phase(&self, name: &RoutineName, it: &Routine, early: &BTreeSet<&RoutineName>) -> Phase {
        if early.contains(name) {
            return Phase::Routines;
        }
        let views = self.to.relations.iter().filter(|(_, it)| is_view(it));
        let new = views.filter(|(name, it)| {
            let before = self.from.relations.get(*name);
            self.recreated.views.contains(*name)
                || before.is_none_or(|before| before.definition != it.definition)
        });
        let mut new = new.map(|(name, _)| name);
        if new.any(|view| mentions::has_word(&it.definition, &view.name)) {
            Phase::RoutinesOfViews
        } else {
            Phase::RoutinesOfTables
        }
    }
}

/// The routines that tables call, and those that they call in turn.
fn needed_by_tables(to: &Catalog) -> BTreeSet<&RoutineName> {
    let tables = to.relations.values().filter(|it| !is_view(it));
    let parts = |it: &Relation| -> Vec<String> {
        let defaults = it.columns.iter().filter_map(|it| it.default.clone());
        let constraints = it.constraints.values().map(|it| it.definition.clone());
        let indexes = it.indexes.values().map(|it| it.definition.clone());
        let key = it.partition_key.clone();
        defaults.chain(constraints).chain(indexes).chain(key).collect()
    };
    let mut texts: Vec<String> = tables.flat_map(parts).collect();
    for it in to.domains.values() {
        texts.extend(it.constraints.values().cloned().chain(it.default.clone()));
    }
    texts.extend(to.ranges.values().filter_map(|it| it.difference.clone()));
    let watches = |kind: &str| kind == "publication" || kind == "event trigger";
    for (_, it) in to.others.iter().filter(|(name, _)| !watches(&name.kind)) {
        texts.extend(it.parts.values().chain([&it.definition]).cloned());
    }
    let mut found = BTreeSet::new();
    while !texts.is_empty() {
        let called = |name: &&RoutineName| {
            let full = Name::new(&*name.schema, &*name.name);
            texts.iter().any(|text| mentions::mentions(text, &full))
        };
        let left = to.routines.keys().filter(|name| !found.contains(name));
        let more: Vec<&RoutineName> = left.filter(called).collect();
        // A body has names without their schemas.
        let bodies: Vec<&String> =
            more.iter().filter_map(|it| to.routines.get(*it)).map(|it| &it.definition).collect();
        let inner = to
            .routines
            .keys()
            .filter(|name| bodies.iter().any(|body| mentions::has_word(body, &name.name)));
        let inner: Vec<&RoutineName> = inner.filter(|name| !found.contains(name)).collect();
        texts = inner
            .iter()
            .filter(|name| !more.contains(name))
            .map(|name| mentions::full(&Name::new(&*name.schema, &*name.name)))
            .collect();
        found.extend(more);
    }
    found
}

fn shown(name: &RoutineName, it: &Routine) -> String {
    let (kind, none) = match it.kind.as_str() {
        "procedure" => ("PROCEDURE", ""),
        "aggregate" => ("AGGREGATE", "*"),
        _ => ("FUNCTION", ""),
    };
    let arguments = if name.arguments.is_empty() { none } else { &name.arguments };
    format!("{kind} {}({arguments})", mentions::name(&Name::new(&*name.schema, &*name.name)))
}

fn create(name: &RoutineName, it: &Routine) -> Result<String, &'static str> {
    if it.kind != "aggregate" {
        return Ok(it.definition.trim_end().to_owned());
    }
    let Some((options, rest)) = it.definition.rsplit_once(", PARALLEL = ") else {
        return Err("its options are not understood");
    };
    let is_plain = rest.contains("KIND = n");
    let mut options = options.to_owned();
    if is_plain {
        options =
            options.replace(", FINALFUNC_MODIFY = r", "").replace(", MFINALFUNC_MODIFY = r", "");
    }
    for (letter, word) in [("r", "READ_ONLY"), ("w", "READ_WRITE"), ("s", "SHAREABLE")] {
        let (letter, word) =
            (format!("FINALFUNC_MODIFY = {letter}"), format!("FINALFUNC_MODIFY = {word}"));
        options = options.replace(&format!("{letter},"), &format!("{word},"));
        if let Some(rest) = options.strip_suffix(&letter) {
            options = format!("{rest}{word}");
        }
    }
    if rest.contains("KIND = h") {
        options.push_str(", HYPOTHETICAL");
    }
    let parallel = match rest.chars().next() {
        Some('s') => ", PARALLEL = SAFE",
        Some('r') => ", PARALLEL = RESTRICTED",
        _ => "",
    };
    Ok(format!("CREATE {} ({options}{parallel})", shown(name, it)))
}
