//! What helps against a refusal that no change of the SQL would lift.

use crate::runner::failure::Failure;

/// What each of these means for whoever runs migrations: SQLSTATEs, a word of the server's message or hint that has to be
/// there (never translated, or a guess that fails towards the general advice), and what to do. The first that fits counts.
const REMEDIES: [(&[&str], &str, &str); 16] = [
    (
        &["25006"],
        "",
        "connect to the primary (of several hosts, `target_session_attrs=read-write` finds it): this server is a standby, \
         or default_transaction_read_only is on for the role or the database",
    ),
    (
        &["42501"],
        "row-level security",
        "row security hides rows from this role: run as the table's owner or a role with BYPASSRLS",
    ),
    (
        &["42501"],
        "",
        "run as the role that owns the objects, or grant this one what it lacks: `GRANT CREATE ON SCHEMA …`, ON DATABASE \
         or ON TABLESPACE",
    ),
    (
        &["22P05", "22021"],
        "",
        "the database's encoding does not have this character: write the migration without it, or move to a database \
         in UTF8 (`CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`)",
    ),
    (
        &["53100"],
        "",
        "the server's disk is full: make room and run it again; an index, and a table that is rewritten, needs its size \
         once more while it is built",
    ),
    (
        &["53200"],
        "max_locks_per_transaction",
        "the server's table of locks is full: raise its max_locks_per_transaction and restart it, or \
         lock less at once: smaller revisions, and without the single transaction",
    ),
    (
        &["53200"],
        "",
        "the server is out of memory: run it at a quieter time, do less in one statement, or set maintenance_work_mem and \
         work_mem lower for it (`SET LOCAL`; outside a transaction `SET`)",
    ),
    (
        &["53300"],
        "",
        "the server, or this role or database, has no connection left: run it when fewer are open, or raise the limit \
         (max_connections, `ALTER ROLE … CONNECTION LIMIT`)",
    ),
    (
        &["53400"],
        "temp_file_limit",
        "raise temp_file_limit for this role, or work_mem for this statement",
    ),
    (
        &["53400"],
        "",
        "a limit of the server's configuration is exceeded: raise it for this role, or do less in one statement",
    ),
    (
        &["55006"],
        "other users",
        "other sessions are using it: end them (`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE …`), and run \
         it again",
    ),
    (
        &["3F000"],
        "no schema has been selected",
        "no schema of search_path is there: create it, or set another path for the role or the database \
         (`ALTER ROLE … SET search_path = …`), or write the schema before the name",
    ),
    (
        &["P0001"],
        "",
        "a function raised this: one that the migration calls, a trigger, or an event trigger (`\\dy` in psql lists those); \
         do what it asks for, or disable the trigger for this run, and run it again",
    ),
    (
        &["55000"],
        "recovery",
        "connect to the primary (of several hosts, `target_session_attrs=read-write` finds it): this server is a standby",
    ),
    (
        &["58000", "58030", "XX001", "XX002"],
        "",
        "the server can't read or write its own files: look at its log, and at its disk, before you run it again",
    ),
    (
        &["54001"],
        "max_stack_depth",
        "the statement is nested too deep for the server: split it, or raise max_stack_depth",
    ),
];

/// What helps, where it is known and not a matter of the SQL.
pub(super) fn remedy(failure: &Failure) -> Option<&'static str> {
    let says = |word: &str| {
        let texts = [Some(&failure.message), failure.hint.as_ref(), failure.detail.as_ref()];
        texts.into_iter().flatten().any(|text| text.contains(word))
    };
    let fits = |(codes, word, _): &&(&[&str], &str, &str)| failure.is_any(codes) && says(word);
    REMEDIES.iter().find(fits).map(|(_, _, help)| *help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_helps_depends_on_the_code_and_on_what_was_said() {
        let check = |code: &str, message: &str, hint: Option<&str>, expected: Option<&str>| {
            let failure = Failure {
                code: Some(code.into()),
                message: message.into(),
                detail: None,
                hint: hint.map(str::to_owned),
                position: None,
                source: None,
            };
            let found = remedy(&failure);
            match expected {
                Some(word) => {
                    assert!(found.is_some_and(|it| it.contains(word)), "{code}: {found:?}");
                }
                None => assert_eq!(found, None, "{code}"),
            }
        };
        check(
            "25006",
            "cannot execute CREATE TABLE in a read-only transaction",
            None,
            Some("standby"),
        );
        check("42501", "permission denied for schema public", None, Some("GRANT CREATE"));
        check("42501", "new row violates row-level security policy", None, Some("BYPASSRLS"));
        check("22P05", "character with byte sequence 0xc4", None, Some("UTF8"));
        check("53100", "could not extend file", None, Some("disk is full"));
        let locks = Some("You might need to increase \"max_locks_per_transaction\".");
        check("53200", "out of shared memory", locks, Some("table of locks"));
        check("53200", "out of memory", None, Some("maintenance_work_mem"));
        check("53400", "boom", None, Some("limit of the server's configuration"));
        let used = "database \"d\" is being accessed by other users";
        check("55006", used, None, Some("other sessions are using it"));
        // This one is a matter of the SQL.
        let pending = "cannot ALTER TABLE \"t\" because it has pending trigger events";
        check("55006", pending, None, None);
        check("53300", "too many connections for role", None, Some("CONNECTION LIMIT"));
        check("53400", "temporary file size exceeds temp_file_limit (1kB)", None, Some("work_mem"));
        check("3F000", "no schema has been selected to create in", None, Some("search_path"));
        check("3F000", "schema \"x\" does not exist", None, None);
        check("P0001", "not at noon", None, Some("event trigger"));
        check("58030", "could not read file", None, Some("log"));
        check("42601", "syntax error", None, None);
        // Nothing that a message says makes another code of it.
        check("42703", "column \"temp_file_limit\" does not exist", None, None);
    }

    #[test]
    fn no_remedy_stands_behind_one_that_takes_all_its_cases() {
        for (at, (codes, word, _)) in REMEDIES.iter().enumerate() {
            for (earlier, general, _) in &REMEDIES[..at] {
                let same = codes.iter().any(|code| earlier.contains(code));
                assert!(!same || !general.is_empty(), "{codes:?} {word}");
            }
        }
    }
}
