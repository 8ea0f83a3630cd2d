//! Parses targets in Alembic's syntax: `head`, `base`, `+1`, `-1`, `REV`, `REV+1`, a prefix.

use std::fmt;
use std::str::FromStr;

use crate::chain::chain::{Chain, Migration};
use crate::plan::plan_error::PlanError;
use crate::syntax::suggest::did_you_mean;

/// The target of an upgrade or a downgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The last revision of the chain.
    Head,
    /// The state before the first revision.
    Base,
    /// A number of revisions ahead of the database's current one; behind it if negative.
    Relative(i64),
    /// A revision by its id or a prefix, or a number of revisions ahead of that.
    Revision {
        /// The id or its prefix.
        id: String,
        /// The number of revisions ahead of it; behind it if negative.
        offset: i64,
    },
}

impl Target {
    /// The revision with this id.
    pub fn revision(id: impl Into<String>) -> Self {
        Target::Revision { id: id.into(), offset: 0 }
    }

    /// The target's revision in a chain, counted from the base if it is relative; `None` for the
    /// base.
    ///
    /// # Errors
    ///
    /// If the chain contains no such revision.
    pub fn find<'c>(
        &self,
        chain: &'c Chain<'static>,
    ) -> Result<Option<&'c Migration<'static>>, PlanError> {
        let out = || PlanError::OutOfChain { target: self.to_string() };
        let at = match self {
            Target::Head => Some(chain.len() - 1),
            Target::Base | Target::Relative(0) => None,
            Target::Relative(offset) => {
                let count = usize::try_from(*offset).map_err(|_| out())?;
                Some(count - 1)
            }
            Target::Revision { id, offset } => find_from(chain, id, *offset)?,
        };
        at.map(|at| chain.migrations().get(at).ok_or_else(out)).transpose()
    }
}

impl FromStr for Target {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        let bad = || BadTarget { text: text.to_owned() };
        match text {
            "head" | "heads" => return Ok(Target::Head),
            "base" => return Ok(Target::Base),
            "" => return Err(bad()),
            _ => {}
        }
        let (id, offset) = match text.rfind(['+', '-']) {
            // A hyphen may be part of the id. It is an offset only if just digits follow it.
            Some(at) if is_number(&text[at + 1..]) => text.split_at(at),
            Some(_) | None => (text, ""),
        };
        let offset = match offset {
            "" => 0,
            offset => offset.parse().map_err(|_| bad())?,
        };
        if id.is_empty() {
            return Ok(Target::Relative(offset));
        }
        if id.starts_with(['+', '-']) || id.contains(char::is_whitespace) {
            return Err(bad());
        }
        Ok(Target::Revision { id: id.to_owned(), offset })
    }
}

/// Whether this is a number as people write one. `01` more likely is the end of a date.
fn is_number(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits && (text == "0" || !text.starts_with('0'))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Head => write!(f, "head"),
            Target::Base => write!(f, "base"),
            Target::Relative(offset) => write!(f, "{offset:+}"),
            // `head+0` and `a+5-0` name a revision whose id alone would be read as something else.
            Target::Revision { id, offset: 0 } if id.parse().as_ref() == Ok(self) => {
                write!(f, "{id}")
            }
            Target::Revision { id, offset } => write!(f, "{id}{offset:+}"),
        }
    }
}

/// The error for a text that is not a valid target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadTarget {
    /// The text.
    pub text: String,
}

impl fmt::Display for BadTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        write!(f, "`{text}` is no target: write head, base, a revision, +1 or -1, or REVISION+1")
    }
}

impl std::error::Error for BadTarget {}

/// The index in the chain of a revision named by its id or a prefix.
pub(crate) fn find(chain: &Chain<'_>, id: &str) -> Result<usize, PlanError> {
    if let Some(at) = chain.position(id) {
        return Ok(at);
    }
    // As in `head-1`.
    if id == "head" {
        return Ok(chain.len() - 1);
    }
    let ids = || chain.migrations().iter().map(|migration| migration.id.as_str());
    let candidates: Vec<(usize, &str)> =
        ids().enumerate().filter(|(_, candidate)| candidate.starts_with(id)).collect();
    match candidates.as_slice() {
        [(at, _)] => Ok(*at),
        [] => Err(PlanError::UnknownRevision {
            id: id.to_owned(),
            suggestion: did_you_mean(id, ids()).map(str::to_owned),
        }),
        several => Err(PlanError::AmbiguousRevision {
            prefix: id.to_owned(),
            candidates: several.iter().map(|(_, id)| (*id).to_owned()).collect(),
        }),
    }
}

/// The same with an offset. `None` is the base before the first revision.
pub(crate) fn find_from(
    chain: &Chain<'_>,
    id: &str,
    offset: i64,
) -> Result<Option<usize>, PlanError> {
    let target = Target::Revision { id: id.to_owned(), offset }.to_string();
    // The id may end like an offset: `2025-12`.
    if let Some(at) = chain.position(&target) {
        return Ok(Some(at));
    }
    let at = find(chain, id)?;
    let wanted = i64::try_from(at).unwrap_or(i64::MAX).saturating_add(offset);
    match usize::try_from(wanted) {
        Ok(at) if at < chain.len() => Ok(Some(at)),
        Err(_) if wanted == -1 => Ok(None),
        _ => Err(PlanError::OutOfChain { target }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_found_in_a_chain() {
        let chain = crate::plan::samples::chain("001 002:001 003:002");
        let check = |text: &str, expected: Result<Option<&str>, &str>| {
            let found = text.parse::<Target>().map(|target| match target.find(&chain) {
                Ok(migration) => Ok(migration.map(|migration| migration.id.to_string())),
                Err(why) => Err(why.to_string()),
            });
            let expected = expected.map(|id| id.map(str::to_owned)).map_err(str::to_owned);
            assert_eq!(found, Ok(expected), "{text}");
        };
        check("head", Ok(Some("003")));
        check("head-1", Ok(Some("002")));
        check("base", Ok(None));
        check("+1", Ok(Some("001")));
        check("+0", Ok(None));
        check("-1", Err("`-1` goes beyond the chain"));
        check("+4", Err("`+4` goes beyond the chain"));
        check("001+1", Ok(Some("002")));
        check("001-1", Ok(None));
        check("003+1", Err("`003+1` goes beyond the chain"));
        check("004", Err("the chain has no revision `004`"));
        check("00", Err("`00` may mean `001`, `002` and `003`"));
    }

    #[test]
    fn targets_are_read_and_written() {
        let check = |text: &str, expected: Option<Target>| {
            let read = text.parse::<Target>().ok();
            assert_eq!(read, expected, "{text}");
            if let Some(target) = read {
                assert_eq!(target.to_string().parse(), Ok(target), "{text}");
            }
        };
        let revision = |id: &str, offset| Some(Target::Revision { id: id.into(), offset });
        check("head", Some(Target::Head));
        check("heads", Some(Target::Head));
        check("base", Some(Target::Base));
        check("+2", Some(Target::Relative(2)));
        check("-1", Some(Target::Relative(-1)));
        check("001", revision("001", 0));
        check("001+1", revision("001", 1));
        check("20251217_indexes-2", revision("20251217_indexes", -2));
        check("v1.0-rc", revision("v1.0-rc", 0));
        check("2025-12-01", revision("2025-12-01", 0));
        check("2025-12-10", revision("2025-12", -10));
        check("0+5-0", revision("0+5", 0));
        check("head+0", revision("head", 0));
        check("-0", Some(Target::Relative(0)));
        check("", None);
        check("+", None);
        check("+x", None);
        check("-01", None);
        check("--1", None);
        check("a b", None);
        check("+99999999999999999999", None);
    }
}
