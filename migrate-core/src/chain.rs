//! Turns a folder of files into a chain of revisions, or reports all its problems.
//!
//! Imports only [`syntax`](crate::syntax). [`header`] and [`sections`] parse a file (with its
//! markers and special comments), [`graph`] connects the files, and [`lockfile`] and
//! [`lockfile_check`] compare the deployed ones with `chain.lock`. An error is a [`problem`] with a
//! position, which [`diagnostic`] prints. [`edit`] and [`outline`] are for the commands that change
//! a folder, and [`encoding`] is for the macro. Start reading at [`check`], which does all of this
//! in order.

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
