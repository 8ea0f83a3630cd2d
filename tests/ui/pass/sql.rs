//! Queries that are right, or of which nothing is known.

use migrate_macros::sql;

const BY_ID: &str = sql!(chain = "ui/pass/sql", "SELECT id, email FROM users WHERE id = $1");

fn main() {
    assert_eq!(BY_ID, "SELECT id, email FROM users WHERE id = $1");
    let sessions: &'static str = sql!(
        unchecked = "the session store creates it",
        chain = "ui/pass/sql",
        "SELECT data FROM sessions"
    );
    assert_eq!(sessions, "SELECT data FROM sessions");
    let of_file = sql!(chain = "ui/pass/sql", file = "ui/pass/sql/README-all.txt");
    assert_eq!(of_file, "SELECT *\nFROM users\n");
    for unknown in [
        sql!(chain = "ui/pass/sql", "SELECT usename FROM pg_stat_activity"),
        sql!(chain = "ui/pass/sql", "SELECT id FROM auth.users"),
        sql!(chain = "ui/pass/sql", "LISTEN users"),
    ] {
        assert!(!unknown.is_empty());
    }
}
