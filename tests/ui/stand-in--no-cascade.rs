//! Code that uses a broken chain gets the chain's errors, and none of its own.
#![forbid(missing_docs)]
#![deny(warnings)]

migrate_macros::embed_migrations!("ui/stand-in--no-cascade");

use migrations::{AtHead, CHAIN, HEAD_DIGEST, Revision};

const REVISIONS: [Revision; 2] = Revision::ALL;

struct AppState {
    _schema: AtHead,
}

fn start(client: &mut postgres::Client) -> Result<AppState, Box<dyn std::error::Error>> {
    migrations::runner().upgrade_to(client, Revision::CreateUsers)?;
    let schema: AtHead = migrations::runner().upgrade(client)?;
    let revision: Revision = "002".parse()?;
    let table = match revision {
        Revision::CreateUsers => "users",
        Revision::AddPosts => "posts",
    };
    println!("{revision} {table} {:?} {}", revision.parents(), Revision::BASE.id());
    println!("{} {HEAD_DIGEST:?} {:?}", CHAIN.len(), REVISIONS);
    Ok(AppState { _schema: schema })
}

fn main() {}
