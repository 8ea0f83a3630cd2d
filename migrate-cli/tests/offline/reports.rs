//! `check` for what shows problems beside lines, or as tests.

use std::fs;

use crate::Project;

#[test]
fn problems_for_those_who_show_them() {
    let project = Project::with("a b:a");
    let file = project.path().join("b_make_b.sql");
    let text = project.read("b_make_b.sql");
    fs::write(&file, text.replace("SELECT 'b'", "SELECT * FORM t")).unwrap();
    let (code, out, said) = project.run("check --format github");
    let line = "::error file=migrations/b_make_b.sql,line=6,endLine=6,col=10,endColumn=14,title=syntax::syntax error at `FORM`%0Ahelp: ";
    assert_eq!((code, said.as_str()), (1, "the chain has 1 problem\n"));
    assert!(out.starts_with(line) && out.lines().count() == 1, "{out}");
    let (code, out, _) = project.run("check --format sarif");
    assert_eq!(code, 1);
    assert!(
        out.contains(r#""ruleId":"syntax""#) && out.contains(r#""uri":"migrations/b_make_b.sql""#),
        "{out}"
    );
    let (code, out, _) = project.run("check --format junit");
    assert_eq!(code, 1);
    assert!(
        out.contains("tests=\"2\" failures=\"2\"") && out.contains("name=\"syntax at line 6\""),
        "{out}"
    );

    // What is no error is told, and is a success.
    fs::write(
        &file,
        text.replace("SELECT 'b'", "CREATE TABLE t (a serial)")
            .replace("SELECT '-b'", "DROP TABLE t"),
    )
    .unwrap();
    fs::write(project.path().with_file_name("migrate.toml"), "[lints]\nserial = \"warn\"\n")
        .unwrap();
    let (code, out, said) = project.run("check --format github");
    assert!(
        code == 0 && out.starts_with("::warning file=migrations/b_make_b.sql,line=6,"),
        "{out}{said}"
    );
    let (code, out, _) = project.run("check --format junit");
    assert!(
        code == 0 && out.contains("tests=\"2\" failures=\"0\"") && out.contains("<system-out>"),
        "{out}"
    );
    let (code, out, _) = project.run("lint --format junit");
    assert!(code == 0 && out.contains("tests=\"2\" failures=\"0\""), "{out}");

    // A folder that is none has no line.
    let (code, out, _) = project.run("check -d nowhere --format github");
    assert!(
        code == 1 && out.starts_with("::error title=no-directory::there is no folder `nowhere`"),
        "{out}"
    );
    assert_eq!(project.run("check --format github --json").0, 2);
}
