//! A server in a container, through testcontainers.

use std::path::PathBuf;
use std::time::Duration;

use postgres::error::SqlState;
use testcontainers::core::{ExecCommand, IntoContainerPort, Mount};
use testcontainers::runners::SyncRunner;
use testcontainers::{Container, ContainerRequest, GenericImage, ImageExt};

use crate::connection::{random_hex, reason};
use crate::obstacle::Obstacle;
use crate::persistent::Home;
use crate::supervisor::{CONTAINER, Supervisor};

/// The image used unless `MIGRATE_TEST_IMAGE` names another.
const DEFAULT_IMAGE: &str = "pgvector/pgvector:pg17";
/// Where a kept volume is mounted: no image has anything there, so no version's own idea of PGDATA matters.
const VOLUME: &str = "/migrate-data";

/// A container of ours. Its fields are dropped in this order: the supervisor shuts PostgreSQL down before it is removed.
pub(crate) struct Docker {
    _supervisor: Option<Supervisor>,
    _container: Container<GenericImage>,
    pub(crate) url: String,
    pub(crate) image: String,
}

impl Docker {
    /// Starts a container whose data goes with it.
    pub(crate) fn start() -> Result<Self, Obstacle> {
        let name = format!("migrate-test-{}-{}", std::process::id(), random_hex(8)?);
        Self::run(&name, None)
    }

    /// Starts a container on a volume that stays. `name` is both's.
    pub(crate) fn start_kept(name: &str, home: &Home) -> Result<Self, Obstacle> {
        Self::run(name, Some(home))
    }

    fn run(name: &str, home: Option<&Home>) -> Result<Self, Obstacle> {
        let image = std::env::var("MIGRATE_TEST_IMAGE")
            .ok()
            .filter(|image| !image.trim().is_empty())
            .unwrap_or_else(|| DEFAULT_IMAGE.to_owned());
        let password = random_hex(16)?;
        let mut request = request(&image, name, &password);
        if home.is_some() {
            request = request
                .with_mount(Mount::volume_mount(name, VOLUME))
                .with_env_var("PGDATA", format!("{VOLUME}/pgdata"));
        } else {
            request = request.with_cmd(
                ["postgres", "-c", "fsync=off", "-c", "synchronous_commit=off"]
                    .into_iter()
                    .chain(["-c", "full_page_writes=off", "-c", "max_connections=200"]),
            );
        }
        // The supervisor comes first: it also removes a container that the engine makes while we are killed.
        let mut supervisor = supervise(name, home)?;
        let refused = |error: testcontainers::TestcontainersError| {
            Obstacle::Docker(format!("image {image}: {}", reason(&error)))
        };
        let started = request.start();
        if let Some(supervisor) = &mut supervisor {
            supervisor.order(if started.is_ok() { "started" } else { "failed" })?;
        }
        let container = started.map_err(refused)?;
        let host = container.get_host().map_err(refused)?.to_string();
        // The port is the IPv4 one; on the other localhost it may be another container's.
        let host = if host == "localhost" { "127.0.0.1" } else { host.as_str() };
        let port = container.get_host_port_ipv4(5432.tcp()).map_err(refused)?;
        let url = format!("postgresql://postgres:{password}@{host}:{port}/postgres");
        wait(&container, &url)?;
        Ok(Self { _supervisor: supervisor, _container: container, url, image })
    }
}

fn request(image: &str, name: &str, password: &str) -> ContainerRequest<GenericImage> {
    // A colon may also belong to the port of a registry, and a digest has one, too.
    let (path, tag) = match image.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        _ => (image, "latest"),
    };
    GenericImage::new(path, tag)
        .with_exposed_port(5432.tcp())
        .with_container_name(name)
        .with_label("migrate-testkit.process", std::process::id().to_string())
        .with_shm_size(256 << 20)
        .with_env_var("POSTGRES_USER", "postgres")
        .with_env_var("POSTGRES_DB", "postgres")
        .with_env_var("POSTGRES_PASSWORD", password)
}

/// A supervisor, unless the user asked testcontainers to keep its containers.
fn supervise(name: &str, home: Option<&Home>) -> Result<Option<Supervisor>, Obstacle> {
    let keep = std::env::var("TESTCONTAINERS_COMMAND").is_ok_and(|command| command == "keep");
    // With kept data the container is nothing to look at afterwards, and its name is needed again.
    if keep && home.is_none() {
        return Ok(None);
    }
    let patience = if home.is_some() { "30" } else { "" };
    let lock = home.map(|home| &home.lock);
    Ok(Some(Supervisor::start(CONTAINER, [name, &engine(), patience], None, lock)?))
}

/// The engine that testcontainers chooses: the variable, or the first socket that exists. The command line tool may have
/// another one in mind.
fn engine() -> String {
    if let Ok(host) = std::env::var("DOCKER_HOST") {
        return host;
    }
    let below = |variable: &str, path: &str| {
        std::env::var_os(variable).map(|folder| PathBuf::from(folder).join(path))
    };
    let usual = PathBuf::from("/var/run/docker.sock");
    [
        Some(usual.clone()),
        below("XDG_RUNTIME_DIR", ".docker/run/docker.sock"),
        below("HOME", ".docker/run/docker.sock"),
        below("HOME", ".docker/desktop/docker.sock"),
    ]
    .into_iter()
    .flatten()
    .find(|socket| socket.exists())
    .map_or_else(
        || format!("unix://{}", usual.display()),
        |socket| format!("unix://{}", socket.display()),
    )
}

/// Waits for the server itself. Log lines would not do: an image prints other ones when it finds data in its volume.
fn wait(container: &Container<GenericImage>, url: &str) -> Result<(), Obstacle> {
    crate::connection::wait_for(url, Duration::from_secs(60), |error| {
        if error.code() == Some(&SqlState::INVALID_PASSWORD) {
            set_password(container);
        }
        let ended = !container.is_running().unwrap_or(false);
        ended.then(|| format!("the container has ended:\n{}", logs(container)))
    })
    .map(drop)
    .map_err(Obstacle::NoAnswer)
}

/// A kept volume has the password of an earlier run. Inside the container no password is needed.
fn set_password(container: &Container<GenericImage>) {
    let script = "echo \"ALTER ROLE postgres PASSWORD '$POSTGRES_PASSWORD'\" | psql -q -U postgres -d postgres";
    // When it fails the next attempt to connect fails, too, and says why.
    let _ = container.exec(ExecCommand::new(["sh", "-c", script]));
}

fn logs(container: &Container<GenericImage>) -> String {
    let bytes = container.stderr_to_vec().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.trim().lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}
