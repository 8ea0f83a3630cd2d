//! Any two schemas: what `propose` writes leads from one to the other and back, both in one
//! transaction and so that others can go on meanwhile.
//!
//! A case is a few slots, each a column, an index, a view and so on; a slot looks like one thing in
//! the one schema and like another in the other, or is not there. So a case shrinks by leaving out
//! slots and by making looks plain, and what is left is shown as two texts of SQL.
//!
//! PostgreSQL adds columns at the end, so their order is not compared. `MIGRATE_RANDOM_PAIRS` says
//! how many pairs are tried, other ones each time; a plain run tries 200, always the same.

mod looks;
mod parts;
mod slots;

use std::cell::RefCell;

use migrate_core::schema::catalog::Catalog;
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestRng, TestRunner};

use crate::trips::Trips;

#[test]
fn any_two_schemas_lead_to_each_other() {
    let pairs = std::env::var("MIGRATE_RANDOM_PAIRS").ok();
    let cases = pairs.as_ref().and_then(|pairs| pairs.parse().ok()).unwrap_or(200);
    let config = Config {
        cases,
        max_shrink_iters: 400,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    };
    let trips = RefCell::new(Trips::new("random"));
    let mut runner = match pairs {
        Some(_) => TestRunner::new(config),
        None => {
            let same = TestRng::deterministic_rng(config.rng_algorithm);
            TestRunner::new_with_rng(config, same)
        }
    };
    let result = runner.run(&slots::pair(), |pair| {
        let mut trips = trips.borrow_mut();
        let (from, to) = (pair.from(), pair.to());
        let to = wanted(&mut trips, &to);
        to.and_then(|to| trips.there_and_back(&from, &to)).map_err(TestCaseError::fail)
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// The catalog of a schema, which leaves nothing behind.
fn wanted(trips: &mut Trips, sql: &str) -> Result<Catalog, String> {
    let client = trips.client();
    let made = client.batch_execute(&format!("BEGIN; {sql}"));
    let catalog = made.map(|()| Catalog::read(client).unwrap());
    client.batch_execute("ROLLBACK").unwrap();
    catalog.map_err(|error| format!("the case itself is wrong\n{error:?}\n{sql}"))
}
