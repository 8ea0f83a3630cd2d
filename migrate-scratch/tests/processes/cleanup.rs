//! However a process ends, its server, its files and its containers vanish.

use std::path::{Path, PathBuf};

use crate::process::{Process, containers, eventually, is_running, run};

/// What a process owns, seen from outside.
enum Belongings {
    Postmaster { id: String, folder: PathBuf },
    Container { label: String },
}

impl Belongings {
    /// `None` on a server that is not the process's own.
    fn of(process: &Process) -> Option<Self> {
        match process.fact("backend") {
            "url" => None,
            "docker" => Some(Self::Container {
                label: format!("label=migrate-scratch.process={}", process.id()),
            }),
            _ => {
                let data = Path::new(process.fact("data"));
                let file = std::fs::read_to_string(data.join("postmaster.pid")).unwrap();
                let id = file.lines().next().unwrap().to_owned();
                Some(Self::Postmaster { id, folder: data.parent().unwrap().to_owned() })
            }
        }
    }

    /// Is any of it left?
    fn are_there(&self) -> bool {
        match self {
            Self::Postmaster { id, folder } => is_running(id) || folder.exists(),
            Self::Container { label } => !containers(&["ps", "-aq", "--filter", label]).is_empty(),
        }
    }

    fn are_complete(&self) -> bool {
        match self {
            Self::Postmaster { id, folder } => is_running(id) && folder.exists(),
            Self::Container { .. } => self.are_there(),
        }
    }
}

fn nothing_is_left_after(end: impl FnOnce(Process)) {
    let process = Process::shared(&[]);
    assert_eq!(process.fact("error"), "");
    let Some(belongings) = Belongings::of(&process) else { return };
    assert!(belongings.are_complete());
    end(process);
    eventually("the server and its files vanish", || !belongings.are_there());
}

#[test]
fn a_normal_end() {
    nothing_is_left_after(|process| assert!(process.end()));
}

#[test]
fn kill_9() {
    nothing_is_left_after(|mut process| process.kill("KILL", ""));
}

#[test]
fn a_request_to_terminate() {
    nothing_is_left_after(|mut process| process.kill("TERM", ""));
}

#[test]
fn ctrl_c_in_a_terminal() {
    nothing_is_left_after(|mut process| process.kill("INT", "-"));
}

#[test]
fn kill_9_of_the_whole_group() {
    nothing_is_left_after(|mut process| process.kill("KILL", "-"));
}

#[test]
fn kill_9_while_the_server_starts() {
    use std::process::{Command, Stdio};

    // No word from it: it is killed at some moment on the way.
    for wait in [50, 200, 400, 800] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child", "--exact", "--ignored"])
            .env(crate::TASK, "shared")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        let prefix = format!("migrate-test-{}-", child.id());
        eventually("the half-made server vanishes", || {
            let files = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
            let container = format!("name={prefix}");
            !files
                .map(|file| file.file_name())
                .any(|name| name.to_string_lossy().starts_with(&prefix))
                && !run("ps", &["-eo", "args"]).contains(&prefix)
                && !docker_has(&container)
        });
    }
}

fn docker_has(filter: &str) -> bool {
    std::env::var("PG_BACKEND").is_ok_and(|backend| backend == "docker")
        && !containers(&["ps", "-aq", "--filter", filter]).is_empty()
}
