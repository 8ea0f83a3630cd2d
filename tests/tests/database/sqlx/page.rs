//! The example of docs/SQLX.md: the same text, compiled and run.

use actorhub_schema as my_schema;
use migrate_core::Status;

use crate::support::database;

use my_schema::migrations::{self, AtHead};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

async fn start(url: &str) -> Result<(PgPool, AtHead), Box<dyn std::error::Error>> {
    let pool = PgPoolOptions::new().max_connections(10).connect(url).await?;
    let at_head = migrations::runner().upgrade_sqlx(&pool).await?;
    for done in &at_head.report().done {
        println!("applied {}", done.revision);
    }
    println!("{}", migrations::runner().status_sqlx(&pool).await?);
    Ok((pool, at_head))
}

#[test]
fn the_example_of_the_page_runs() {
    let database = database("page");
    let runtime = super::runtime();
    for _ in 0..2 {
        let (pool, at_head) = runtime.block_on(start(database.url())).unwrap();
        let status = runtime.block_on(migrations::runner().status_sqlx(&pool)).unwrap();
        assert_eq!(status, Status::AtHead);
        assert!(at_head.report().done.len() <= migrations::CHAIN.migrations().len());
        runtime.block_on(pool.close());
    }
}

#[test]
fn the_page_has_the_text_of_the_example() {
    let page = include_str!("../../../../docs/SQLX.md");
    let code = page.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert!(include_str!("page.rs").contains(code), "{code}");
}
