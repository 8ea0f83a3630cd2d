//! What a server or a connection said when it refused, as plain data.

use std::error::Error;
use std::fmt;

use crate::text::printable;

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
        self.code.as_deref().is_none_or(ends)
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
