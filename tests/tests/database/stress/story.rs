//! A chain made at random, and what a database is like that has run it.

use std::collections::BTreeSet;

use migrate_core::Chain;

use crate::random::Random;
use crate::support::{chain_of, file};

/// How many columns, old indexes, partitions and the like there are of each.
const STOCK: usize = 16;

/// One statement of a revision.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    /// The rows that it leaves in the table `ran`: one of each label, whenever it runs.
    pub(crate) labels: Vec<String>,
    /// Whether it commits a part of its work, so that nobody can tell what a lost connection has left of it.
    pub(crate) commits: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Revision {
    pub(crate) id: String,
    transactional: bool,
    pub(crate) up: Vec<Statement>,
    pub(crate) down: Vec<Statement>,
}

/// A chain, and what it leads to. The first revision is what the others need.
#[derive(Debug, Default)]
pub(crate) struct Story {
    seed: u64,
    pub(crate) revisions: Vec<Revision>,
    /// All indexes.
    pub(crate) indexes: BTreeSet<String>,
    /// The partitions that stay attached.
    pub(crate) attached: Vec<String>,
    pub(crate) enum_labels: Vec<String>,
    /// Labels that the materialized view shows.
    pub(crate) refreshed: Vec<String>,
    /// Columns that get a unique index, which can't be built as long as they have duplicates.
    pub(crate) unique: Vec<String>,
    /// How many of each kind of object are used up.
    used: usize,
}

fn statement(sql: impl Into<String>) -> Statement {
    Statement { sql: sql.into(), ..Statement::default() }
}

/// A statement that leaves one row.
fn says(label: &str, sql: impl Into<String>) -> Statement {
    Statement { labels: vec![label.to_owned()], ..statement(sql) }
}

fn insert(label: &str) -> Statement {
    says(label, format!("INSERT INTO ran (what) VALUES ('{label}');"))
}

/// A call of the procedure that commits between its two rows.
fn call(label: &str) -> Statement {
    let labels = vec![format!("{label} a"), format!("{label} b")];
    Statement { labels, commits: true, ..statement(format!("CALL p('{label}');")) }
}

/// The text of the first revision.
fn first() -> String {
    let each = |what: &str| {
        (0..STOCK).map(|n| what.replace('#', &n.to_string())).collect::<Vec<_>>().join("")
    };
    let mut text = String::from(
        "CREATE TABLE ran (n serial PRIMARY KEY, what text);\n\
         CREATE TABLE t (n int, note text);\n",
    );
    text += &each("ALTER TABLE t ADD c# int, ADD u# int, ADD o# int;\n");
    text +=
        "INSERT INTO t (n, note) SELECT n, 'x' FROM generate_series(1, 200) n;\nUPDATE t SET n = n";
    text += &each(", c# = n, u# = n % 10, o# = n");
    text += ";\nCREATE INDEX ix_kept ON t (n);\n";
    text += &each("CREATE INDEX ix_o# ON t (o#);\n");
    text += "CREATE TABLE parts (n int) PARTITION BY RANGE (n);\n";
    text += &each("CREATE TABLE p# PARTITION OF parts FOR VALUES FROM (#) TO (#.5);\n");
    text += "CREATE TYPE mood AS ENUM ('ok');\n\
             CREATE MATERIALIZED VIEW seen AS SELECT what, count(*) FROM ran GROUP BY what;\n\
             CREATE UNIQUE INDEX seen_what ON seen (what);\n\
             CREATE PROCEDURE p(label text) LANGUAGE plpgsql AS $$ BEGIN\n\
             INSERT INTO ran (what) VALUES (label || ' a'); COMMIT; PERFORM pg_sleep(0.15);\n\
             INSERT INTO ran (what) VALUES (label || ' b'); END $$;\n\
             CREATE PROCEDURE q(label text) LANGUAGE sql AS 'INSERT INTO ran (what) VALUES (label)';";
    // A partition's bounds are whole numbers.
    text.replace("CREATE TABLE parts (n int)", "CREATE TABLE parts (n numeric)")
}

impl Story {
    pub(crate) fn new(seed: u64) -> Self {
        let random = &mut Random::of(seed);
        let indexes = ["ix_kept", "ran_pkey", "seen_what"].map(str::to_owned).into_iter();
        let mut story = Story {
            seed,
            indexes: indexes.chain((0..STOCK).map(|n| format!("ix_o{n}"))).collect(),
            attached: (0..STOCK).map(|n| format!("p{n}")).collect(),
            enum_labels: vec!["ok".into()],
            ..Story::default()
        };
        story.revisions.push(Revision {
            id: "r1".into(),
            transactional: true,
            up: vec![statement(first())],
            down: vec![statement("SELECT 'not undone';")],
        });
        for number in 2..4 + random.below(3) {
            let revision = story.revision(number, random);
            story.revisions.push(revision);
        }
        // A revision in a transaction at the end: it must not come before those.
        let mut last = Revision { id: story.next_id(), transactional: true, ..Revision::default() };
        last.up.push(insert(&format!("+{}", last.id)));
        last.down.push(insert(&format!("-{}", last.id)));
        story.revisions.push(last);
        story
    }

    fn next_id(&self) -> String {
        format!("r{}", self.revisions.len() + 1)
    }

    fn revision(&mut self, number: usize, random: &mut Random) -> Revision {
        let mut revision = Revision { id: self.next_id(), ..Revision::default() };
        let mut at = 0;
        let mut label = || {
            at += 1;
            format!("r{number}.{at}")
        };
        // A row at both ends shows where it began, and that it came to its end.
        let (first, last) = (label(), label());
        revision.up.push(insert(&format!("+{first}")));
        revision.down.push(insert(&format!("-{first}")));
        revision.transactional = random.below(6) == 0;
        for _ in 0..2 + random.below(4) {
            let (up, down) = match revision.transactional {
                true => {
                    let column = format!("x{}", self.next());
                    let up = statement(format!("ALTER TABLE t ADD {column} int;"));
                    (vec![up], Some(statement(format!("ALTER TABLE t DROP {column};"))))
                }
                false => self.deed(&label(), random),
            };
            revision.up.extend(up);
            revision.down.extend(down);
        }
        revision.up.push(insert(&format!("+{last}")));
        revision.down.push(insert(&format!("-{last}")));
        revision.down.reverse();
        revision
    }

    /// A number that nothing else has.
    fn next(&mut self) -> usize {
        self.used += 1;
        self.used - 1
    }

    /// Something to do outside a transaction, and what undoes it.
    fn deed(&mut self, label: &str, random: &mut Random) -> (Vec<Statement>, Option<Statement>) {
        let (up_label, down_label) = (format!("+{label}"), format!("-{label}"));
        let drop = |name: &str| statement(format!("DROP INDEX CONCURRENTLY {name};"));
        let kind = random.below(14);
        // There are not more columns than that.
        let number = match kind {
            1..=5 | 11 | 12 if self.used < STOCK => self.next(),
            1..=5 | 11 | 12 => return (vec![insert(&up_label)], Some(insert(&down_label))),
            _ => 0,
        };
        match kind {
            1 | 2 => {
                let (name, column) = (format!("ix_c{number}"), format!("c{number}"));
                self.indexes.insert(name.clone());
                let up = statement(format!("CREATE INDEX CONCURRENTLY {name} ON t ({column});"));
                (vec![up], Some(drop(&name)))
            }
            3 => {
                let name = format!("t_c{number}_idx");
                self.indexes.insert(name.clone());
                let up = statement(format!("CREATE INDEX CONCURRENTLY ON t (c{number});"));
                (vec![up], Some(drop(&name)))
            }
            4 => {
                let (name, column) = match random.below(2) {
                    0 => (format!("ux_u{number}"), format!("u{number}")),
                    _ => (format!("t_u{number}_idx"), format!("u{number}")),
                };
                let written = if name.starts_with("ux") { name.as_str() } else { "" };
                let up = format!("CREATE UNIQUE INDEX CONCURRENTLY {written} ON t ({column});");
                self.unique.push(column);
                let drop = drop(&name);
                self.indexes.insert(name);
                (vec![statement(up)], Some(drop))
            }
            5 => {
                let name = format!("ix_o{number}");
                self.indexes.remove(&name);
                let down = format!("CREATE INDEX CONCURRENTLY {name} ON t (o{number});");
                (vec![drop(&name)], Some(statement(down)))
            }
            6 => (vec![call(&up_label)], Some(insert(&down_label))),
            7 => (vec![insert(&up_label)], Some(call(&down_label))),
            8 => {
                let up = match random.below(2) {
                    0 => format!("CALL q('{up_label}');"),
                    _ => {
                        format!("DO $$ BEGIN INSERT INTO ran (what) VALUES ('{up_label}'); END $$;")
                    }
                };
                (vec![says(&up_label, up)], None)
            }
            9 => {
                self.refreshed.push(up_label.clone());
                let refresh = statement("REFRESH MATERIALIZED VIEW CONCURRENTLY seen;");
                (vec![insert(&up_label), refresh], None)
            }
            10 => {
                let reindex = ["TABLE CONCURRENTLY t", "INDEX CONCURRENTLY ix_kept"];
                let reindex = format!("REINDEX {};", reindex[random.below(2)]);
                (vec![statement(&reindex)], (random.below(2) == 0).then(|| statement(reindex)))
            }
            11 => {
                let value = format!("v{number}");
                let up = statement(format!("ALTER TYPE mood ADD VALUE '{value}';"));
                let down = format!("DELETE FROM pg_catalog.pg_enum WHERE enumlabel = '{value}';");
                self.enum_labels.push(value);
                (vec![up], Some(statement(down)))
            }
            12 => {
                let name = format!("p{number}");
                self.attached.retain(|attached| *attached != name);
                let up = format!("ALTER TABLE parts DETACH PARTITION {name} CONCURRENTLY;");
                let down = format!(
                    "ALTER TABLE parts ATTACH PARTITION {name} FOR VALUES FROM ({number}) TO ({number}.5);"
                );
                (vec![statement(up)], Some(statement(down)))
            }
            13 => (vec![statement("VACUUM t;")], None),
            _ => (vec![insert(&up_label)], Some(insert(&down_label))),
        }
    }

    /// Its first revisions: an older release has fewer.
    pub(crate) fn chain(&self, length: usize) -> Chain<'static> {
        let text = |statements: &[Statement]| {
            statements.iter().map(|it| it.sql.as_str()).collect::<Vec<_>>().join("\n")
        };
        let mut parent = "";
        let mut files = Vec::new();
        for revision in &self.revisions[..length] {
            let (name, mut file) =
                file(&revision.id, parent, &text(&revision.up), &text(&revision.down));
            if !revision.transactional {
                file = file
                    .replace("-- migrate:up", "-- migrate:up transaction:false")
                    .replace("-- migrate:down", "-- migrate:down transaction:false");
            }
            files.push((name, file));
            parent = &revision.id;
        }
        chain_of(&files)
    }

    /// How a process of its own is told which chain it has.
    pub(crate) fn name(&self, length: usize) -> String {
        format!("stress {} {length}", self.seed)
    }

    /// The chain of such a name.
    pub(crate) fn named(name: &str) -> Option<Chain<'static>> {
        let mut words = name.strip_prefix("stress ")?.split(' ');
        let seed = words.next()?.parse().ok()?;
        Some(Story::new(seed).chain(words.next()?.parse().ok()?))
    }
}
