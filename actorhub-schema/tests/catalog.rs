//! The chain on a real PostgreSQL: after each revision, and after each way back, the catalog is
//! the one that ActorHub's production has.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::path::Path;

use actorhub_schema::migrations::{self, Revision};
use migrate_core::Target;
use migrate_testkit::{Catalog, Climbed, Database, Server, Staircase};

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

#[test]
fn every_revision_makes_and_unmakes_the_catalog_of_production() {
    let server = Server::shared().unwrap();
    let climbed = Staircase::new(&migrations::CHAIN)
        .expect(|revision| Some(expected(revision.unwrap_or("base"), server)))
        .climb(server);
    let climbed = climbed.unwrap_or_else(|error| panic!("{error}"));
    // Up, down, up again and down once more; all but the first compared with what was there too.
    let count = Revision::ALL.len();
    let expected = Climbed {
        upgrades: 2 * count,
        downgrades: 2 * count,
        comparisons: 1 + 4 * count + 3 * count,
        irreversible: Vec::new(),
    };
    assert_eq!(climbed, expected);
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
