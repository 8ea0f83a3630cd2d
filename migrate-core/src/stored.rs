//! The downgrade that a database keeps of a revision, for a chain that does not have the revision, or has it
//! with another text or in another place.

use std::borrow::Cow;
use std::time::Duration;

use crate::chain::{Digests, Down, Migration};
use crate::digest::section_digest;
use crate::history::Record;
use crate::id::RevisionId;
use crate::rules;
use crate::sections::{Options, Section};
use crate::statements::split_statements;
use crate::text::{Source, Span};

/// How the name of such a text ends, where it stands for a file.
pub(crate) const STORED: &str = "(stored downgrade)";

/// The downgrade of a revision, as the history keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDown {
    /// Its SQL; `None` when the revision can't be undone.
    pub sql: Option<String>,
    /// How it runs.
    pub options: Options,
}

impl StoredDown {
    /// From the columns of the history: the SQL, whether it is transactional, and the timeouts in
    /// milliseconds.
    pub(crate) fn read(columns: [Option<&str>; 4]) -> Self {
        let [sql, transactional, lock_timeout, statement_timeout] = columns;
        let timeout = |text: Option<&str>| Some(Duration::from_millis(text?.parse().ok()?));
        StoredDown {
            sql: sql.map(str::to_owned),
            options: Options {
                transactional: transactional != Some("f"),
                lock_timeout: timeout(lock_timeout),
                statement_timeout: timeout(statement_timeout),
            },
        }
    }
}

/// The revision of a record, with the downgrade that the history keeps, and nothing to upgrade. `Err`
/// says why it can't be trusted: the digest is the one of the release that applied it, and what that
/// release was built from had passed all checks.
pub(crate) fn migration(
    record: &Record,
    stored: &StoredDown,
) -> Result<Migration<'static>, &'static str> {
    let id =
        |text: &str| RevisionId::new(text.to_owned()).map_err(|_| "its id is no revision's id");
    let sql = stored.sql.as_deref().ok_or("none was stored: it can't be undone")?;
    if record.down != Some(section_digest(sql, stored.options.transactional)) {
        return Err("its text is not the one that its digest was made of: somebody has changed it");
    }
    let source = Source::new(format!("{} {STORED}", record.revision), sql.to_owned());
    let statements = split_statements(source.text());
    if !rules::check(source.text(), &statements, stored.options.transactional).is_empty() {
        return Err("it has statements that no migration may have");
    }
    let parents = record.parents.iter().map(|parent| id(parent)).collect::<Result<Vec<_>, _>>()?;
    let span = Span::new(0, source.text().len());
    Ok(Migration {
        id: id(&record.revision)?,
        parents: Cow::Owned(parents),
        message: Cow::Borrowed(""),
        created: None,
        up: Section::EMPTY,
        down: Down::Section(Section { span, options: stored.options }),
        digests: Digests { up: record.up, down: record.down, chain: record.chain },
        source,
        deployed: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    fn record(sql: &str, transactional: bool) -> (Record, StoredDown) {
        let digest = Digest::from_bytes([7; 32]);
        let record = Record {
            revision: "x2".into(),
            parents: vec!["x1".into()],
            up: digest,
            down: Some(section_digest(sql, transactional)),
            chain: digest,
            position: 2,
            applied_at: String::new(),
            applied_by: String::new(),
            duration_ms: 0,
            stored: None,
        };
        let options = Options { transactional, ..Options::default() };
        (record, StoredDown { sql: Some(sql.to_owned()), options })
    }

    #[test]
    fn what_was_stored_runs_as_it_was() {
        let (record, stored) = record("\n-- undo\nDROP TABLE x;\n", false);
        let Ok(migration) = migration(&record, &stored) else { panic!() };
        assert_eq!(migration.down_sql(), Some("\n-- undo\nDROP TABLE x;\n"));
        assert!(!migration.down_options().transactional);
        assert_eq!((migration.id.as_str(), migration.parents[0].as_str()), ("x2", "x1"));
    }

    #[test]
    fn what_can_not_be_trusted_does_not_run() {
        let check = |change: &dyn Fn(&mut Record, &mut StoredDown), expected: &str| {
            let (mut record, mut stored) = record("DROP TABLE x;", true);
            change(&mut record, &mut stored);
            let found = migration(&record, &stored).map(|migration| migration.id.to_string());
            assert!(found.as_ref().is_err_and(|why| why.contains(expected)), "{found:?}");
        };
        check(&|_, stored| stored.sql = Some("DROP TABLE y;".into()), "somebody has changed it");
        check(&|_, stored| stored.options.transactional = false, "somebody has changed it");
        check(&|_, stored| stored.sql = None, "can't be undone");
        check(&|record, _| record.down = None, "somebody has changed it");
        check(&|record, _| record.revision = "x'; DROP".into(), "its id");
        check(&|record, _| record.parents = vec!["head".into()], "its id");
        for sql in ["DROP TABLE x; COMMIT; SELECT 1", "SELECT 'open", "VACUUM x"] {
            let whole = |record: &mut Record, stored: &mut StoredDown| {
                stored.sql = Some(sql.to_owned());
                record.down = Some(section_digest(sql, true));
            };
            check(&whole, "no migration may have");
        }
    }

    #[test]
    fn columns() {
        let check = |columns: [Option<&str>; 4], expected: (bool, Option<u64>, Option<u64>)| {
            let Options { transactional, lock_timeout, statement_timeout } =
                StoredDown::read(columns).options;
            let (all, lock, statement) = expected;
            assert_eq!(transactional, all, "{columns:?}");
            assert_eq!(lock_timeout, lock.map(Duration::from_millis), "{columns:?}");
            assert_eq!(statement_timeout, statement.map(Duration::from_millis), "{columns:?}");
        };
        check([None, Some("t"), None, None], (true, None, None));
        check([None, Some("f"), Some("5000"), Some("0")], (false, Some(5000), Some(0)));
        check([None, None, Some("soon"), None], (true, None, None));
    }
}
