//! What `migrate.toml` says of runs is in the chain.

use std::time::Duration;

migrate_macros::embed_migrations!("ui/pass/settings/migrations");

fn main() {
    let settings = migrations::CHAIN.settings();
    assert_eq!(settings.schema.as_deref(), Some("app"));
    assert_eq!(settings.table_prefix.as_deref(), Some("users_"));
    assert_eq!(settings.lock_timeout, Some(Duration::from_secs(2)));
    assert_eq!(settings.statement_timeout, None);
}
