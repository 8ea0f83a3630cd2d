//! Short texts that people and settings give: a target, a connection string, a duration, an id, and
//! `migrate.toml`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use migrate_core::chain::{Config, parse_duration};
use migrate_core::connect::Connector;
use migrate_core::syntax::Source;
use migrate_core::{RevisionId, Target};

fuzz_target!(|text: &str| {
    if let Ok(target) = text.parse::<Target>() {
        assert_eq!(target.to_string().parse().as_ref(), Ok(&target), "read otherwise than written");
    }
    match Connector::new(text) {
        Ok(connector) => assert!(!connector.to_string().is_empty(), "connects to nothing"),
        Err(error) => assert!(!error.to_string().is_empty(), "refused without a word"),
    }
    if let Err(rejection) = Config::read(Source::new("migrate.toml", text.to_owned())) {
        assert!(!rejection.to_string().is_empty(), "refused without a word");
    }
    let _ = (parse_duration(text), RevisionId::new(text));
});
