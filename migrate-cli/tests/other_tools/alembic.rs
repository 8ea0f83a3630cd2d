//! Alembic.

use std::path::Path;

use crate::support::{Place, tool};

/// A project as `alembic init` makes it, in a folder of the database.
pub(crate) fn project(alembic: &Path) -> Place {
    let place = Place::new("alembic");
    place.run(alembic, "init versions_of_alembic");
    let url = place.database.url().replace('%', "%%");
    let (_, rest) = url.split_once("://").unwrap();
    let ini = place.read("alembic.ini");
    let line = ini.lines().find(|line| line.starts_with("sqlalchemy.url")).unwrap();
    place.write(
        "alembic.ini",
        &ini.replace(line, &format!("sqlalchemy.url = postgresql+psycopg2://{rest}")),
    );
    place
}

/// A revision as Alembic's template has it.
fn revision(place: &Place, id: &str, parents: &str, up: &str, down: &str) {
    let text = format!(
        "\"\"\"Make {id}\n\nRevision ID: {id}\nRevises: \nCreate Date: 2025-12-17 10:11:12.131313\n\n\"\"\"\n\
         from alembic import op\nimport sqlalchemy as sa\n\nrevision: str = '{id}'\ndown_revision = {parents}\n\
         branch_labels = None\ndepends_on = None\n\n\ndef upgrade() -> None:\n    {up}\n\n\ndef downgrade() -> None:\n    {down}\n"
    );
    place.write(&format!("versions_of_alembic/versions/{id}_make_{id}.py"), &text);
}

#[test]
fn a_database_of_alembics_is_taken_over() {
    let Some(alembic) = tool("alembic") else { return };
    let place = project(&alembic);
    let users = "op.create_table('users', sa.Column('id', sa.Integer, primary_key=True), sa.Column('mail', sa.Text, unique=True))";
    revision(&place, "001", "None", users, "op.drop_table('users')");
    let posts =
        "op.create_table('posts', sa.Column('author', sa.Integer, sa.ForeignKey('users.id')))";
    revision(&place, "91fd970f8f07", "'001'", posts, "op.drop_table('posts')");
    let index = "with op.get_context().autocommit_block():\n        op.create_index('ix', 'posts', ['author'], postgresql_concurrently=True)";
    revision(
        &place,
        "20251217_index",
        "'91fd970f8f07'",
        index,
        "raise NotImplementedError('no way back')",
    );
    place.run(&alembic, "upgrade 91fd970f8f07");

    place.migrate(&format!("import alembic versions_of_alembic --alembic {}", alembic.display()));
    let index = place.read("migrations/20251217_index_make_20251217_index.sql");
    assert!(
        index.contains(
            "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY ix ON posts (author);\n"
        ),
        "{index}"
    );
    assert!(index.contains("-- irreversible: ") && index.contains("no way back"), "{index}");
    assert_eq!(place.migrate("adopt --from alembic"), "adopted 001\nadopted 91fd970f8f07\n");
    place.migrate("upgrade head");
    assert_eq!(
        place.migrate("status --exit-code --json").matches(r#""state":"applied""#).count(),
        3
    );

    assert!(place.run(&alembic, "current").starts_with("91fd970f8f07"));
    assert_eq!(
        place.value("SELECT string_agg(version_num, ' ') FROM alembic_version"),
        "91fd970f8f07"
    );
}

/// Its table in another schema, with two heads; names that are not the chain's.
#[test]
fn two_heads_and_other_names() {
    let Some(alembic) = tool("alembic") else { return };
    let place = project(&alembic);
    let env = place.read("versions_of_alembic/env.py");
    let env = env.replace(
        "target_metadata=target_metadata",
        "target_metadata=target_metadata, version_table_schema='app'",
    );
    place.write("versions_of_alembic/env.py", &env);
    place.client().batch_execute("CREATE SCHEMA app").unwrap();
    revision(
        &place,
        "a",
        "None",
        "op.execute('create table a (id integer constraint pk_a primary key)')",
        "op.execute('drop table a')",
    );
    revision(&place, "b", "'a'", "op.execute('create table b ()')", "op.execute('drop table b')");
    revision(&place, "c", "'a'", "op.execute('create table c ()')", "op.execute('drop table c')");
    revision(&place, "m", "('b', 'c')", "pass", "pass");
    place.run(&alembic, "upgrade b");
    place.run(&alembic, "upgrade c");
    place.client().batch_execute("ALTER TABLE a RENAME CONSTRAINT pk_a TO a_pkey").unwrap();

    place.migrate(&format!("import alembic versions_of_alembic --alembic {}", alembic.display()));
    let adopted = place.migrate("adopt --from alembic --rename-constraints");
    assert_eq!(
        adopted,
        "adopted a\nadopted b\nadopted c\nALTER TABLE a RENAME CONSTRAINT a_pkey TO pk_a;\n"
    );
    place.migrate("upgrade head");
    assert_eq!(place.migrate("current"), "m (head)\n");
    let mut heads: Vec<String> =
        place.run(&alembic, "current").lines().map(str::to_owned).collect();
    heads.sort();
    assert_eq!(heads, ["b", "c"]);
    // Nothing has changed since: a second time there is nothing to do.
    assert_eq!(place.migrate("adopt --from alembic"), "");
}

/// What can't be printed is said once, with the end of what Alembic says.
#[test]
fn alembic_stops() {
    let Some(alembic) = tool("alembic") else { return };
    let place = project(&alembic);
    let import = format!("import alembic versions_of_alembic --alembic {}", alembic.display());
    let table = |name: &str| format!("op.execute('create table {name} ()')");
    revision(&place, "a", "None", &table("a"), "op.execute('drop table a')");
    revision(&place, "b", "'a'", "raise KeyError('no way on')", "pass");
    revision(&place, "c", "'b'", &table("c"), "pass");
    let said = place.refused(&import);
    let what = "error: Alembic stopped at the upgrade of `b`:\n";
    assert!(
        said.contains(what) && said.contains("KeyError: 'no way on'\n --> versions/b_make_b.py\n"),
        "{said}"
    );
    assert!(said.ends_with("\n\nnothing was written: 1 problem\n"), "{said}");

    let env = place.read("versions_of_alembic/env.py");
    place.write("versions_of_alembic/env.py", &format!("raise SystemExit('no settings')\n{env}"));
    let said = place.refused(&import);
    assert!(
        said.contains("error: Alembic stopped before the first revision:\nno settings\n"),
        "{said}"
    );
    assert!(said.ends_with("\n\nnothing was written: 1 problem\n"), "{said}");
}
