//! A folder that outlives the server, and who runs a server on it now.
//!
//! The lock belongs to an open file that the supervisor inherits, so it is free again exactly when the supervisor has
//! stopped the server: not when our process dies, which is a little earlier.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::Backend;
use crate::account::{Account, our_uid, temp_dir};
use crate::connection::connect;
use crate::obstacle::Obstacle;

/// How long to wait for another process that starts or stops the same server.
const CLAIM_TIMEOUT: Duration = Duration::from_secs(60);

/// The folder is ours until the lock is closed, here and in the supervisor.
pub(crate) struct Home {
    pub(crate) folder: PathBuf,
    pub(crate) lock: File,
    /// What tells others how to reach the server.
    pub(crate) note: PathBuf,
    /// A folder with a file for each of the others that use it.
    pub(crate) guests: PathBuf,
}

/// Our file among those of the guests: the server runs on while it is there and we live.
#[derive(Debug)]
pub(crate) struct Guest(PathBuf);

impl Guest {
    fn register(guests: &Path) -> Result<Self, Obstacle> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let nth = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = guests.join(format!("{}-{nth}", std::process::id()));
        write_private(&path, "").map_err(Obstacle::io("write", &path))?;
        Ok(Guest(path))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // If it can't be removed, it counts until our process has ended.
        let _ = fs::remove_file(&self.0);
    }
}

/// What the owner of a folder tells others. It is in a folder that only its user can read.
#[derive(Serialize, Deserialize)]
pub(crate) struct Running {
    pub(crate) url: String,
    pub(crate) process: u32,
    pub(crate) program: String,
}

/// Whose a folder is.
pub(crate) enum Claim {
    Ours(Home),
    Theirs(Running, Guest),
}

/// The name of everything that belongs to a persistent server: `demo` of user 1000 is `demo-1000`.
/// The user is the one whose the folder is, so that root's containers and the server that root starts
/// as another user don't meet in one.
pub(crate) fn full_name(name: &str, account: Option<&Account>) -> Result<String, Obstacle> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let good = name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(plain);
    if good {
        let uid = account.map_or_else(our_uid, |account| Ok(account.uid))?;
        Ok(format!("{name}-{uid}"))
    } else {
        let problem = "is no name for a server: use up to 40 letters, digits, - and _".to_owned();
        Err(Obstacle::Directory { path: name.into(), problem })
    }
}

/// Takes the folder, or finds the server that another process runs on it.
pub(crate) fn claim(
    name: &str,
    backend: Backend,
    account: Option<&Account>,
) -> Result<Claim, Obstacle> {
    let folder = temp_dir(account).join(full_name(name, account)?);
    make_private(&folder, account)?;
    let path = folder.join(format!("{backend}.lock"));
    let note = folder.join(format!("{backend}.json"));
    let guests = folder.join(format!("{backend}.guests"));
    make_private(&guests, account)?;
    let lock = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&path)
        .map_err(Obstacle::io("open", &path))?;
    let deadline = Instant::now() + CLAIM_TIMEOUT;
    loop {
        match lock.try_lock() {
            Ok(()) => {
                // What it says is about a server that is gone.
                let _ = fs::remove_file(&note);
                return Ok(Claim::Ours(Home { folder, lock, note, guests }));
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(Obstacle::io("lock", &path)(error)),
        }
        // First we count as a guest, and then the note must stay: else the server is about to stop.
        let guest = Guest::register(&guests)?;
        let running = read(&note).filter(|running| connect(&running.url).is_ok() && note.exists());
        if let Some(running) = running {
            return Ok(Claim::Theirs(running, guest));
        }
        drop(guest);
        if Instant::now() > deadline {
            let problem = "is locked by another process, but no server answers there".to_owned();
            return Err(Obstacle::Directory { path, problem });
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl Home {
    /// Tells other processes how to reach the server that now runs here.
    pub(crate) fn announce(&self, url: &str) -> Result<(), Obstacle> {
        let program = std::env::current_exe().ok();
        let program = program.as_deref().and_then(Path::file_name).unwrap_or_default();
        let running = Running {
            url: url.to_owned(),
            process: std::process::id(),
            program: program.to_string_lossy().into_owned(),
        };
        let text = serde_json::to_string(&running).unwrap_or_default();
        // A reader sees the whole note or none.
        let draft = self.note.with_extension("draft");
        write_private(&draft, &text)
            .and_then(|()| fs::rename(&draft, &self.note))
            .map_err(Obstacle::io("write", &self.note))
    }

    /// The text in a file of this folder; `make` gives it when there is none.
    pub(crate) fn remember(
        &self,
        file: &str,
        make: impl FnOnce() -> io::Result<String>,
    ) -> Result<String, Obstacle> {
        let path = self.folder.join(file);
        match fs::read_to_string(&path) {
            Ok(text) if !text.is_empty() => Ok(text),
            _ => make()
                .and_then(|text| write_private(&path, &text).map(|()| text))
                .map_err(Obstacle::io("write", &path)),
        }
    }
}

fn read(note: &Path) -> Option<Running> {
    serde_json::from_str(&fs::read_to_string(note).ok()?).ok()
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?
        .write_all(text.as_bytes())
}

/// Makes the folder, or checks that nobody else prepared it for us.
fn make_private(folder: &Path, account: Option<&Account>) -> Result<(), Obstacle> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {
            if let Some(account) = account {
                chown(folder, Some(account.uid), Some(account.gid))
                    .map_err(Obstacle::io("give away", folder))?;
            }
            return Ok(());
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(Obstacle::io("make", folder)(error)),
    }
    let owner = account.map_or_else(our_uid, |account| Ok(account.uid))?;
    let meta = fs::symlink_metadata(folder).map_err(Obstacle::io("look at", folder))?;
    let problem = if !meta.is_dir() {
        "is no directory".to_owned()
    } else if meta.uid() != owner {
        format!("belongs to user {}, not to user {owner}", meta.uid())
    } else if meta.mode() & 0o077 != 0 {
        format!("is open to other users (mode {:o}, not 700)", meta.mode() & 0o777)
    } else {
        return Ok(());
    };
    Err(Obstacle::Directory {
        path: folder.to_owned(),
        problem: format!("{problem}: remove it, or choose another name"),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn problem(folder: &Path) -> Option<String> {
        make_private(folder, None).err().map(|error| error.to_string())
    }

    #[test]
    fn names_stay_inside_the_temp_folder() {
        for bad in ["", "..", "a/b", "-rf", "a b", &"x".repeat(41)] {
            assert!(full_name(bad, None).is_err(), "{bad:?}");
        }
        assert!(full_name("demo", None).is_ok_and(|name| name.starts_with("demo-")));
        let account = Account { uid: 4_000_000, gid: 4_000_000 };
        assert_eq!(full_name("demo", Some(&account)).ok().as_deref(), Some("demo-4000000"));
    }

    #[test]
    fn a_folder_that_others_can_enter_is_refused() -> io::Result<()> {
        let base = tempfile::tempdir()?;
        let folder = base.path().join("data");
        assert_eq!(problem(&folder), None);
        assert_eq!(problem(&folder), None, "it is there already");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        let text = problem(&folder).unwrap_or_default();
        assert!(text.contains("is open to other users (mode 755, not 700)"), "{text}");
        Ok(())
    }

    #[test]
    fn a_link_is_no_folder() -> io::Result<()> {
        let base = tempfile::tempdir()?;
        let link = base.path().join("link");
        std::os::unix::fs::symlink(base.path(), &link)?;
        assert!(problem(&link).is_some_and(|text| text.contains("is no directory")));
        Ok(())
    }
}
