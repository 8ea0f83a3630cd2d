//! ActorHub's database, made by Alembic from a folder of Python with ActorHub's revisions; with the chain's names, and
//! without a naming convention: then PostgreSQL gives the names of keys.

use std::fs;
use std::path::{Path, PathBuf};

use migrate_core::{Chain, check, files};
use regex::Regex;

use crate::alembic::project;
use crate::support::{Place, tool};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../actorhub-schema/migrations")
}

/// Writes the chain as Alembic's: each revision runs the SQL of ours, with the names of keys or without.
fn python(place: &Place, chain: &Chain<'_>, with_names: bool) {
    let name = Regex::new(r"CONSTRAINT \w+ (PRIMARY KEY|FOREIGN KEY|UNIQUE)").unwrap();
    for migration in chain.migrations() {
        // JSON's strings are Python's, too.
        let run = |sql: &str| {
            let sql = if with_names { sql.into() } else { name.replace_all(sql, "$1") };
            format!(
                "op.get_bind().connection.cursor().execute({})",
                serde_json::to_string(&sql).unwrap()
            )
        };
        let (id, parent) = (migration.id.as_str(), migration.parents.first());
        let parent = parent.map_or("None".to_owned(), |parent| format!("'{parent}'"));
        let up = run(migration.up_sql());
        let down = migration.down_sql().map_or("pass".to_owned(), run);
        let stem = migration.file_name().trim_end_matches(".sql");
        let text = format!(
            "from alembic import op\n\nrevision = '{id}'\ndown_revision = {parent}\n\n\
             def upgrade() -> None:\n    {up}\n\n\ndef downgrade() -> None:\n    {down}\n"
        );
        place.write(&format!("versions_of_alembic/versions/{stem}.py"), &text);
    }
}

/// A project of Alembic's with ActorHub's revisions, and our chain in `migrations`.
fn actorhub(alembic: &Path, with_names: bool) -> Place {
    let place = project(alembic);
    let chain = check(files::read(&folder(), "migrations")).unwrap();
    python(&place, &chain, with_names);
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        place.write(&format!("migrations/{name}"), &fs::read_to_string(&path).unwrap());
    }
    place
}

/// How many tables of ours there are.
const OURS: &str = "SELECT count(*) FROM pg_class WHERE relname LIKE 'migrate\\_%'";

#[test]
fn names_that_postgresql_gave_are_changed_and_alembic_goes_on() {
    let Some(alembic) = tool("alembic") else { return };
    let place = actorhub(&alembic, false);
    place.run(&alembic, "upgrade 20251217_indexes");

    let shown = place.migrate("adopt --from alembic --dry-run");
    assert!(
        shown.starts_with("adopt 001\nadopt 91fd970f8f07\nadopt 20251217_indexes\n"),
        "{shown}"
    );
    assert!(shown.contains("users RENAME CONSTRAINT users_pkey TO pk_users;"), "{shown}");
    assert!(shown.contains("_fkey TO fk_") && shown.contains("_key TO uq_"), "{shown}");
    // Nothing was written.
    assert_eq!(place.value(OURS), "0");
    assert_eq!(place.migrate("adopt --from alembic --dry-run"), shown);
    let adopted = place.migrate("adopt --from alembic --rename-constraints --json");
    assert!(adopted.contains(r#""drift":[]"#), "{adopted}");
    let log = place.migrate("log --json");
    assert_eq!(log.matches(r#""action":"adopt""#).count(), 3, "{log}");

    // Alembic sees its own, and goes on; that is noticed, and taken over.
    assert!(place.run(&alembic, "current").starts_with("20251217_indexes"));
    place.run(&alembic, "upgrade 20251218_notifications");
    let status = place.migrate("status --json");
    assert!(
        status.contains(
            r#""tool":"alembic","table":"alembic_version","versions":["20251218_notifications"]"#
        ),
        "{status}"
    );
    let adopted = place.migrate("adopt --from alembic --rename-constraints");
    assert!(adopted.starts_with("adopted 20251218_notifications\nALTER TABLE "), "{adopted}");

    // One revision further; and the way back to Python stays open.
    place.migrate("upgrade head");
    place.migrate("check --drift");
    assert_eq!(place.value("SELECT version_num FROM alembic_version"), "20251218_notifications");
    place.migrate("downgrade -1 --yes");
    place.run(&alembic, "upgrade head");
    assert!(place.run(&alembic, "current").starts_with("20251218_stripe_connect (head)"));
    place.migrate("adopt --from alembic");
    place.migrate("status --exit-code");
}

#[test]
fn a_gap_stops_it_and_the_revision_that_is_printed_closes_it() {
    let Some(alembic) = tool("alembic") else { return };
    let place = actorhub(&alembic, true);
    place.run(&alembic, "upgrade head");
    let drift = "ALTER TABLE users ADD COLUMN nickname text; \
        ALTER TABLE users ALTER COLUMN email TYPE varchar(300); \
        ALTER TABLE users ALTER COLUMN email DROP NOT NULL; \
        ALTER TABLE users DROP COLUMN stripe_connect_account_id; \
        ALTER TABLE listings DROP CONSTRAINT uq_listings_slug; \
        DROP INDEX ix_identities_status; \
        CREATE INDEX by_hand ON users (nickname); \
        CREATE TABLE notes (id integer PRIMARY KEY); \
        CREATE TYPE mood AS ENUM ('sad', 'ok'); \
        COMMENT ON TABLE users IS 'by hand'";
    place.client().batch_execute(drift).unwrap();

    let refused = place.refused("adopt --from alembic");
    for expected in [
        "+ column users.nickname text",
        "~ column users.email: character varying(255) NOT NULL -> character varying(300)",
        "- constraint listings.uq_listings_slug",
        "- index ix_identities_status",
        "+ table notes",
        "`--accept-drift`",
    ] {
        assert!(refused.contains(expected), "{expected}\n{refused}");
    }
    assert_eq!(place.value(OURS), "0");

    let closing = place.migrate("adopt --from alembic --accept-drift=drop");
    assert_eq!(place.value("SELECT count(*) FROM migrate_log WHERE action = 'adopt'"), "5");
    place.write("migrations/20991231_close_the_gap.sql", &closing);
    place.migrate("check");
    place.migrate("upgrade head");
    place.migrate("check --drift");
    // Every other database has the chain's schema already: it runs there, too, and back.
    let other = Place::new("actorhub elsewhere");
    let here = place.path().join("migrations");
    other.migrate(&format!("upgrade head -d {}", here.display()));
    other.migrate(&format!("check --drift -d {}", here.display()));
    other.migrate(&format!("downgrade -1 --yes -d {}", here.display()));
    other.migrate(&format!("check --drift -d {}", here.display()));
}

/// With the chain's own names there is nothing to say.
#[test]
fn a_database_as_the_chain_builds_it() {
    let Some(alembic) = tool("alembic") else { return };
    let place = actorhub(&alembic, true);
    place.run(&alembic, "upgrade 20251218_notifications");
    let adopted = place.migrate("adopt --from alembic --json");
    assert!(adopted.contains(r#""renames":[],"drift":[]"#), "{adopted}");
    assert_eq!(place.migrate("upgrade head").lines().count(), 1);
    place.migrate("status --exit-code");
    assert!(place.run(&alembic, "current").starts_with("20251218_notifications"));
}
