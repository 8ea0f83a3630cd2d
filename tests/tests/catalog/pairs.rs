//! Two states of a database that are not the same, and the lines that say so.

use migrate_core::schema::catalog::{Catalog, Difference};
use migrate_core::schema::diff::{dump, script};
use migrate_testkit::postgres::Client;
use migrate_testkit::{Database, Server};

use crate::trips::Trips;

/// A database on which pairs are tried, each in a transaction that is rolled back.
pub(crate) struct Pairs {
    client: Client,
    /// Its version, as 15.
    pub(crate) version: u32,
    failed: Vec<String>,
    trips: Trips,
    _database: Database,
}

impl Pairs {
    pub(crate) fn new(hint: &str) -> Self {
        let server = Server::shared().unwrap();
        let database = server.database(hint).unwrap();
        let client = database.connect().unwrap();
        let version = server.version().major;
        Pairs { client, version, failed: Vec::new(), trips: Trips::new(hint), _database: database }
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
        let after = format!("{before}; {change}");
        self.leads(before, &one, &other, change);
        self.leads(&after, &other, &one, &format!("{change} (and back)"));
    }

    /// The script from each of two databases to the other leads there, and leaves nothing.
    pub(crate) fn check_script(&mut self, one: &str, other: &str) {
        let (from, to) = (self.catalog(one), self.catalog(other));
        for (sql, from, to) in [(one, &from, &to), (other, &to, &from)] {
            let unwritten = self.leads(sql, from, to, sql);
            assert_eq!(unwritten, [], "{one}\n{other}");
            self.rebuilds(from, sql);
            let trip = self.trips.there_and_back(sql, to);
            self.failed.extend(trip.err().map(|why| format!("{sql}\n{why}")));
        }
    }

    /// The dump of a catalog builds the same, and is the same then.
    pub(crate) fn rebuilds(&mut self, catalog: &Catalog, about: &str) {
        let written = dump(catalog);
        if !written.unwritten.is_empty() {
            return;
        }
        let ran = self.client.batch_execute(&format!("BEGIN; {written}"));
        let found = ran.map(|()| Catalog::read(&mut self.client).unwrap());
        self.client.batch_execute("ROLLBACK").unwrap();
        match found {
            Err(error) => self.failed.push(format!("{about}: {error:?}\n{written}")),
            Ok(found) => {
                let lines = found.differences(catalog);
                let order = "order of the columns of";
                let lines = lines.iter().filter(|it| it.kind != order);
                let lines: Vec<String> = lines.map(ToString::to_string).collect();
                if !lines.is_empty() {
                    self.failed.push(format!("{about}: the dump leaves {lines:#?}\n{written}"));
                } else if dump(&found) != written {
                    self.failed.push(format!("{about}: another dump\n{}\n{written}", dump(&found)));
                }
            }
        }
    }

    /// The script from one catalog to the other leads there, or says what it leaves as it is.
    fn leads(&mut self, sql: &str, one: &Catalog, other: &Catalog, about: &str) -> Vec<Difference> {
        let script = script(one, other);
        let steps: Vec<&str> = script.steps.iter().map(|step| step.sql.as_str()).collect();
        assert_eq!(steps.is_empty() && script.unwritten.is_empty(), one == other, "{about}");
        if !script.unwritten.is_empty() {
            return script.unwritten;
        }
        let run = format!("BEGIN; {sql}; {}", steps.join(";\n"));
        let ran = self.client.batch_execute(&run);
        let found = ran.map(|()| Catalog::read(&mut self.client).unwrap());
        self.client.batch_execute("ROLLBACK").unwrap();
        match found {
            Err(error) => self.failed.push(format!("{about}: {error:?}\n{steps:#?}")),
            Ok(found) => {
                let lines = found.differences(other);
                let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
                if !lines.is_empty() {
                    self.failed.push(format!("{about}: {steps:#?} leave {lines:#?}"));
                }
            }
        }
        Vec::new()
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
