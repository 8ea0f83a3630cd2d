//! Where the folder is, for the compiler and for people.

use std::env;
use std::path::{Path, PathBuf};

/// A folder on disk, and its path as messages show it.
pub(crate) struct ChainDirectory {
    /// The path as the compiler needs it: absolute, since generated code may be anywhere.
    pub(crate) directory: PathBuf,
    /// The path as people know it: from where the compiler runs, which is the workspace.
    pub(crate) shown: String,
}

impl ChainDirectory {
    /// The folder that an argument names, from the manifest of the crate being compiled.
    pub(crate) fn of(argument: &str) -> Self {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        let directory = manifest.join(argument);
        // Without links and `..`, if it exists; as written, if not.
        let directory = directory.canonicalize().unwrap_or(directory);
        let here = env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
        let shown = directory.strip_prefix(&here).unwrap_or(&directory).to_string_lossy();
        ChainDirectory { shown: shown.replace('\\', "/"), directory }
    }

    /// The absolute path of a file in the folder, for `include_bytes!`.
    pub(crate) fn file(&self, name: impl AsRef<Path>) -> String {
        self.directory.join(name).to_string_lossy().into_owned()
    }
}
