//! Reads a connection string, in both its forms. Pure.
//!
//! No error repeats a part of the string that could belong to the password: a password with an
//! unescaped `@`, `/` or blank in it spills into what follows.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::{ConnectError, parameters};
use crate::syntax::suggest::did_you_mean;

/// What a connection string says: the last value for each parameter. An empty one is none.
#[derive(Clone, Default)]
pub(super) struct Settings {
    values: BTreeMap<&'static str, String>,
    /// Apart from the others, and in no `Debug`.
    secrets: BTreeMap<&'static str, Vec<u8>>,
    /// What was passed over.
    pub(super) notes: Vec<String>,
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

    /// Whether it says something about this parameter, secret or not.
    pub(super) fn has(&self, parameter: &str) -> bool {
        self.values.contains_key(parameter) || self.secrets.contains_key(parameter)
    }

    /// What no output may show.
    pub(super) fn secret(&self, parameter: &str) -> Option<&[u8]> {
        self.secrets.get(parameter).map(Vec::as_slice)
    }

    /// The value of a parameter, secret or not, for the environment of a program.
    pub(super) fn for_environment(&self, parameter: &str) -> Option<OsString> {
        let secret = self.secret(parameter).and_then(|value| os_text(value.to_vec()));
        secret.or_else(|| self.get(parameter).map(OsString::from))
    }

    /// Forgets a parameter; what it said.
    pub(super) fn take(&mut self, parameter: &str) -> Option<String> {
        self.values.remove(parameter)
    }

    /// Says what it does not say yet.
    pub(super) fn fill(&mut self, parameter: &str, value: String) -> Result<(), ConnectError> {
        self.set(parameter, value.into_bytes(), true)
    }

    /// Every parameter that is no secret.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.values.iter().map(|(parameter, value)| (*parameter, value.as_str()))
    }

    /// `shown` says whether the name of an unknown parameter may be repeated.
    fn set(&mut self, name: &str, value: Vec<u8>, shown: bool) -> Result<(), ConnectError> {
        let Some(parameter) = parameters::find(name) else {
            return self.set_otherwise(name, value, shown);
        };
        let name = parameter.name;
        if value.contains(&0) {
            return Err(bad(name, "has a NUL byte"));
        }
        if parameter.secret {
            self.secrets.remove(name);
            self.secrets.extend((!value.is_empty()).then_some((name, value)));
        } else {
            self.values.remove(name);
            let value = text(name, value)?;
            self.values.extend((!value.is_empty()).then_some((name, value)));
        }
        Ok(())
    }

    /// What is no parameter of its own, but another way to write one.
    fn set_otherwise(
        &mut self,
        name: &str,
        value: Vec<u8>,
        shown: bool,
    ) -> Result<(), ConnectError> {
        // sqlx: `options[search_path]=a` for `options=-c search_path=a`.
        let option = name.strip_prefix("options[").and_then(|rest| rest.strip_suffix(']'));
        if let Some(option) = option {
            let value = text("options", value)?.replace('\\', "\\\\").replace(' ', "\\ ");
            let before = self.get("options").map(|before| format!("{before} ")).unwrap_or_default();
            return self.set("options", format!("{before}-c {option}={value}").into(), shown);
        }
        match (name, value.first()) {
            // The old name of libpq's, and JDBC's.
            ("requiressl", Some(b'1')) => self.set("sslmode", "require".into(), shown),
            ("requiressl", _) => self.set("sslmode", "prefer".into(), shown),
            ("ssl", _) if value == b"true" => self.set("sslmode", "require".into(), shown),
            _ => match parameters::foreign(name) {
                Some(note) => {
                    self.notes.push(note);
                    Ok(())
                }
                None => {
                    let name = shown.then(|| name.to_owned());
                    let names = parameters::names();
                    let suggestion = name.as_deref().and_then(|name| did_you_mean(name, names));
                    Err(ConnectError::UnknownParameter { name, suggestion })
                }
            },
        }
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
            let shown = self.secrets.is_empty();
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
mod tests;
