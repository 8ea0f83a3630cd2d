//! What Alembic prints when it is asked for the SQL of all revisions at once, taken apart.

use std::collections::HashMap;

use super::script::{Way, parts};
use super::{Graph, Revision, Sql};
use crate::import::Wrong;

/// What one run of Alembic has printed, and the end of what it said if it failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Printed {
    pub(crate) script: String,
    pub(crate) stopped: Option<String>,
}

/// The upgrades of all revisions, from one run.
///
/// # Errors
///
/// With the revision at which Alembic stopped.
pub(crate) fn upgrades(graph: &Graph, printed: &Printed) -> Result<HashMap<String, Sql>, Wrong> {
    let parts = parts(&printed.script, Way::Up);
    if let Some(why) = &printed.stopped {
        let last = parts.last().map(|(id, _)| *id);
        let origin = last.and_then(|id| graph.revisions.iter().find(|it| it.id == id));
        let Some(Revision { id, origin, .. }) = origin else {
            return Err(Wrong {
                place: None,
                what: format!("Alembic stopped before the first revision:\n{why}"),
                help: "fix it: `alembic upgrade base:heads --sql` must succeed; or give the SQL as files: \
                       `--sql-dir FOLDER`"
                    .to_owned(),
            });
        };
        let what = format!("Alembic stopped at the upgrade of `{id}`:\n{why}");
        let help = "`alembic upgrade base:heads --sql` must succeed, so an upgrade can't read the database; \
                    or give the SQL as files: `--sql-dir FOLDER`";
        return Err(Wrong::at(origin, what, help));
    }
    let whole =
        |(id, script): (&str, String)| (id.to_owned(), Sql::Printed { script, stopped: None });
    Ok(parts.into_iter().map(whole).collect())
}

/// The downgrades that are known so far. Alembic stops at the first that it can't print, so it is
/// asked again for what is below that.
#[derive(Debug, Default)]
pub(crate) struct Downgrades {
    known: HashMap<String, Sql>,
}

impl Downgrades {
    /// The revision to begin at: the last one of which nothing is known.
    pub(crate) fn next<'g>(&self, graph: &'g Graph) -> Option<&'g str> {
        let mut ids = graph.revisions.iter().rev().map(|it| it.id.as_str());
        ids.find(|id| !self.known.contains_key(*id))
    }

    /// Takes what Alembic has printed from this revision down.
    pub(crate) fn take(&mut self, asked: &str, graph: &Graph, printed: Printed) {
        let Printed { script, stopped } = printed;
        // The last line says why; the others say where in Alembic that is.
        let why = stopped.as_deref().and_then(|said| said.lines().last()).map(str::trim);
        let parts = parts(&script, Way::Down);
        let (count, is_empty) = (parts.len(), parts.is_empty());
        for (nth, (id, script)) in parts.into_iter().enumerate() {
            let stopped = why.filter(|_| nth + 1 == count).map(str::to_owned);
            self.known.entry(id.to_owned()).or_insert(Sql::Printed { script, stopped });
        }
        let none =
            |why: &str| Sql::Printed { script: String::new(), stopped: Some(why.to_owned()) };
        match why {
            // It will not do better for another one.
            Some(why) if is_empty => {
                for revision in &graph.revisions {
                    self.known.entry(revision.id.clone()).or_insert_with(|| none(why));
                }
            }
            _ => {
                let known = self.known.entry(asked.to_owned());
                known.or_insert_with(|| none("it does not print this revision"));
            }
        }
    }

    /// The downgrade of a revision.
    pub(crate) fn remove(&mut self, id: &str) -> Sql {
        self.known.remove(id).unwrap_or(Sql::Missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(ids: &str) -> Graph {
        let revision = |id: &str| Revision {
            id: id.to_owned(),
            parents: Vec::new(),
            message: String::new(),
            created: None,
            origin: format!("{id}.py"),
        };
        Graph { revisions: ids.split(' ').map(revision).collect(), notes: Vec::new() }
    }

    fn printed(script: &str, stopped: Option<&str>) -> Printed {
        Printed { script: script.to_owned(), stopped: stopped.map(str::to_owned) }
    }

    #[test]
    fn where_an_upgrade_stops_is_said_once() {
        let check = |script: &str, place: Option<&str>, what: &str| {
            let printed = printed(script, Some("  line 1\nKeyError: 'X'"));
            let wrong = upgrades(&graph("a b"), &printed).unwrap_err();
            assert_eq!(wrong.place, place.map(|file| (file.to_owned(), None)));
            assert_eq!(wrong.what, format!("Alembic stopped {what}:\n  line 1\nKeyError: 'X'"));
        };
        let script = "BEGIN;\n-- Running upgrade  -> a\nA;\n-- Running upgrade a -> b\n";
        check(script, Some("b.py"), "at the upgrade of `b`");
        check("BEGIN;\n", None, "before the first revision");
        check("-- Running upgrade  -> elsewhere\n", None, "before the first revision");
        let found = upgrades(&graph("a b"), &printed(script, None)).unwrap();
        assert_eq!(found["a"], Sql::Printed { script: "A;\n".to_owned(), stopped: None });
        assert_eq!(found.len(), 2);
    }

    /// Runs until nothing is unknown: what was asked for, and which downgrades there are.
    fn check(ids: &str, runs: &[(&str, &str, Option<&str>)], expected: &[(&str, Option<&str>)]) {
        let (graph, mut found) = (graph(ids), Downgrades::default());
        for (asked, script, stopped) in runs {
            assert_eq!(found.next(&graph), Some(*asked));
            found.take(asked, &graph, printed(script, *stopped));
        }
        assert_eq!(found.next(&graph), None);
        for (id, expected) in expected {
            let Sql::Printed { stopped, .. } = found.remove(id) else { panic!("{id}") };
            assert_eq!(stopped.as_deref(), *expected, "{id}");
        }
    }

    #[test]
    fn a_downgrade_that_stops_hides_none_below_it() {
        let all = "-- Running downgrade c -> b\nC;\n-- Running downgrade b -> a\nB;\n-- Running downgrade a -> \nA;\n";
        check("a b c", &[("c", all, None)], &[("a", None), ("b", None), ("c", None)]);
        let (above, below) = all.split_at(all.find("B;").unwrap());
        let below = below.trim_start_matches("B;\n");
        check(
            "a b c",
            &[("c", above, Some("x\nno way back")), ("a", below, None)],
            &[("a", None), ("b", Some("no way back")), ("c", None)],
        );
        check("a b", &[("b", "BEGIN;\n", Some("no"))], &[("a", Some("no")), ("b", Some("no"))]);
        let silent = Some("it does not print this revision");
        check("a b", &[("b", "", None), ("a", "", None)], &[("a", silent), ("b", silent)]);
    }
}
