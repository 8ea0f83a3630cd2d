//! The ActorHub API server, reduced to what matters here: it starts on a schema at head, or not at
//! all.
//!
//! `cargo run -p actorhub-schema --example api_server`
//!
//! - `DATABASE_URL`: the database; without it, the server starts a PostgreSQL of its own.
//! - `LISTEN`: the address, `127.0.0.1:8080` unless set.

use std::env;
use std::error::Error;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actorhub_schema::migrations::{self, AtHead};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use deadpool::managed::{self, Metrics, PoolError, RecycleError, RecycleResult};
use migrate_core::connect::Connector;
use migrate_core::{ConnectError, Event, History, Status};
use migrate_macros::sql;
use migrate_scratch::{Backend, Server};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio_postgres::Client;

/// Makes the connections of the pool.
struct Connections(Connector);

impl managed::Manager for Connections {
    type Type = Client;
    type Error = ConnectError;

    async fn create(&self) -> Result<Client, ConnectError> {
        self.0.connect_async().await
    }

    async fn recycle(&self, client: &mut Client, _: &Metrics) -> RecycleResult<ConnectError> {
        if client.is_closed() {
            Err(RecycleError::message("the connection is closed"))
        } else {
            Ok(())
        }
    }
}

type Pool = managed::Pool<Connections>;

/// What every handler needs. There is none without the proof that the schema is at head.
struct AppState {
    pool: Pool,
    schema: AtHead,
}

impl AppState {
    fn new(pool: Pool, schema: AtHead) -> Arc<Self> {
        Arc::new(AppState { pool, schema })
    }
}

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    // First, so that a port that is taken is told before anything is started or migrated.
    let listener = listen()?;
    // Kept until the end: the PostgreSQL of our own stops with it.
    let (_server, url) = database()?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(serve(&url, listener))
}

fn listen() -> Result<TcpListener, Failure> {
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(&address).map_err(|error| {
        format!("can't listen on {address}: {error}; choose another with LISTEN=127.0.0.1:8081")
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The database to use: the one in the environment, or one in a PostgreSQL of our own, whose data
/// outlives this process.
fn database() -> Result<(Option<Server>, String), Failure> {
    if let Ok(url) = env::var("DATABASE_URL") {
        return Ok((None, url));
    }
    eprintln!("DATABASE_URL is not set: starting a PostgreSQL of our own");
    let order = [Backend::Local, Backend::Docker, Backend::Download];
    let server = Server::start_persistent("actorhub-demo", &order)?;
    let url = server.lasting_database("actorhub")?;
    eprintln!("database: {url}");
    Ok((Some(server), url))
}

async fn serve(url: &str, listener: TcpListener) -> Result<(), Failure> {
    let pool = Pool::builder(Connections(Connector::new(url)?)).build()?;
    let schema = bring_to_head(&pool).await?;
    let state = AppState::new(pool, schema);

    let app = Router::new()
        .route("/healthz", get(healthz))
        .route("/schema", get(schema_report))
        .route("/users", get(users))
        .with_state(state);
    let listener = tokio::net::TcpListener::from_std(listener)?;
    eprintln!(
        "listening on http://{}: /healthz, /schema, /users; Ctrl-C stops",
        listener.local_addr()?
    );
    axum::serve(listener, app).with_graceful_shutdown(asked_to_stop()).await?;
    eprintln!("stopped");
    Ok(())
}

/// The migrations, with a line for each.
async fn bring_to_head(pool: &Pool) -> Result<AtHead, Failure> {
    let client = pool.get().await.map_err(|error| match error {
        PoolError::Backend(error) => Failure::from(error),
        error => error.into(),
    })?;
    let waiting = AtomicBool::new(false);
    let runner = migrations::runner().revision_at_a_time().observe(move |event| match event {
        Event::Finished { revision, duration, .. } => {
            eprintln!("  {revision} applied in {} ms", duration.as_millis());
        }
        Event::Retrying { revision, reason, .. } => {
            eprintln!("  {revision} will be tried again: {reason}");
        }
        // Once, however long it takes.
        Event::Waiting { holder: Some(holder), .. } if !waiting.swap(true, Ordering::Relaxed) => {
            eprintln!("  waiting for {holder}");
        }
        _ => {}
    });
    let at_head = runner.upgrade_async(&client).await?;
    let report = at_head.report();
    let head = migrations::Revision::HEAD;
    match (report.done.len(), report.ahead.as_slice()) {
        (0, []) => eprintln!("schema is at head ({head}): nothing to do"),
        (0, ahead) => {
            eprintln!("schema is ahead of this server: {} more revisions, fine", ahead.len());
        }
        (count, _) => eprintln!("schema is at head ({head}): {count} revisions applied"),
    }
    Ok(at_head)
}

async fn asked_to_stop() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

type Answer = Result<Json<Value>, (StatusCode, Json<Value>)>;

/// The database's refusal, without its details: those are for the log.
fn unavailable(error: impl Error + 'static) -> (StatusCode, Json<Value>) {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    eprintln!("error: {text}");
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": "the database is unavailable" })))
}

/// Where the database is now: somebody may have downgraded it since this server started.
async fn healthz(State(state): State<Arc<AppState>>) -> Answer {
    let client = state.pool.get().await.map_err(unavailable)?;
    let row = client.query_one("SHOW server_version", &[]).await.map_err(unavailable)?;
    let history = migrations::runner().history_async(&client).await.map_err(unavailable)?;
    let status = migrate_core::plan::status(&migrations::CHAIN, &history);
    let is_ready = matches!(status, Status::AtHead | Status::Ahead { .. });
    let health = Json(json!({
        "status": if is_ready { "ok".to_owned() } else { status.to_string() },
        "revision": history.last().map(|record| record.revision.as_str()),
        "head": migrations::Revision::HEAD.id(),
        "digest": migrations::HEAD_DIGEST.to_string(),
        "database_version": row.get::<_, String>(0),
    }));
    if is_ready { Ok(health) } else { Err((StatusCode::SERVICE_UNAVAILABLE, health)) }
}

/// The chain of this server beside what the database has applied.
async fn schema_report(State(state): State<Arc<AppState>>) -> Answer {
    let client = state.pool.get().await.map_err(unavailable)?;
    let history = migrations::runner().history_async(&client).await.map_err(unavailable)?;
    let chain: Vec<Value> = migrations::CHAIN
        .migrations()
        .iter()
        .map(|migration| {
            json!({
                "revision": migration.id.as_str(),
                "message": migration.message,
                "digest": migration.digests.chain.to_string(),
                "applied": applied(&history, migration.id.as_str()),
            })
        })
        .collect();
    let status = migrate_core::plan::status(&migrations::CHAIN, &history);
    Ok(Json(json!({
        "status": status.to_string(),
        "chain": chain,
        "applied_by_this_start": state.schema.report().done.len(),
    })))
}

fn applied(history: &History, revision: &str) -> Value {
    history.get(revision).map_or(Value::Null, |record| {
        json!({
            "at": record.applied_at,
            "by": record.applied_by,
            "milliseconds": record.duration_ms,
        })
    })
}

/// The newest users.
async fn users(State(state): State<Arc<AppState>>) -> Answer {
    let client = state.pool.get().await.map_err(unavailable)?;
    let query = sql!(
        "SELECT id::text, display_name, tier, coalesce(is_verified, false), created_at::text
                 FROM users ORDER BY created_at DESC, id LIMIT 50"
    );
    let rows = client.query(query, &[]).await.map_err(unavailable)?;
    let user = |row: &tokio_postgres::Row| {
        json!({
            "id": row.get::<_, String>(0),
            "display_name": row.get::<_, Option<String>>(1),
            "tier": row.get::<_, Option<String>>(2),
            "verified": row.get::<_, bool>(3),
            "created_at": row.get::<_, Option<String>>(4),
        })
    };
    Ok(Json(json!({ "users": rows.iter().map(user).collect::<Vec<_>>() })))
}
