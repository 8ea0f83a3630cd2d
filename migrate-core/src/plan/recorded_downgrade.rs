//! Builds a migration from the downgrade recorded in a database, for a revision that is missing
//! from the chain or differs from it in its text or position.

use std::borrow::Cow;

use crate::chain::chain::{Digests, Down, Migration};
use crate::chain::digest::section_digest;
use crate::chain::id::RevisionId;
use crate::chain::sections::Section;
use crate::chain::transaction_rules;
use crate::plan::history::{Record, StoredDown};
use crate::syntax::source::{Source, Span};
use crate::syntax::statements::split_statements;

/// The suffix of the name that is shown in place of a file name.
pub(crate) const STORED: &str = "(stored downgrade)";

/// The revision of a record, with its recorded downgrade and no upgrade. `Err` says why the
/// downgrade cannot be trusted: its digest must be that of the release that applied the revision,
/// because the sources of that release had passed all checks.
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
    if !transaction_rules::check(source.text(), &statements, stored.options.transactional)
        .is_empty()
    {
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
    use crate::chain::digest::Digest;
    use crate::chain::sections::Options;

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
}
