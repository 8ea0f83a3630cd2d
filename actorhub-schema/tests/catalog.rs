//! The chain on a real PostgreSQL: after each revision, and after each way back, the catalog is
//! the one that ActorHub's production has.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::path::Path;

use actorhub_schema::migrations::{self, Revision};
use migrate_core::Target;
use migrate_testkit::{Catalog, Database, Server};

/// The catalog of production after a revision (`base` before the first), without what this server
/// can't offer.
fn expected(name: &str, server: &Server) -> Catalog {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/catalog/{name}.json"));
    let text = std::fs::read_to_string(&path).expect("the catalog is a part of the repository");
    let catalog: Catalog = serde_json::from_str(&text).expect("the catalog is JSON");
    if server.offers_extension("vector").unwrap() {
        catalog
    } else {
        catalog.without_extension("vector")
    }
}

fn check(database: &Database, server: &Server, name: &str, when: &str) {
    let found = Catalog::read(&mut database.connect().unwrap()).unwrap();
    let expected = expected(name, server);
    let differences = expected.differences(&found);
    assert!(differences.is_empty(), "{when}:\n{}", differences.join("\n"));
    assert_eq!(found, expected, "{when}");
}

/// The name of the catalog before a revision.
fn before(at: usize) -> &'static str {
    at.checked_sub(1).map_or("base", |at| Revision::ALL[at].id())
}

#[test]
fn every_revision_makes_and_unmakes_the_catalog_of_production() {
    let server = Server::shared().unwrap();
    let database = server.database("staircase").unwrap();
    let mut client = database.connect().unwrap();
    check(&database, server, "base", "at the start");
    let mut compared = 1;
    for (at, revision) in Revision::ALL.into_iter().enumerate() {
        for way in ["up", "down", "up again"] {
            let runner = migrations::runner();
            let name = if way == "down" {
                let target = at.checked_sub(1).map_or(Target::Base, |at| Revision::ALL[at].into());
                runner.downgrade_to(&mut client, target).unwrap();
                before(at)
            } else {
                runner.upgrade_to(&mut client, revision).unwrap();
                revision.id()
            };
            check(&database, server, name, &format!("{revision} {way}"));
            compared += 1;
        }
    }
    for (at, revision) in Revision::ALL.into_iter().enumerate().rev() {
        migrations::runner().downgrade_to(&mut client, "-1".parse::<Target>().unwrap()).unwrap();
        check(&database, server, before(at), &format!("{revision} down, on the way to base"));
        compared += 1;
    }
    assert_eq!(compared, 21, "every revision was compared on every way");
}

#[test]
fn the_whole_chain_at_once_makes_the_same() {
    let server = Server::shared().unwrap();
    let database = server.database("at_once").unwrap();
    let mut client = database.connect().unwrap();
    migrations::runner().upgrade(&mut client).unwrap();
    check(&database, server, Revision::HEAD.id(), "at head");
    migrations::runner().downgrade_to(&mut client, Target::Base).unwrap();
    check(&database, server, "base", "at base");
}

#[test]
fn extensions_that_were_there_stay() {
    let server = Server::shared().unwrap();
    let database = server.database("extensions").unwrap();
    let mut client = database.connect().unwrap();
    client.batch_execute("CREATE EXTENSION pgcrypto").unwrap();
    let before = Catalog::read(&mut client).unwrap();
    migrations::runner().upgrade(&mut client).unwrap();
    check(&database, server, Revision::HEAD.id(), "at head");
    migrations::runner().downgrade_to(&mut client, Target::Base).unwrap();
    assert_eq!(Catalog::read(&mut client).unwrap(), before);
}
