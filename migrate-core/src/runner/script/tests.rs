//! Scripts, as whoever runs them reads them, and what makes none.

use super::*;
use crate::plan::samples::{chain, chain_of, file};

fn script_of(
    chain: &Chain<'static>,
    command: &str,
    settings: &Settings,
) -> Result<String, PlanError> {
    let (direction, range) = match command.split_once(' ') {
        Some(("downgrade", range)) => (Direction::Down, range),
        Some((_, range)) => (Direction::Up, range),
        None => (Direction::Up, "base:head"),
    };
    let (from, to) = range.split_once(':').unwrap_or(("base", range));
    script(chain, direction, (&from.parse().unwrap(), &to.parse().unwrap()), settings)
}

/// A chain of a revision inside and one outside a transaction.
fn two() -> Chain<'static> {
    let first = file(
        "001",
        "",
        "CREATE TABLE users (id int);\nSELECT '{1}'::int[][1:2] -- no semicolon",
        "DROP TABLE users;",
    );
    let second = file(
        "002",
        "001",
        "CREATE INDEX CONCURRENTLY ix ON users (id);\nSET work_mem = '1MB';",
        "DROP INDEX CONCURRENTLY ix;",
    );
    let second = second.replace(":up", ":up transaction:false lock_timeout:2s");
    let second = second.replace(":down", ":down transaction:false");
    chain_of([("1.sql", first.as_str()), ("2.sql", second.as_str())])
}

#[test]
fn what_people_read() {
    let (chain, settings) = (two(), Settings::default());
    let page = |command| script_of(&chain, command, &settings).unwrap();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("upgrade", page("upgrade base:head"));
        insta::assert_snapshot!("downgrade", page("downgrade head:base"));
    });
}

/// Which steps a script has: `+id` and `-id`, and `new` where it makes the tables; or why not.
#[test]
fn ranges() {
    let check = |graph: &str, command: &str, expected: &str| {
        let found = match script_of(&chain(graph), command, &Settings::default()) {
            Ok(script) => {
                let steps = script.lines().filter_map(|line| {
                    let (_, step) = line.strip_prefix("-- ")?.split_once(": ")?;
                    let id = |rest: &str| rest.split(',').next().unwrap_or_default().to_owned();
                    let up = step.strip_prefix("upgrade of ").map(|rest| format!("+{}", id(rest)));
                    up.or(step.strip_prefix("downgrade of ").map(|rest| format!("-{}", id(rest))))
                });
                let new = script.contains("CREATE TABLE \"public\".\"migrate_history\"");
                new.then(|| "new".to_owned()).into_iter().chain(steps).collect::<Vec<_>>().join(" ")
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{command}");
    };
    let line = "a b:a c:b";
    check(line, "upgrade base:head", "new +a +b +c");
    check(line, "upgrade head", "new +a +b +c");
    check(line, "upgrade a:head", "+b +c");
    check(line, "upgrade a:+1", "+b");
    check(line, "upgrade +1:c", "+b +c");
    check(line, "upgrade a+1:head", "+c");
    check(line, "upgrade c:head", "");
    check(line, "upgrade b:a", "`a` is not ahead: the database is at `b`");
    check(line, "upgrade x:head", "the chain has no revision `x`");
    check(line, "upgrade -1:head", "`-1` is not ahead: the database is at `base`");
    check(line, "downgrade head:base", "-c -b -a");
    check(line, "downgrade c:a", "-c -b");
    check(line, "downgrade b:-1", "-b");
    check(line, "downgrade a:c", "`c` is not behind: the database is at `a`");
    check("a b!:a c:b", "downgrade c:a", "revision `b` can't be undone: it is gone");
    let branches = "a b:a c:a d:b,c e:d";
    check(branches, "upgrade b:d", "+c +d");
    check(branches, "upgrade base:c", "new +a +c");
    check(branches, "downgrade d:b", "-d -c");
}

#[test]
fn one_transaction_for_all() {
    let settings = Settings { single_transaction: true, ..Settings::default() };
    let script = script_of(&chain("a b:a c:b"), "upgrade a:head", &settings).unwrap();
    assert_eq!((script.matches("\nBEGIN ").count(), script.matches("\nCOMMIT;\n").count()), (1, 1));
    let error = script_of(&chain("a b~:a"), "upgrade a:head", &settings);
    assert_eq!(error, Err(PlanError::NotOneTransaction { revision: "b".into() }));
}

#[test]
fn a_header_says_from_where_to_where() {
    let check = |command: &str, expected: &str| {
        let script = script_of(&chain("a b:a c:b"), command, &Settings::default()).unwrap();
        let first = script.lines().next().and_then(|line| line.split(", by migrate").next());
        assert_eq!(first, Some(expected), "{command}");
    };
    check("upgrade base:head", "-- upgrade from base to c");
    check("upgrade a:b", "-- upgrade from a to b");
    check("upgrade c:c", "-- upgrade from c to c");
    check("downgrade c:a", "-- downgrade from c to a");
    check("downgrade b:base", "-- downgrade from b to base");
}

#[test]
fn names_are_the_runner_s() {
    let chain = chain("a");
    let runner = Runner::new(&chain).schema("ops").table_prefix("db_");
    let script = runner.upgrade_script(Target::Base, Target::Head).unwrap();
    assert!(script.contains("\"ops\".\"db_history\"") && !script.contains("migrate_history"));
    let error = Runner::new(&chain).schema("a$b").upgrade_script(Target::Base, Target::Head);
    assert!(matches!(error, Err(Error::BadName { .. })), "{error:?}");
}

/// What stands in the place of the role is in no text of a migration, wherever that is written.
#[test]
fn the_stand_in_is_ours_alone() {
    let text = "SELECT 'migrate:role', E'migrate:role', $$E'migrate:role'$$;";
    let file = file("a", "", text, text);
    let chain = chain_of([("a.sql", file.as_str())]);
    let script = script_of(&chain, "upgrade", &Settings::default()).unwrap();
    assert!(script.contains(&format!("\n{text}\n")), "{script}");
    assert!(script.contains("E''migrate:role''"), "{script}");
}
