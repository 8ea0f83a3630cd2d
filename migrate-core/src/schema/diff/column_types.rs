//! Changes the type of a column: the statement, what its values become, and the comments about that.

use super::relations::{REWRITES, keyword};
use super::{Draft, Phase, Step, casts, mentions};
use crate::schema::catalog::{Catalog, Column, Name, RelationKind};

/// The type below all domains, which decides what a cast does to a value.
fn bottom(catalog: &Catalog, kind: &str) -> String {
    let (element, array) = casts::element(kind);
    let domain = catalog.domains.iter().find(|(name, _)| mentions::full(name) == element);
    match domain {
        Some((_, it)) if array.is_empty() || !it.base.ends_with("[]") => {
            bottom(catalog, &format!("{}{array}", it.base))
        }
        _ => kind.to_owned(),
    }
}

impl Draft<'_> {
    pub(super) fn retype(
        &mut self,
        table: &Name,
        relation: RelationKind,
        before: &Column,
        after: &Column,
    ) {
        let name = mentions::ident(&after.name);
        let (was, kind) = (&*before.data_type, &*after.data_type);
        let (from, to) = (bottom(self.from, was), bottom(self.to, kind));
        let shown = format!("{}.{name}", mentions::name(table));
        let ((_, was_array), (element, array)) = (casts::element(&from), casts::element(&to));
        let boxes = was_array.is_empty() && !array.is_empty();
        let unboxes = !was_array.is_empty() && array.is_empty();
        // Between an enum and its successor there is no cast; every type has one to text.
        let same = casts::base(&from) == casts::base(&to) && !self.recreated.has_type(&to);
        let direct = was != kind && mentions::casts(&from, &to);
        let known = casts::using(&name, &from, &to);
        let using = match &known {
            // A foreign table has no rows to cast.
            _ if relation == RelationKind::ForeignTable => String::new(),
            // What PostgreSQL does by itself need not be said, and fails where a cast would cut a value off.
            _ if same || direct && mentions::assigns(&from, &to) => String::new(),
            _ if boxes => {
                let value = casts::within(&name, &from, element);
                format!(" USING CASE WHEN {name} IS NOT NULL THEN ARRAY[{value}] END")
            }
            _ if unboxes => {
                let (of, _) = casts::element(&from);
                format!(" USING {}", casts::within(&format!("{name}[1]"), of, &to))
            }
            Some(expression) => format!(" USING {expression}"),
            None if direct => format!(" USING {name}::{kind}"),
            None => format!(" USING {name}::text{array}::{kind}"),
        };
        let caution = match casts::zone(&from, &to) {
            Some(casts::Zone::Utc) => Some(format!(
                "the times in {name} are read as UTC: name their zone if it is another"
            )),
            Some(casts::Zone::Session) => Some(format!(
                "the times in {name} are read in the time zone of the session: set TimeZone above if it is another"
            )),
            None if relation == RelationKind::ForeignTable => None,
            None => self.cast_caution(table, before, after),
        };
        // Types that somebody has made are qualified; what they can be cast to is not known.
        let made = |kind: &str| kind.contains('.');
        let elements = (casts::element(was).0, casts::element(kind).0);
        let boxed = (boxes || unboxes)
            && (elements.0 == elements.1 || mentions::casts(elements.0, elements.1));
        let sure = same || direct || boxed || known.is_some() || made(kind) || made(was);
        let why = || {
            format!("how {was} becomes {kind} is not known here: say what becomes of the values")
        };
        let doubt = (!sure).then(why);
        let collation = after.collation.as_ref();
        let collation = collation.map_or_else(String::new, |it| format!(" COLLATE {it}"));
        let sql = format!(
            "ALTER {} {} ALTER COLUMN {name} TYPE {kind}{collation}{using}",
            keyword(relation),
            mentions::name(table)
        );
        let loses = casts::loses(&shown, &from, &to);
        self.steps.push((Phase::Columns, Step { loses, caution, doubt, ..Step::new(sql) }));
    }

    /// Has a unique index this column in its key?
    fn is_unique(&self, table: &Name, column: &Column) -> bool {
        let relation = self.from.relations.get(table);
        let mut indexes = relation.into_iter().flat_map(|it| it.indexes.values());
        indexes.any(|it| it.unique && it.keys.contains(&mentions::ident(&column.name)))
    }

    /// What a change of the type may do: it can fail, or it rewrites the table.
    fn cast_caution(&self, table: &Name, before: &Column, after: &Column) -> Option<String> {
        let (was, is) = (&*before.data_type, &*after.data_type);
        if was == is {
            let gone = |name: &Name| {
                let labels = |catalog: &Catalog| Some(catalog.enums.get(name)?.labels.clone());
                let after = labels(self.to).unwrap_or_default();
                labels(self.from)
                    .unwrap_or_default()
                    .into_iter()
                    .filter(move |it| !after.contains(it))
            };
            let used = self.recreated.types.iter().filter(|name| mentions::mentions(is, name));
            let labels: Vec<String> = used.flat_map(gone).collect();
            let labels = (!labels.is_empty()).then(|| labels.join(" or "));
            return labels.map(|it| format!("fails if {} is {it} in a row", after.name));
        }
        let integers = ["smallint", "integer", "bigint"];
        let rank = |kind: &str| integers.iter().position(|it| *it == kind);
        let wider = matches!((rank(was), rank(is)), (Some(was), Some(is)) if was < is);
        if wider {
            return Some(REWRITES.to_owned());
        }
        if casts::is_any_text(is) {
            // Every value has a text. How a type is stored that somebody has made is not known here.
            let was = bottom(self.from, was);
            if casts::is_citext(is) && !casts::is_citext(&was) && self.is_unique(table, before) {
                let name = &after.name;
                return Some(format!(
                    "fails if two values of {name} differ in upper and lower case alone"
                ));
            }
            let stays = was == "xml" || casts::is_any_text(&casts::base(&was));
            return (!stays && !was.contains('.')).then(|| REWRITES.to_owned());
        }
        let length = |kind: &str| {
            let length = kind.strip_prefix("character varying")?;
            length.trim_matches(['(', ')']).parse::<u32>().ok().or(Some(u32::MAX))
        };
        let longer = matches!((length(was), length(is)), (Some(was), Some(is)) if was <= is);
        let caution = || format!("fails if a value of {} can't be made {is}", after.name);
        (!longer && casts::can_fail(was, is)).then(caution)
    }
}
