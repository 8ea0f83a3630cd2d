//! The tables in which other tools note what they have applied.

use migrate_core::__private::{literal, quote};

use crate::adopt::Row;
use crate::args::Tool;

/// The name of a tool's table, perhaps with its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
}

impl Table {
    /// As the user names it, or as the tool does.
    pub(crate) fn of(tool: Tool, named: Option<&str>) -> Self {
        let name = match tool {
            Tool::Alembic => "alembic_version",
            Tool::Refinery => "refinery_schema_history",
            Tool::Sqlx => "_sqlx_migrations",
            Tool::Diesel => "__diesel_schema_migrations",
            Tool::Dbmate | Tool::GolangMigrate => "schema_migrations",
            Tool::Goose => "goose_db_version",
            Tool::Flyway => "flyway_schema_history",
            Tool::Prisma => "_prisma_migrations",
            Tool::Drizzle => "__drizzle_migrations",
            Tool::Supabase => "supabase_migrations.schema_migrations",
            Tool::Atlas => "atlas_schema_revisions",
        };
        match named.unwrap_or(name).split_once('.') {
            Some((schema, name)) => {
                Table { schema: Some(schema.to_owned()), name: name.to_owned() }
            }
            None => Table { schema: None, name: named.unwrap_or(name).to_owned() },
        }
    }

    /// Which schemas have it, and whether the session sees it there without being told.
    pub(crate) fn search(&self) -> String {
        let schema =
            self.schema.as_ref().map(|schema| format!(" AND n.nspname = {}", literal(schema)));
        format!(
            "SELECT n.nspname, pg_catalog.pg_table_is_visible(c.oid) FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'v') AND c.relname = {}{} ORDER BY n.nspname",
            literal(&self.name),
            schema.unwrap_or_default(),
        )
    }

    /// The one that was found: what the session sees, or the only one that there is.
    pub(crate) fn found(self, rows: &[Vec<Option<String>>]) -> Result<Self, Vec<String>> {
        let column = |row: &[Option<String>], at: usize| row.get(at).cloned().flatten();
        let seen = rows.iter().find(|row| column(row, 1).as_deref() == Some("t"));
        let only = rows.first().filter(|_| rows.len() == 1);
        match seen.or(only).and_then(|row| column(row, 0)) {
            Some(schema) => Ok(Table { schema: Some(schema), name: self.name }),
            None => Err(rows.iter().filter_map(|row| column(row, 0)).collect()),
        }
    }

    /// For people.
    pub(crate) fn shown(&self) -> String {
        match &self.schema {
            Some(schema) if schema != "public" => format!("{schema}.{}", self.name),
            _ => self.name.clone(),
        }
    }

    fn sql(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", quote(schema), quote(&self.name)),
            None => quote(&self.name),
        }
    }
}

/// Which tables of other tools there are that this role may read, under the tools' own names.
pub(crate) fn search_all() -> String {
    let names = Tool::ALL.map(|tool| literal(&Table::of(tool, None).name));
    format!(
        "SELECT n.nspname, c.relname, EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid \
         AND a.attname = 'dirty') FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p') AND c.relname IN ({}) AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
         AND pg_catalog.has_table_privilege(c.oid, 'SELECT') ORDER BY n.nspname, c.relname",
        names.join(", ")
    )
}

/// Whose table a row of [`search_all`] names. Several programs call theirs `schema_migrations`.
pub(crate) fn whose(row: Vec<Option<String>>) -> Option<(Tool, Table)> {
    let [Some(schema), Some(name), is_dirty] = <[_; 3]>::try_from(row).ok()? else { return None };
    let tool = match (schema.as_str(), name.as_str()) {
        ("supabase_migrations", "schema_migrations") => Tool::Supabase,
        (_, "schema_migrations") if is_dirty.as_deref() == Some("t") => Tool::GolangMigrate,
        (_, "schema_migrations") => Tool::Dbmate,
        _ => Tool::ALL.into_iter().find(|tool| Table::of(*tool, None).name == name)?,
    };
    Some((tool, Table { schema: Some(schema), name }))
}

/// What reads a table: version, name, checksum, and whether it failed.
pub(crate) fn query(tool: Tool, table: &Table) -> String {
    let table = table.sql();
    match tool {
        Tool::Alembic => format!("SELECT version_num, NULL, NULL, false FROM {table} ORDER BY 1"),
        Tool::Refinery => {
            format!("SELECT version::text, name, checksum, false FROM {table} ORDER BY version")
        }
        Tool::Sqlx => format!(
            "SELECT version::text, description, pg_catalog.encode(checksum, 'hex'), NOT success FROM {table} ORDER BY version"
        ),
        Tool::Diesel | Tool::Dbmate | Tool::Supabase => {
            format!("SELECT version::text, NULL, NULL, false FROM {table} ORDER BY 1")
        }
        Tool::GolangMigrate => {
            format!("SELECT version::text, NULL, NULL, dirty FROM {table} ORDER BY version")
        }
        // What was undone has a row of its own; so have schemas that Flyway has made, and baselines.
        Tool::Flyway => format!(
            "SELECT COALESCE(version, 'R__' || pg_catalog.replace(description, ' ', '_')), NULL, checksum::text, NOT success \
             FROM (SELECT DISTINCT ON (COALESCE(version, description)) * FROM {table} \
             WHERE type NOT IN ('SCHEMA', 'DELETE', 'BASELINE') \
             ORDER BY COALESCE(version, description), installed_rank DESC) AS latest \
             WHERE type NOT LIKE 'UNDO%' ORDER BY installed_rank"
        ),
        Tool::Prisma => format!(
            "SELECT CASE WHEN migration_name ~ '^[0-9]+_' THEN pg_catalog.split_part(migration_name, '_', 1) ELSE migration_name END, \
             NULL, checksum, finished_at IS NULL FROM {table} WHERE rolled_back_at IS NULL ORDER BY 1"
        ),
        // Its rows have no version but their place.
        Tool::Drizzle => format!(
            "SELECT COALESCE(pg_catalog.substring(pg_catalog.to_jsonb(its) ->> 'name', '^[0-9]+'), \
             (pg_catalog.row_number() OVER (ORDER BY created_at, id) - 1)::text), NULL, hash, false \
             FROM {table} AS its ORDER BY created_at, id"
        ),
        Tool::Atlas => format!(
            "SELECT version, NULL, NULL, applied < total FROM {table} WHERE version NOT LIKE '.%' ORDER BY version"
        ),
        // Its first row is none of a migration; a migration that was undone may have rows, too.
        Tool::Goose => format!(
            "SELECT version_id::text, NULL, NULL, false FROM (SELECT DISTINCT ON (version_id) version_id, is_applied \
             FROM {table} ORDER BY version_id, id DESC) AS latest WHERE is_applied AND version_id > 0 ORDER BY version_id"
        ),
    }
}

/// The rows of [`query`].
pub(crate) fn rows(rows: impl IntoIterator<Item = Vec<Option<String>>>) -> Vec<Row> {
    let row = |columns: Vec<Option<String>>| {
        let mut columns = columns.into_iter();
        let mut next = || columns.next().flatten();
        Row {
            version: next().unwrap_or_default(),
            name: next(),
            checksum: next(),
            failed: next().as_deref() == Some("t"),
        }
    };
    rows.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_is_meant() {
        let check = |rows: &[(&str, &str)], expected: Result<&str, &[&str]>| {
            let row = |(schema, seen): &(&str, &str)| {
                vec![Some((*schema).to_owned()), Some((*seen).to_owned())]
            };
            let rows: Vec<_> = rows.iter().map(row).collect();
            let found = Table::of(Tool::Alembic, None).found(&rows);
            let found = found.map(|table| table.schema.unwrap_or_default());
            let expected = expected.map(str::to_owned);
            let all = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
            assert_eq!(found, expected.map_err(all));
        };
        check(&[("app", "f"), ("public", "t")], Ok("public"));
        check(&[("app", "f")], Ok("app"));
        check(&[("app", "f"), ("ops", "f")], Err(&["app", "ops"]));
        check(&[], Err(&[]));
    }

    #[test]
    fn whose_a_table_is() {
        let check = |schema: &str, name: &str, dirty: &str, expected| {
            let row = [schema, name, dirty].map(|it| Some(it.to_owned()));
            assert_eq!(whose(row.into()).map(|(tool, _)| tool), expected, "{schema}.{name}");
        };
        check("public", "schema_migrations", "f", Some(Tool::Dbmate));
        check("public", "schema_migrations", "t", Some(Tool::GolangMigrate));
        check("supabase_migrations", "schema_migrations", "f", Some(Tool::Supabase));
        check("drizzle", "__drizzle_migrations", "f", Some(Tool::Drizzle));
        check("app", "_prisma_migrations", "f", Some(Tool::Prisma));
        check("public", "users", "f", None);
    }

    #[test]
    fn names_of_tables() {
        let check = |tool, named, sql: &str, shown: &str| {
            let table = Table::of(tool, named);
            assert_eq!((table.sql().as_str(), table.shown().as_str()), (sql, shown));
        };
        check(Tool::Sqlx, None, "\"_sqlx_migrations\"", "_sqlx_migrations");
        check(
            Tool::Alembic,
            Some("app.alembic_version"),
            "\"app\".\"alembic_version\"",
            "app.alembic_version",
        );
        check(Tool::Alembic, Some("public.v"), "\"public\".\"v\"", "v");
        check(Tool::Goose, Some("a\"b'\\"), "\"a\"\"b'\\\"", "a\"b'\\");
        assert!(Table::of(Tool::Goose, Some("a'b\\")).search().contains("E'a''b\\\\'"));
    }
}
