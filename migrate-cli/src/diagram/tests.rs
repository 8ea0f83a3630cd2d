//! Diagrams of schemas with any names.

use migrate_core::schema::catalog::{Catalog, Enum, Name, Relation};
use serde_json::json;

use super::*;

/// A table of some columns, from the JSON of a catalog's reader.
fn relation(kind: &str, columns: &[(&str, &str, bool)], comment: Option<&str>) -> Relation {
    let mut it: Relation = serde_json::from_value(json!({
        "kind": kind, "definition": null, "unlogged": false, "of_type": null, "inherits": [], "bound": null,
        "partition_key": null, "access_method": "heap", "tablespace": null, "options": [], "server": null,
        "server_options": [], "row_security": false, "force_row_security": false, "replica_identity": null,
        "comment": comment,
    }))
    .unwrap();
    let column = |(name, kind, not_null): &(&str, &str, bool)| {
        serde_json::from_value(json!({
            "name": name, "type": kind, "not_null": not_null, "not_null_options": null, "default": null,
            "generated": null, "identity": null, "collation": null, "storage": null, "compression": null,
            "statistics": null, "options": [], "server_options": [], "local": true, "inherited": false, "comment": null,
        }))
        .unwrap()
    };
    it.columns = columns.iter().map(column).collect();
    it
}

fn constraint(
    kind: &str,
    columns: &[&str],
    to: Option<&str>,
    definition: &str,
) -> migrate_core::schema::catalog::Constraint {
    serde_json::from_value(json!({
        "kind": kind, "definition": definition, "columns": columns,
        "references": to.map(|to| ["public", to]).map(|[schema, name]| json!({"schema": schema, "name": name})),
        "deferrable": false, "deferred": false, "validated": true, "local": true, "inherited": false, "comment": null,
    }))
    .unwrap()
}

const WILD: &str = "<script>alert(\"1\")</script> ü%\\";

fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    let mut users = relation(
        "table",
        &[
            ("id", "bigint", true),
            ("mail", "character varying(300)", true),
            ("at", "timestamp(3) with time zone", false),
        ],
        Some("Who may\nlog in \"here\""),
    );
    users
        .constraints
        .insert("pk".to_owned(), constraint("primary key", &["id"], None, "PRIMARY KEY (id)"));
    users
        .constraints
        .insert("uq".to_owned(), constraint("unique", &["mail"], None, "UNIQUE (mail)"));
    let mut wild =
        relation("table", &[(WILD, "numeric(10,2)", true), ("user", "bigint", false)], None);
    let key = "FOREIGN KEY (\"user\") REFERENCES public.users(id) ON DELETE CASCADE";
    wild.constraints
        .insert("fk".to_owned(), constraint("foreign key", &["user"], Some("users"), key));
    catalog.relations.insert(Name::new("public", "users"), users);
    catalog.relations.insert(Name::new("My Shop", WILD), wild);
    catalog
        .relations
        .insert(Name::new("public", "v"), relation("view", &[("id", "bigint", false)], None));
    let labels = vec!["a".to_owned(), WILD.to_owned()];
    catalog.enums.insert(Name::new("public", "mood"), Enum { labels, comment: None });
    catalog
}

#[test]
fn mermaid_has_words_for_every_name() {
    let text = mermaid(&Diagram::of(&catalog()));
    assert_eq!(
        text,
        "erDiagram
    \"'My Shop'.'‹script›alert(''1'')‹/script› ü__'\" {
        numeric(10_2) x_script_alert(_1_)__script_____ \"‹script›alert('1')‹/script› ü%\\\"
        bigint user FK \"null\"
    }
    users {
        bigint id PK
        varchar(300) mail UK
        timestamptz(3) at \"null\"
    }
    v {
        bigint id
    }
    users |o--o{ \"'My Shop'.'‹script›alert(''1'')‹/script› ü__'\" : \"user\"
"
    );
}

#[test]
fn graphviz_gets_no_markup_from_names() {
    let text = dot(&Diagram::of(&catalog()));
    assert!(!text.contains("<script"), "{text}");
    assert!(text.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; ü%\\"), "{text}");
    assert!(text.contains("    t0:c1 -> t1:c0;\n"), "{text}");
}

#[test]
fn a_page_has_no_markup_from_names_and_asks_nobody() {
    let diagram = Diagram::of(&catalog());
    let page = html(&diagram);
    assert_eq!(page.matches("<script").count(), 2, "the data, and the page's own");
    assert!(!page.contains("alert(\"1\")"), "{page}");
    for foreign in ["http://", "https://", "src=", "@import", "url(h"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert!(page.contains("1 foreign key"), "{page}");
    assert!(page.contains("2 tables · 1 view"), "{page}");
    assert!(page.contains("ON DELETE CASCADE"), "{page}");
    // The data is the same as in JSON, with nothing that ends its element.
    assert_eq!(data_of(&page).as_deref(), Some(&*diagram.json()));
    assert_eq!(page, html(&Diagram::of(&catalog())));
}

#[test]
fn what_a_foreign_key_refers_to_is_read() {
    let check = |definition: &str, columns: &[&str], rules: &str| {
        let found = behind_references(definition);
        assert_eq!(
            (found.0.iter().map(String::as_str).collect(), &*found.1),
            (columns.to_vec(), rules)
        );
    };
    check("FOREIGN KEY (a) REFERENCES public.t(id)", &["id"], "");
    check(
        "FOREIGN KEY (a, b) REFERENCES \"My (x)\".\"t\"\"\"(\"A, b\", c) ON DELETE SET NULL (a) DEFERRABLE",
        &["A, b", "c"],
        "ON DELETE SET NULL (a) DEFERRABLE",
    );
    check("CHECK (a)", &[], "");
}

#[test]
fn types_are_short() {
    let check = |kind: &str, expected: &str| assert_eq!(short_type(kind), expected);
    check("character varying(20)", "varchar(20)");
    check("timestamp(3) with time zone[]", "timestamptz(3)[]");
    check("public.mood", "mood");
    check("numeric(10,2)", "numeric(10,2)");
    check("double precision[]", "float8[]");
    check("app.\"a(b\"", "app.\"a(b\"");
}
