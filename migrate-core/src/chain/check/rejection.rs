//! The error that contains all problems of a folder.

use std::fmt;

use crate::chain::diagnostic::Diagnostic;
use crate::syntax::explanation::Explanation;
use crate::syntax::source::{Source, counted};

/// Why a folder is not a chain: all problems, and the files that they refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The problems; never empty.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that the diagnostics refer to.
    pub sources: Vec<Source<'static>>,
}

/// The largest number of problems shown. Anyone with more will fix them in several rounds.
const MOST_SHOWN: usize = 100;

impl Rejection {
    /// Each problem as text. If there are more than a hundred, the first hundred and the number of
    /// the others.
    pub fn messages(&self) -> impl Iterator<Item = String> + '_ {
        self.explain().map(|explanation| explanation.to_string())
    }

    /// The same before they are rendered.
    pub fn explain(&self) -> impl Iterator<Item = Explanation<'_>> {
        let shown = self.diagnostics.iter().take(MOST_SHOWN);
        let more = self.diagnostics.len().saturating_sub(MOST_SHOWN);
        let more = (more > 0).then(|| format!("and {}", counted(more, "more problem")));
        shown.map(|diagnostic| diagnostic.explain(&self.sources)).chain(more.map(Explanation::new))
    }

    /// Adds the problems of another rejection.
    #[must_use]
    pub fn and(mut self, other: Rejection) -> Self {
        let before = self.sources.len();
        self.sources.extend(other.sources);
        self.diagnostics.extend(other.diagnostics.into_iter().map(|mut found| {
            for label in found.primary.iter_mut().chain(&mut found.related) {
                label.source += before;
            }
            found
        }));
        self
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, message) in self.messages().enumerate() {
            let separator = if nth == 0 { "" } else { "\n\n" };
            write!(f, "{separator}{message}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Rejection {}
