//! An imported migration as a file of the chain.

use migrate_core::chain::edit::FileEdit;

use super::{Body, Imported};

/// The file. The SQL is kept byte for byte, so that a checksum that the other tool has of it can be
/// made again; only an upgrade without a newline at its end gets one, when a downgrade follows.
pub(super) fn edit(imported: &Imported) -> FileEdit {
    let Imported { id, parents, message, created, stem, up, down, .. } = imported;
    let mut text = format!("-- revision: {id}\n");
    if !parents.is_empty() {
        text.push_str(&format!("-- parent: {}\n", parents.join(", ")));
    }
    text.push_str(&format!("-- message: {}\n", one_line(message)));
    if let Some(created) = created {
        text.push_str(&format!("-- created: {}\n", one_line(created)));
    }
    if let Err(reason) = down {
        text.push_str(&format!("-- irreversible: {}\n", one_line(reason)));
    }
    text.push('\n');
    section(&mut text, "up", up);
    if let Ok(down) = down {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        section(&mut text, "down", down);
    }
    FileEdit { name: format!("{stem}.sql"), text, replaces: false }
}

fn section(text: &mut String, name: &str, body: &Body) {
    let option = if body.non_transactional { " transaction:false" } else { "" };
    text.push_str(&format!("-- migrate:{name}{option}\n{}", body.sql));
}

fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
