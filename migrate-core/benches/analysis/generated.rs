//! A chain of any length, of real DDL: tables that refer to one another, with constraints and indexes,
//! and changes of them; some 600 bytes a file, both directions.

/// The files of a chain: each its name and its text.
pub(crate) fn files(count: usize) -> Vec<(String, String)> {
    (0..count).map(|at| (format!("{at:05}_step_{at}.sql"), file(at))).collect()
}

fn file(at: usize) -> String {
    let parent = match at.checked_sub(1) {
        Some(parent) => format!("-- parent: {parent:05}\n"),
        None => String::new(),
    };
    let header =
        format!("-- revision: {at:05}\n{parent}-- message: Step {at}\n-- created: 2026-01-31\n");
    let (up, down) = if at.is_multiple_of(2) { table(at) } else { column(at) };
    format!("{header}\n-- migrate:up\n{up}\n-- migrate:down\n{down}")
}

/// A table that refers to the first one, as most tables of a schema refer to a few.
fn table(at: usize) -> (String, String) {
    let owner = match at {
        0 => "owner_id bigint".to_owned(),
        _ => "owner_id bigint NOT NULL REFERENCES items_00000 (id) ON DELETE CASCADE".to_owned(),
    };
    let up = format!(
        "CREATE TABLE items_{at:05} (\n    id bigserial PRIMARY KEY,\n    {owner},\n    \
         email varchar(256) NOT NULL,\n    state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'done')),\n    \
         created_at timestamptz NOT NULL DEFAULT now(),\n    \
         CONSTRAINT uq_items_{at:05}_email UNIQUE (email)\n);\n\
         CREATE INDEX ix_items_{at:05}_owner ON items_{at:05} (owner_id, created_at DESC) WHERE state = 'new';\n"
    );
    (up, format!("DROP TABLE items_{at:05};\n"))
}

/// Columns of the table before, and an index over one of them.
fn column(at: usize) -> (String, String) {
    let table = format!("items_{:05}", at - 1);
    let up = format!(
        "ALTER TABLE {table}\n    ADD COLUMN locale varchar(16) NOT NULL DEFAULT 'en',\n    \
         ADD COLUMN weight integer,\n    ADD CONSTRAINT ck_{table}_weight CHECK (weight >= 0);\n\
         CREATE INDEX ix_{table}_locale ON {table} (locale, weight);\n\
         COMMENT ON COLUMN {table}.locale IS 'The language of the letters';\n"
    );
    let down = format!(
        "DROP INDEX ix_{table}_locale;\nALTER TABLE {table}\n    DROP CONSTRAINT ck_{table}_weight,\n    \
         DROP COLUMN weight,\n    DROP COLUMN locale;\n"
    );
    (up, down)
}
