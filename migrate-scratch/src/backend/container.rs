//! A server in a container, which the program `docker` or `podman` starts.

use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use postgres::error::SqlState;

use crate::connection::{random_hex, wait_for};
use crate::obstacle::Obstacle;
use crate::persistent::Home;
use crate::supervisor::{CONTAINER, Supervisor};

/// The image used unless `MIGRATE_TEST_IMAGE` names another. Podman asks for the registry where a name lacks it.
const DEFAULT_IMAGE: &str = "docker.io/pgvector/pgvector:pg17";
/// Where a kept volume is mounted: no image has anything there, so no version's own idea of PGDATA matters.
const VOLUME: &str = "/migrate-data";
/// How long an engine may take to say its version.
const ENGINE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the server in the container may take to answer.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A container of ours. Dropping it removes the container.
pub(crate) struct Container {
    _supervisor: Supervisor,
    pub(crate) url: String,
    pub(crate) image: String,
    pub(crate) engine: Engine,
}

impl Container {
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
        let engine = Engine::find()?;
        let image = setting("MIGRATE_TEST_IMAGE").unwrap_or_else(|| DEFAULT_IMAGE.to_owned());
        let endpoint = engine.endpoint();
        let inside = Path::new("/.dockerenv").exists() || Path::new("/run/.containerenv").exists();
        let place = PublishedPort::of(&endpoint, inside);

        let shutdown_timeout = if home.is_some() { "30" } else { "" };
        let mut arguments: Vec<String> =
            [engine.program(), name, shutdown_timeout].map(str::to_owned).into();
        arguments.extend(run_arguments(name, &image, &place, home.is_some()));
        let mut supervisor = Supervisor::start(CONTAINER, arguments, None, home)?;
        let password = random_hex(16)?;
        let said = supervisor.ask(&format!("run {password}"))?;
        if said != "ok" {
            return Err(Obstacle::Container(format!("image {image}: {}", said.trim())));
        }
        let urls = engine.urls(name, &place, &password).map_err(Obstacle::Container)?;
        let url = engine.wait(name, &urls).map_err(Obstacle::NoAnswer)?;
        Ok(Self { _supervisor: supervisor, url, image, engine })
    }
}

/// A program that runs containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Docker,
    Podman,
}

impl Engine {
    /// The first engine that answers, or why none does.
    fn find() -> Result<Self, Obstacle> {
        // Whoever sets the variable means that engine: another in its place would hide the mistake.
        let docker_only = setting("DOCKER_HOST").is_some();
        let engines: &[Self] =
            if docker_only { &[Self::Docker] } else { &[Self::Docker, Self::Podman] };
        let mut refused = Vec::new();
        for engine in engines {
            match engine.version() {
                Ok(_) => return Ok(*engine),
                Err(why) => refused.push(format!("{}: {why}", engine.program())),
            }
        }
        Err(Obstacle::Container(refused.join("; ")))
    }

    fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }

    /// The name of the product.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Docker => "Docker",
            Self::Podman => "Podman",
        }
    }

    /// Asks the engine itself: the program may be there without one.
    fn version(self) -> Result<String, String> {
        let arguments = match self {
            Self::Docker => ["version", "--format", "{{.Server.Version}}"],
            Self::Podman => ["info", "--format", "{{.Version.Version}}"],
        };
        said(output_within(self.command(&arguments), ENGINE_TIMEOUT))
    }

    /// Where the engine is, as a URL; empty when it is on this machine in a way that has none.
    fn endpoint(self) -> String {
        match self {
            Self::Docker => setting("DOCKER_HOST").unwrap_or_else(|| {
                let format = "{{.Endpoints.docker.Host}}";
                self.say(&["context", "inspect", "--format", format]).unwrap_or_default()
            }),
            Self::Podman => setting("CONTAINER_HOST").unwrap_or_default(),
        }
    }

    /// The connection strings that may reach the server, the best first.
    fn urls(
        self,
        name: &str,
        place: &PublishedPort,
        password: &str,
    ) -> Result<Vec<String>, String> {
        let text = self.say(&["port", name, "5432/tcp"])?;
        let port = published_port(&text)
            .ok_or_else(|| format!("`{} port` names no port: {text:?}", self.program()))?;
        let mut hosts = vec![place.host.clone()];
        if place.inside {
            let format = "{{range .NetworkSettings.Networks}}{{.Gateway}} {{end}}";
            let gateways = self.say(&["inspect", "--format", format, name]).unwrap_or_default();
            hosts.extend(gateways.split_whitespace().map(str::to_owned));
        }
        let url = |host| format!("postgresql://postgres:{password}@{host}:{port}/postgres");
        Ok(hosts.into_iter().map(url).collect())
    }

    /// Waits for the server itself. Log lines would not do: an image prints other ones when it finds data in its volume.
    fn wait(self, name: &str, urls: &[String]) -> Result<String, String> {
        // A look at the container is a process, so there are few of them.
        let mut next_look = Instant::now() + Duration::from_secs(1);
        wait_for(urls, START_TIMEOUT, |error| {
            if error.code() == Some(&SqlState::INVALID_PASSWORD) {
                self.set_password(name);
            }
            if Instant::now() < next_look {
                return None;
            }
            next_look = Instant::now() + Duration::from_secs(1);
            let running = self.say(&["inspect", "--format", "{{.State.Running}}", name]);
            let ended = running.is_ok_and(|running| running == "false");
            ended.then(|| format!("the container has ended:\n{}", self.logs(name)))
        })
    }

    /// A kept volume has the password of an earlier run. Inside the container no password is needed.
    fn set_password(self, name: &str) {
        let script = "echo \"ALTER ROLE postgres PASSWORD '$POSTGRES_PASSWORD'\" | psql -q -U postgres -d postgres";
        // When it fails, the next attempt to connect fails, too, and says why.
        let _ = self.say(&["exec", name, "sh", "-c", script]);
    }

    /// The last lines that the container wrote, to either stream.
    fn logs(self, name: &str) -> String {
        let mut command = self.command(&["logs", "--tail", "15", name]);
        let output = command.output().map(|output| [output.stdout, output.stderr].concat());
        String::from_utf8_lossy(&output.unwrap_or_default()).trim().to_owned()
    }

    fn command(self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program());
        command.args(arguments).stdin(Stdio::null());
        command
    }

    /// What the program writes to its standard output, or why it failed.
    fn say(self, arguments: &[&str]) -> Result<String, String> {
        said(self.command(arguments).output())
    }
}

/// Where the published port of a container can be reached from here.
#[derive(Debug, PartialEq, Eq)]
struct PublishedPort {
    host: String,
    /// We are inside a container, and the new one may be our neighbour: then its port is on the gateway.
    inside: bool,
    /// Is the engine on another machine?
    remote: bool,
}

impl PublishedPort {
    /// `endpoint` is the URL of the engine.
    fn of(endpoint: &str, inside: bool) -> Self {
        let host = host(endpoint).filter(|host| !["localhost", "127.0.0.1"].contains(host));
        // Not the name: the port is the IPv4 one, and on the other localhost it may be somebody else's.
        let here = host.unwrap_or("127.0.0.1").to_owned();
        Self { host: here, inside: inside && host.is_none(), remote: host.is_some() }
    }

    /// The argument of `--publish`. Nobody else can reach the port unless it has to be that way.
    fn publish(&self) -> &'static str {
        if self.remote || self.inside { "5432" } else { "127.0.0.1::5432" }
    }
}

/// The host in a URL of an engine, if it is not on a socket file.
fn host(endpoint: &str) -> Option<&str> {
    let (scheme, rest) = endpoint.trim().split_once("://")?;
    let authority = rest.split('/').next().unwrap_or(rest);
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let end =
        if place.starts_with('[') { place.find(']').map(|at| at + 1) } else { place.find(':') };
    let host = &place[..end.unwrap_or(place.len())];
    (["tcp", "http", "https", "ssh"].contains(&scheme) && !host.is_empty()).then_some(host)
}

/// The arguments of `run`, with the image and its own.
fn run_arguments(name: &str, image: &str, place: &PublishedPort, kept: bool) -> Vec<String> {
    let mut arguments: Vec<String> = Vec::new();
    let mut add = |words: &[&str]| arguments.extend(words.iter().map(|&word| word.to_owned()));
    add(&["--detach", "--name", name, "--shm-size", "256m", "--publish", place.publish()]);
    add(&["--label", &format!("migrate-scratch.process={}", std::process::id())]);
    // The password is in the environment of the program.
    add(&["--env", "POSTGRES_USER=postgres", "--env", "POSTGRES_DB=postgres"]);
    add(&["--env", "POSTGRES_PASSWORD"]);
    if kept {
        add(&[
            "--volume",
            &format!("{name}:{VOLUME}"),
            "--env",
            &format!("PGDATA={VOLUME}/pgdata"),
        ]);
        add(&[image]);
    } else {
        add(&[image, "postgres", "-c", "fsync=off", "-c", "synchronous_commit=off"]);
        add(&["-c", "full_page_writes=off", "-c", "max_connections=200"]);
    }
    arguments
}

/// The port in the lines of `docker port`, the IPv4 one where there are two.
fn published_port(text: &str) -> Option<u16> {
    let lines = || text.lines().map(str::trim);
    let ipv4 = lines().find(|line| !line.starts_with('['));
    ipv4.or_else(|| lines().next())?.rsplit_once(':')?.1.parse().ok()
}

/// An environment variable that is set to something.
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn said(output: io::Result<Output>) -> Result<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match output {
        Ok(output) if output.status.success() => Ok(text(&output.stdout)),
        Ok(output) => Err(text(&output.stderr)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err("there is no such program".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Ends a program that takes longer. What it writes must fit into a pipe.
fn output_within(mut command: Command, time: Duration) -> io::Result<Output> {
    let deadline = Instant::now() + time;
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    while child.try_wait()?.is_none() {
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::other(format!("no answer within {} s", time.as_secs())));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_ipv4_is_taken() {
        let check = |text: &str, expected| assert_eq!(published_port(text), expected, "{text:?}");
        check("127.0.0.1:49153\n", Some(49153));
        check("0.0.0.0:49153\n[::]:49154\n", Some(49153));
        check("[::]:49154\n0.0.0.0:49153\n", Some(49153));
        check("[::]:49154\n", Some(49154));
        check("", None);
        check("Error: no public port", None);
    }

    #[test]
    fn a_port_is_reached_where_the_engine_is() {
        let check = |endpoint: &str, inside, host: &str, publish: &str| {
            let place = PublishedPort::of(endpoint, inside);
            assert_eq!((place.host.as_str(), place.publish()), (host, publish), "{endpoint}");
        };
        let mine = "127.0.0.1::5432";
        check("unix:///var/run/docker.sock", false, "127.0.0.1", mine);
        check("", false, "127.0.0.1", mine);
        check("tcp://localhost:2375", false, "127.0.0.1", mine);
        check("tcp://docker:2376", false, "docker", "5432");
        check("tcp://docker:2376", true, "docker", "5432");
        check("ssh://me@build.example:22/run/podman.sock", false, "build.example", "5432");
        check("tcp://[fd00::1]:2375", false, "[fd00::1]", "5432");
        check("npipe:////./pipe/docker_engine", false, "127.0.0.1", mine);
        // The engine's 127.0.0.1 is not ours there.
        check("unix:///var/run/docker.sock", true, "127.0.0.1", "5432");
    }

    #[test]
    fn the_password_is_no_argument_and_kept_data_is_not_at_risk() {
        let place = PublishedPort::of("", false);
        let kept = run_arguments("demo-1", "image:tag", &place, true).join(" ");
        assert!(kept.contains("--env POSTGRES_PASSWORD --volume demo-1:/migrate-data"), "{kept}");
        assert!(kept.ends_with("--env PGDATA=/migrate-data/pgdata image:tag"), "{kept}");
        let fast = run_arguments("x", "image:tag", &place, false).join(" ");
        assert!(fast.contains(" image:tag postgres -c fsync=off "), "{fast}");
        assert!(!kept.contains("fsync=off"), "{kept}");
    }

    #[test]
    fn a_program_that_does_not_answer_is_given_up() {
        let mut slow = Command::new("sleep");
        slow.arg("60");
        let start = Instant::now();
        let answer = said(output_within(slow, Duration::from_millis(100)));
        assert_eq!(answer, Err("no answer within 0 s".to_owned()));
        assert!(start.elapsed() < Duration::from_secs(30));
        let missing = said(Command::new("/nonexistent/docker").output());
        assert_eq!(missing, Err("there is no such program".to_owned()));
    }
}
