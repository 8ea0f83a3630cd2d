//! A folder of up to four files: headers, sections, the lock file, the graph. A zero byte begins the
//! next file, and the last one is the lock file if there are four.
#![no_main]

use libfuzzer_sys::fuzz_target;
use migrate_core::chain::{Content, Entry, lock_text};
use migrate_core::{Folder, check};

const NAMES: [&str; 4] = ["001_a.sql", "002_b.sql", "003_c.sql", "chain.lock"];

fuzz_target!(|bytes: &[u8]| {
    let parts = bytes.splitn(NAMES.len(), |byte| *byte == 0);
    let entry = |(name, bytes): (&str, &[u8])| Entry {
        name: name.to_owned(),
        content: Content::File(bytes.to_vec()),
    };
    let entries: Vec<Entry> = NAMES.into_iter().zip(parts).map(entry).collect();
    let folder = Folder { path: "m".to_owned(), entries: Ok(entries) };
    match check(folder.clone()) {
        // What a lock file says of a chain is right for the chain.
        Ok(chain) => {
            let lock =
                lock_text(&chain, chain.head().id.as_str()).expect("the head is in the chain");
            check(folder.with("chain.lock", &lock)).expect("a lock file that was just written");
        }
        Err(rejection) => assert!(!rejection.to_string().is_empty(), "refused without a word"),
    }
});
