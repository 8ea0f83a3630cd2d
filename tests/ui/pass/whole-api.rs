//! Every item of the module that the macro makes.

use migrate_core::Embedded;
use migrate_core::chain::Digest;
use migrate_core::runner::UnknownRevision;
use migrations::{AtHead, CHAIN, HEAD_DIGEST, Revision};

migrate_macros::embed_migrations!("ui/pass/whole-api");

const HEAD: &str = Revision::HEAD.id();
const PARENTS: &[Revision] = Revision::HEAD.parents();
const DIGEST: Digest = HEAD_DIGEST;

/// What a server does; that it compiles is the test.
fn _serve(client: &mut postgres::Client) -> Result<(), Box<dyn std::error::Error>> {
    migrations::runner().upgrade_to(client, Revision::AddPosts)?;
    let at_head: AtHead = migrations::runner().upgrade(client)?;
    println!("{:?} {:?}", at_head.report(), migrations::runner().status(client)?);
    Ok(())
}

fn main() {
    assert_eq!((HEAD, PARENTS), ("005", [Revision::Join].as_slice()));
    assert_eq!(Revision::BASE, Revision::CreateUsers);
    assert_eq!(Revision::ALL.len(), CHAIN.len());
    for revision in Revision::ALL {
        assert_eq!(revision.id().parse(), Ok(revision));
        assert_eq!(revision.to_string(), revision.id());
        let migration = CHAIN.get(revision.id()).unwrap();
        let parents: Vec<&str> = migration.parents.iter().map(|id| id.as_str()).collect();
        let typed: Vec<&str> = revision.parents().iter().map(|parent| parent.id()).collect();
        assert_eq!(parents, typed);
    }
    assert_eq!(format!("{:>5}|", Revision::BASE), "  001|");
    assert_eq!("006".parse::<Revision>(), Err(UnknownRevision("006".to_owned())));
    assert_eq!(DIGEST, CHAIN.head().digests.chain);
    assert!(std::ptr::eq(Revision::chain(), &CHAIN));
    assert_eq!(CHAIN.head().source.path(), "ui/pass/whole-api/005_add_likes.sql");
}
