//! Names of one's own for the history: any schema, any prefix, and those that can't be.

use migrate_core::{Error, Runner};

use crate::support::{both, done, tables, without_trace};

#[test]
fn the_history_may_have_any_name() {
    let chain = tables(3);
    let names = [
        ("public", "other_"),
        ("books", ""),
        ("Books of ours", "Migrate \"old\" "),
        ("it's", "back\\slash' "),
        ("größe.日本", "x.y"),
        ("a;--", "/* "),
        ("select", "%I %s {} "),
        ("pg", &"p".repeat(63 - "statement".len())),
        (&"s".repeat(63), ""),
    ];
    both("names", |database, session| {
        for (schema, prefix) in names {
            println!("{schema:?} {prefix:?}");
            let runner = Runner::new(&chain).schema(schema).table_prefix(prefix);
            without_trace(session, database, |session| {
                assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r1 +r2 +r3");
                assert_eq!(session.upgrade(&runner).unwrap().round_trips, 1);
                assert_eq!(done(&session.downgrade_to(&runner, "-1").unwrap()), "-r3");
                assert_eq!(session.history(&runner).unwrap().records.len(), 2);
            });
            let quoted = |text: &str| text.replace('\'', "''").replace('\\', "\\\\");
            let there = format!(
                "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'S') \
                 AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = E'{}') \
                 AND relname = ANY (ARRAY[{}])",
                quoted(schema),
                ["history", "log", "layout", "progress", "statement"]
                    .map(|name| format!("E'{}{name}'", quoted(prefix)))
                    .join(", "),
            );
            assert_eq!(session.value(&there), "5");
            // Each has its own, and knows of no other.
            session.downgrade_to(&runner, "base").unwrap();
        }
        assert_eq!(session.applied(), "no history");
    });
}

#[test]
fn names_that_can_not_be_are_refused_before_anything_is_sent() {
    let chain = tables(1);
    let long = "x".repeat(64);
    let names = [
        ("", "migrate_", "the schema's name is empty"),
        ("a\0b", "migrate_", "a name has a NUL byte"),
        ("public", "a\0", "a name has a NUL byte"),
        ("public", "$migrate$", "has a dollar sign"),
        ("a$", "migrate_", "has a dollar sign"),
        (long.as_str(), "migrate_", "is longer than PostgreSQL's 63 bytes"),
        ("public", &long[..60], "is longer than PostgreSQL's 63 bytes"),
        // 32 letters, 64 bytes.
        ("éééééééééééééééééééééééééééééééé", "", "is longer than PostgreSQL's 63 bytes"),
    ];
    both("bad_names", |database, session| {
        for (schema, prefix, reason) in names {
            let runner = Runner::new(&chain).schema(schema).table_prefix(prefix);
            without_trace(session, database, |session| {
                for result in [
                    session.upgrade(&runner).map(|_| ()),
                    session.downgrade_to(&runner, "base").map(|_| ()),
                    session.status(&runner).map(|_| ()),
                ] {
                    let Err(error @ Error::BadName { .. }) = result else { panic!("{result:?}") };
                    assert!(error.to_string().contains(reason), "{error}");
                }
            });
        }
    });
}

#[test]
fn a_schema_that_the_server_keeps_for_itself_is_refused_by_it() {
    let chain = tables(1);
    both("reserved", |database, session| {
        for schema in ["pg_mine", "pg_catalog"] {
            let runner = Runner::new(&chain).schema(schema);
            let error =
                without_trace(session, database, |session| session.upgrade(&runner).unwrap_err());
            let text = error.to_string();
            assert!(text.starts_with("changing the history of migrations "), "{text}");
            assert!(text.contains("SQLSTATE 42"), "{text}");
            assert_eq!(session.tables(), "");
        }
    });
}
