//! Statements for tables of every kind, as text. Servers are asked by the tests of the command line.

use super::*;
use crate::schema::catalog::{Constraint, Index};

fn relation(columns: &[(&str, &str)]) -> Relation {
    let column = |(name, data_type): &(&str, &str)| Column {
        name: (*name).to_owned(),
        data_type: data_type.trim_end_matches('!').to_owned(),
        not_null: data_type.ends_with('!'),
        not_null_options: None,
        not_null_name: None,
        not_null_comment: None,
        not_null_constraint: Default::default(),
        default: None,
        generated: None,
        identity: None,
        collation: None,
        storage: None,
        compression: None,
        statistics: None,
        options: Vec::new(),
        server_options: Vec::new(),
        local: true,
        inherited: false,
        comment: None,
    };
    Relation {
        kind: RelationKind::Table,
        definition: None,
        unlogged: false,
        of_type: None,
        inherits: Vec::new(),
        bound: None,
        partition_key: None,
        access_method: None,
        tablespace: None,
        options: Vec::new(),
        depends_on: Vec::new(),
        server: None,
        server_options: Vec::new(),
        row_security: false,
        force_row_security: false,
        replica_identity: None,
        comment: None,
        columns: columns.iter().map(column).collect(),
        constraints: BTreeMap::new(),
        indexes: BTreeMap::new(),
        triggers: BTreeMap::new(),
        rules: BTreeMap::new(),
        policies: BTreeMap::new(),
    }
}

fn constraint(
    kind: &str,
    definition: &str,
    columns: &[&str],
    references: Option<&str>,
) -> Constraint {
    Constraint {
        kind: kind.to_owned(),
        definition: definition.to_owned(),
        columns: columns.iter().map(|&it| it.to_owned()).collect(),
        references: references.map(|it| Name::new("public", it)),
        deferrable: false,
        deferred: false,
        validated: true,
        local: true,
        inherited: false,
        comment: None,
    }
}

fn unique(keys: &[&str]) -> Index {
    Index {
        definition: String::new(),
        method: "btree".to_owned(),
        unique: true,
        keys: keys.iter().map(|&it| it.to_owned()).collect(),
        include: Vec::new(),
        predicate: None,
        valid: true,
        constraint: None,
        depends_on: Vec::new(),
        part_of: None,
        clustered: false,
        tablespace: None,
        statistics: Vec::new(),
        comment: None,
    }
}

/// Accounts, and what refers to them; the names are in the wrong order on purpose.
fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    let mut add = |name: &str, relation| {
        catalog.relations.insert(Name::new("public", name), relation);
    };
    let mut accounts =
        relation(&[("id", "uuid!"), ("email", "text!"), ("plan", "text!"), ("n", "integer")]);
    accounts.indexes.insert("pk".to_owned(), unique(&["id"]));
    accounts.indexes.insert("email".to_owned(), unique(&["lower(email)"]));
    let check = "CHECK ((plan = ANY (ARRAY['free'::text, 'paid'::text])))";
    accounts.constraints.insert("plan".to_owned(), constraint("check", check, &["plan"], None));
    add("z_accounts", accounts);

    let mut members = relation(&[("account", "uuid!"), ("friend", "uuid!"), ("boss", "uuid")]);
    let references =
        |column: &str| format!("FOREIGN KEY ({column}) REFERENCES public.z_accounts(id)");
    for column in ["account", "friend", "boss"] {
        let key = constraint("foreign key", &references(column), &[column], Some("z_accounts"));
        members.constraints.insert(format!("fk_{column}"), key);
    }
    members.indexes.insert("pk".to_owned(), unique(&["account", "friend"]));
    add("a_members", members);

    let mut log = relation(&[("at", "date!"), ("what", "text")]);
    log.kind = RelationKind::PartitionedTable;
    log.partition_key = Some("RANGE (at)".to_owned());
    add("log", log);
    for year in [2024, 2025] {
        let mut part = relation(&[("at", "date!"), ("what", "text")]);
        part.bound = Some(format!("FOR VALUES FROM ('{year}-01-01') TO ('{}-01-01')", year + 1));
        part.inherits = vec![Name::new("public", "log")];
        add(&format!("log_{year}"), part);
    }
    catalog
}

fn inserts(catalog: &Catalog, table: &str, attempt: usize) -> Vec<String> {
    let rows = Rows::new(catalog, 1);
    (0..40).map(|nth| rows.insert(&Name::new("public", table), nth, attempt).unwrap()).collect()
}

#[test]
fn tables_come_after_those_that_they_refer_to() {
    let catalog = catalog();
    let rows = Rows::new(&catalog, 1);
    let names: Vec<String> = rows.tables().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["log", "z_accounts", "a_members"]);
}

/// The table of a circle whose key may be NULL comes first, though not by its name.
#[test]
fn a_circle_begins_where_a_key_may_be_null() {
    let mut catalog = Catalog::default();
    for (name, column, other) in [("a", "of_b!", "b"), ("b", "of_c!", "c"), ("c", "of_b", "b")] {
        let mut table = relation(&[("id", "integer!"), (column.trim_end_matches('!'), "integer")]);
        table.columns[1].not_null = column.ends_with('!');
        let column = column.trim_end_matches('!');
        let definition = format!("FOREIGN KEY ({column}) REFERENCES public.{other}(id)");
        let key = constraint("foreign key", &definition, &[column], Some(other));
        table.constraints.insert("fk".to_owned(), key);
        catalog.relations.insert(Name::new("public", name), table);
    }
    let rows = Rows::new(&catalog, 1);
    let names: Vec<String> = rows.tables().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["c", "b", "a"]);
}

#[test]
fn the_same_seed_gives_the_same_rows() {
    let catalog = catalog();
    let all = |seed| {
        let rows = Rows::new(&catalog, seed);
        let row = |nth| rows.insert(&Name::new("public", "z_accounts"), nth, 0).unwrap();
        (0..20).map(row).collect::<Vec<_>>()
    };
    assert_eq!(all(1), all(1));
    assert_ne!(all(1), all(2));
}

#[test]
fn unique_values_differ_and_others_repeat() {
    let catalog = catalog();
    let found = inserts(&catalog, "z_accounts", 0);
    let values = |at: usize| -> Vec<String> {
        let list = |insert: &String| {
            let (_, values) = insert.split_once(" VALUES (").unwrap();
            values.trim_end_matches(')').split(", ").nth(at).unwrap().to_owned()
        };
        found.iter().map(list).collect()
    };
    let count = |at| values(at).into_iter().collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!((count(0), count(1)), (40, 40));
    assert!(values(2).iter().all(|plan| ["E'free'", "E'paid'"].contains(&plan.as_str())));
    assert!(values(3).contains(&"NULL".to_owned()) && count(3) < 40);
}

#[test]
fn keys_choose_rows_that_are_there() {
    let catalog = catalog();
    let found = inserts(&catalog, "a_members", 0);
    let unique: std::collections::BTreeSet<&String> = found.iter().collect();
    assert_eq!(unique.len(), 40, "pairs of keys differ");
    let expected = "VALUES ((SELECT \"id\" FROM \"public\".\"z_accounts\" ORDER BY \"id\" LIMIT 1 OFFSET \
                    (SELECT 1 % greatest(count(*), 1) FROM \"public\".\"z_accounts\")), ";
    assert!(found[4].contains(expected), "{}", found[4]);
    assert!(
        found.iter().any(|it| it.ends_with(", NULL)")),
        "a key that may be NULL is so now and then"
    );
}

#[test]
fn each_partition_gets_rows() {
    let catalog = catalog();
    let found = inserts(&catalog, "log", 0);
    assert!(["2024-01-01", "2025-01-01"].iter().all(|day| found.iter().any(|it| it.contains(day))));
}

#[test]
fn a_type_that_is_not_known_is_left_to_the_server_or_told() {
    let mut catalog = Catalog::default();
    let add = |catalog: &mut Catalog, columns| {
        catalog.relations.insert(Name::new("public", "t"), relation(columns));
    };
    add(&mut catalog, &[("a", "public.geometry(Point,4326)"), ("b", "integer!")]);
    assert!(inserts(&catalog, "t", 0).iter().any(|it| it.contains("(\"b\") VALUES")));
    add(&mut catalog, &[("a", "public.geometry(Point,4326)!")]);
    let refused = Rows::new(&catalog, 0).insert(&Name::new("public", "t"), 0, 0).unwrap_err();
    assert_eq!(refused, "values of type public.geometry are not generated (column a)");
    add(&mut catalog, &[]);
    assert_eq!(inserts(&catalog, "t", 0)[0], "INSERT INTO \"public\".\"t\" DEFAULT VALUES");
}
