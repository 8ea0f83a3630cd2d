//! ActorHub's chain: what the analysis thinks that it makes is what a server has.

use std::collections::BTreeSet;
use std::path::Path;

use migrate_core::__private::predicted;
use migrate_core::schema::catalog::{Catalog, Name};
use migrate_core::{Chain, check, files};
use migrate_testkit::Server;

pub(crate) fn chain() -> Chain<'static> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../actorhub-schema/migrations");
    check(files::read(&folder, "migrations")).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// A catalog in the words of the prediction.
fn lines(catalog: &Catalog) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for (name, relation) in &catalog.relations {
        lines.insert(format!("table {name}"));
        for column in &relation.columns {
            let null = if column.not_null { " not null" } else { "" };
            // A quoted name is shown as one, and so is a type of the chain's without its schema.
            let kind = column.data_type.trim_start_matches("public.");
            let column = Name::new("public", &*column.name);
            lines.insert(format!("column {name}.{column} {kind}{null}"));
        }
        let constraints = relation.constraints.keys();
        lines.extend(constraints.map(|constraint| format!("constraint {constraint} of {name}")));
        lines.extend(relation.indexes.keys().map(|index| format!("index {index} of {name}")));
    }
    lines.extend(catalog.sequences.keys().map(|name| format!("sequence {name}")));
    for (name, kind) in &catalog.enums {
        lines.insert(format!("enum {name} ({})", kind.labels.join(", ")));
    }
    lines
}

#[test]
fn the_catalog_is_foreseen_at_each_revision() {
    let chain = chain();
    let database = Server::shared().unwrap().database("foreseen").unwrap();
    let mut client = database.connect().unwrap();
    let predicted = predicted(&chain);
    assert_eq!(predicted.len(), chain.len());
    for (migration, predicted) in chain.migrations().iter().zip(predicted) {
        client.batch_execute(migration.up_sql()).unwrap();
        let real = lines(&Catalog::read(&mut client).unwrap());
        let missed: Vec<_> = real.difference(&predicted).collect();
        let invented: Vec<_> = predicted.difference(&real).collect();
        assert!(real.len() > 100, "{}", real.len());
        assert!(
            missed.is_empty() && invented.is_empty(),
            "{}: missed {missed:#?}, invented {invented:#?}",
            migration.id
        );
    }
}
