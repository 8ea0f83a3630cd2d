//! Which of several servers will do: `target_session_attrs`, with libpq's meaning. Pure.

use tokio_postgres::SimpleQueryMessage;

use super::ConnectError;
use crate::syntax::suggest::did_you_mean;

/// What a server has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionAttributes {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    /// A standby, or else any.
    PreferStandby,
}

use SessionAttributes::*;

impl SessionAttributes {
    const ALL: [(&'static str, Self); 6] = [
        ("any", Any),
        ("read-write", ReadWrite),
        ("read-only", ReadOnly),
        ("primary", Primary),
        ("standby", Standby),
        ("prefer-standby", PreferStandby),
    ];

    pub(super) fn read(word: Option<&str>) -> Result<Self, ConnectError> {
        let Some(word) = word else { return Ok(Any) };
        let found = Self::ALL.into_iter().find(|(name, _)| *name == word);
        found.map(|(_, found)| found).ok_or_else(|| ConnectError::BadValue {
            parameter: "target_session_attrs",
            expected: "one of any, read-write, read-only, primary, standby and prefer-standby"
                .into(),
            suggestion: did_you_mean(word, Self::ALL.map(|(name, _)| name)),
        })
    }

    /// What is looked for among all the servers, one after the other.
    pub(super) fn passes(self) -> &'static [Self] {
        match self {
            Any => &[Any],
            ReadWrite => &[ReadWrite],
            ReadOnly => &[ReadOnly],
            Primary => &[Primary],
            Standby => &[Standby],
            PreferStandby => &[Standby, Any],
        }
    }

    /// What to ask a server; nothing if any will do.
    pub(super) fn question(self) -> Option<&'static str> {
        match self {
            Any | PreferStandby => None,
            ReadWrite | ReadOnly => Some("SHOW transaction_read_only"),
            Primary | Standby => {
                Some("SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'on' ELSE 'off' END")
            }
        }
    }

    /// Why a server with this answer will not do.
    pub(super) fn refuses(self, answer: &[SimpleQueryMessage]) -> Option<&'static str> {
        let is_on = answer.iter().any(
            |message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("on")),
        );
        match (self, is_on) {
            (ReadWrite, true) => Some("it is read-only"),
            (ReadOnly, false) => Some("it is not read-only"),
            (Primary, true) => Some("it is a standby"),
            (Standby, false) => Some("it is the primary"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        assert_eq!(SessionAttributes::read(None).ok(), Some(Any));
        for (word, expected) in SessionAttributes::ALL {
            assert_eq!(SessionAttributes::read(Some(word)).ok(), Some(expected));
        }
        let error = SessionAttributes::read(Some("prefer_standby")).err();
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("did you mean `prefer-standby`?"), "{error}");
    }

    #[test]
    fn only_prefer_standby_looks_twice_and_only_what_matters_is_asked() {
        for (word, attributes) in SessionAttributes::ALL {
            let passes = attributes.passes();
            assert_eq!(passes.len(), if word == "prefer-standby" { 2 } else { 1 });
            assert_eq!(passes[0].question().is_none(), word == "any");
        }
    }
}
