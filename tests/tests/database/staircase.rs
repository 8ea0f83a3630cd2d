//! The chain assertions of the testkit, on chains that climb well and chains that don't.

use migrate_core::Chain;
use migrate_testkit::{Catalog, Climbed, Staircase, StaircaseError, Way, staircase};

use crate::support::{chain_of, file, line, server, tables};

/// What is wrong with a chain: the revision, the way, and the differences.
fn wrong(chain: &Chain<'static>) -> (String, Way, Vec<String>, String) {
    match staircase(server(), chain) {
        Err(error) => {
            let text = error.to_string();
            match error {
                StaircaseError::Differs { revision, way, differences } => {
                    (revision, way, differences, text)
                }
                StaircaseError::Failed { revision, way, .. } => (revision, way, Vec::new(), text),
                other => panic!("{other}"),
            }
        }
        Ok(climbed) => panic!("{climbed}"),
    }
}

#[test]
fn a_chain_whose_downgrades_are_exact() {
    let climbed = staircase(server(), &tables(4)).unwrap();
    let expected =
        Climbed { upgrades: 8, downgrades: 8, comparisons: 12, irreversible: Vec::new() };
    assert_eq!(climbed, expected);
    assert_eq!(climbed.to_string(), "8 upgrades, 8 downgrades, 12 catalogs compared");
}

#[test]
fn a_downgrade_that_leaves_something() {
    let chain = line(&[
        ("CREATE TABLE t1 (n int);", "DROP TABLE t1;"),
        ("ALTER TABLE t1 ADD m int; CREATE INDEX ix ON t1 (n);", "ALTER TABLE t1 DROP m;"),
    ]);
    let (revision, way, differences, text) = wrong(&chain);
    assert_eq!((revision.as_str(), way), ("r2", Way::Down));
    assert_eq!(differences, ["+ index ix CREATE INDEX ix ON public.t1 USING btree (n)"]);
    let expected = "revision `r2`, down: the catalog is not what it has to be\n  \
                    + index ix CREATE INDEX ix ON public.t1 USING btree (n)";
    assert_eq!(text, expected);
}

#[test]
fn a_downgrade_that_takes_too_much() {
    let chain = line(&[
        ("CREATE TABLE t1 (n int); CREATE TABLE t2 (n int);", "DROP TABLE t1, t2;"),
        (
            "ALTER TABLE t1 ALTER n SET NOT NULL;",
            "DROP TABLE t2; ALTER TABLE t1 ALTER n TYPE bigint;",
        ),
    ]);
    let (revision, way, differences, _) = wrong(&chain);
    assert_eq!((revision.as_str(), way), ("r2", Way::Down));
    assert_eq!(differences.len(), 2, "{differences:?}");
    assert!(differences[0].starts_with("~ column t1.n: integer -> bigint"), "{differences:?}");
    assert!(differences[1].starts_with("- table t2"), "{differences:?}");
}

#[test]
fn other_schemas_and_extensions_are_looked_at_too() {
    let chain = line(&[
        ("CREATE SCHEMA app; CREATE TABLE app.t1 ();", "DROP SCHEMA app CASCADE;"),
        ("CREATE TABLE app.t2 (); CREATE EXTENSION pgcrypto;", "SELECT 1;"),
    ]);
    let (revision, way, differences, _) = wrong(&chain);
    assert_eq!((revision.as_str(), way), ("r2", Way::Down));
    assert_eq!(differences.len(), 2, "{differences:?}");
    assert!(differences[0].starts_with("+ extension pgcrypto"), "{differences:?}");
    assert!(differences[1].starts_with("+ table app.t2"), "{differences:?}");
    let chain = line(&[("CREATE SCHEMA app;", "SELECT 'forgotten';")]);
    assert_eq!(wrong(&chain).2, ["+ schema app"]);
}

/// Not only tables count.
#[test]
fn whatever_is_left_is_seen() {
    for (up, expected) in [
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "+ routine f() function"),
        ("COMMENT ON TABLE t1 IS 'x'", "~ table t1: nothing special -> commented"),
        ("CREATE POLICY p ON t1", "+ policy t1.p for all to public"),
        ("ALTER TABLE t1 SET (fillfactor = 70)", "~ table t1: nothing special -> with"),
        ("CREATE DOMAIN d AS int", "+ domain d integer"),
    ] {
        let chain =
            line(&[("CREATE TABLE t1 (n int);", "DROP TABLE t1;"), (up, "SELECT 'forgotten';")]);
        let (revision, way, differences, _) = wrong(&chain);
        assert_eq!((revision.as_str(), way), ("r2", Way::Down), "{up}");
        assert_eq!(differences.len(), 1, "{differences:?}");
        assert!(differences[0].starts_with(expected), "{differences:?}");
    }
}

#[test]
fn a_migration_that_fails_is_told_with_its_place() {
    let chain = line(&[("CREATE TABLE t1 ();", "DROP TABLE t2;")]);
    let (revision, way, _, text) = wrong(&chain);
    assert_eq!((revision.as_str(), way), ("r1", Way::Down));
    assert!(text.starts_with("revision `r1`, down: downgrade of `r1` failed: "), "{text}");
    assert!(text.contains("--> migrations/r1.sql:9:"), "{text}");
}

/// It can't be applied twice, which only shows when it is.
#[test]
fn an_upgrade_that_does_not_run_again() {
    let chain = line(&[
        ("CREATE TABLE t1 (n int PRIMARY KEY);", "DROP TABLE t1;"),
        ("INSERT INTO t1 VALUES (1);", "SELECT 'forgotten';"),
    ]);
    let (revision, way, _, text) = wrong(&chain);
    assert_eq!((revision.as_str(), way), ("r2", Way::UpAgain));
    assert!(text.contains("duplicate key value"), "{text}");
}

#[test]
fn revisions_that_can_not_be_undone_are_passed_over() {
    let irreversible = |id: &str, parent: &str| {
        let (name, text) = file(id, parent, &format!("CREATE TABLE {id} ();"), "");
        let text = text.replace("-- message", "-- irreversible: the data is gone\n-- message");
        (name, text[..text.find("-- migrate:down").unwrap()].to_owned())
    };
    let revision = |id: &str, parent: &str| {
        file(id, parent, &format!("CREATE TABLE {id} ();"), &format!("DROP TABLE {id};"))
    };
    let chain = chain_of(&[
        revision("a", ""),
        irreversible("b", "a"),
        revision("c", "b"),
        revision("d", "b"),
        file("m", "c, d", "SELECT 'joined';", "SELECT 'parted';"),
    ]);
    let climbed = staircase(server(), &chain).unwrap();
    // Four twice and one once; four down, and three more on the way to base.
    let expected =
        Climbed { upgrades: 9, downgrades: 7, comparisons: 11, irreversible: vec!["b".into()] };
    assert_eq!(climbed, expected);
    assert!(climbed.to_string().ends_with("; can't be undone: b"), "{climbed}");
}

#[test]
fn what_the_chain_takes_for_granted_is_prepared() {
    let chain = line(&[("CREATE TABLE app.t1 ();", "DROP TABLE app.t1;")]);
    let climbed = Staircase::new(&chain).prepare("CREATE SCHEMA app").climb(server()).unwrap();
    assert_eq!(climbed.comparisons, 3);
    let error = Staircase::new(&chain).prepare("CREATE NONSENSE").climb(server()).unwrap_err();
    assert!(error.to_string().contains("could not prepare the database"), "{error}");
}

#[test]
fn catalogs_known_from_elsewhere_are_compared_too() {
    let chain = tables(2);
    let asked = std::cell::RefCell::new(Vec::new());
    let expected = |revision: Option<&str>| {
        asked.borrow_mut().push(revision.unwrap_or("base").to_owned());
        let mut catalog = Catalog::default();
        for name in match revision {
            Some("r1") => &["t1"][..],
            Some("r2") => &["t1", "t2"],
            _ => &[],
        } {
            catalog.tables.insert((*name).to_owned(), migrate_testkit::Table::default());
        }
        Some(catalog)
    };
    let climbed = Staircase::new(&chain).expect(expected).climb(server()).unwrap();
    assert_eq!(climbed.comparisons, 6 + 9);
    let asked = asked.into_inner().join(" ");
    assert_eq!(asked, "base r1 base r1 r2 r1 r2 r1 base");
    let error = Staircase::new(&chain).expect(|_| Some(Catalog::default())).climb(server());
    let Err(StaircaseError::Differs { revision, way: Way::Up, differences }) = error else {
        panic!("{error:?}")
    };
    assert_eq!((revision.as_str(), differences.len()), ("r1", 1));
}
