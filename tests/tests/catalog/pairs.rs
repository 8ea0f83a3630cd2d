//! Two states of a database that are not the same, and the lines that say so.

use migrate_core::catalog::Catalog;
use migrate_testkit::postgres::Client;
use migrate_testkit::{Database, Server};

/// A database on which pairs are tried, each in a transaction that is rolled back.
pub(crate) struct Pairs {
    client: Client,
    /// Its version, as 15.
    pub(crate) version: u32,
    failed: Vec<String>,
    _database: Database,
}

impl Pairs {
    pub(crate) fn new(hint: &str) -> Self {
        let server = Server::shared().unwrap();
        let database = server.database(hint).unwrap();
        let client = database.connect().unwrap();
        let version = server.version().major;
        Pairs { client, version, failed: Vec::new(), _database: database }
    }

    /// The catalog after some SQL.
    pub(crate) fn catalog(&mut self, sql: &str) -> Catalog {
        let run = format!("BEGIN; {sql}");
        self.client.batch_execute(&run).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let catalog = Catalog::read(&mut self.client);
        self.client.batch_execute("ROLLBACK").unwrap();
        catalog.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }

    /// A database before and after a change: these lines are the difference, as many lead back, and
    /// what is made twice is the same.
    pub(crate) fn check(&mut self, before: &str, change: &str, expected: &[&str]) {
        let (one, other) = (self.catalog(before), self.catalog(&format!("{before}; {change}")));
        let lines: Vec<String> = one.differences(&other).iter().map(ToString::to_string).collect();
        if lines != expected {
            self.failed.push(format!("{change}\n  found    {lines:#?}\n  expected {expected:#?}"));
        }
        assert_eq!(other.differences(&one).len(), lines.len(), "{change}");
        assert_eq!(other, self.catalog(&format!("{before}; {change}")), "{change}");
        assert_eq!(one == other, lines.is_empty(), "{change}");
    }

    /// The same, from a version of PostgreSQL on.
    pub(crate) fn check_since(
        &mut self,
        version: u32,
        before: &str,
        change: &str,
        expected: &[&str],
    ) {
        if self.version >= version {
            self.check(before, change, expected);
        }
    }

    /// Fails with all that was not as expected.
    pub(crate) fn done(self) {
        assert!(self.failed.is_empty(), "{}", self.failed.join("\n"));
    }
}
