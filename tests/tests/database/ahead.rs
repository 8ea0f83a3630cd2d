//! Databases that are ahead of the chain, or have diverged from it.

use migrate_core::plan::Divergence;
use migrate_core::{Chain, Error, PlanError, Runner, Status};

use crate::support::{Session, both, chain_of, done, file, tables, upgrades, without_trace};

#[test]
fn a_shorter_chain_accepts_what_a_newer_release_has_done() {
    let (newer, older) = (tables(4), tables(2));
    both("ahead", |database, session| {
        session.upgrade(&Runner::new(&newer)).unwrap();
        let runner = Runner::new(&older);
        let unknown = vec!["r3".to_owned(), "r4".to_owned()];
        without_trace(session, database, |session| {
            let report = session.upgrade(&runner).unwrap();
            assert_eq!((done(&report).as_str(), &report.ahead), ("", &unknown));
            assert_eq!(session.verify(&runner).unwrap().ahead, unknown);
            let status = session.status(&runner).unwrap();
            assert_eq!(status, Status::Ahead { unknown: unknown.clone() });
        });
        let back = session.downgrade_to(&runner, "-1").unwrap_err();
        let expected = "revision `r4` is applied, but not in this chain\n \
                        = help: a newer release applied it: run that release, or add `--stored` to \
                        undo it by the downgrade that the database keeps";
        assert_eq!(back.to_string(), expected);
        assert_eq!(session.applied(), "r1 r2 r3 r4");
        // The newer release goes on.
        session.downgrade_to(&Runner::new(&newer), "r2").unwrap();
        assert_eq!(session.status(&runner).unwrap(), Status::AtHead);
    });
}

#[test]
fn a_shorter_chain_refuses_it_when_told_to() {
    let (newer, older) = (tables(4), tables(2));
    both("refuse_ahead", |database, session| {
        session.upgrade(&Runner::new(&newer)).unwrap();
        let runner = Runner::new(&older).refuse_ahead();
        without_trace(session, database, |session| {
            let expected = "the database is ahead: `r3` and `r4` are not in this chain\n \
                            = help: a newer release applied it: run that release";
            assert_eq!(session.upgrade(&runner).unwrap_err().to_string(), expected);
            assert_eq!(session.verify(&runner).unwrap_err().to_string(), expected);
            assert!(matches!(session.status(&runner), Ok(Status::Ahead { .. })));
        });
        session.downgrade_to(&Runner::new(&newer), "r2").unwrap();
        assert_eq!(done(&session.upgrade(&runner).unwrap()), "");
    });
}

fn diverged<T: std::fmt::Debug>(result: Result<T, Error>) -> (Divergence, String) {
    match result {
        Err(Error::Plan(PlanError::Diverged(divergence))) => {
            let text = Error::Plan(PlanError::Diverged(divergence.clone())).to_string();
            (divergence, text)
        }
        other => panic!("{other:?}"),
    }
}

/// Runs every command on a database that has diverged: each refuses, and nothing is written.
fn check(session: &mut Session, chain: &Chain<'static>, text: &str) -> Divergence {
    let runner = Runner::new(chain);
    let before = session.rows("TABLE migrate_history; TABLE migrate_log");
    for command in ["upgrade +1", "upgrade r3", "downgrade -1", "downgrade base", "verify"] {
        let (_, found) = diverged(session.command(&runner, command));
        assert!(found.contains(text) && found.contains("\n = help: "), "{found}");
    }
    assert_eq!(session.rows("TABLE migrate_history; TABLE migrate_log"), before);
    match session.status(&runner).unwrap() {
        Status::Diverged(divergence) => divergence,
        other => panic!("{other}"),
    }
}

#[test]
fn an_edited_revision() {
    let ran = upgrades(&["SELECT 1;", "SELECT 2;"]);
    let edited = upgrades(&["SELECT 1;", "SELECT 'edited';", "SELECT 3;"]);
    both("edited", |_, session| {
        session.upgrade(&Runner::new(&ran)).unwrap();
        let text = format!(
            "the database has diverged: revision `r2` was applied with another text: the database \
             has {}, this chain {} (applied ",
            ran.migrations()[1].digests.chain.short(),
            edited.migrations()[1].digests.chain.short(),
        );
        let divergence = check(session, &edited, &text);
        assert!(matches!(divergence, Divergence::Digest { same_upgrade: false, .. }));
        let (_, found) = diverged(session.upgrade(&Runner::new(&edited)));
        assert!(found.contains(&text), "{found}");
    });
}

#[test]
fn an_edited_revision_below() {
    let ran = upgrades(&["SELECT 1;", "SELECT 2;"]);
    let edited = upgrades(&["SELECT 'edited';", "SELECT 2;", "SELECT 3;"]);
    both("edited_below", |_, session| {
        session.upgrade(&Runner::new(&ran)).unwrap();
        check(session, &edited, "revision `r1` was applied with another text");
        // Only the second is left, as if somebody had cleaned up.
        session.execute("UPDATE migrate_history SET chain_digest = (SELECT 'sha256:' || repeat('0', 64)) WHERE revision = 'r2'");
        check(
            session,
            &ran_and_more(&["SELECT 1;", "SELECT 2;"]),
            "revision `r2` was applied on top of other revisions",
        );
    });
}

fn ran_and_more(ups: &[&str]) -> Chain<'static> {
    let mut ups = ups.to_vec();
    ups.push("SELECT 'more';");
    upgrades(&ups)
}

#[test]
fn another_branch() {
    let revision = |id: &str, parent: &str| file(id, parent, "SELECT 1;", "SELECT 1;");
    let theirs = chain_of(&[revision("r1", ""), revision("x2", "r1"), revision("x3", "x2")]);
    let ours = chain_of(&[revision("r1", ""), revision("r2", "r1"), revision("r3", "r2")]);
    both("branch", |_, session| {
        session.upgrade(&Runner::new(&theirs)).unwrap();
        let divergence = check(session, &ours, "revision `x2` (applied ");
        assert!(matches!(divergence, Divergence::Unknown { .. }));
        // As many rows as the chain has revisions, and still not at head.
        let (_, text) = diverged(session.upgrade(&Runner::new(&ours)));
        assert!(text.contains("another branch was applied here"), "{text}");
    });
}

#[test]
fn a_revision_missing_below() {
    let chain = tables(3);
    both("gap", |_, session| {
        session.upgrade_to(&Runner::new(&chain), "r2").unwrap();
        session.execute("DELETE FROM migrate_history WHERE revision = 'r1'");
        let text = ") is applied, but its parent `r1` is not";
        let divergence = check(session, &chain, text);
        assert!(matches!(divergence, Divergence::Gap { .. }));
        let (_, found) = diverged(session.upgrade(&Runner::new(&chain)));
        assert!(found.contains(text), "{found}");
    });
}

/// What the fast path sees, and what only a look at everything sees.
#[test]
fn verify_compares_every_revision() {
    let chain = tables(3);
    both("verify", |_, session| {
        let runner = Runner::new(&chain);
        session.upgrade(&runner).unwrap();
        session.execute("UPDATE migrate_history SET chain_digest = 'sha256:' || repeat('0', 64) WHERE revision = 'r1'");
        let (_, text) = diverged(session.verify(&runner));
        assert!(text.contains("revision `r1` was applied on top of other revisions"), "{text}");
        // The head's digest pins all that is below it.
        assert_eq!(done(&session.upgrade(&runner).unwrap()), "");
    });
}
