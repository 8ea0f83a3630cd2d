//! The typed face of an embedded chain: what a server of ours is built on.

use actorhub_schema::migrations::{self, AtHead, Revision};
use migrate_core::{Error, Status, Target};
use migrate_testkit::postgres::{Client, NoTls};

use crate::support::{Role, Session, database};

/// A server that can't be without the proof.
struct Service {
    schema: AtHead,
}

#[test]
fn a_server_whose_role_may_not_migrate_is_built_on_verify_alone() {
    let database = database("typed");
    let mut owner = database.connect().unwrap();
    let role = Role::new(&database);
    let mut client = Client::connect(&role.url(), NoTls).unwrap();

    let Err(Error::NotAtHead { status: Status::Empty }) = migrations::runner().verify(&mut client)
    else {
        panic!()
    };
    migrations::runner().upgrade_to(&mut owner, Revision::BASE).unwrap();
    role.grant("SELECT ON migrate_history");
    let Err(Error::NotAtHead { status: Status::BehindOrPartial { pending, .. } }) =
        migrations::runner().verify(&mut client)
    else {
        panic!()
    };
    assert_eq!(pending, Revision::ALL[1..].iter().map(|r| r.id()).collect::<Vec<_>>());

    let at_head = migrations::runner().upgrade(&mut owner).unwrap();
    assert_eq!(at_head.report().done.len(), Revision::ALL.len() - 1);
    let service = Service { schema: migrations::runner().verify(&mut client).unwrap() };
    assert_eq!((service.schema.report().done.len(), service.schema.report().round_trips), (0, 1));
    // The same call as that of a server that migrates.
    let service = Service { schema: migrations::runner().upgrade(&mut client).unwrap() };
    assert_eq!(service.schema.report().round_trips, 1);
}

#[test]
fn revisions_are_targets() {
    let database = database("revisions");
    let mut client = database.connect().unwrap();
    let runner = migrations::runner();
    for revision in Revision::ALL {
        let report = runner.upgrade_to(&mut client, revision).unwrap();
        assert_eq!(report.done.len(), 1);
        assert_eq!(report.done[0].revision, revision.id());
    }
    let head = "SELECT chain_digest FROM migrate_history ORDER BY position DESC LIMIT 1";
    let recorded = Session::new(&database).value(head);
    assert_eq!(recorded, migrations::HEAD_DIGEST.to_string());
    let report = runner.downgrade_to(&mut client, Revision::ALL[1]).unwrap();
    assert_eq!(report.done.len(), Revision::ALL.len() - 2);
    runner.downgrade_to(&mut client, Target::Base).unwrap();
    assert_eq!(runner.status(&mut client).unwrap(), Status::Empty);
}
