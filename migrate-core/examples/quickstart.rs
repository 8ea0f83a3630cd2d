//! Checks a folder of migrations, brings a database to its head, and prints what ran.
//!
//! ```console
//! $ cargo run -p migrate-core --features analysis,postgres,tls --example quickstart -- \
//!       actorhub-schema/migrations postgres://postgres@localhost/quickstart
//! ```
//!
//! A program with a fixed chain embeds it by `migrate_macros::embed_migrations!()` instead, so that a broken chain does
//! not compile; `actorhub-schema/examples/api_server.rs` does so.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a program has arguments and prints"
)]

use std::error::Error;
use std::path::Path;

use migrate_core::analysis::analyse;
use migrate_core::{Event, Runner, Status, connect, files};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(url)) = (arguments.next(), arguments.next()) else {
        return Err("usage: quickstart FOLDER URL".into());
    };
    let chain = match analyse(files::read(Path::new(&folder), folder.as_str())) {
        Ok(chain) => chain,
        // All problems, each with its place in the file.
        Err(rejection) => {
            eprintln!("{rejection}");
            return Err("the chain is broken".into());
        }
    };
    let mut client = connect(&url)?;

    let runner = Runner::new(&chain).observe(|event| {
        if let Event::Finished { revision, duration, .. } = event {
            println!("{revision} took {} ms", duration.as_millis());
        }
    });
    let before = runner.status(&mut client)?;
    if before != Status::AtHead {
        println!("{before}");
    }
    let at_head = runner.upgrade(&mut client)?;
    println!("{} revisions applied; the database is at head", at_head.report().done.len());
    Ok(())
}
