//! The tools that are libraries.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use diesel::Connection as _;
use diesel_migrations::MigrationHarness as _;
use migrate_core::Runner;
use migrate_testkit::postgres::{Client, NoTls};
use sea_orm_migration::sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DbErr};
use sea_orm_migration::{
    MigrationName, MigrationTrait, MigratorTraitSelf as _, SchemaManager, async_trait,
};
use sqlx::Connection as _;

use super::Upgrade;
use crate::chain::Step;

fn text(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

fn client(url: &str) -> Result<Client, String> {
    Client::connect(url, NoTls).map_err(text)
}

/// A runtime of one thread, as the blocking client has one, too.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(text)?;
    Ok(runtime.block_on(future))
}

pub(super) fn migrate(folder: &Path, is_single: bool) -> Result<Upgrade, Box<dyn Error>> {
    let chain = migrate_core::check(migrate_core::files::read(folder, "migrations"))?;
    Ok(Box::new(move |url| {
        let runner = Runner::new(&chain);
        let runner = if is_single { runner.single_transaction() } else { runner };
        runner.upgrade(&mut client(url)?).map(drop).map_err(text)
    }))
}

pub(super) fn refinery(folder: &Path, grouped: bool) -> Result<Upgrade, Box<dyn Error>> {
    let migrations = refinery::load_sql_migrations(folder)?;
    Ok(Box::new(move |url| {
        let runner = refinery::Runner::new(&migrations).set_grouped(grouped);
        runner.run(&mut client(url)?).map(drop).map_err(text)
    }))
}

pub(super) fn sqlx(folder: &Path) -> Result<Upgrade, Box<dyn Error>> {
    let migrator = block_on(sqlx::migrate::Migrator::new(folder.to_owned()))??;
    Ok(Box::new(move |url| {
        block_on(async {
            let mut connection = sqlx::PgConnection::connect(url).await.map_err(text)?;
            migrator.run(&mut connection).await.map_err(text)
        })?
    }))
}

pub(super) fn diesel(folder: &Path) -> Result<Upgrade, Box<dyn Error>> {
    let source = diesel_migrations::FileBasedMigrations::from_path(folder)?;
    Ok(Box::new(move |url| {
        let mut connection = diesel::PgConnection::establish(url).map_err(text)?;
        connection.run_pending_migrations(source.clone()).map(drop).map_err(text)
    }))
}

/// A step as sea-orm's users write one that is SQL.
struct Migration {
    name: String,
    step: Arc<Step>,
}

impl MigrationName for Migration {
    fn name(&self) -> &str {
        &self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&self.step.up).await.map(drop)
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(self.step.transactional)
    }
}

struct Migrations(Vec<Arc<Step>>);

#[async_trait::async_trait]
impl sea_orm_migration::MigratorTraitSelf for Migrations {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        let migration = |(at, step): (usize, &Arc<Step>)| -> Box<dyn MigrationTrait> {
            Box::new(Migration { name: format!("m{at:05}_step"), step: Arc::clone(step) })
        };
        self.0.iter().enumerate().map(migration).collect()
    }
}

pub(super) fn sea_orm(steps: Vec<Step>) -> Upgrade {
    let migrations = Migrations(steps.into_iter().map(Arc::new).collect());
    Box::new(move |url| {
        block_on(async {
            let mut options = ConnectOptions::new(url);
            options.max_connections(1).sqlx_logging(false);
            let database = Database::connect(options).await.map_err(text)?;
            let ran = migrations.up(&database, None).await.map_err(text);
            let _ = database.close().await;
            ran
        })?
    })
}

/// What the server itself takes.
pub(super) fn one_message(script: String) -> Upgrade {
    Box::new(move |url| client(url)?.batch_execute(&script).map_err(text))
}
