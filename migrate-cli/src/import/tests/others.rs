//! Folders of golang-migrate, Flyway, Prisma, Drizzle, Supabase and Atlas.

use super::{check, refuse};
use crate::args::Tool;

#[test]
fn golang_migrate() {
    check(
        Tool::GolangMigrate,
        &[
            ("000001_a.up.sql", "BEGIN;\nCREATE TABLE a (b int);\nCOMMIT;\n"),
            ("000001_a.down.sql", "BEGIN;\nDROP TABLE a;\nCOMMIT;\n"),
            ("000002_index.up.sql", "CREATE INDEX CONCURRENTLY i ON a (b);\n"),
            ("000002_index.down.sql", "DROP INDEX CONCURRENTLY i;\n"),
            ("000003_none.up.sql", ""),
            ("000003_none.down.sql", "DO $$ BEGIN RAISE EXCEPTION 'never'; END $$;"),
            ("seed.sql", "SELECT 1;"),
        ],
        &[
            (
                "000001_a.sql",
                "-- revision: 1\n-- message: a\n\n-- migrate:up\nCREATE TABLE a (b int);\n-- migrate:down\nDROP TABLE a;\n",
            ),
            (
                "000002_index.sql",
                "-- revision: 2\n-- parent: 1\n-- message: index\n\n-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON a (b);\n-- migrate:down transaction:false\nDROP INDEX CONCURRENTLY i;\n",
            ),
            (
                "000003_none.sql",
                "-- revision: 3\n-- parent: 2\n-- message: none\n-- irreversible: imported from golang-migrate, where the downgrade raises: never\n\n-- migrate:up\n",
            ),
        ],
    );
    refuse(Tool::GolangMigrate, &[("1_a.sql", "SELECT 1;")], &["these look like sqlx's"]);
}

#[test]
fn flyway() {
    check(
        Tool::Flyway,
        &[
            ("R__views.sql", "CREATE OR REPLACE VIEW v AS SELECT 1 AS one;\n"),
            ("V1.10__c.sql", "VACUUM a;\n"),
            ("V1.10__c.sql.conf", "executeInTransaction=false\n"),
            ("V1_2__b.sql", "CREATE TABLE b ();\n"),
            ("old/V1__a.sql", "CREATE TABLE a ();\n"),
            ("U1_2__b.sql", "DROP TABLE b;\n"),
            ("B1__base.sql", "CREATE TABLE a ();\n"),
        ],
        &[
            (
                "1_a.sql",
                "-- revision: 1\n-- message: a\n-- irreversible: imported from Flyway, without an undo migration\n\n-- migrate:up\nCREATE TABLE a ();\n",
            ),
            (
                "1.2_b.sql",
                "-- revision: 1.2\n-- parent: 1\n-- message: b\n\n-- migrate:up\nCREATE TABLE b ();\n-- migrate:down\nDROP TABLE b;\n",
            ),
            (
                "1.10_c.sql",
                "-- revision: 1.10\n-- parent: 1.2\n-- message: c\n-- irreversible: imported from Flyway, without an undo migration\n\n-- migrate:up transaction:false\nVACUUM a;\n",
            ),
            (
                "R__views.sql",
                "-- revision: R__views\n-- parent: 1.10\n-- message: views\n-- irreversible: imported from Flyway, where a repeatable migration is not undone\n\n-- migrate:up\nCREATE OR REPLACE VIEW v AS SELECT 1 AS one;\n",
            ),
        ],
    );
    refuse(
        Tool::Flyway,
        &[("V1__a.sql", "SELECT 1;\nSELECT '${x}';\n"), ("U2__b.sql", "SELECT 1;")],
        &["placeholder when it runs @ V1__a.sql:2", "no versioned migration @ U2__b.sql"],
    );
}

#[test]
fn prisma_and_drizzle() {
    let file = |id: &str, parent: &str, message: &str, created: &str, tool: &str, sql: &str| {
        format!(
            "-- revision: {id}\n{parent}-- message: {message}\n{created}-- irreversible: imported from {tool}, which has no downgrades\n\n-- migrate:up\n{sql}"
        )
    };
    let created = "-- created: 2024-01-02\n";
    check(
        Tool::Prisma,
        &[
            ("0_init/migration.sql", "CREATE TABLE a ();\n"),
            ("20240102030405_b/migration.sql", "CREATE TABLE b ();\n"),
            ("migration_lock.toml", "provider = \"postgresql\"\n"),
        ],
        &[
            ("0_init.sql", &file("0", "", "init", "", "Prisma", "CREATE TABLE a ();\n")),
            (
                "20240102030405_b.sql",
                &file(
                    "20240102030405",
                    "-- parent: 0\n",
                    "b",
                    created,
                    "Prisma",
                    "CREATE TABLE b ();\n",
                ),
            ),
        ],
    );
    let sql = "CREATE TABLE a ();\n--> statement-breakpoint\nCREATE TABLE c ();";
    check(
        Tool::Drizzle,
        &[
            ("0000_odd_hulk.sql", sql),
            ("0001_x.sql", "CREATE TABLE b ();"),
            ("meta/_journal.json", "{}"),
        ],
        &[
            ("0000_odd_hulk.sql", &file("0", "", "odd hulk", "", "Drizzle", sql)),
            ("0001_x.sql", &file("1", "-- parent: 0\n", "x", "", "Drizzle", "CREATE TABLE b ();")),
        ],
    );
    refuse(
        Tool::Sqlx,
        &[("a/migration.sql", "SELECT 1;"), ("migration_lock.toml", "")],
        &["these look like Prisma's"],
    );
    refuse(Tool::Prisma, &[("1_a.sql", "SELECT 1;"), ("meta/_journal.json", "")], &["Drizzle's"]);
}

#[test]
fn supabase_and_atlas() {
    for (tool, name) in [(Tool::Supabase, "Supabase"), (Tool::Atlas, "Atlas")] {
        let head = format!(
            "-- irreversible: imported from {name}, which has no downgrades\n\n-- migrate:up\n"
        );
        let first = format!(
            "-- revision: 20240102030405\n-- message: a\n-- created: 2024-01-02\n{head}CREATE TABLE a ();\n"
        );
        check(
            tool,
            &[("20240102030405_a.sql", "CREATE TABLE a ();\n"), ("atlas.sum", "h1:x\n")],
            &[("20240102030405_a.sql", &first)],
        );
    }
    refuse(Tool::Sqlx, &[("x.sql", "SELECT 1;"), ("atlas.sum", "")], &["these look like Atlas's"]);
    refuse(
        Tool::Atlas,
        &[("1_a.sql", "-- atlas:delimiter \\n\n\nSELECT 1;")],
        &["the statements end with `\\n` here @ 1_a.sql:1"],
    );
}
