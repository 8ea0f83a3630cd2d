//! A plan that was made, and shown, before it is run: exactly that runs, or nothing.

use migrate_core::plan::{downgrade, upgrade};
use migrate_core::{Error, Plan, PlanError, Runner, Target};

use crate::support::{both, chain_of, done, file};

#[test]
fn what_was_planned_is_what_runs() {
    let ids = [("a", ""), ("b", "a"), ("c", "b"), ("d", "c")];
    let table = |(id, parent)| {
        file(id, parent, &format!("CREATE TABLE {id} ();"), &format!("DROP TABLE {id};"))
    };
    let chain = chain_of(&ids.map(table));
    both("planned", |_, session| {
        let runner = Runner::new(&chain);
        let is_changed = |error: Error| matches!(error, Error::Plan(PlanError::Changed));
        let history = session.history(&runner).unwrap();
        let two = upgrade(&chain, &history, &Target::Relative(2)).unwrap();
        assert_eq!(done(&session.apply(&runner, &two).unwrap()), "+a +b");
        // Once more is not what was shown.
        assert!(is_changed(session.apply(&runner, &two).unwrap_err()));
        let history = session.history(&runner).unwrap();
        let back = downgrade(&chain, &history, &Target::Relative(-1)).unwrap();
        session.upgrade(&runner).unwrap();
        assert!(is_changed(session.apply(&runner, &back).unwrap_err()));
        session.downgrade_to(&runner, "b").unwrap();
        assert_eq!(done(&session.apply(&runner, &back).unwrap()), "-b");
        assert_eq!(done(&session.apply(&runner, &Plan::default()).unwrap()), "");
        assert_eq!(session.applied(), "a");
    });
}
