//! Reads a folder of migrations from a disk, and works on it with all cores.

// Imports `syntax` and `chain`, and decides nothing. `files` turns a directory into a `Folder`, `threads` runs checks on all
// cores, and `directory_test` is the test that the macro adds to a program. Start reading at `files`.

pub(crate) mod directory_test;
#[cfg(feature = "files")]
pub mod files;
#[cfg(feature = "files")]
pub(crate) mod threads;
