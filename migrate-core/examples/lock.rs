//! Pins every revision of a folder as deployed: writes its `chain.lock`.
//!
//! `cargo run -p migrate-core --example lock -- actorhub-schema/migrations`

#![expect(clippy::disallowed_methods, reason = "a program reads and writes")]
#![expect(clippy::disallowed_macros, reason = "a program talks")]

use std::error::Error;
use std::path::PathBuf;

use migrate_core::{LOCK_FILE, check, files, lock_text};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os().nth(1).ok_or("usage: lock FOLDER")?;
    let directory = PathBuf::from(directory);
    let chain = match check(files::read(&directory, directory.to_string_lossy())) {
        Ok(chain) => chain,
        Err(rejection) => return Err(rejection.to_string().into()),
    };
    let head = chain.head().id.as_str();
    let text = lock_text(&chain, head).ok_or("the chain has no head")?;
    std::fs::write(directory.join(LOCK_FILE), text)?;
    println!("{} revisions are pinned, through {head}", chain.len());
    Ok(())
}
