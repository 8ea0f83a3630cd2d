//! `migrate init`: a folder with its first revision, the settings beside it, and what the crate needs.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use migrate_core::Folder;
use migrate_core::chain::edit::{FileEdit, NewRevision, NewSection};
use migrate_core::chain::{CONFIG_FILE, Config, Outline, edit};
use serde::Serialize;

use super::write::{day, new_id, no_other_tools, write};
use crate::args::DIRECTORY;
use crate::context::Context;
use crate::failure::{Exit, Failure, FailureKind};
use crate::tree::folder;
use crate::ui::{Page, View};

/// What was written.
#[derive(Serialize)]
struct Started {
    paths: Vec<String>,
    revision: String,
}

impl View for Started {
    fn text(&self, page: &mut Page) {
        self.paths.iter().for_each(|path| page.line(path));
    }
}

/// `migrate init`
pub(super) fn init(context: &Context, directory: &Path, message: &str) -> Result<Exit, Failure> {
    let found = folder(directory);
    no_other_tools(found.clone())?;
    if has_revisions(found.clone()) {
        let what = format!("`{}` has revisions already", directory.display());
        return Err(Failure::refused(
            FailureKind::File,
            what,
            "`migrate revision -m \"…\"` writes the next one",
        ));
    }
    let now = Timestamp::now();
    let (id, created) = (new_id(now), day(now));
    let (up, down) = (NewSection::EMPTY, NewSection::EMPTY);
    let new = NewRevision { id: &id, message, created: &created, parent: None, up, down };
    let revision = edit::new_revision(found, new)?;
    let shown = directory.to_string_lossy().replace('\\', "/");
    // If it can't be made, the write that follows says why.
    let _ = fs::create_dir_all(directory);
    let mut paths = vec![write(directory, &revision)?];
    let settings =
        FileEdit { name: CONFIG_FILE.to_owned(), text: settings(&shown), replaces: false };
    let beside = directory.parent().unwrap_or(Path::new(""));
    match write(beside, &settings) {
        Ok(path) => paths.push(path),
        // They are the project's, and stay.
        Err(Failure::Exists(path)) => {
            context.ui.note(format!("`{}` is there already, and stays", path.display()));
        }
        Err(error) => return Err(error),
    }
    let first = paths.first().cloned().unwrap_or_default();
    context.ui.show(&Started { paths, revision: id })?;
    context.ui.say(format!(
        "write the SQL into both sections of `{first}`, then look at it with `migrate check`\n\n{}",
        crate_needs(&shown)
    ));
    Ok(Exit::Fine)
}

fn has_revisions(folder: Folder) -> bool {
    let outline = Outline::of(folder);
    !outline.entries().is_empty()
}

/// The first text of the settings' file.
fn settings(folder: &str) -> String {
    format!(
        "# Settings of the migrations in `{folder}`, for the build and for the command line.\n\n\
         # The oldest PostgreSQL that the migrations must run on.\n\
         min_server = {}\n\n\
         # The levels of lints: \"allow\", \"warn\" or \"deny\"; `migrate lint --list` lists them.\n\
         [lints]\n\
         # drop-column = \"deny\"\n",
        Config::default().min_server()
    )
}

/// What a crate that embeds the chain has to say, and where.
fn crate_needs(folder: &str) -> String {
    let argument = if folder == DIRECTORY { String::new() } else { format!("\"{folder}\"") };
    format!(
        "To embed the chain in a program, add this to its Cargo.toml:\n\n{DEPENDENCIES}\n\
         to its build.rs, so that the compiler notices a new file:\n\n    \
         fn main() {{\n        println!(\"cargo::rerun-if-changed={folder}\");\n    }}\n\n\
         and to its code:\n\n    migrate_macros::embed_migrations!({argument});"
    )
}

/// As the README has them.
const DEPENDENCIES: &str = concat!(
    "    [dependencies]\n    migrate-core = { git = \"",
    env!("CARGO_PKG_REPOSITORY"),
    "\", features = [\"tokio-postgres\"] }   # or \"postgres\", or \"sqlx\"\n    migrate-macros = { git = \"",
    env!("CARGO_PKG_REPOSITORY"),
    "\" }\n"
);

#[cfg(test)]
mod tests {
    use migrate_core::syntax::Source;

    use super::*;

    #[test]
    fn the_readme_has_the_same_lines() {
        let readme = include_str!("../../../README.md");
        for line in DEPENDENCIES.lines().map(str::trim) {
            assert!(readme.contains(line), "{line}");
        }
        let text = crate_needs("db/migrations");
        assert!(text.contains("changed=db/migrations\");"), "{text}");
        assert!(text.ends_with("embed_migrations!(\"db/migrations\");"), "{text}");
        assert!(crate_needs("migrations").ends_with("embed_migrations!();"));
    }

    #[test]
    fn the_settings_are_the_usual_ones() {
        let read = Config::read(Source::new(CONFIG_FILE, settings("migrations")));
        assert_eq!(read, Ok(Config::default()));
    }
}
