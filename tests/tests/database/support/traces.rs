//! What a run may not leave behind.

use migrate_testkit::Database;

use super::Session;

/// What a session has that a run has to leave as it was.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Traces {
    settings: Vec<String>,
    roles: String,
    prepared: String,
    cursors: String,
    channels: String,
    /// As another session sees it: not in a transaction, and no lock on anything.
    state: String,
    locks: Vec<String>,
}

impl Traces {
    pub(crate) fn of(session: &mut Session, database: &Database) -> Self {
        // What ends with each transaction, a newer server lists for good.
        let settings = "SELECT name, setting FROM pg_catalog.pg_settings \
                        WHERE source = 'session' AND name NOT LIKE 'transaction\\_%' ORDER BY 1";
        let roles = "SELECT session_user, current_user, current_setting('role'), \
                     current_setting('search_path')";
        let pid = session.pid();
        let (settings, roles) = (session.rows(settings), session.value(roles));
        let prepared = session.value("SELECT name FROM pg_catalog.pg_prepared_statements");
        let cursors = session.value("SELECT name FROM pg_catalog.pg_cursors");
        let channels = session.value("SELECT pg_catalog.pg_listening_channels()");
        let mut other = Session::new(database);
        let state = format!("SELECT state FROM pg_catalog.pg_stat_activity WHERE pid = {pid}");
        let locks = format!(
            "SELECT locktype, mode, relation::regclass, objid FROM pg_catalog.pg_locks \
             WHERE pid = {pid} OR locktype = 'advisory' AND database = \
             (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
        );
        let (state, locks) = (other.value(&state), other.rows(&locks));
        Traces { settings, roles, prepared, cursors, channels, state, locks }
    }
}

impl Traces {
    /// The same as [`without_trace`], while others may hold locks of their own.
    pub(crate) fn of_own<T>(
        session: &mut Session,
        database: &Database,
        run: impl FnOnce(&mut Session) -> T,
    ) -> T {
        let own =
            |session: &mut Session| Traces { locks: Vec::new(), ..Traces::of(session, database) };
        let before = own(session);
        let result = run(session);
        assert_eq!(own(session), before, "left behind");
        result
    }
}

/// Runs something, and checks that it leaves no trace in the session.
pub(crate) fn without_trace<T>(
    session: &mut Session,
    database: &Database,
    run: impl FnOnce(&mut Session) -> T,
) -> T {
    let before = Traces::of(session, database);
    assert_eq!((before.state.as_str(), before.locks.len()), ("idle", 0), "{before:?}");
    let result = run(session);
    assert_eq!(Traces::of(session, database), before, "left behind");
    result
}
