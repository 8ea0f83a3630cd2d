//! What the name of another tool's file says: a version, words, perhaps a date.

use std::cmp::Ordering;

/// A migration's name, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// The version as the tool's table in the database has it.
    pub(crate) version: String,
    /// The version as the file's name has it.
    pub(crate) written: String,
    /// What follows it, as it is written.
    pub(crate) words: String,
}

impl Named {
    /// A name whose version is a number: as the database has it, without leading zeros.
    pub(crate) fn numbered(written: &str, words: &str) -> Option<Self> {
        let number: u64 = written.parse().ok().filter(|_| is_digits(written))?;
        Some(Named { version: number.to_string(), written: written.into(), words: words.into() })
    }

    /// A name whose version the database has as it is written.
    pub(super) fn versioned(written: &str, words: &str) -> Self {
        Named { version: written.into(), written: written.into(), words: words.into() }
    }

    /// Which comes first: by number, those without one last; or as texts are sorted where the tool does that.
    pub(super) fn order(&self, other: &Named, as_text: bool) -> Ordering {
        match (self.numbers(), other.numbers()) {
            _ if as_text => self.version.cmp(&other.version),
            (Some(a), Some(b)) => a.cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => self.version.cmp(&other.version),
        }
    }

    /// The numbers in a version such as `1.10`; zeros at its end say nothing.
    fn numbers(&self) -> Option<Vec<u128>> {
        let numbers = self.version.split('.').map(|part| part.parse().ok());
        let mut numbers = numbers.collect::<Option<Vec<u128>>>()?;
        while numbers.last() == Some(&0) {
            numbers.pop();
        }
        Some(numbers)
    }

    /// The words for people.
    pub(super) fn message(&self) -> String {
        let words: Vec<&str> = self
            .words
            .split(|c: char| c == '_' || c.is_whitespace())
            .filter(|w| !w.is_empty())
            .collect();
        if words.is_empty() { format!("Revision {}", self.version) } else { words.join(" ") }
    }

    /// The name of a file.
    pub(super) fn stem(&self) -> String {
        let tame = |c: char| if c.is_alphanumeric() || "-.".contains(c) { c } else { '_' };
        let words: String = self.words.chars().map(tame).collect();
        let words = words.trim_matches(['_', '.', '-']);
        match words {
            "" => format!("{}_revision", self.written),
            words => format!("{}_{words}", self.written),
        }
    }
}

/// Whether all of it are digits, and there are some.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The last part of a path, and whether it is the only one.
pub(crate) fn file_name(path: &str) -> (&str, bool) {
    path.rsplit_once('/').map_or((path, true), |(_, name)| (name, false))
}

/// The day in a version that is a time, such as `20251217101112`.
pub(super) fn created(version: &str) -> Option<String> {
    let is_time = is_digits(version) && matches!(version.len(), 8 | 12 | 14);
    let (year, month, day) = (version.get(..4)?, version.get(4..6)?, version.get(6..8)?);
    let within = |text: &str, low: u32, high: u32| {
        text.parse().is_ok_and(|number: u32| (low..=high).contains(&number))
    };
    let is_day = within(year, 1990, 2100) && within(month, 1, 12) && within(day, 1, 31);
    (is_time && is_day).then(|| format!("{year}-{month}-{day}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_ids_messages_and_files() {
        let check = |written: &str, words: &str, expected: Option<(&str, &str, &str)>| {
            let named = Named::numbered(written, words);
            let found = named.map(|named| (named.version.clone(), named.message(), named.stem()));
            let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
            assert_eq!(found, expected, "{written} {words}");
        };
        check("0001", "create_users", Some(("1", "create users", "0001_create_users")));
        check("1", "a b/c'd", Some(("1", "a b/c'd", "1_a_b_c_d")));
        check("1", "", Some(("1", "Revision 1", "1_revision")));
        check("1", "../x", Some(("1", "../x", "1_x")));
        check("", "x", None);
        check("-1", "x", None);
        check("+1", "x", None);
        check("99999999999999999999", "x", None);
        check(
            "9999999999999999999",
            "x",
            Some(("9999999999999999999", "x", "9999999999999999999_x")),
        );
    }

    #[test]
    fn a_version_may_be_a_time() {
        let check = |version: &str, expected: Option<&str>| {
            assert_eq!(created(version).as_deref(), expected, "{version}");
        };
        check("20251217101112", Some("2025-12-17"));
        check("202512171011", Some("2025-12-17"));
        check("20251217", Some("2025-12-17"));
        check("20251317101112", None);
        check("00000000000000", None);
        check("1700000000", None);
        check("1", None);
        check("2025é217", None);
    }
}
