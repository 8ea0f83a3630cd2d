//! A scratch crate that embeds a chain, for each way of embedding one.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::chain::{self, Step};

/// A way of embedding a chain in a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Embedding {
    Migrate,
    MigrateDeployed,
    Refinery,
    Sqlx,
    Diesel,
    SeaOrm,
    Included,
}

impl Embedding {
    pub(crate) const ALL: [Embedding; 7] = [
        Embedding::Migrate,
        Embedding::MigrateDeployed,
        Embedding::Refinery,
        Embedding::Sqlx,
        Embedding::Diesel,
        Embedding::SeaOrm,
        Embedding::Included,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Embedding::Migrate => "migrate, all pending",
            Embedding::MigrateDeployed => "migrate, all deployed",
            Embedding::Refinery => "refinery",
            Embedding::Sqlx => "sqlx",
            Embedding::Diesel => "diesel_migrations",
            Embedding::SeaOrm => "sea-orm-migration",
            Embedding::Included => "`include_str!` alone",
        }
    }

    fn dependencies(self) -> String {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");
        match self {
            Embedding::Migrate | Embedding::MigrateDeployed => format!(
                "migrate-core = {{ path = \"{root}/migrate-core\", features = [\"tokio-postgres\"] }}\n\
                 migrate-macros = {{ path = \"{root}/migrate-macros\" }}\n"
            ),
            Embedding::Refinery => "refinery = \"0.10\"\n".to_owned(),
            Embedding::Sqlx => {
                "sqlx = { version = \"0.9\", default-features = false, features = [\"macros\", \"migrate\", \"postgres\"] }\n"
                    .to_owned()
            }
            Embedding::Diesel => {
                "diesel = { version = \"2.3\", default-features = false, features = [\"postgres\"] }\n\
                 diesel_migrations = \"2.3\"\n"
                    .to_owned()
            }
            Embedding::SeaOrm => {
                "sea-orm-migration = { version = \"2.0\", default-features = false, features = [\"runtime-tokio\", \"sqlx-postgres\"] }\n"
                    .to_owned()
            }
            Embedding::Included => String::new(),
        }
    }

    fn files(self, steps: &[Step]) -> Vec<(String, String)> {
        match self {
            Embedding::Migrate | Embedding::MigrateDeployed => chain::migrate(steps),
            Embedding::Refinery => chain::refinery(steps),
            Embedding::Sqlx | Embedding::Included => chain::sqlx(steps),
            Embedding::Diesel => chain::diesel(steps),
            Embedding::SeaOrm => Vec::new(),
        }
    }

    /// The library, and an expression of the program that keeps the chain in it.
    fn source(self, steps: &[Step], files: &[(String, String)]) -> (String, &'static str) {
        match self {
            Embedding::Migrate | Embedding::MigrateDeployed => (
                "migrate_macros::embed_migrations!();\n".to_owned(),
                "scratch::migrations::CHAIN.migrations().iter().map(|it| it.source.text().len()).sum::<usize>()",
            ),
            Embedding::Refinery => (
                "refinery::embed_migrations!(\"migrations\");\n".to_owned(),
                "scratch::migrations::runner().get_migrations().iter().filter_map(|it| it.sql()).map(str::len).sum::<usize>()",
            ),
            Embedding::Sqlx => (
                "pub static ALL: sqlx::migrate::Migrator = sqlx::migrate!(\"./migrations\");\n".to_owned(),
                "scratch::ALL.iter().map(|it| it.sql.as_str().len()).sum::<usize>()",
            ),
            Embedding::Diesel => (
                "pub const ALL: diesel_migrations::EmbeddedMigrations = diesel_migrations::embed_migrations!(\"migrations\");\n"
                    .to_owned(),
                "diesel::migration::MigrationSource::<diesel::pg::Pg>::migrations(&scratch::ALL).map_or(0, |all| all.iter().map(|it| it.name().to_string().len()).sum::<usize>())",
            ),
            Embedding::SeaOrm => (rust(steps), "0"),
            Embedding::Included => {
                let mut text = format!("pub static ALL: [&str; {}] = [\n", files.len());
                for (name, _) in files {
                    let _ = writeln!(text, "    include_str!(\"../migrations/{name}\"),");
                }
                (text + "];\n", "scratch::ALL.iter().map(|it| it.len()).sum::<usize>()")
            }
        }
    }

    /// Writes the crate with a chain of so many files; tells the bytes of the files.
    pub(crate) fn write(self, scratch: &Path, count: usize) -> io::Result<u64> {
        let steps = chain::generated(count);
        let files = self.files(&steps);
        let migrations = scratch.join("migrations");
        if migrations.exists() {
            fs::remove_dir_all(&migrations)?;
        }
        fs::create_dir_all(&migrations)?;
        fs::create_dir_all(scratch.join("src"))?;
        chain::write(&migrations, &files)?;
        if self == Embedding::MigrateDeployed {
            let chain = migrate_core::check(migrate_core::files::read(&migrations, "migrations"));
            let chain = chain.map_err(|wrong| io::Error::other(wrong.to_string()))?;
            let lock =
                migrate_core::chain::lock_text(&chain, chain.head().id.as_str()).unwrap_or_default();
            fs::write(migrations.join("chain.lock"), lock)?;
        }
        let manifest = format!(
            "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{}",
            self.dependencies()
        );
        let (library, sum) = self.source(&steps, &files);
        fs::write(scratch.join("Cargo.toml"), manifest)?;
        fs::write(scratch.join("src/lib.rs"), library)?;
        let program = format!("fn main() {{\n    println!(\"{{}}\", {sum});\n}}\n");
        fs::write(scratch.join("src/main.rs"), program)?;
        Ok(files.iter().map(|(_, text)| text.len() as u64).sum())
    }
}

/// Migrations in Rust, each a module, as sea-orm's generator makes them.
fn rust(steps: &[Step]) -> String {
    let mut text = "pub use sea_orm_migration::prelude::*;\n".to_owned();
    let mut all = String::new();
    for (at, Step { up, down, .. }) in steps.iter().enumerate() {
        let _ = writeln!(
            text,
            "mod m{at:05} {{\n    use sea_orm_migration::prelude::*;\n    #[derive(DeriveMigrationName)]\n    pub struct Migration;\n\
             \x20   #[async_trait::async_trait]\n    impl MigrationTrait for Migration {{\n\
             \x20       async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {{\n\
             \x20           manager.get_connection().execute_unprepared(r#\"{up}\"#).await.map(drop)\n        }}\n\
             \x20       async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {{\n\
             \x20           manager.get_connection().execute_unprepared(r#\"{down}\"#).await.map(drop)\n        }}\n    }}\n}}"
        );
        let _ = writeln!(all, "            Box::new(m{at:05}::Migration),");
    }
    let _ = writeln!(
        text,
        "pub struct Migrator;\n#[async_trait::async_trait]\nimpl MigratorTrait for Migrator {{\n\
         \x20   fn migrations() -> Vec<Box<dyn MigrationTrait>> {{\n        vec![\n{all}        ]\n    }}\n}}"
    );
    text
}
