//! What can't stand in a section of this mode, or in any.

use super::*;

#[test]
fn what_takes_the_runners_lock_is_refused_in_both_modes() {
    for up in ["DISCARD ALL;", "SELECT pg_advisory_unlock_all();"] {
        for mode in ["", " transaction:false"] {
            let text = section(up).replace("migrate:up", &format!("migrate:up{mode}"));
            let chain = crate::analysis::analyse(Folder::of_texts("m", [("1.sql", text.as_str())]));
            let said = chain.map(|_| ()).unwrap_err().to_string();
            assert!(said.contains("releases all advisory locks of the session"), "{said}");
        }
    }
}

#[test]
fn what_ends_with_its_transaction_is_refused_outside_one() {
    let found = |sql: &str, mode: &str| -> Vec<String> {
        let text = section(sql).replace("migrate:up", &format!("migrate:up{mode}"));
        let chain = crate::analysis::analyse(Folder::of_texts("m", [("1.sql", text.as_str())]));
        let said = chain.err().into_iter().flat_map(|rejection| rejection.diagnostics);
        said.map(|found| found.problem.code().to_owned()).collect()
    };
    let outside = " transaction:false";
    for up in ["SET LOCAL work_mem = '1GB';", "SET CONSTRAINTS ALL DEFERRED;", "SAVEPOINT a;"] {
        assert_eq!(found(up, outside), ["needs-transaction"], "{up}");
        assert_eq!(found(up, ""), Vec::<String>::new(), "{up}");
        let allowed = format!("-- migrate:allow(needs-transaction): it is known\n{up}");
        assert_eq!(found(&allowed, outside), Vec::<String>::new(), "{up}");
    }
    let up = "SET client_encoding = 'LATIN1'; COMMENT ON SCHEMA public IS 'é';";
    for mode in ["", outside] {
        assert_eq!(found(up, mode), ["text-setting"]);
        assert_eq!(found(&up.replace("LATIN1", "UTF8"), mode), Vec::<String>::new());
    }
}
