//! The hazards of generated revisions, which a person should accept before such a revision is
//! deployed.

use std::fmt;

use crate::syntax::suggest::did_you_mean;

/// A hazard of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each hazard's `about`, below, says what it is")]
pub enum Hazard {
    DeletesData,
    LossyCast,
    MayBeRename,
    RewritesTable,
    BlocksWrites,
    MayFail,
}

impl Hazard {
    /// All hazards, the worst first.
    pub const ALL: [Hazard; 6] = [
        Hazard::DeletesData,
        Hazard::LossyCast,
        Hazard::MayBeRename,
        Hazard::RewritesTable,
        Hazard::BlocksWrites,
        Hazard::MayFail,
    ];

    /// A short, stable name: `deletes-data`.
    pub const fn code(self) -> &'static str {
        match self {
            Hazard::DeletesData => "deletes-data",
            Hazard::LossyCast => "lossy-cast",
            Hazard::MayBeRename => "may-be-rename",
            Hazard::RewritesTable => "rewrites-table",
            Hazard::BlocksWrites => "blocks-writes",
            Hazard::MayFail => "may-fail",
        }
    }

    /// A description in a few words.
    pub const fn about(self) -> &'static str {
        match self {
            Hazard::DeletesData => "a table, a column or a sequence is dropped with what is in it",
            Hazard::LossyCast => "the new type of a column can't hold all of a value",
            Hazard::MayBeRename => "a drop and an addition that may be a rename",
            Hazard::RewritesTable => "all rows of a table are rewritten while nobody can use it",
            Hazard::BlocksWrites => "nobody can write to a table while all of its rows are read",
            Hazard::MayFail => "the statement fails if the rows don't fit",
        }
    }

    /// Parses a list of codes; `all` and `none` must be the only item. The error contains the
    /// unknown name, and the code that was probably meant.
    ///
    /// ```
    /// use migrate_core::chain::Hazard;
    ///
    /// let names = ["deletes-data", "may-fail"];
    /// assert_eq!(Hazard::read_all(&names), Ok(vec![Hazard::DeletesData, Hazard::MayFail]));
    /// assert_eq!(Hazard::read_all(&["all"]).map(|all| all.len()), Ok(6));
    /// assert_eq!(Hazard::read_all(&["delete-data"]), Err(("delete-data".to_owned(), Some("deletes-data"))));
    /// ```
    ///
    /// # Errors
    ///
    /// If a name is unknown.
    pub fn read_all(
        names: &[impl AsRef<str>],
    ) -> Result<Vec<Self>, (String, Option<&'static str>)> {
        match names {
            [only] if only.as_ref() == "all" => return Ok(Self::ALL.to_vec()),
            [only] if only.as_ref() == "none" => return Ok(Vec::new()),
            _ => {}
        }
        let read = |name: &str| {
            let found = Self::ALL.into_iter().find(|it| it.code() == name);
            found.ok_or_else(|| (name.to_owned(), did_you_mean(name, Self::ALL.map(Self::code))))
        };
        names.iter().map(|name| read(name.as_ref())).collect()
    }
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
