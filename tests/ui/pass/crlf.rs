//! Files with a byte order mark and CRLF, beside a lock file that was made when they had neither.

migrate_macros::embed_migrations!("ui/pass/crlf");

fn main() {
    for migration in migrations::CHAIN.migrations() {
        assert!(migration.deployed);
        assert!(!migration.source.text().contains(['\r', '\u{feff}']));
    }
}
