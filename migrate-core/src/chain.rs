//! From a folder of files to a chain of revisions, or to everything that is wrong with it.
//!
//! Imports [`syntax`](crate::syntax) alone. A file is read by [`header`] and [`sections`] (with their markers and
//! comments), the files become a graph in [`graph`], and the deployed ones are held against `chain.lock` by
//! [`lockfile`] and [`lockfile_check`]; what is wrong is a [`problem`] with a place, which [`diagnostic`] prints.
//! [`edit`] and [`outline`] serve the commands that change a folder, [`encoding`] the macro.
//! Start reading at [`check`]: it walks through all of that in order.

pub(crate) mod allow_comments;
#[expect(clippy::module_inception, reason = "the type that the wing is named for")]
pub(crate) mod chain;
pub(crate) mod check;
pub(crate) mod config;
pub(crate) mod diagnostic;
pub(crate) mod digest;
pub mod edit;
pub(crate) mod encoding;
pub(crate) mod executor;
pub(crate) mod file;
pub(crate) mod folder;
pub(crate) mod graph;
pub(crate) mod header;
pub(crate) mod id;
pub(crate) mod lint;
pub(crate) mod lockfile;
pub(crate) mod lockfile_check;
pub(crate) mod markers;
pub(crate) mod outline;
pub(crate) mod problem;
pub(crate) mod sections;
pub(crate) mod token_fingerprints;
pub(crate) mod transaction_rules;
pub(crate) mod variant;
