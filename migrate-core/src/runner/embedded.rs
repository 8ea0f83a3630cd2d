//! A chain that is a type: what `embed_migrations!()` implements, and the proof of being at head.

use std::fmt;
use std::marker::PhantomData;

use crate::chain::chain::Chain;
use crate::plan::target::Target;
use crate::runner::report::Report;

/// The revisions of one embedded chain, as a type; `embed_migrations!()` implements it for the
/// `Revision` that it makes.
pub trait Embedded: Copy + fmt::Debug + 'static {
    /// The chain.
    fn chain() -> &'static Chain<'static>;

    /// The id of this revision.
    fn id(self) -> &'static str;
}

/// What a runner of the chain `R` takes for a target: a [`Target`], or a revision of that chain. One
/// of another chain does not compile.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no target for a runner of `{R}`",
    label = "a revision of the runner's own chain is needed, or a `Target`"
)]
pub trait IntoTarget<R> {
    /// The target.
    fn into_target(self) -> Target;
}

impl<R> IntoTarget<R> for Target {
    fn into_target(self) -> Target {
        self
    }
}

impl<R: Embedded> IntoTarget<R> for R {
    fn into_target(self) -> Target {
        self.into()
    }
}

impl<R: Embedded> From<R> for Target {
    fn from(revision: R) -> Self {
        Target::revision(revision.id())
    }
}

/// The proof that a database has this chain applied, whole.
///
/// Only a runner of the chain makes one, after it saw the database at head; so a server whose
/// state asks for it can't be built on a stale schema.
#[derive(Debug, Clone)]
pub struct AtHead<R> {
    report: Report,
    chain: PhantomData<fn() -> R>,
}

impl<R> AtHead<R> {
    pub(crate) fn new(report: Report) -> Self {
        AtHead { report, chain: PhantomData }
    }

    /// What the run did; nothing when the database was at head already.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

/// A text that is not the id of a revision of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRevision(
    /// The text.
    pub String,
);

impl fmt::Display for UnknownRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the chain has no revision `{}`", self.0)
    }
}

impl std::error::Error for UnknownRevision {}
