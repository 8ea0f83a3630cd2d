//! The commands that show the chain. They work on a broken one too: that is when they are needed.

use std::path::Path;

use migrate_core::{Outline, OutlineEntry, Rejection, check};

use super::{folder, print};
use crate::failure::Failure;

/// `migrate history`: newest first, as Alembic has it.
pub(super) fn history(directory: &Path, verbose: bool) -> Result<(), Failure> {
    let outline = Outline::of(folder(directory));
    let entries: Vec<&OutlineEntry> = match check(folder(directory)) {
        Ok(chain) => {
            let ids = chain.migrations().iter().rev();
            ids.filter_map(|migration| outline.get(migration.id.as_str())).collect()
        }
        Err(rejection) => {
            broken(&rejection);
            outline.entries().iter().rev().collect()
        }
    };
    let heads: Vec<&str> = outline.heads().map(|head| head.id.as_str()).collect();
    print(entries.into_iter().flat_map(|entry| {
        let is_head = heads.contains(&entry.id.as_str());
        if verbose { details(&outline, entry, is_head) } else { vec![line(entry, is_head)] }
    }))
}

/// `migrate heads`
pub(super) fn heads(outline: &Outline) -> Result<(), Failure> {
    print(outline.heads().map(|head| format!("{} (head)", head.id)))
}

/// `migrate branches`
pub(super) fn branches(outline: &Outline) -> Result<(), Failure> {
    print(outline.branch_points().flat_map(|point| {
        let children = outline.children(&point.id);
        let children = children.map(|child| format!("    -> {}, {}", child.id, child.message));
        std::iter::once(format!("{} (branchpoint), {}", point.id, point.message)).chain(children)
    }))
}

/// `migrate show`: the header, then the file.
pub(super) fn revision(directory: &Path, id: &str) -> Result<(), Failure> {
    let outline = Outline::of(folder(directory));
    let found = match id {
        "head" => outline.heads().next(),
        _ => outline.find(id),
    };
    let entry = found.ok_or_else(|| Failure::UnknownRevision(id.to_owned()))?;
    let is_head = outline.heads().any(|head| head.id == entry.id);
    let path = directory.join(&entry.file);
    let mut lines = details(&outline, entry, is_head);
    lines.push(format!("Path: {}", path.display()));
    lines.push(String::new());
    lines.extend(outline.text(entry).lines().map(str::to_owned));
    print(lines)
}

fn broken(rejection: &Rejection) {
    let count = rejection.diagnostics.len();
    eprintln!(
        "warning: the chain has {count} problem(s), so the order is that of the files; `migrate check` tells"
    );
}

fn line(entry: &OutlineEntry, is_head: bool) -> String {
    let parents =
        if entry.parents.is_empty() { "<base>".to_owned() } else { entry.parents.join(", ") };
    let mut marks = String::new();
    for (mark, holds) in [("head", is_head), ("mergepoint", entry.parents.len() > 1)] {
        if holds {
            marks.push_str(&format!(" ({mark})"));
        }
    }
    format!("{parents} -> {}{marks}, {}", entry.id, entry.message)
}

fn details(outline: &Outline, entry: &OutlineEntry, is_head: bool) -> Vec<String> {
    let parents =
        if entry.parents.is_empty() { "<base>".to_owned() } else { entry.parents.join(", ") };
    let children: Vec<&str> = outline.children(&entry.id).map(|child| child.id.as_str()).collect();
    let mut lines = vec![format!("Rev: {}{}", entry.id, if is_head { " (head)" } else { "" })];
    lines.push(format!("Parent: {parents}"));
    if !children.is_empty() {
        lines.push(format!("Followed by: {}", children.join(", ")));
    }
    lines.push(format!("Message: {}", entry.message));
    lines.push(format!("State: {}", if entry.deployed { "deployed" } else { "pending" }));
    lines.push(format!("File: {}", entry.file));
    lines
}
