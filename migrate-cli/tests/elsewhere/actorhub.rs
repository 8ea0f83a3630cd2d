//! ActorHub's database as Alembic makes it without a naming convention: PostgreSQL's own names, where the
//! chain has others.

use std::path::Path;

use migrate_core::{Runner, Target, check, files};

use crate::support::Place;

/// Leaves the tables, gives primary keys, foreign keys and unique constraints the names that
/// PostgreSQL gives, and notes what is applied as Alembic does.
const AS_ALEMBIC: &str = "
DROP TABLE migrate_history, migrate_log, migrate_progress, migrate_layout;
DROP SEQUENCE migrate_statement;
DO $$
DECLARE found record;
BEGIN
    FOR found IN
        SELECT c.conname, c.conrelid::regclass AS place,
            format('%s%s_%s', r.relname,
                CASE c.contype WHEN 'p' THEN '' ELSE '_' || string_agg(a.attname, '_' ORDER BY k.nth) END,
                CASE c.contype WHEN 'p' THEN 'pkey' WHEN 'f' THEN 'fkey' ELSE 'key' END) AS name
        FROM pg_constraint c
        JOIN pg_class r ON r.oid = c.conrelid
        CROSS JOIN unnest(c.conkey) WITH ORDINALITY AS k(attnum, nth)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
        WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('p', 'f', 'u')
        GROUP BY c.conname, c.conrelid, c.contype, r.relname
    LOOP
        IF found.name <> found.conname THEN
            EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', found.place, found.conname, found.name);
        END IF;
    END LOOP;
END $$;
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('20251218_notifications');";

#[test]
fn actorhubs_database_with_other_names() {
    let place = Place::new("actorhub");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../actorhub-schema/migrations");
    let chain = check(files::read(&folder, "migrations")).unwrap();
    let mut client = place.client();
    let at = Target::revision("20251218_notifications");
    Runner::new(&chain).upgrade_to(&mut client, at).unwrap();
    client.batch_execute(AS_ALEMBIC).unwrap();

    let folder = folder.display();
    let adopt = format!("adopt --from alembic -d {folder}");
    let shown = place.migrate(&format!("{adopt} --dry-run"));
    assert_eq!(shown.matches(" RENAME CONSTRAINT ").count(), 35, "{shown}");
    assert!(shown.contains("users RENAME CONSTRAINT users_pkey TO pk_users;"), "{shown}");
    let adopted = place.migrate(&format!("{adopt} --rename-constraints --json"));
    assert!(adopted.contains(r#""drift":[]"#), "{adopted}");
    place.migrate(&format!("upgrade head -d {folder}"));
    place.migrate(&format!("check --drift -d {folder}"));
    assert_eq!(place.value("SELECT version_num FROM alembic_version"), "20251218_notifications");
}
