//! The chain as a drawing: which lane each revision stands in, and the drawing in four formats. Pure.

mod formats;

use migrate_core::chain::OutlineEntry;

pub(crate) use self::formats::{dot, mermaid, svg, text};

/// A revision to draw, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) message: String,
    pub(crate) parents: Vec<String>,
    pub(crate) deployed: bool,
    pub(crate) head: bool,
    /// Its column, from 0.
    pub(crate) lane: usize,
    /// The lines that come in from above, beside its own: they end here.
    joins: Vec<usize>,
    /// The lines that go down to its further parents.
    opens: Vec<usize>,
    /// Which lanes have a line beside it, and below it.
    beside: Vec<bool>,
    below: Vec<bool>,
}

/// Places the revisions, the newest first.
pub(crate) fn place<'e>(entries: impl DoubleEndedIterator<Item = &'e OutlineEntry>) -> Vec<Node> {
    // Whom each lane leads down to.
    let mut lanes: Vec<Option<&str>> = Vec::new();
    let mut nodes = Vec::new();
    for entry in entries.rev() {
        let waiting: Vec<usize> =
            (0..lanes.len()).filter(|at| lanes[*at] == Some(entry.id.as_str())).collect();
        let lane = waiting.first().copied().unwrap_or_else(|| free(&mut lanes));
        let joins: Vec<usize> = waiting.iter().skip(1).copied().collect();
        for join in &joins {
            lanes[*join] = None;
        }
        lanes[lane] = Some(entry.id.as_str());
        let beside = lines(&lanes);
        lanes[lane] = entry.parents.first().map(String::as_str);
        let mut opens = Vec::new();
        for parent in entry.parents.iter().skip(1) {
            let open = free(&mut lanes);
            lanes[open] = Some(parent.as_str());
            opens.push(open);
        }
        nodes.push(Node {
            id: entry.id.clone(),
            message: entry.message.clone(),
            parents: entry.parents.clone(),
            deployed: entry.deployed,
            head: waiting.is_empty(),
            lane,
            joins,
            opens,
            beside,
            below: lines(&lanes),
        });
        while lanes.last().is_some_and(Option::is_none) {
            lanes.pop();
        }
    }
    nodes
}

/// Which lanes have a line, up to the last that has one.
fn lines(lanes: &[Option<&str>]) -> Vec<bool> {
    let end = lanes.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    lanes[..end].iter().map(Option::is_some).collect()
}

/// A lane that leads nowhere, a new one if need be.
fn free(lanes: &mut Vec<Option<&str>>) -> usize {
    lanes.iter().position(Option::is_none).unwrap_or_else(|| {
        lanes.push(None);
        lanes.len() - 1
    })
}

#[cfg(test)]
mod tests;
