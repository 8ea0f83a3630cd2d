//! A problem of a chain with the places in the files that it refers to.

use crate::chain::problem::Problem;
use crate::syntax::explanation::Explanation;
use crate::syntax::source::{Source, Span, counted};

/// The largest number of places shown for one problem.
const MOST_SNIPPETS: usize = 20;

/// A position in one of the files, with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The index of the file.
    pub source: usize,
    /// The position in it. An empty span points between two characters.
    pub span: Span,
    /// The text at this position; may be empty.
    pub text: String,
}

/// A problem and the places that it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong.
    pub problem: Problem,
    /// The place to look at first, if the problem is in a file.
    pub primary: Option<Label>,
    /// Further places, such as where a name was first defined.
    pub related: Vec<Label>,
    /// Facts that have no position in a file.
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// A problem without a position in a file.
    pub fn new(problem: Problem) -> Self {
        Diagnostic { problem, primary: None, related: Vec::new(), notes: Vec::new() }
    }

    /// A problem at this position.
    pub fn at(problem: Problem, source: usize, span: Span, text: impl Into<String>) -> Self {
        let primary = Some(Label { source, span, text: text.into() });
        Diagnostic { primary, ..Diagnostic::new(problem) }
    }

    /// A problem with several places; the first one is the one to look at.
    pub(crate) fn across<T: Into<String>>(
        problem: Problem,
        places: impl IntoIterator<Item = (usize, Span, T)>,
    ) -> Self {
        let label =
            |(source, span, text): (usize, Span, T)| Label { source, span, text: text.into() };
        let mut labels = places.into_iter().map(label);
        let primary = labels.next();
        Diagnostic { primary, related: labels.collect(), ..Diagnostic::new(problem) }
    }

    /// Adds a further place.
    #[must_use]
    pub fn and(mut self, source: usize, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { source, span, text: text.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The problem as text: message, snippets, notes and help.
    pub fn render(&self, sources: &[Source<'_>]) -> String {
        self.explain(sources).to_string()
    }

    /// The same before it is rendered.
    pub fn explain<'a>(&'a self, sources: &'a [Source<'a>]) -> Explanation<'a> {
        let mut explanation = Explanation::new(self.problem.to_string());
        for label in self.primary.iter().chain(&self.related).take(MOST_SNIPPETS) {
            if let Some(source) = sources.get(label.source) {
                explanation = explanation.with_snippet(source, label.span, label.text.as_str());
            }
        }
        let more = (self.related.len() + 1).saturating_sub(MOST_SNIPPETS);
        let more = (more > 0).then(|| format!("and {}", counted(more, "more place")));
        let notes = more.into_iter().chain(self.notes.iter().cloned());
        notes.fold(explanation, Explanation::with_note).with_help(self.problem.help())
    }
}
