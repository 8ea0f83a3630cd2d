//! The user's file with passwords, `~/.pgpass`, as PostgreSQL's own clients read it. Pure.

/// Where a server has its socket unless it was told another folder: packages for Linux, and
/// PostgreSQL as it is.
pub(super) const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// What became of the file.
pub(super) enum PasswordFile {
    /// There is none.
    Missing,
    /// There is one, and it is not read, for this reason.
    Ignored(String),
    /// What it says.
    Text(String),
}

/// A line of the file: which sessions it is for, and their password. Never shown.
#[derive(Clone)]
pub(super) struct PasswordLine {
    /// Host, port, database and user; `None` stands for any.
    fields: [Option<String>; 4],
    password: String,
}

/// A session that needs a password.
pub(super) struct Session<'a> {
    /// The host's name, its address, or the folder of the socket.
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

/// The lines of a file; a line that is no `host:port:database:user:password` is skipped.
pub(super) fn read(text: &str) -> Vec<PasswordLine> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line_of(line.trim_end_matches('\r'))).collect()
}

/// The password for a session: the first line that fits decides, also when its password is empty.
pub(super) fn find<'l>(lines: &'l [PasswordLine], session: &Session<'_>) -> Option<&'l str> {
    let line = lines.iter().find(|line| line.fits(session))?;
    Some(line.password.as_str()).filter(|password| !password.is_empty())
}

impl PasswordLine {
    fn fits(&self, session: &Session<'_>) -> bool {
        let [host, port, database, user] = &self.fields;
        let is = |field: &Option<String>, value: &str| {
            field.as_deref().is_none_or(|field| field == value)
        };
        let local = is_default_socket(session.host) && is(host, "localhost");
        (local || is(host, session.host))
            && is(port, &session.port.to_string())
            && is(database, session.database)
            && is(user, session.user)
    }
}

/// Whether this is a folder in which servers have their sockets by default.
fn is_default_socket(host: &str) -> bool {
    SOCKET_FOLDERS.contains(&host.trim_end_matches('/'))
}

fn line_of(line: &str) -> Option<PasswordLine> {
    let mut rest = line;
    let mut next = || {
        let (field, after) = split(rest);
        rest = after?;
        Some((field != "*").then(|| plain(field)))
    };
    let fields = [next()?, next()?, next()?, next()?];
    // A further colon ends the password, as it does for psql.
    let password = plain(split(rest).0);
    Some(PasswordLine { fields, password })
}

/// The text before the first colon without a backslash, and what follows the colon.
fn split(text: &str) -> (&str, Option<&str>) {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ':' => return (&text[..at], Some(&text[at + 1..])),
            _ => {}
        }
    }
    (text, None)
}

/// Without the backslashes that protect what follows them.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, session: (&str, u16, &str, &str), expected: Option<&str>) {
        let (host, port, database, user) = session;
        let lines = read(file);
        let found = find(&lines, &Session { host, port, database, user });
        assert_eq!(found, expected, "{file:?} for {session:?}");
    }

    #[test]
    fn the_first_line_that_fits_counts() {
        let session = ("h", 5432, "d", "u");
        check("h:5432:d:u:p", session, Some("p"));
        check("h:5432:d:v:p\nh:5432:d:u:q\nh:5432:d:u:r", session, Some("q"));
        check("*:*:*:*:any\nh:5432:d:u:p", session, Some("any"));
        check("h:5432:d:u:\n*:*:*:*:any", session, None);
        check("i:5432:d:u:p", session, None);
        check("h:5433:d:u:p", session, None);
        check("h:5432:e:u:p", session, None);
        check("", session, None);
    }

    #[test]
    fn what_is_no_line_is_skipped() {
        let session = ("h", 5432, "d", "u");
        check("# h:5432:d:u:p\n#*:*:*:*:q\n\nh:5432\nh:5432:d:u:r\r\n", session, Some("r"));
        check("h:5432:d:u", session, None);
        check(" h:5432:d:u:p", session, None);
    }

    #[test]
    fn backslashes_protect_what_follows() {
        check("h\\:1:1:a\\\\b:\\u:p\\:q\\\\r", ("h:1", 1, "a\\b", "u"), Some("p:q\\r"));
        check("\\*:1:d:u:p", ("h", 1, "d", "u"), None);
        check("\\*:1:d:u:p", ("*", 1, "d", "u"), Some("p"));
        check("h:1:d:u:p:q", ("h", 1, "d", "u"), Some("p"));
        check("h:1:d:u:p q\\", ("h", 1, "d", "u"), Some("p q\\"));
    }

    #[test]
    fn a_default_socket_is_localhost() {
        let line = "localhost:5432:d:u:p";
        check(line, ("/var/run/postgresql", 5432, "d", "u"), Some("p"));
        check(line, ("/tmp", 5432, "d", "u"), Some("p"));
        check(line, ("localhost", 5432, "d", "u"), Some("p"));
        check(line, ("/srv/pg", 5432, "d", "u"), None);
        check(line, ("127.0.0.1", 5432, "d", "u"), None);
        check("/srv/pg:5432:d:u:p", ("/srv/pg", 5432, "d", "u"), Some("p"));
    }
}
