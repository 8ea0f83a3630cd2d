//! The models and the chain, each on a database of its own: the catalogs are the same.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use actorhub_schema::{migrations, models};
use migrate_core::schema::catalog::Catalog;
use migrate_testkit::postgres::Client;
use migrate_testkit::{Catalog as Stored, Server};

/// All that the database consists of, without the books of the migrations.
fn catalog(client: &mut Client) -> Catalog {
    let catalog = Catalog::read(client).unwrap();
    catalog.without(|name| Stored::BOOKKEEPING.contains(&name.name.as_str()))
}

#[test]
fn the_models_are_what_the_chain_builds() {
    let server = Server::shared().unwrap();
    let (wanted, built) = (server.database("models").unwrap(), server.database("chain").unwrap());
    let (mut wanted, mut built) = (wanted.connect().unwrap(), built.connect().unwrap());
    wanted.batch_execute(&models()).unwrap();
    migrations::runner().upgrade(&mut built).unwrap();

    let (wanted, built) = (catalog(&mut wanted), catalog(&mut built));
    let differences: Vec<String> =
        built.differences(&wanted).iter().map(ToString::to_string).collect();
    assert_eq!(differences, [""; 0], "from the chain to the models");
    assert_eq!(built, wanted);
    assert_eq!(wanted.relations.len(), 13);
}
