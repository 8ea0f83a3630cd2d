//! Running the child, and looking at processes from outside.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{NAME, TASK};

/// A child that has told all it has to tell: it waits for our word, or has ended with an error.
pub(crate) struct Process {
    child: Child,
    words: BufReader<ChildStdout>,
    facts: BTreeMap<String, String>,
}

impl Process {
    /// Uses the server that the binary would share.
    pub(crate) fn shared(settings: &[(&str, &str)]) -> Self {
        Self::start("shared", settings)
    }

    /// Uses a persistent server of this name.
    pub(crate) fn persistent(name: &str) -> Self {
        Self::start("persistent", &[(NAME, name)])
    }

    fn start(task: &str, settings: &[(&str, &str)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child", "--exact", "--ignored", "--nocapture"])
            .env(TASK, task)
            .envs(settings.iter().copied())
            // So that a Ctrl-C can be sent to it and all that it started.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut facts = BTreeMap::new();
        let mut words = BufReader::new(child.stdout.take().unwrap());
        for line in words.by_ref().lines() {
            let line = line.unwrap();
            let Some((word, text)) = line.strip_prefix("child ").and_then(|l| l.split_once(' '))
            else {
                continue;
            };
            facts.insert(word.to_owned(), text.replace("\\n", "\n"));
            if word == "ready" || word == "error" {
                break;
            }
        }
        Self { child, words, facts }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it told about itself; empty when it did not.
    pub(crate) fn fact(&self, word: &str) -> &str {
        self.facts.get(word).map_or("", String::as_str)
    }

    /// Ends it by a signal to itself, or with a minus to all of its group.
    pub(crate) fn kill(&mut self, signal: &str, target: &str) {
        run("kill", &[&format!("-{signal}"), "--", &format!("{target}{}", self.id())]);
        self.child.wait().unwrap();
    }

    /// Lets it end by itself.
    pub(crate) fn end(mut self) -> bool {
        drop(self.child.stdin.take());
        self.words.read_to_end(&mut Vec::new()).unwrap();
        self.child.wait().unwrap().success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The output of a program; empty when it fails.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// What the program says that containers are started with.
pub(crate) fn containers(arguments: &[&str]) -> String {
    let docker = Command::new("docker").arg("version").output();
    let program = if docker.is_ok_and(|it| it.status.success()) { "docker" } else { "podman" };
    run(program, arguments)
}

/// Is the process there, and not only as an entry that its parent has not read yet?
pub(crate) fn is_running(id: &str) -> bool {
    let state = run("ps", &["-o", "stat=", "-p", id]);
    !state.is_empty() && !state.starts_with('Z')
}

/// Waits for something that happens soon.
pub(crate) fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !happened() {
        assert!(Instant::now() < deadline, "not within 30 s: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
