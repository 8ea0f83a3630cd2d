//! The user that PostgreSQL runs as: it refuses to run as root.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::connection::random_hex;
use crate::obstacle::Obstacle;

/// A user to switch to before PostgreSQL's programs are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// The unprivileged user to switch to, or `None` when we are one ourselves.
    pub(crate) fn to_switch_to() -> Result<Option<Self>, Obstacle> {
        if our_uid()? != 0 {
            return Ok(None);
        }
        let passwd = Path::new("/etc/passwd");
        let text = fs::read_to_string(passwd).map_err(Obstacle::io("read", passwd))?;
        Self::find(&text).map(Some).ok_or(Obstacle::NoAccount)
    }

    fn find(passwd: &str) -> Option<Self> {
        ["postgres", "_postgres", "nobody"].iter().find_map(|wanted| {
            let mut fields = passwd
                .lines()
                .map(|line| line.split(':'))
                .find(|f| f.clone().next() == Some(wanted))?;
            let (uid, gid) = (fields.nth(2)?, fields.next()?);
            Some(Self { uid: id(uid)?, gid: id(gid)? }).filter(|account| account.uid != 0)
        })
    }

    /// May this user reach what lies in `path`?
    fn reaches(&self, path: &Path) -> bool {
        path.ancestors().all(|folder| {
            fs::metadata(folder).is_ok_and(|meta| {
                let mode = meta.mode();
                let bit = if meta.uid() == self.uid {
                    0o100
                } else if meta.gid() == self.gid {
                    0o010
                } else {
                    0o001
                };
                mode & bit != 0
            })
        })
    }
}

/// Ids may be negative on macOS, where nobody is -2.
fn id(text: &str) -> Option<u32> {
    let number: i64 = text.parse().ok()?;
    u32::try_from(number).ok().or_else(|| Some(i32::try_from(number).ok()?.cast_unsigned()))
}

/// The user we run as: the owner of a file we make.
pub(crate) fn our_uid() -> Result<u32, Obstacle> {
    let folder = std::env::temp_dir();
    let probe = || -> io::Result<u32> {
        let path = folder.join(format!("migrate-probe-{}", random_hex(8)?));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        fs::remove_file(&path)?;
        Ok(file.metadata()?.uid())
    };
    probe().map_err(Obstacle::io("create a file in", &folder))
}

/// Can the user that PostgreSQL will run as read and enter `folder`?
pub(crate) fn may_use(account: Option<&Account>, folder: &Path) -> bool {
    account.is_none_or(|account| account.reaches(folder))
}

/// The folder for temporary files: `TMPDIR` unless PostgreSQL's user can't write there.
pub(crate) fn temp_dir(account: Option<&Account>) -> PathBuf {
    let usual = std::env::temp_dir();
    let writable = || fs::metadata(&usual).is_ok_and(|meta| meta.permissions().mode() & 0o002 != 0);
    match account {
        Some(account) if !(account.reaches(&usual) && writable()) => PathBuf::from("/tmp"),
        _ => usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_comes_before_nobody() {
        let passwd =
            "root:x:0:0::/:/bin/sh\nnobody:x:65534:65533::/:/x\npostgres:x:26:27:a b:/:/x\n";
        assert_eq!(Account::find(passwd), Some(Account { uid: 26, gid: 27 }));
    }

    #[test]
    fn nobody_may_be_negative_and_postgres_may_be_missing() {
        let passwd = "# macOS\nnobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false\n";
        assert_eq!(Account::find(passwd), Some(Account { uid: u32::MAX - 1, gid: u32::MAX - 1 }));
        assert_eq!(Account::find("root:x:0:0::/:/bin/sh\n"), None);
    }

    #[test]
    fn a_private_folder_can_t_be_reached_by_another_user() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700))?;
        let stranger = Account { uid: 4_000_000, gid: 4_000_000 };
        assert!(!stranger.reaches(folder.path()));
        assert!(stranger.reaches(Path::new("/")));
        Ok(())
    }
}
