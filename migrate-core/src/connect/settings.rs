//! Reads a connection string, in both its forms. Pure.
//!
//! No error repeats a part of the string that could belong to the password: a password with an
//! unescaped `@`, `/` or blank in it spills into what follows.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::ConnectError;
use crate::id::did_you_mean;

/// Every parameter that is understood.
const KNOWN: [&str; 20] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "load_balance_hosts",
    "options",
    "password",
    "port",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// What a connection string says: the last value for each parameter. An empty one is none.
#[derive(Clone, Default)]
pub(super) struct Settings {
    values: BTreeMap<&'static str, String>,
    /// Apart from the others, and in no `Debug`.
    pub(super) password: Option<Vec<u8>>,
}

impl Settings {
    pub(super) fn read(text: &str) -> Result<Self, ConnectError> {
        let mut settings = Settings::default();
        let url =
            ["postgres://", "postgresql://"].iter().find_map(|prefix| text.strip_prefix(prefix));
        match url {
            Some(rest) => settings.read_url(rest)?,
            None if is_other_url(text) => {
                return Err(bad("scheme", "is neither `postgres://` nor `postgresql://`"));
            }
            None if has_no_scheme(text) => {
                return Err(bad("scheme", "is missing: a URL begins with `postgres://`"));
            }
            None => settings.read_pairs(text)?,
        }
        Ok(settings)
    }

    pub(super) fn get(&self, parameter: &str) -> Option<&str> {
        self.values.get(parameter).map(String::as_str)
    }

    /// Whether it says something about this parameter, be it the password.
    pub(super) fn has(&self, parameter: &str) -> bool {
        match parameter {
            "password" => self.password.is_some(),
            _ => self.values.contains_key(parameter),
        }
    }

    /// The value of a parameter, be it the password.
    pub(super) fn get_secret(&self, parameter: &str) -> Option<OsString> {
        match parameter {
            "password" => self.password.clone().and_then(os_text),
            _ => self.get(parameter).map(OsString::from),
        }
    }

    /// Says what it does not say yet.
    pub(super) fn fill(&mut self, parameter: &str, value: String) -> Result<(), ConnectError> {
        self.set(parameter, value.into_bytes(), true)
    }

    /// Every parameter but the password.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.values.iter().map(|(parameter, value)| (*parameter, value.as_str()))
    }

    /// `shown` says whether the name of an unknown parameter may be repeated.
    fn set(&mut self, name: &str, value: Vec<u8>, shown: bool) -> Result<(), ConnectError> {
        let Some(parameter) = KNOWN.into_iter().find(|known| *known == name) else {
            let name = shown.then(|| name.to_owned());
            let meant = name.as_deref().and_then(|name| did_you_mean(name, KNOWN));
            return Err(ConnectError::UnknownParameter { name, meant });
        };
        if value.contains(&0) {
            return Err(bad(parameter, "has a NUL byte"));
        }
        if parameter == "password" {
            self.password = Some(value).filter(|value| !value.is_empty());
            return Ok(());
        }
        let value = text(parameter, value)?;
        if value.is_empty() {
            self.values.remove(parameter);
        } else {
            self.values.insert(parameter, value);
        }
        Ok(())
    }

    /// `user:password@host:port,host:port/dbname?parameter=value&…`, behind the scheme.
    fn read_url(&mut self, rest: &str) -> Result<(), ConnectError> {
        let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        // The last one: a password may hold another, and a host can't.
        let (account, hosts) = match authority.rsplit_once('@') {
            Some((account, hosts)) => (account, hosts),
            None if path.contains('@') => {
                return Err(bad("password", "or the database's name has a `/` or an `@` in it"));
            }
            None => ("", authority),
        };
        let (user, password) = account.split_once(':').unwrap_or((account, ""));
        self.set("user", decoded(user), true)?;
        self.set("password", decoded(password), true)?;
        self.read_hosts(hosts)?;
        self.set("dbname", decoded(path.strip_prefix('/').unwrap_or(path)), true)?;
        let shown = !tail.contains('@');
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let Some((name, value)) = pair.split_once('=') else {
                return Err(bad("query", "has a parameter without a `=`"));
            };
            let name = text("query", decoded(name))?;
            self.set(&name, decoded(value), shown)?;
        }
        Ok(())
    }

    fn read_hosts(&mut self, list: &str) -> Result<(), ConnectError> {
        let (mut hosts, mut ports) = (Vec::new(), Vec::new());
        for place in list.split(',') {
            let (host, port) = match place.strip_prefix('[') {
                Some(rest) => match rest.split_once(']') {
                    Some((host, "")) => (host, ""),
                    Some((host, rest)) if rest.starts_with(':') => (host, &rest[1..]),
                    _ => {
                        return Err(bad(
                            "host",
                            "has a `[` without its `]`, or something behind it",
                        ));
                    }
                },
                None => place.split_once(':').unwrap_or((place, "")),
            };
            if port.contains(':') {
                return Err(bad("host", "has two `:`; an IPv6 address goes in brackets"));
            }
            hosts.push(text("host", decoded(host))?);
            ports.push(text("port", decoded(port))?);
        }
        self.set("host", hosts.join(",").into_bytes(), true)?;
        if ports.iter().any(|port| !port.is_empty()) {
            self.set("port", ports.join(",").into_bytes(), true)?;
        }
        Ok(())
    }

    /// `parameter=value parameter='a value'`, with backslashes before quotes and backslashes.
    fn read_pairs(&mut self, text: &str) -> Result<(), ConnectError> {
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let Some((name, value)) = rest.split_once('=') else { return Err(no_equals_sign()) };
            let name = name.trim_end();
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(no_equals_sign());
            }
            let shown = self.password.is_none();
            let (value, after) = value_of(value.trim_start())?;
            self.set(name, value.into_bytes(), shown)?;
            rest = after.trim_start();
        }
        Ok(())
    }
}

/// The value that a text begins with, and what follows.
fn value_of(text: &str) -> Result<(String, &str), ConnectError> {
    let (quoted, text) = match text.strip_prefix('\'') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            '\'' if quoted => return Ok((value, &text[at + 1..])),
            c if !quoted && c.is_whitespace() => return Ok((value, &text[at..])),
            c => value.push(c),
        }
    }
    if quoted { Err(bad("value", "in quotes is never closed")) } else { Ok((value, "")) }
}

fn is_other_url(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}

/// Whether it looks like a URL that only lacks its beginning, or has a blank or a quote before it. No parameter has such a
/// name; this one may have the password in it.
fn has_no_scheme(text: &str) -> bool {
    let name = text.split(['=', ' ']).find(|part| !part.is_empty()).unwrap_or_default();
    name.contains([':', '/', '@'])
}

/// Without the `%XX`. As other drivers for Rust do, and unlike libpq, a `%` that is none stays.
fn decoded(text: &str) -> Vec<u8> {
    let hex = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match after {
            [high, low, ..] if *first == b'%' => hex(high).zip(hex(low)),
            _ => None,
        };
        decoded.push(escaped.map_or(*first, |(high, low)| high << 4 | low));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    decoded
}

fn text(part: &'static str, bytes: Vec<u8>) -> Result<String, ConnectError> {
    String::from_utf8(bytes).map_err(|_| bad(part, "is not UTF-8"))
}

/// For the environment of a program.
#[cfg(unix)]
fn os_text(bytes: Vec<u8>) -> Option<OsString> {
    Some(std::os::unix::ffi::OsStringExt::from_vec(bytes))
}

#[cfg(not(unix))]
fn os_text(bytes: Vec<u8>) -> Option<OsString> {
    String::from_utf8(bytes).ok().map(OsString::from)
}

fn no_equals_sign() -> ConnectError {
    bad("parameter", "has no `=`, or a value with blanks has no quotes")
}

fn bad(part: &'static str, why: &'static str) -> ConnectError {
    ConnectError::BadUrl { part, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was read, or why not.
    fn read(text: &str) -> String {
        match Settings::read(text) {
            Ok(settings) => {
                let password = settings.password.as_deref().map(String::from_utf8_lossy);
                let password = password.map(|password| format!("password={password}"));
                let others = settings.iter().map(|(name, value)| format!("{name}={value}"));
                others.chain(password).collect::<Vec<_>>().join(" ")
            }
            Err(error) => format!("{error:?}"),
        }
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(read(text), expected, "{text}");
    }

    #[test]
    fn urls() {
        check("postgres://", "");
        check("postgres://h", "host=h");
        check("postgresql://u@h:1/d", "dbname=d host=h port=1 user=u");
        check(
            "postgres://u:p@h/d?sslmode=verify-full",
            "dbname=d host=h sslmode=verify-full user=u password=p",
        );
        check("postgres://u:@h", "host=h user=u");
        check("postgres://:p@h", "host=h password=p");
        check("postgres://h?dbname=d", "dbname=d host=h");
        check("postgres:///d?host=/run/pg&port=6", "dbname=d host=/run/pg port=6");
        check("postgres://%2Frun%2Fpg:6/d", "dbname=d host=/run/pg port=6");
        check("postgres://[::1]:6/d", "dbname=d host=::1 port=6");
        check("postgres://[::1]", "host=::1");
        check("postgres://a:1,b,[::1]:3/d", "dbname=d host=a,b,::1 port=1,,3");
        check(
            "postgres://h/d?&application_name=a%20b+c&",
            "application_name=a b+c dbname=d host=h",
        );
    }

    #[test]
    fn a_url_is_decoded_and_its_password_may_hold_what_it_likes() {
        check("postgres://a%40b:p%2Fq%3a@h/%C3%A9", "dbname=é host=h user=a@b password=p/q:");
        check("postgres://u:p@ss:w@h", "host=h user=u password=p@ss:w");
        check("postgres://u:100%@h", "host=h user=u password=100%");
        check("postgres://u:%zz%4@h", "host=h user=u password=%zz%4");
        check("postgres://h?user=a@b", "host=h user=a@b");
        let latin1 =
            Settings::read("postgres://u:%E9@h").ok().and_then(|settings| settings.password);
        assert_eq!(latin1, Some(vec![0xE9]));
    }

    #[test]
    fn pairs() {
        check("", "");
        check("  host=h  user = u ", "host=h user=u");
        check("host=h password='a b\\'c\\\\d' port=1", "host=h port=1 password=a b'c\\d");
        check("host=h password=a\\ b", "host=h password=a b");
        check("options='-c search_path=a' host=''", "options=-c search_path=a");
        check("host=h password=", "host=h");
        check("sslrootcert=/a/b.crt sslmode=verify-ca", "sslmode=verify-ca sslrootcert=/a/b.crt");
    }

    #[test]
    fn the_last_value_wins() {
        check("host=a dbname=b host=c", "dbname=b host=c");
        check("host=a host=''", "");
        check("postgres://a:1/d?host=b&port=2&dbname=e", "dbname=e host=b port=2");
        check("postgres://u:p@a?password=q&user=v", "host=a user=v password=q");
        check("sslmode=disable sslmode=require", "sslmode=require");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let part = |part: &str| format!("BadUrl {{ part: {part:?}");
        let check = |text: &str, expected: &str| {
            let found = read(text);
            assert!(found.starts_with(expected), "{text}: {found}");
        };
        check("mysql://u:p@h/d", &part("scheme"));
        for text in [
            "localhost/d",
            "localhost:5432",
            "app:secret@host/db",
            "app:secret@host/db?sslmode=require",
            "app:sec=ret@host/db",
            "//app:secret@host/db",
            "jdbc:postgresql://h/d?user=u",
            " postgres://app:secret@host/db",
            "\"postgres://app:secret@host/db\"",
        ] {
            check(text, &part("scheme"));
            assert!(!read(text).contains("secret"), "{text}");
        }
        check("host", &part("parameter"));
        check("host h=1", &part("parameter"));
        check("=h", &part("parameter"));
        check("host='h", &part("value"));
        check("postgres://[::1/d", &part("host"));
        check("postgres://[::1]6/d", &part("host"));
        check("postgres://::1/d", &part("host"));
        check("postgres://%FF/d", &part("host"));
        check("postgres://h?sslmode", &part("query"));
        check("postgres://h/%00", &part("dbname"));
        check("postgres://u:12/34@h/d", &part("password"));
        let unknown = |name: &str, meant: &str| {
            format!("UnknownParameter {{ name: Some({name:?}), meant: {meant} }}")
        };
        check("postgres://h?ssl-mode=require", &unknown("ssl-mode", "Some(\"sslmode\")"));
        check("host=h schema=s", &unknown("schema", "None"));
    }
}
