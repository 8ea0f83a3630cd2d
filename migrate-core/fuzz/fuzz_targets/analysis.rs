//! A chain of one or two revisions whose SQL is the input: syntax, replay, lints. A zero byte ends an
//! upgrade and a downgrade.
#![no_main]

use std::panic::{PanicHookInfo, set_hook};

use libfuzzer_sys::fuzz_target;
use migrate_core::Folder;
use migrate_core::analysis::{analyse_with, blind_spot, lint};
use migrate_core::chain::{Config, Level, Lint};
use migrate_core::syntax::split_statements;

fuzz_target!(init: set_hook(Box::new(end)), |input: &str| {
    let mut parts = input.splitn(4, '\0');
    let mut file = |id: u8, parent: &str| {
        let up = parts.next()?;
        let down = parts.next().unwrap_or("SELECT 1;");
        Some(format!(
            "-- revision: {id}\n{parent}-- message: m\n-- migrate:up\n{up}\n-- migrate:down\n{down}\n"
        ))
    };
    let (first, second) = (file(1, ""), file(2, "-- parent: 1\n"));
    let files = ["1.sql", "2.sql"].into_iter().zip([&first, &second].into_iter().flatten());
    let folder = Folder::of_texts("m", files.map(|(name, text)| (name, text.as_str())));
    let denied = Lint::ALL.iter().fold(Config::default(), |config, lint| config.with_level(*lint, Level::Deny));
    if let Err(rejection) = analyse_with(folder.clone(), Ok(denied)) {
        assert!(!rejection.to_string().is_empty(), "refused without a word");
    }
    if let Ok(chain) = migrate_core::check(folder) {
        for found in lint(&chain, &Config::default(), |_| true) {
            let sources: Vec<_> = chain.migrations().iter().map(|one| one.source.clone()).collect();
            assert!(!found.diagnostic.render(&sources).is_empty(), "found without a word");
        }
    }
    for statement in split_statements(input) {
        let _ = blind_spot(input, &statement);
    }
});

/// A panic of the parser is caught where it is asked; any other is what is looked for.
fn end(info: &PanicHookInfo<'_>) {
    if !info.location().is_some_and(|place| place.file().contains("squawk")) {
        eprintln!("{info}");
        std::process::abort();
    }
}
