//! What a database has to be like at the end.

use std::collections::BTreeMap;

use super::aftermath::Operator;
use crate::support::eventually;

impl Operator<'_> {
    /// Waits until nobody else is connected, living or not.
    pub(crate) fn waits_for_the_others(&mut self) {
        let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                      AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
        eventually("the others have ended", || self.session.value(others) == "0");
    }

    /// Compares everything; gives what is wrong.
    pub(crate) fn check(&mut self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut expect = |what: &str, seen: Vec<String>, expected: Vec<String>| {
            if seen != expected {
                wrong.push(format!("{what}: {seen:?}, expected {expected:?}"));
            }
        };
        let story = self.story;
        let session = &mut self.session;
        let ids: Vec<String> = story.revisions.iter().map(|it| it.id.clone()).collect();
        let history = session.rows("SELECT revision FROM migrate_history ORDER BY position");
        expect("history", history, ids.clone());
        let log = session
            .rows("SELECT action || ' ' || revision FROM migrate_log WHERE action <> 'failure' ORDER BY at");
        let (at_the_end, runs) = replay(&log);
        expect("log", at_the_end.unwrap_or_else(|wrong| vec![wrong]), ids);

        let mut rows: BTreeMap<String, i64> = self.by_hand.clone();
        for revision in &story.revisions {
            for (action, statements) in [("upgrade", &revision.up), ("downgrade", &revision.down)] {
                let times = runs.get(&format!("{action} {}", revision.id)).copied().unwrap_or(0);
                for label in statements.iter().flat_map(|statement| &statement.labels) {
                    *rows.entry(label.clone()).or_default() += times;
                }
            }
        }
        let rows = rows.iter().filter(|(_, count)| **count != 0);
        let rows = rows.map(|(label, count)| format!("{label}|{count}")).collect();
        let ran = "SELECT what, count(*) FROM ran GROUP BY what ORDER BY what COLLATE \"C\"";
        expect("rows", session.rows(ran), rows);

        let indexes = "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                       WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'migrate%' \
                       ORDER BY c.relname COLLATE \"C\"";
        expect("indexes", session.rows(indexes), story.indexes.iter().cloned().collect());
        let invalid = "SELECT indexrelid::regclass FROM pg_index \
                       WHERE NOT (indisvalid AND indisready AND indislive)";
        expect("invalid indexes", session.rows(invalid), Vec::new());
        let copies = "SELECT relname FROM pg_class WHERE relname ~ '_cc(new|old)'";
        expect("copies of indexes", session.rows(copies), Vec::new());
        let attached = "SELECT inhrelid::regclass, inhdetachpending FROM pg_inherits \
                        WHERE inhparent = 'parts'::regclass ORDER BY substr(inhrelid::regclass::text, 2)::int";
        let partitions = story.attached.iter().map(|name| format!("{name}|f")).collect();
        expect("partitions", session.rows(attached), partitions);
        let labels = "SELECT enumlabel FROM pg_enum ORDER BY enumsortorder";
        expect("enum", session.rows(labels), story.enum_labels.clone());
        for label in &story.refreshed {
            let seen = format!("SELECT what FROM seen WHERE what = '{label}'");
            expect("materialized view", session.rows(&seen), vec![label.clone()]);
        }

        for nothing in [
            "SELECT revision FROM migrate_progress",
            "SELECT revision FROM migrate_history WHERE undoing",
            "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()",
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = \
             (SELECT oid FROM pg_database WHERE datname = current_database())",
        ] {
            expect(nothing, session.rows(nothing), Vec::new());
        }
        wrong
    }
}

/// Which revisions a log leads to, and how often each of its lines is there.
fn replay(log: &[String]) -> (Result<Vec<String>, String>, BTreeMap<String, i64>) {
    let mut runs = BTreeMap::new();
    let mut applied: Vec<String> = Vec::new();
    for line in log {
        *runs.entry(line.clone()).or_default() += 1;
        let fits = match line.split_once(' ') {
            Some(("upgrade" | "stamp", id)) => {
                let is_next = id == format!("r{}", applied.len() + 1);
                applied.push(id.to_owned());
                is_next
            }
            Some(("downgrade", id)) => applied.pop().is_some_and(|last| last == id),
            _ => false,
        };
        if !fits {
            return (Err(format!("{line} in {log:?}")), runs);
        }
    }
    (Ok(applied), runs)
}
