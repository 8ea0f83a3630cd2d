//! What a server or a connection said when it refused, as plain data.

use std::error::Error;
use std::fmt;

use crate::syntax::source::printable;

/// The SQLSTATEs with which a server ends a session: what has done that, and what to do about it.
const ENDINGS: [(&str, &str); 7] = [
    (
        "25P03",
        "idle_in_transaction_session_timeout has ended the session: raise it for the role that migrates \
         (`ALTER ROLE … SET idle_in_transaction_session_timeout = …`)",
    ),
    (
        "25P04",
        "transaction_timeout has ended the session: raise it for the role that migrates \
         (`ALTER ROLE … SET transaction_timeout = …`), or split the revision",
    ),
    ("57P01", "somebody has ended the session (`pg_terminate_backend`), or the server was stopped"),
    (
        "57P02",
        "the server has ended all sessions, since one of its processes crashed: its log says more",
    ),
    ("57P03", "the server is starting, stopping or recovering: wait until it is up"),
    ("57P04", "the database was dropped"),
    (
        "57P05",
        "idle_session_timeout has ended the session while it waited: raise it for the role that migrates \
         (`ALTER ROLE … SET idle_session_timeout = …`)",
    ),
];

/// A refusal of the server, or a lost connection.
#[derive(Debug)]
pub struct Failure {
    /// The SQLSTATE, if it was the server that refused.
    pub code: Option<String>,
    /// The server's message, or the driver's.
    pub message: String,
    /// The server's detail.
    pub detail: Option<String>,
    /// The server's hint.
    pub hint: Option<String>,
    /// Where in the message sent, in characters from 1.
    pub position: Option<usize>,
    /// The driver's error.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// Whether the server refused with this SQLSTATE.
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Whether it was the connection that ended, or the server.
    pub(crate) fn is_lost(&self) -> bool {
        let ends = |code: &str| code.starts_with("08") || code.starts_with("57P");
        self.code.as_deref().is_none_or(ends) || self.ended_by().is_some()
    }

    /// What has ended the session, and what to do about that, where the server has said so.
    pub(crate) fn ended_by(&self) -> Option<&'static str> {
        let (_, cause) = ENDINGS.iter().find(|(code, _)| self.is(code))?;
        Some(cause)
    }

    /// The character that the database's encoding does not have, where the server says that it is one: it names the
    /// bytes, in whatever language.
    pub(crate) fn untranslatable(&self) -> Option<char> {
        if !self.is("22P05") {
            return None;
        }
        let words = self.message.split_whitespace();
        let bytes: Vec<u8> = words
            .skip_while(|word| !word.starts_with("0x"))
            .map_while(|word| u8::from_str_radix(word.strip_prefix("0x")?, 16).ok())
            .collect();
        std::str::from_utf8(&bytes).ok()?.chars().next()
    }

    pub(crate) fn is_any(&self, codes: &[&str]) -> bool {
        codes.iter().any(|code| self.is(code))
    }

    /// The server's detail and hint, as notes.
    pub(crate) fn notes(&self) -> Vec<String> {
        let detail = self.detail.iter().map(|detail| format!("detail: {detail}"));
        detail.chain(self.hint.iter().map(|hint| format!("hint: {hint}"))).collect()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.message))?;
        if let Some(code) = &self.code {
            write!(f, " (SQLSTATE {code})")?;
        }
        for note in self.notes() {
            write!(f, "; {}", printable(&note))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_the_session_is_known_by_its_code() {
        let check = |code: Option<&str>, is_lost: bool, expected: Option<&str>| {
            let failure = Failure {
                code: code.map(str::to_owned),
                message: String::new(),
                detail: None,
                hint: None,
                position: None,
                source: None,
            };
            assert_eq!(failure.is_lost(), is_lost, "{code:?}");
            match expected {
                Some(word) => {
                    assert!(failure.ended_by().is_some_and(|it| it.contains(word)), "{code:?}");
                }
                None => assert_eq!(failure.ended_by(), None, "{code:?}"),
            }
        };
        check(None, true, None);
        check(Some("08006"), true, None);
        check(Some("25P03"), true, Some("idle_in_transaction_session_timeout"));
        check(Some("25P04"), true, Some("SET transaction_timeout"));
        check(Some("57P01"), true, Some("pg_terminate_backend"));
        check(Some("57P05"), true, Some("idle_session_timeout"));
        // Only a statement was cancelled.
        check(Some("57014"), false, None);
        check(Some("25P02"), false, None);
    }

    #[test]
    fn a_character_that_an_encoding_lacks_is_named_by_its_bytes() {
        let check = |code: &str, message: &str, expected: Option<char>| {
            let failure = Failure {
                code: Some(code.into()),
                message: message.into(),
                detail: None,
                hint: None,
                position: None,
                source: None,
            };
            assert_eq!(failure.untranslatable(), expected, "{message}");
        };
        let english = "character with byte sequence 0xe2 0x82 0xac in encoding \"UTF8\" has no equivalent in encoding \"LATIN1\"";
        check("22P05", english, Some('€'));
        check(
            "22P05",
            "Zeichen mit Byte-Folge 0xc4 0x80 in Kodierung »UTF8« hat keine Entsprechung",
            Some('Ā'),
        );
        check("22P05", "no bytes", None);
        check("22P05", "0xff", None);
        check("22P05", "0xe2 0x82 0xzz", None);
        check("22021", english, None);
    }
}
