//! Revision ids: which texts are valid.

use std::borrow::Cow;
use std::fmt;

/// The maximum length of an id, in characters. Alembic's column holds 32, which users exceeded.
pub const MAX_ID_LENGTH: usize = 128;

/// Words for a position in any chain, which therefore cannot be the id of a revision.
const RESERVED: [&str; 4] = ["base", "current", "head", "heads"];

/// The id of a revision, such as `001` or `20251217_indexes`.
///
/// ```
/// use migrate_core::RevisionId;
///
/// assert_eq!(RevisionId::new("20251217_indexes")?.as_str(), "20251217_indexes");
/// assert!(RevisionId::new("two words").is_err());
/// # Ok::<(), migrate_core::chain::BadId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevisionId<'a>(Cow<'a, str>);

impl<'a> RevisionId<'a> {
    /// Checks that `id` is a valid revision id.
    ///
    /// # Errors
    ///
    /// If it is empty, too long, one of Alembic's words for a position in the chain (`head`,
    /// `base`, …), or contains a character other than letters, digits, `_`, `.` and `-`.
    pub fn new(id: impl Into<Cow<'a, str>>) -> Result<Self, BadId> {
        let id = id.into();
        match why_bad(&id) {
            None => Ok(RevisionId(id)),
            Some(why) => Err(why),
        }
    }

    /// An id that `embed_migrations!()` has checked.
    pub(crate) const fn embedded(id: &'a str) -> Self {
        RevisionId(Cow::Borrowed(id))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same id, owning its text.
    pub fn into_owned(self) -> RevisionId<'static> {
        RevisionId(Cow::Owned(self.0.into_owned()))
    }
}

impl fmt::Display for RevisionId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Why a text is not a valid revision id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadId {
    /// It is empty.
    Empty,
    /// It is longer than [`MAX_ID_LENGTH`].
    TooLong,
    /// It is a word for a position in any chain.
    Reserved,
    /// It does not start with a letter or a digit.
    Start(char),
    /// It contains a character that is not allowed.
    Character(char),
}

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadId::Empty => write!(f, "it is empty"),
            BadId::TooLong => write!(f, "it is longer than {MAX_ID_LENGTH} characters"),
            BadId::Reserved => write!(f, "this word means a place in every chain"),
            BadId::Start(c) => write!(f, "it begins with {c:?}"),
            BadId::Character(c) => write!(f, "it contains {c:?}"),
        }
    }
}

impl std::error::Error for BadId {}

fn why_bad(id: &str) -> Option<BadId> {
    let first = match id.chars().next() {
        None => return Some(BadId::Empty),
        Some(first) => first,
    };
    if !first.is_ascii_alphanumeric() {
        return Some(BadId::Start(first));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if let Some(c) = id.chars().find(|c| !allowed(*c)) {
        return Some(BadId::Character(c));
    }
    if id.len() > MAX_ID_LENGTH {
        return Some(BadId::TooLong);
    }
    RESERVED.contains(&id.to_ascii_lowercase().as_str()).then_some(BadId::Reserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        let check = |id: &str, why: Option<BadId>| assert_eq!(why_bad(id), why, "{id:?}");
        check("001", None);
        check("91fd970f8f07", None);
        check("20251218_stripe_connect", None);
        check("v1.2-rc.1", None);
        check(&"a".repeat(128), None);
        check("", Some(BadId::Empty));
        check(&"a".repeat(129), Some(BadId::TooLong));
        check("_a", Some(BadId::Start('_')));
        check("-1", Some(BadId::Start('-')));
        check("é", Some(BadId::Start('é')));
        check("a b", Some(BadId::Character(' ')));
        check("a'b", Some(BadId::Character('\'')));
        check("a+1", Some(BadId::Character('+')));
        check("head", Some(BadId::Reserved));
        check("Base", Some(BadId::Reserved));
    }
}
