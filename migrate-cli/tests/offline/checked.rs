//! What a check refuses is not pinned and in no script; and where it does not look is told.

use std::fs;

use crate::Project;

/// A pinned revision is not analysed any more, so what is wrong with it is told before.
#[test]
fn what_a_check_refuses_is_not_pinned() {
    let project = Project::with("a b:a c:b");
    let file = project.path().join("c_make_c.sql");
    let text = project.read("c_make_c.sql");
    fs::write(&file, text.replace("SELECT 'c'", "CREATE TYPE mood AS ENUM ()")).unwrap();
    let said = "the downgrade leaves type `mood` behind";
    project.refuse("check", 1, said);
    for line in ["lock", "lock --through c", "lock --json -q"] {
        let (code, _, error) = project.run(line);
        assert!(code == 1 && error.contains(said), "{line}: {error}");
        assert!(error.contains("nothing was pinned: 1 problem in the revisions to pin"), "{error}");
        assert!(!project.path().join("chain.lock").exists());
    }
    // It is in the way of nothing below it.
    project.check("lock --through b", "migrations/chain.lock\n");
    project.refuse("lock", 1, said);
    project.refuse("lock --unchecked --from-database", 2, "cannot be used with");
    project.check("lock --unchecked", "migrations/chain.lock\n");
    let (code, out, _) = project.run("check");
    assert!(code == 0 && out.starts_with("3 revisions, 3 pinned"), "{out}");
    // A chain that is none is not pinned, whatever is said.
    fs::remove_file(project.path().join("b_make_b.sql")).unwrap();
    project.refuse("lock --unchecked", 1, "deployed migration `b` is missing");
}

/// `--unchecked` of a script, which needs no database.
#[test]
fn a_script_has_nothing_that_a_check_refuses() {
    let project = Project::with("a b:a c:b");
    let file = project.path().join("b_make_b.sql");
    let text = project.read("b_make_b.sql");
    fs::write(&file, text.replace("SELECT 'b'", "CREATE TYPE mood AS ENUM ()")).unwrap();
    let said = "nothing was applied: 1 problem in the revisions to apply";
    for range in ["", "b", "a:b", "a:+1", "+2", "a:", ":c", "a:b+1"] {
        project.refuse(&format!("upgrade {range} --sql"), 1, said);
        let (code, out, error) = project.run(&format!("upgrade {range} --sql --unchecked"));
        assert!(code == 0 && out.contains("CREATE TYPE mood"), "{range}: {error}");
    }
    for range in ["a", "+1", ":a", "b:c", "b:+1", "base:a", "b:"] {
        let (code, out, error) = project.run(&format!("upgrade {range} --sql"));
        assert!(code == 0 && !out.contains("CREATE TYPE mood"), "{range}: {error}");
    }
    let (code, out, error) = project.run("downgrade c:base --sql");
    assert!(code == 0 && out.contains("'-b'"), "{error}");
}

#[test]
fn where_names_are_not_checked_is_told() {
    let project = Project::with("a b:a c:b");
    for (id, sql) in [
        (
            "b",
            "DO $$ BEGIN EXECUTE (SELECT 'x'); END $$;\n\nDO $$ BEGIN EXECUTE (SELECT 'y'); END $$",
        ),
        ("c", "-- migrate:opaque touches(t)\nDO $$ BEGIN EXECUTE (SELECT 'z'); END $$"),
    ] {
        let text = project.read(&format!("{id}_make_{id}.sql"));
        let file = project.path().join(format!("{id}_make_{id}.sql"));
        fs::write(file, text.replace(&format!("SELECT '{id}'"), sql)).unwrap();
    }
    let first = "note: names are not checked from migrations/b_make_b.sql:6 on: ";
    let second = "note: names are not checked from migrations/b_make_b.sql:8 on: ";
    let help =
        "\n = help: say what the statement changes: `-- migrate:opaque touches(…)` above it\n";
    let (code, _, said) = project.run("check");
    assert_eq!(code, 0);
    assert!(said.starts_with(first) && said.ends_with(help), "{said}");
    assert!(
        said.contains("; and 1 more: `migrate check -v`\n") && !said.contains(second),
        "{said}"
    );
    for line in ["check -v", "lint -v", "lint -v b"] {
        let (_, _, said) = project.run(line);
        assert!(said.contains(first) && said.contains(second) && said.contains(help), "{said}");
    }
    for line in ["check -q", "lint", "lint -v a"] {
        let (_, _, said) = project.run(line);
        assert!(!said.contains("not checked"), "{line}: {said}");
    }
    for line in ["check --json", "lint --json"] {
        let (_, out, _) = project.run(line);
        let found: serde_json::Value = serde_json::from_str(&out).unwrap();
        let blind = found["blind"].as_array().unwrap();
        let at = |spot: &serde_json::Value| (spot["file"].clone(), spot["line"].clone());
        let places: Vec<_> = blind.iter().map(at).collect();
        assert_eq!(places, [6, 8].map(|line| ("migrations/b_make_b.sql".into(), line.into())));
        assert!(blind.iter().all(|spot| spot["why"].is_string() && spot["scope"].is_string()));
    }
    // A pinned one hides names from a later one that is not; what is pinned is not checked anyway.
    project.check("lock --through b", "migrations/chain.lock\n");
    let (_, _, said) = project.run("check");
    assert!(said.starts_with(first), "{said}");
    project.check("lock", "migrations/chain.lock\n");
    let (_, out, said) = project.run("check --json");
    assert!(!out.contains("blind") && said.is_empty(), "{out}{said}");
}

/// What is pinned is not analysed any more, so a downgrade is analysed before.
#[test]
fn a_downgrade_is_accepted_if_check_would_accept_it() {
    let project = Project::with("a b:a c:b");
    let file = project.path().join("b_make_b.sql");
    let text = project.read("b_make_b.sql").replace("SELECT 'b'", "CREATE TABLE t (a int)");
    let with = |down: &str| fs::write(&file, text.replace("SELECT '-b'", down)).unwrap();
    with("DROP TABLE t");
    assert_eq!(project.run("lock").0, 0);
    let before = project.read("chain.lock");
    for (down, said) in [
        ("DROP TABEL t", "syntax error at `TABEL`"),
        ("SELECT 1", "the downgrade leaves table `t` behind"),
        ("DROP TABLE t, u", "there is no table `u`"),
    ] {
        with(down);
        project.refuse("lock --accept-down b", 1, said);
        project.refuse("lock --accept-down b", 1, "`--unchecked` pins them anyway");
        assert_eq!(project.read("chain.lock"), before, "{down}");
    }
    project.check("lock --accept-down b --unchecked", "migrations/chain.lock\n");
    with("DROP TABLE IF EXISTS t");
    project.check("lock --accept-down b", "migrations/chain.lock\n");
    assert_eq!(project.run("check").0, 0);

    // Its upgrade is right, whatever the analysis thinks: databases have run it.
    fs::write(&file, text.replace("CREATE TABLE t (a int)", "DROP TABLE missing")).unwrap();
    fs::remove_file(project.path().join("chain.lock")).unwrap();
    assert_eq!(project.run("lock --unchecked").0, 0);
    fs::write(&file, project.read("b_make_b.sql").replace("SELECT '-b'", "SELECT 1")).unwrap();
    project.check("lock --accept-down b", "migrations/chain.lock\n");
}
