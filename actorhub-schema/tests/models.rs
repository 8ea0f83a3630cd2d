//! The models and the chain, each on a database of its own: the catalogs are the same.

use actorhub_schema::{migrations, models};
use migrate_testkit::{Catalog, Server};

#[test]
fn the_models_are_what_the_chain_builds() {
    let server = Server::shared().unwrap();
    let (wanted, built) = (server.database("models").unwrap(), server.database("chain").unwrap());
    let (mut wanted, mut built) = (wanted.connect().unwrap(), built.connect().unwrap());
    wanted.batch_execute(&models()).unwrap();
    migrations::runner().upgrade(&mut built).unwrap();

    let (wanted, built) = (Catalog::read(&mut wanted).unwrap(), Catalog::read(&mut built).unwrap());
    assert_eq!(built.differences(&wanted), [""; 0], "from the chain to the models");
    assert_eq!(built, wanted);
    assert_eq!(wanted.tables.len(), 13);
}
