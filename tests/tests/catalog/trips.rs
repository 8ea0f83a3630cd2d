//! There and back by a proposal, on a database that keeps what was done, as in real life.

use migrate_core::schema::catalog::Catalog;
use migrate_core::schema::diff::{Options, Proposal, Section, propose, script};
use migrate_testkit::postgres::Client;
use migrate_testkit::{Database, Server};

/// A database that is empty before and after each trip.
pub(crate) struct Trips {
    hint: String,
    place: Option<(Client, Database)>,
    nothing: Catalog,
}

impl Trips {
    pub(crate) fn new(hint: &str) -> Self {
        let mut trips = Trips { hint: hint.to_owned(), place: None, nothing: Catalog::default() };
        trips.nothing = Catalog::read(trips.client()).unwrap();
        trips
    }

    pub(crate) fn client(&mut self) -> &mut Client {
        let hint = &self.hint;
        let fresh = || {
            let database = Server::shared().unwrap().database(hint).unwrap();
            (database.connect().unwrap(), database)
        };
        &mut self.place.get_or_insert_with(fresh).0
    }

    /// From the database of some SQL to that of a catalog and back, both ways of writing it; the
    /// error says what went wrong with which statements.
    pub(crate) fn there_and_back(&mut self, from: &str, to: &Catalog) -> Result<(), String> {
        let result = self.travel(from, to);
        if result.is_err() {
            // Whatever it is like now, nobody wants it.
            self.place = None;
        }
        result
    }

    fn travel(&mut self, sql: &str, to: &Catalog) -> Result<(), String> {
        let nothing = self.nothing.clone();
        let client = self.client();
        client.batch_execute(sql).map_err(|error| format!("{sql}: {}", said(&error)))?;
        let from = Catalog::read(client).unwrap();
        let mut done = None;
        for plain in [false, true] {
            let proposal = propose(&from, to, &Options { plain, ..Options::default() });
            if done.as_ref() == Some(&proposal) {
                continue;
            }
            let order = "order of the columns of";
            let mut unwritten = proposal.unwritten.iter().chain(&proposal.not_undone);
            if let Some(it) = unwritten.find(|it| it.kind != order) {
                return Err(format!("plain: {plain}\nnot written: {it}\n{}", shown(&proposal)));
            }
            let went = both_ways(client, &from, to, &proposal);
            went.map_err(|why| format!("plain: {plain}\n{why}\n{}", shown(&proposal)))?;
            done = Some(proposal);
        }
        let end = script(&from, &nothing);
        for step in &end.steps {
            let ran = client.batch_execute(&step.sql);
            ran.map_err(|error| format!("to nothing: {}: {}", step.sql, said(&error)))?;
        }
        let left = "SELECT count(*) FROM pg_class WHERE oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace
            UNION ALL SELECT count(*) FROM pg_type WHERE oid >= 16384 UNION ALL SELECT count(*) FROM pg_proc WHERE oid >= 16384";
        let left: i64 =
            client.query(left, &[]).unwrap().iter().map(|row| row.get::<_, i64>(0)).sum();
        match left {
            0 => Ok(()),
            _ => same("to nothing", &Catalog::read(client).unwrap(), &nothing),
        }
    }
}

fn both_ways(
    client: &mut Client,
    from: &Catalog,
    to: &Catalog,
    proposal: &Proposal,
) -> Result<(), String> {
    for part in &proposal.parts {
        run(client, &part.up)?;
    }
    same("up", &Catalog::read(client).unwrap(), to)?;
    for part in proposal.parts.iter().rev() {
        run(client, &part.down)?;
    }
    same("down", &Catalog::read(client).unwrap(), from)
}

fn run(client: &mut Client, section: &Section) -> Result<(), String> {
    if section.transaction {
        client.batch_execute("BEGIN").unwrap();
    }
    for step in &section.steps {
        let ran = client.batch_execute(&step.sql);
        ran.map_err(|error| format!("{}: {}", step.sql, said(&error)))?;
    }
    if section.transaction {
        client.batch_execute("COMMIT").map_err(|error| format!("COMMIT: {}", said(&error)))?;
    }
    Ok(())
}

/// Columns are added at the end, so those of a table are compared by name alone.
fn same(when: &str, found: &Catalog, expected: &Catalog) -> Result<(), String> {
    let by_name = |catalog: &Catalog| {
        let mut catalog = catalog.clone();
        for relation in catalog.relations.values_mut() {
            relation.columns.sort_by(|a, b| a.name.cmp(&b.name));
        }
        // The server sorts the columns of statistics by their place.
        for statistics in catalog.statistics.values_mut() {
            let mut words: Vec<&str> = statistics.definition.split([' ', ',']).collect();
            words.sort_unstable();
            statistics.definition = words.join(" ");
        }
        catalog
    };
    let (found, expected) = (by_name(found), by_name(expected));
    if found == expected {
        return Ok(());
    }
    let lines = found.differences(&expected);
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    Err(format!("{when}: what is left to do is\n  {}", lines.join("\n  ")))
}

fn said(error: &migrate_testkit::postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
}

fn shown(proposal: &Proposal) -> String {
    let mut lines = Vec::new();
    for part in &proposal.parts {
        for (way, section) in [("up", &part.up), ("down", &part.down)] {
            lines.push(format!("-- {:?} {way}", part.kind));
            lines.extend(section.steps.iter().map(|step| format!("{};", step.sql)));
        }
    }
    let left = proposal.unwritten.iter().chain(&proposal.not_undone);
    lines.extend(left.map(|it| format!("-- not written: {it}")));
    lines.join("\n")
}
