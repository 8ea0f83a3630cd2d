//! From a folder of files to a [`Chain`] of revisions, or to all its problems; and changes to a folder, as data.

// Imports only `syntax`. `header` and `sections` parse a file (with its markers and special comments), `graph` connects the
// files, and `lockfile` and `lockfile_check` compare the deployed ones with `chain.lock`. An error is a `problem` with a
// position, a `diagnostic`. `edit` and `outline` are for the commands that change a folder, and `encoding` is
// for the macro. Start reading at `check`, which does all of this in order.

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
pub(crate) mod foreign_folder;
pub(crate) mod graph;
pub(crate) mod header;
pub(crate) mod id;
pub(crate) mod lint;
pub(crate) mod lockfile;
pub(crate) mod lockfile_check;
pub(crate) mod manifest;
pub(crate) mod markers;
pub(crate) mod outline;
pub(crate) mod problem;
pub(crate) mod queries_lock;
#[cfg_attr(not(feature = "analysis"), expect(dead_code, reason = "only the lints apply rules"))]
pub(crate) mod rules;
pub(crate) mod run_settings;
pub(crate) mod sections;
pub(crate) mod token_fingerprints;
pub(crate) mod transaction_rules;
pub(crate) mod variant;

pub use self::chain::{Chain, Digests, Down, Migration};
pub use self::check::{Rejection, check};
pub use self::config::{CONFIG_FILE, Config};
pub use self::diagnostic::{Diagnostic, Label};
pub use self::digest::{
    BadDigest, DIGEST_VERSION, Digest, ShortDigest, chain_digest, section_digest,
};
pub use self::folder::{Content, Entry, Folder, FolderError, MAX_FILE_BYTES, QUERIES_FILE};
pub use self::id::{BadId, MAX_ID_LENGTH, RevisionId};
pub use self::lint::{Hazard, Level, Lint};
pub use self::lockfile::{LOCK_FILE, Pin, lock_text, write as write_lock};
pub use self::manifest::chain_of_manifest;
pub use self::outline::{Outline, OutlineEntry};
pub use self::problem::Problem;
pub use self::queries_lock::{ProgramQuery, QueriesLock};
pub use self::run_settings::{Environment, RunSettings};
pub use self::sections::{Options, Section, parse_duration};
pub use self::variant::variant;
