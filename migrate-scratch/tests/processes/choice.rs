//! Which backend serves, and what is said when none does.

use std::time::{Duration, Instant};

use crate::process::Process;

/// A machine with nothing to offer.
const NOTHING: [(&str, &str); 5] = [
    ("PG_BACKEND", ""),
    ("DATABASE_URL", ""),
    ("DOCKER_HOST", "unix:///nonexistent/docker.sock"),
    ("PG_BIN_DIR", "/nonexistent"),
    ("PG_DOWNLOAD", "0"),
];

fn error(settings: &[(&str, &str)]) -> String {
    let process = Process::shared(&[&NOTHING, settings].concat());
    assert_eq!(process.fact("server"), "");
    process.fact("error").to_owned()
}

#[test]
fn nothing_at_all_is_explained_line_by_line_and_at_once() {
    let start = Instant::now();
    let text = error(&[]);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    for part in [
        "no PostgreSQL; any one of these gives one:",
        "\n  url: set DATABASE_URL",
        "now: DATABASE_URL is not set",
        "\n  docker: start a Docker engine or install Podman",
        "\n  local: install PostgreSQL",
        "PG_BIN_DIR: /nonexistent: no postgres",
        "\n  download: allow one download",
        "now: PG_DOWNLOAD=0 forbids it",
    ] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
}

#[test]
fn a_forced_backend_is_the_only_one_tried() {
    let text = error(&[("PG_BACKEND", "local")]);
    assert!(text.starts_with("no PostgreSQL, and PG_BACKEND allows only this way"), "{text}");
    assert!(!text.contains("docker:"), "{text}");
}

#[test]
fn an_engine_that_does_not_answer_is_named_and_not_replaced() {
    let text = error(&[("PG_BACKEND", "docker")]);
    let why = text.split("now: ").nth(1).unwrap_or_default();
    assert!(why.starts_with("docker: "), "{text}");
    assert!(!why.contains("podman"), "{text}");
}

#[test]
fn an_unknown_backend_is_an_error() {
    let text = error(&[("PG_BACKEND", "podman")]);
    assert_eq!(text, "PG_BACKEND is \"podman\": use one of url, docker, local, download");
}

#[test]
fn a_database_url_that_does_not_answer_is_never_replaced_by_another() {
    // The port of no service; the other backends are as the machine has them.
    let settings =
        [("PG_BACKEND", ""), ("DATABASE_URL", "postgresql://someone:s3cret@127.0.0.1:1/db")];
    let process = Process::shared(&settings);
    let text = process.fact("error");
    assert!(text.contains("DATABASE_URL is set, but 127.0.0.1:1 can't be used"), "{text}");
    assert!(!text.contains("local:") && !text.contains("s3cret"), "{text}");
}

#[test]
fn a_database_url_that_is_none_is_an_error_without_the_secret() {
    let text = error(&[("DATABASE_URL", "postgresql://someone:s3cret@host:port/db")]);
    assert!(text.contains("it can't be read as a connection string"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
}
