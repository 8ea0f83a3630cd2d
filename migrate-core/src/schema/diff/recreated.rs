//! Determines which objects have to be dropped and recreated under the same name, and which objects depend on these,
//! before the first statement is written.

use std::collections::{BTreeMap, BTreeSet};

use super::relations::is_view;
use super::{keys, mentions};
use crate::schema::catalog::{
    Catalog, Column, Composite, Constraint, Domain, Index, Name, OtherName, Relation, RelationKind,
    Routine, RoutineName,
};

/// What is recreated.
#[derive(Debug, Default)]
pub(super) struct Recreated {
    /// Types.
    pub(super) types: BTreeSet<Name>,
    /// Functions, procedures and aggregates.
    pub(super) routines: BTreeSet<RoutineName>,
    /// Columns that get another type, by table.
    retyped: BTreeMap<Name, BTreeSet<String>>,
    /// Columns that are dropped and added again, by table.
    renewed: BTreeMap<Name, BTreeSet<String>>,
    /// Views.
    pub(super) views: BTreeSet<Name>,
    /// Objects of rare kinds.
    pub(super) others: BTreeSet<OtherName>,
}

impl Recreated {
    /// What is recreated between two catalogs, if these types are.
    pub(super) fn new(from: &Catalog, to: &Catalog, types: BTreeSet<Name>) -> Self {
        let mut recreated = Recreated { types, ..Recreated::default() };
        recreated.look_at_types(from, to);
        loop {
            let known = (recreated.routines.len(), recreated.others.len());
            recreated.look_at_routines(from, to);
            recreated.look_at_others(from, to);
            recreated.look_at_columns(from, to);
            recreated.look_at_views(from, to);
            recreated.look_at_row_types(from, to);
            if known == (recreated.routines.len(), recreated.others.len()) {
                return recreated;
            }
        }
    }

    fn look_at_types(&mut self, from: &Catalog, to: &Catalog) {
        for (name, before) in &from.enums {
            let Some(after) = to.enums.get(name) else { continue };
            let mut kept = after.labels.iter().filter(|label| before.labels.contains(label));
            if !before.labels.iter().all(|label| kept.next() == Some(label)) {
                self.types.insert(name.clone());
            }
        }
        loop {
            let mut found: Vec<&Name> = Vec::new();
            for (name, before) in &from.domains {
                let base = |after: &Domain| {
                    after.base != before.base
                        || after.collation != before.collation
                        || self.has_type(&after.base)
                        || before.is_narrowed(after) && is_inside(from, name)
                };
                found.extend(to.domains.get(name).filter(|it| base(it)).map(|_| name));
            }
            for (name, before) in &from.composites {
                let other = |after: &Composite| {
                    let moved =
                        !before.can_become(after) && !is_used(from, name) && !is_used(to, name);
                    moved || after.attributes.iter().any(|it| self.has_type(&it.data_type))
                };
                found.extend(to.composites.get(name).filter(|it| other(it)).map(|_| name));
            }
            found.retain(|name| !self.types.contains(*name));
            if found.is_empty() {
                break;
            }
            self.types.extend(found.into_iter().cloned());
        }
    }

    fn look_at_routines(&mut self, from: &Catalog, to: &Catalog) {
        // A parameter can't be renamed, added or taken away: what calls the old one lets go of it first.
        let successor = |name: &RoutineName| {
            let new = |other: &RoutineName| {
                (&other.schema, &other.name) == (&name.schema, &name.name)
                    && !from.routines.contains_key(other)
            };
            !to.routines.contains_key(name) && to.routines.keys().any(new)
        };
        let replaced = from.routines.keys().filter(|name| successor(name));
        self.routines.extend(replaced.cloned());
        // What the body of a function has been read to need can't go, or change, before it does.
        let holds = |it: &Routine| {
            from.relations.iter().any(|(name, before)| {
                mentions::mentions(&it.definition, name)
                    && before.columns.iter().any(|column| {
                        let after = to.relations.get(name);
                        let after = after.and_then(|after| {
                            after.columns.iter().find(|it| it.name == column.name)
                        });
                        after.is_none_or(|after| self.retypes(column, after))
                            && mentions::has_word(&it.definition, &column.name)
                    })
            })
        };
        let held: Vec<RoutineName> = from
            .routines
            .iter()
            .filter(|(name, it)| to.routines.contains_key(*name) && it.is_parsed() && holds(it))
            .map(|(name, _)| name.clone())
            .collect();
        self.routines.extend(held);
        loop {
            let changes = |(name, before): &(&RoutineName, &Routine)| {
                to.routines.get(*name).is_some_and(|after| {
                    before.kind != after.kind
                        || before.result != after.result
                        || before.kind == "aggregate" && before.definition != after.definition
                        || before.head() != after.head()
                        || self.has(&before.definition)
                        || self.has(&name.arguments)
                })
            };
            let found = from.routines.iter().filter(changes).map(|(name, _)| name);
            let found: Vec<_> =
                found.filter(|name| !self.routines.contains(*name)).cloned().collect();
            if found.is_empty() {
                break;
            }
            self.routines.extend(found);
        }
    }

    fn look_at_columns(&mut self, from: &Catalog, to: &Catalog) {
        for (name, before) in &from.relations {
            let Some(after) = to.relations.get(name).filter(|it| it.kind == before.kind) else {
                continue;
            };
            let both =
                |it: &'_ Column| after.columns.iter().find(|new| new.name == it.name).cloned();
            let both: Vec<(&Column, Column)> =
                before.columns.iter().filter_map(|it| Some((it, both(it)?))).collect();
            let retyped = both.iter().filter(|(old, new)| self.retypes(old, new));
            let retyped: BTreeSet<String> = retyped.map(|(old, _)| old.name.clone()).collect();
            self.retyped.insert(name.clone(), retyped);
            if is_view(before) {
                continue;
            }
            let renewed = both.iter().filter(|(old, new)| self.renews(name, old, new));
            let renewed: BTreeSet<String> = renewed.map(|(old, _)| old.name.clone()).collect();
            self.renewed.insert(name.clone(), renewed);
        }
    }

    /// The routines that stay, and take or return rows of what is recreated.
    fn look_at_row_types(&mut self, from: &Catalog, to: &Catalog) {
        let remade = |(name, before): &(&Name, &Relation)| {
            let other = |after| self.remakes(before, after);
            self.views.contains(*name) || to.relations.get(*name).is_some_and(other)
        };
        let remade: Vec<&Name> =
            from.relations.iter().filter(remade).map(|(name, _)| name).collect();
        let takes = |(name, it): &(&RoutineName, &Routine)| {
            to.routines.contains_key(*name)
                && !self.routines.contains(*name)
                && remade.iter().any(|table| it.needs(name, table))
        };
        let found = from.routines.iter().filter(takes).map(|(name, _)| name.clone());
        let found: Vec<RoutineName> = found.collect();
        self.routines.extend(found);
    }

    /// Is a table or a view dropped and created again, since no statement leads from one to the other?
    pub(super) fn remakes(&self, before: &Relation, after: &Relation) -> bool {
        let of_server = |server: &String| {
            let (kind, identity) = ("server".to_owned(), mentions::ident(server));
            self.others.contains(&OtherName { kind, identity })
        };
        before.kind != after.kind
            || before.server != after.server
            || before.server.as_ref().is_some_and(of_server)
    }

    /// The views that stay but have to make way: they change, or what they show does.
    fn look_at_views(&mut self, from: &Catalog, to: &Catalog) {
        let mut moved: BTreeSet<&Name> = BTreeSet::new();
        for (name, before) in &from.relations {
            let moves = to.relations.get(name).is_none_or(|after| {
                let text = before.definition.as_deref().unwrap_or_default();
                let kept = |it: &Column| after.columns.iter().any(|new| new.name == it.name);
                let changes = of_view(before) != of_view(after) && !before.can_be_replaced(after);
                self.remakes(before, after)
                    || is_view(after) && (changes || self.has(text))
                    || !before.columns.iter().all(kept)
                    || self.has_changed(name)
            });
            if moves {
                moved.insert(name);
            }
        }
        // Rows that are grouped by a primary key may show all that depends on it.
        let primary = |it: &Relation| {
            let mut keys = it.constraints.iter().filter(|(_, it)| it.kind == "primary key");
            keys.next().map(|(name, it)| (name.clone(), it.definition.clone(), it.columns.clone()))
        };
        let rekeyed = from.relations.iter().filter_map(|(name, before)| {
            let after = to.relations.get(name)?;
            let key = primary(before)?;
            (primary(after).as_ref() != Some(&key)).then_some((name, key.2))
        });
        let rekeyed: Vec<(&Name, Vec<String>)> = rekeyed.collect();
        loop {
            let views = from.relations.iter();
            let views = views.filter(|(name, it)| is_view(it) && !moved.contains(*name));
            let more = views.filter(|(_, it)| {
                let text = it.definition.as_deref().unwrap_or_default();
                moved.iter().any(|name| mentions::mentions(text, name))
                    || rekeyed.iter().any(|(name, key)| is_grouped(text, name, key))
            });
            let more: Vec<&Name> = more.map(|(name, _)| name).collect();
            if more.is_empty() {
                break;
            }
            moved.extend(more);
        }
        let stays = |name: &&Name| {
            let both = (from.relations.get(*name), to.relations.get(*name));
            matches!(both, (Some(before), Some(_)) if is_view(before))
        };
        self.views = moved.into_iter().filter(stays).cloned().collect();
    }

    /// Does a definition speak of a type that is recreated?
    pub(super) fn has_type(&self, definition: &str) -> bool {
        self.types.iter().any(|name| mentions::mentions(definition, name))
    }

    /// Does a definition speak of a type, a routine, an operator or the like that is recreated?
    pub(super) fn has(&self, definition: &str) -> bool {
        let name = |it: &RoutineName| Name::new(&*it.schema, &*it.name);
        self.has_type(definition)
            || self.routines.iter().any(|it| mentions::mentions(definition, &name(it)))
            || self.others.iter().any(|it| is_used_in(definition, it))
    }

    /// Does the type of a column change, or become another of the same name?
    pub(super) fn retypes(&self, before: &Column, after: &Column) -> bool {
        before.data_type != after.data_type
            || before.collation != after.collation
            || self.has_type(&after.data_type)
    }

    /// Is a column dropped and added again? A generated one is: its expression can't be changed.
    fn renews(&self, table: &Name, before: &Column, after: &Column) -> bool {
        let expression = before.default.as_deref().unwrap_or_default();
        let retyped = self.retyped.get(table);
        let moves = || retyped.into_iter().flatten().any(|it| mentions::has_word(expression, it));
        match (before.generated.as_deref(), after.generated.as_deref()) {
            (None, None) => false,
            (Some("stored"), None) => false,
            (Some(was), Some(is)) if was == is => {
                before.default != after.default
                    || self.retypes(before, after)
                    || self.has(expression)
                    || moves()
            }
            _ => true,
        }
    }

    /// Is this column of a table dropped and added again?
    pub(super) fn is_renewed(&self, table: &Name, column: &str) -> bool {
        self.renewed.get(table).is_some_and(|it| it.contains(column))
    }

    fn has_changed(&self, table: &Name) -> bool {
        let some = |it: &BTreeMap<Name, BTreeSet<String>>| {
            it.get(table).is_some_and(|columns| !columns.is_empty())
        };
        some(&self.retyped) || some(&self.renewed)
    }

    /// Does a definition of a table speak of a column that is dropped and added again?
    pub(super) fn has_renewed(&self, table: &Name, definition: &str) -> bool {
        let columns = self.renewed.get(table);
        columns.into_iter().flatten().any(|it| mentions::has_word(definition, it))
    }

    /// Does a trigger, a rule or a policy of a table have to let go of what is recreated?
    pub(super) fn frees(&self, table: &Name, definition: &str) -> bool {
        let retyped = self.retyped.get(table).into_iter().flatten();
        let mut others = self.retyped.keys().filter(|name| *name != table);
        self.has(definition)
            || self.has_renewed(table, definition)
            || retyped.into_iter().any(|it| mentions::has_word(definition, it))
            || others.any(|it| self.has_changed(it) && mentions::mentions(definition, it))
            || self.views.iter().any(|it| mentions::mentions(definition, it))
    }

    /// Does a foreign key have to let go of its key, because that changes?
    pub(super) fn rekeyed(&self, from: &Catalog, to: &Catalog, it: &Constraint) -> bool {
        let Some(table) = &it.references else { return false };
        let both = (from.relations.get(table), to.relations.get(table));
        let (Some(before), Some(after)) = both else { return false };
        let columns = keys::referred(it);
        let changes = |of: &BTreeMap<Name, BTreeSet<String>>| {
            of.get(table).is_some_and(|it| !it.is_disjoint(&columns))
        };
        let after = keys::keys(after);
        let gone = |key: &(BTreeSet<String>, String)| key.0 == columns && !after.contains(key);
        changes(&self.retyped) || changes(&self.renewed) || keys::keys(before).iter().any(gone)
    }

    /// Does a definition speak of a column of a table that gets another type?
    pub(super) fn retypes_in(&self, table: &Name, definition: &str) -> bool {
        let retyped = self.retyped.get(table);
        retyped.into_iter().flatten().any(|it| mentions::has_word(definition, it))
    }

    /// Does a foreign key of a table have columns that get another type?
    pub(super) fn retypes_key(&self, table: &Name, it: &Constraint) -> bool {
        let retyped = self.retyped.get(table);
        it.columns.iter().any(|name| retyped.is_some_and(|it| it.contains(name)))
    }

    /// Does the index of a table stay, with the constraint that it stands behind?
    pub(super) fn keeps_index(
        &self,
        table: &Name,
        before: &Relation,
        after: &Relation,
        index: &str,
    ) -> bool {
        let both = (before.indexes.get(index), after.indexes.get(index));
        let (Some(old), Some(new)) = both else { return false };
        let key = |it: &Relation| it.constraints.get(index).map(|it| it.definition.clone());
        self.same_index(table, old, new) && key(before) == key(after)
    }

    /// Can an index of a table stay as it is?
    pub(super) fn same_index(&self, table: &Name, a: &Index, b: &Index) -> bool {
        a.definition == b.definition
            && a.constraint == b.constraint
            && !self.has(&a.definition)
            && !self.has_renewed(table, &a.definition)
    }
}

/// Does an expression use an operator, an operator class or the like?
pub(super) fn is_used_in(definition: &str, it: &OtherName) -> bool {
    let name = it.identity.split(['(', ' ']).next().unwrap_or_default();
    match it.kind.as_str() {
        "operator" => definition.contains(&format!("OPERATOR({name})")),
        "operator class" => mentions::is_in(name, definition),
        "text search configuration" | "text search dictionary" => {
            mentions::is_in(&it.identity, definition)
        }
        _ => false,
    }
}

/// Does a query group rows by the primary key of a table?
fn is_grouped(query: &str, table: &Name, key: &[String]) -> bool {
    let groups = query.split_once("GROUP BY").map_or("", |(_, groups)| groups);
    mentions::mentions(query, table) && key.iter().all(|column| mentions::has_word(groups, column))
}

impl Relation {
    /// Can `CREATE OR REPLACE VIEW` lead to another one? Columns can be added at the end.
    pub(super) fn can_be_replaced(&self, after: &Relation) -> bool {
        let same = |(one, other): (&Column, &Column)| {
            one.name == other.name
                && one.data_type == other.data_type
                && one.collation == other.collation
        };
        self.kind == RelationKind::View
            && after.kind == RelationKind::View
            && self.columns.len() <= after.columns.len()
            && self.columns.iter().zip(&after.columns).all(same)
    }
}

impl Routine {
    /// Can it be there only while a table or a view is? Its name is the key of the catalog.
    pub(super) fn needs(&self, own: &RoutineName, relation: &Name) -> bool {
        mentions::mentions(&own.arguments, relation)
            || self.result.as_ref().is_some_and(|it| mentions::mentions(it, relation))
            || self.is_parsed() && mentions::mentions(&self.definition, relation)
    }

    /// Is its body SQL that the server has read, so that what it speaks of can't go?
    pub(super) fn is_parsed(&self) -> bool {
        self.definition.contains("\nBEGIN ATOMIC") || self.definition.contains("\nRETURN ")
    }

    /// Has a parameter a default, which the server has read?
    pub(super) fn has_defaults(&self) -> bool {
        !self.head().is_empty()
    }

    /// What can't be replaced: the arguments with their defaults.
    fn head(&self) -> &str {
        let head = self.definition.split("\n RETURNS").next().unwrap_or_default();
        match self.kind.as_str() {
            "aggregate" => "",
            _ if head.contains(" DEFAULT ") => head.split("\nAS ").next().unwrap_or_default(),
            _ => "",
        }
    }
}

impl Domain {
    /// Does it refuse more, so that rows are looked at?
    fn is_narrowed(&self, after: &Domain) -> bool {
        let new = |(name, check): (&String, &String)| {
            !check.ends_with("NOT VALID") && self.constraints.get(name) != Some(check)
        };
        after.not_null && !self.not_null || after.constraints.iter().any(new)
    }
}

/// Has a column an array of this type, or something else that has it inside? PostgreSQL does not
/// look into those when the type changes, and refuses.
fn is_inside(catalog: &Catalog, name: &Name) -> bool {
    let full = mentions::full(name);
    let inside = |kind: &str| kind != full && mentions::mentions(kind, name);
    let columns = catalog.relations.values().flat_map(|it| &it.columns);
    let attributes = catalog.composites.values().flat_map(|it| &it.attributes);
    columns.into_iter().any(|it| inside(&it.data_type))
        || attributes.into_iter().any(|it| mentions::mentions(&it.data_type, name))
        || catalog.ranges.values().any(|it| mentions::mentions(&it.subtype, name))
        || catalog.domains.values().any(|it| inside(&it.base))
}

impl Composite {
    /// Can it become another one by dropping, changing and adding attributes?
    pub(super) fn can_become(&self, after: &Composite) -> bool {
        let has = |it: &Composite, name: &str| it.attributes.iter().any(|it| it.name == name);
        let kept = self.attributes.iter().filter(|it| has(after, &it.name));
        let new = after.attributes.iter().filter(|it| !has(self, &it.name));
        kept.chain(new).map(|it| &it.name).eq(after.attributes.iter().map(|it| &it.name))
    }
}

/// Has a table a column of this type, or a type that has one?
pub(super) fn is_used(catalog: &Catalog, name: &Name) -> bool {
    let column = |it: &Column| mentions::mentions(&it.data_type, name);
    catalog.relations.values().any(|it| it.columns.iter().any(column))
        || catalog.domains.values().any(|it| mentions::mentions(&it.base, name))
        || catalog.ranges.values().any(|it| mentions::mentions(&it.subtype, name))
        || catalog.composites.iter().any(|(other, it)| {
            other != name && it.attributes.iter().any(|it| mentions::mentions(&it.data_type, name))
        })
}

/// What a view can't change without being recreated.
fn of_view(it: &Relation) -> impl PartialEq {
    (it.definition.clone(), it.tablespace.clone(), it.access_method.clone())
}
