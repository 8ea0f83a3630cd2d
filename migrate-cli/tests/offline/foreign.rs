//! A first contact: the folder is another tool's.

use std::fs;

use crate::Project;

/// One error, whatever the number of files, with the command that converts them; and that command works.
#[test]
fn another_tools_folder_is_one_error_with_the_way_on() {
    type Files = &'static [(&'static str, &'static str)];
    let cases: [(&str, &str, Files); 7] = [
        (
            "sqlx (or golang-migrate)",
            "sqlx",
            &[
                ("20240102030405_a.up.sql", "CREATE TABLE a ();\n"),
                ("20240102030405_a.down.sql", "DROP TABLE a;\n"),
            ],
        ),
        ("refinery (or Flyway)", "refinery", &[("V1__a.sql", "CREATE TABLE a ();\n")]),
        (
            "Diesel",
            "diesel",
            &[
                ("2024-01-02-030405_a/up.sql", "CREATE TABLE a ();\n"),
                ("2024-01-02-030405_a/down.sql", "DROP TABLE a;\n"),
            ],
        ),
        (
            "goose",
            "goose",
            &[("00001_a.sql", "-- +goose up\nCREATE TABLE a ();\n-- +goose down\nDROP TABLE a;\n")],
        ),
        (
            "dbmate",
            "dbmate",
            &[(
                "20240102030405_a.sql",
                "-- migrate:up\nCREATE TABLE a ();\n\n-- migrate:down\nDROP TABLE a;\n",
            )],
        ),
        (
            "Prisma",
            "prisma",
            &[
                ("20240102030405_a/migration.sql", "CREATE TABLE a ();\n"),
                ("migration_lock.toml", "provider = \"postgresql\"\n"),
            ],
        ),
        (
            "Drizzle",
            "drizzle",
            &[("0000_a.sql", "CREATE TABLE a ();\n"), ("meta/_journal.json", "{}\n")],
        ),
    ];
    for (name, word, files) in cases {
        let project = Project::with("");
        for (path, text) in files {
            let path = project.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let import = format!("import {word} migrations --to chain");
        for command in ["check", "status", "upgrade", "lint", "history", "revision -m x"] {
            let (code, out, said) = project.run(command);
            let expected = format!(
                "error: `migrations` contains migrations of {name}, not a chain\n = help: convert them, and use the new \
                 folder: `migrate {import}`"
            );
            assert_eq!((code, out.as_str()), (1, ""), "{command}: {said}");
            assert!(said.starts_with(&expected), "{command}: {said}");
            assert!(said.ends_with("\n\nthe folder is not a chain\n"), "{command}: {said}");
        }
        assert_eq!(project.run(&import).0, 0, "{import}");
        let (code, _, said) = project.run("check -d chain");
        assert_eq!(code, 0, "{word}: {said}");
    }
}
