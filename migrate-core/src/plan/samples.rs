//! Builds chains and histories for unit tests from a line of text.

use crate::chain::chain::Chain;
use crate::chain::digest::Digest;
use crate::chain::folder::Folder;
use crate::plan::history::{History, Record};

/// A chain of these files, which must be valid.
pub(crate) fn chain_of<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Chain<'static> {
    match crate::check(Folder::of_texts("migrations", files)) {
        Ok(chain) => chain,
        Err(rejection) => panic!("{rejection}"),
    }
}

/// The file of a revision with these sections, and `parents` as written in its header.
pub(crate) fn file(id: &str, parents: &str, up: &str, down: &str) -> String {
    let parents =
        if parents.is_empty() { "--".to_owned() } else { format!("-- parent: {parents}") };
    format!(
        "-- revision: {id}\n{parents}\n-- message: Revision {id}\n\n\
         -- migrate:up\n{up}\n\n-- migrate:down\n{down}\n"
    )
}

/// The chain of a graph written as `id:parent,parent`. `id!` cannot be undone, `id~` is
/// non-transactional.
pub(crate) fn chain(graph: &str) -> Chain<'static> {
    let file = |node: &str| {
        let (id, parents) = node.split_once(':').unwrap_or((node, ""));
        let name = id.trim_end_matches(['!', '~']);
        let table = name.replace(['-', '.'], "_");
        let (up, down) = (format!("CREATE TABLE t_{table} ();"), format!("DROP TABLE t_{table};"));
        let mut text = file(name, &parents.replace(',', ", "), &up, &down);
        if id.ends_with('!') {
            text = text.replace("-- message", "-- irreversible: it is gone\n-- message");
            text.truncate(text.find("-- migrate:down").unwrap_or(text.len()));
        }
        if id.ends_with('~') {
            text = text.replace("-- migrate:up", "-- migrate:up transaction:false");
        }
        (format!("{name}.sql"), text)
    };
    let files: Vec<_> = graph.split(' ').map(file).collect();
    chain_of(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}

/// A chain of this many revisions, starting with `r0001`.
pub(crate) fn long_chain(length: usize) -> Chain<'static> {
    let node = |at: usize| match at {
        1 => "r0001".to_owned(),
        at => format!("r{at:04}:r{:04}", at - 1),
    };
    chain(&(1..=length).map(node).collect::<Vec<_>>().join(" "))
}

/// The history of a database that has applied these revisions in this order. Revisions that are not
/// in the chain get their own digests.
pub(crate) fn history(chain: &Chain<'_>, applied: &str) -> History {
    let ids = applied.split(' ').filter(|id| !id.is_empty());
    let records = ids.zip(1..).map(|(id, position)| record(chain, id, position)).collect();
    History { records, ..History::default() }
}

fn record(chain: &Chain<'_>, id: &str, position: i64) -> Record {
    let known = chain.get(id);
    let digest = Digest::from_bytes([7; 32]);
    Record {
        revision: id.to_owned(),
        parents: known
            .map(|known| known.parents.iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
        up: known.map_or(digest, |known| known.digests.up),
        down: known.map_or(Some(digest), |known| known.digests.down),
        chain: known.map_or(digest, |known| known.digests.chain),
        position,
        applied_at: format!("2025-12-17T10:11:12.{position:03}Z"),
        applied_by: "deploy".to_owned(),
        duration_ms: position,
        stored: None,
    }
}
