//! Models that a command prints.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::failure::{Failure, FailureKind};
use crate::interrupt;

/// How often it is looked whether the command has ended.
const PAUSE: Duration = Duration::from_millis(20);
/// So long it may take where there is no limit: for ever.
const NEVER: Duration = Duration::from_secs(u64::MAX / 4);

/// What a command prints. What it says on standard error goes to ours.
pub(super) fn output(
    command: &str,
    directory: Option<&Path>,
    limit: Option<Duration>,
) -> Result<String, Failure> {
    let began = Instant::now();
    let help = "run it by hand to see what is wrong; it has to print the SQL of the wanted schema";
    let failed = |why: String| {
        Failure::refused(
            FailureKind::Models,
            format!("the command for the models, `{command}`, {why}"),
            help,
        )
    };
    let mut child =
        start(command, directory).map_err(|error| failed(format!("can't be started: {error}")))?;
    let ended = Arc::new(AtomicBool::new(false));
    let (group, flag) = (child.id(), Arc::clone(&ended));
    interrupt::before_exit(move || {
        if !flag.load(Ordering::SeqCst) {
            kill(group);
        }
    });
    let printed = printed(&mut child);
    let left = || limit.map_or(NEVER, |limit| limit.saturating_sub(began.elapsed()));
    let bytes = printed.recv_timeout(left()).ok();
    let status = bytes.is_some().then(|| wait(&mut child, left)).flatten();
    ended.store(true, Ordering::SeqCst);
    let Some((bytes, status)) = bytes.zip(status) else {
        kill(group);
        let _ = child.kill().and_then(|()| child.wait());
        let seconds = limit.unwrap_or_default().as_secs_f64();
        let what = format!(
            "the command for the models, `{command}`, has not ended after {seconds}s, and was stopped"
        );
        let help = "allow it more time: `--models-timeout 30min`";
        return Err(Failure::refused(FailureKind::Models, what, help));
    };
    if !status.success() {
        return Err(failed(format!("failed: {status}")));
    }
    let text = String::from_utf8(bytes).map_err(|_| failed("prints what is not UTF-8".into()))?;
    if text.trim().is_empty() {
        return Err(failed("prints nothing".to_owned()));
    }
    Ok(text)
}

fn start(command: &str, directory: Option<&Path>) -> std::io::Result<Child> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut child = Command::new(shell);
    child.arg(flag).arg(command).stdin(Stdio::null()).stdout(Stdio::piped());
    if let Some(directory) = directory.filter(|it| !it.as_os_str().is_empty()) {
        child.current_dir(directory);
    }
    // A group of its own: what the command starts can be stopped with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut child, 0);
    child.spawn()
}

/// Reads in a thread, since nothing limits how long a read takes.
fn printed(child: &mut Child) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stdout) = stdout {
            // What can't be read is missing, and the command's exit code says why.
            let _ = stdout.read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    receiver
}

/// How it ended, if it does in time.
fn wait(child: &mut Child, left: impl Fn() -> Duration) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if !left().is_zero() => std::thread::sleep(PAUSE),
            _ => return None,
        }
    }
}

/// Ends a command with all that it has started.
fn kill(group: u32) {
    if cfg!(unix) {
        let line = format!("kill -s KILL -- -{group}");
        let _ = Command::new("sh").arg("-c").arg(line).stderr(Stdio::null()).status();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_prints() {
        let check = |command: &str, expected: Result<&str, &str>| {
            let found = output(command, None, Some(Duration::from_secs(20)));
            match (found.map_err(|error| error.to_string()), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{command}"),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
                (found, _) => panic!("{command}: {found:?}"),
            }
        };
        check("echo 'CREATE TABLE t ();'", Ok("CREATE TABLE t ();\n"));
        check("exit 3", Err("failed: exit status: 3"));
        check("true", Err("prints nothing"));
        check("printf '\\377'", Err("is not UTF-8"));
    }

    #[test]
    fn a_command_that_does_not_end_is_stopped_with_all_that_it_started() {
        let home = tempfile::TempDir::new().unwrap();
        let began = Instant::now();
        // The background process keeps the pipe open.
        let command = "sleep 77.125 & echo $! >pid; echo SELECT; wait";
        let error = output(command, Some(home.path()), Some(Duration::from_millis(300)));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("has not ended after 0.3s"), "{error}");
        assert!(began.elapsed() < Duration::from_secs(20));
        let pid = std::fs::read_to_string(home.path().join("pid")).unwrap();
        let path = format!("/proc/{}/stat", pid.trim());
        let is_alive = || {
            let stat = std::fs::read_to_string(&path).unwrap_or_default();
            stat.contains("(sleep)") && !stat.contains("(sleep) Z")
        };
        while is_alive() && began.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(PAUSE);
        }
        assert!(!is_alive(), "{pid} goes on");
    }
}
