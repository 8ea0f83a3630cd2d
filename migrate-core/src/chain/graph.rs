//! Checks that the revisions form one chain: parents known, one base, one head, no cycle. Also
//! sorts them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};

use crate::chain::diagnostic::Diagnostic;
use crate::chain::problem::Problem;
use crate::syntax::source::Span;
use crate::syntax::suggest::did_you_mean;

/// A revision in the graph.
pub(crate) struct Node<'a> {
    pub(crate) source: usize,
    pub(crate) id: &'a str,
    pub(crate) id_span: Span,
    pub(crate) parents: Vec<(&'a str, Span)>,
    /// Whether it is the deployed revision of this id, and not a copy of its file.
    pub(crate) pinned: bool,
}

/// What is known in addition to the files themselves.
pub(crate) struct Context<'a> {
    /// The id or parents of some file cannot be read, so a revision that seems missing may only be
    /// hidden.
    pub(crate) incomplete: bool,
    /// The parents of a deployed revision were changed. The graph contains it with its old parents,
    /// so revisions that were moved along with it seem to be in the wrong place.
    pub(crate) moved: bool,
    /// The deployed revisions. A missing one is reported by the lock file check, and a branch with
    /// one cannot be moved.
    pub(crate) deployed: HashSet<&'a str>,
}

/// Checks the graph and returns an order: parents before children, ties by id. The order contains
/// every node if no problem was found.
pub(crate) fn check(
    nodes: &[Node<'_>],
    context: &Context<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<usize> {
    let before = problems.len();
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    let (pinned, others): (Vec<usize>, Vec<usize>) =
        (0..nodes.len()).partition(|at| nodes[*at].pinned);
    for at in pinned.into_iter().chain(others) {
        let node = &nodes[at];
        match by_id.get(node.id) {
            Some(&first) => problems.push(duplicate(node, &nodes[first])),
            None => {
                by_id.insert(node.id, at);
            }
        }
    }
    parents(nodes, &by_id, context, problems);
    let links = Links::new(nodes, &by_id);
    let order = links.order(nodes);
    cycles(nodes, &links, &order, problems);
    twins(nodes, context, problems);
    // Problems found so far lead to additional bases and heads.
    let is_known = |id: &&str| by_id.contains_key(id);
    let hidden = context.incomplete
        || context.moved
        || problems.len() > before
        || !context.deployed.iter().all(is_known)
        || !nodes.iter().all(|node| node.parents.iter().all(|(id, _)| by_id.contains_key(id)));
    if !hidden {
        bases(nodes, context, problems);
    }
    if !hidden && problems.len() == before {
        fork(nodes, &links, &order, context, problems);
    }
    order
}

fn duplicate(node: &Node<'_>, first: &Node<'_>) -> Diagnostic {
    let problem = Problem::DuplicateRevision { id: node.id.to_owned() };
    let text = if first.pinned { "this one is deployed" } else { "first defined here" };
    Diagnostic::at(problem, node.source, node.id_span, "defined again").and(
        first.source,
        first.id_span,
        text,
    )
}

/// The largest number of unknown parents that are compared with all ids.
const MOST_SUGGESTIONS: usize = 10;

fn parents(
    nodes: &[Node<'_>],
    by_id: &HashMap<&str, usize>,
    context: &Context<'_>,
    problems: &mut Vec<Diagnostic>,
) {
    let mut unknown: BTreeMap<&str, Vec<(&Node<'_>, Span)>> = BTreeMap::new();
    for node in nodes {
        let mut named: HashMap<&str, Span> = HashMap::new();
        for (parent, span) in &node.parents {
            if let Some(first) = named.get(parent) {
                let problem = Problem::RepeatedParent { parent: (*parent).to_owned() };
                let again = Diagnostic::at(problem, node.source, *span, "named again");
                problems.push(again.and(node.source, *first, "first named here"));
                continue;
            }
            named.insert(parent, *span);
            if !by_id.contains_key(parent)
                && !context.incomplete
                && !context.deployed.contains(parent)
            {
                unknown.entry(parent).or_default().push((node, *span));
            }
        }
    }
    for (nth, (parent, named)) in unknown.into_iter().enumerate() {
        // Ids that only count up all resemble each other. And if the parents are all unknown, the
        // cause is not a typo.
        let is_counted = parent.chars().all(|c| c.is_ascii_digit());
        let suggestion = if is_counted || nth >= MOST_SUGGESTIONS {
            None
        } else {
            let children: HashSet<&str> = named.iter().map(|(node, _)| node.id).collect();
            did_you_mean(parent, by_id.keys().copied().filter(|id| !children.contains(id)))
        };
        let suggestion = suggestion.map(str::to_owned);
        let problem = Problem::UnknownParent { parent: parent.to_owned(), suggestion };
        let places = named.iter().enumerate().map(|(nth, (node, span))| {
            let text = if nth == 0 { "no file here has this revision" } else { "and here" };
            (node.source, *span, text)
        });
        problems.push(Diagnostic::across(problem, places));
    }
}

/// The edges of the graph, by index, without unknown parents.
struct Links {
    parents: Vec<Vec<usize>>,
    children: Vec<Vec<usize>>,
}

impl Links {
    fn new(nodes: &[Node<'_>], by_id: &HashMap<&str, usize>) -> Self {
        let mut links = Links {
            parents: vec![Vec::new(); nodes.len()],
            children: vec![Vec::new(); nodes.len()],
        };
        for (at, node) in nodes.iter().enumerate() {
            let mut seen = HashSet::new();
            for parent in node.parents.iter().filter_map(|(id, _)| by_id.get(id)) {
                if seen.insert(*parent) {
                    links.parents[at].push(*parent);
                    links.children[*parent].push(at);
                }
            }
        }
        links
    }

    /// Kahn's algorithm. Revisions in a cycle, and their descendants, are left out.
    fn order(&self, nodes: &[Node<'_>]) -> Vec<usize> {
        let mut waiting: Vec<usize> = self.parents.iter().map(Vec::len).collect();
        let mut ready: BinaryHeap<Reverse<(&str, usize)>> = BinaryHeap::new();
        ready.extend(
            (0..nodes.len()).filter(|at| waiting[*at] == 0).map(|at| Reverse((nodes[at].id, at))),
        );
        let mut order = Vec::with_capacity(nodes.len());
        while let Some(Reverse((_, at))) = ready.pop() {
            order.push(at);
            for &child in &self.children[at] {
                waiting[child] -= 1;
                if waiting[child] == 0 {
                    ready.push(Reverse((nodes[child].id, child)));
                }
            }
        }
        order
    }

    /// For each revision of this order, the head that descends from it, if it is the only one.
    fn owners(&self, order: &[usize]) -> Vec<Option<usize>> {
        let mut owners: Vec<Option<usize>> = vec![None; self.parents.len()];
        for &at in order.iter().rev() {
            owners[at] = match self.children[at].split_first() {
                None => Some(at),
                Some((first, others)) => {
                    let owner = owners[*first];
                    owner.filter(|_| others.iter().all(|other| owners[*other] == owner))
                }
            };
        }
        owners
    }
}

/// Reports each cycle once, at the parent lines that form it.
fn cycles(nodes: &[Node<'_>], links: &Links, order: &[usize], problems: &mut Vec<Diagnostic>) {
    let ordered: HashSet<usize> = order.iter().copied().collect();
    let mut seen: HashSet<usize> = HashSet::new();
    for start in (0..nodes.len()).filter(|at| !ordered.contains(at)) {
        let mut path: Vec<usize> = Vec::new();
        let mut at = start;
        // Every remaining revision has a remaining parent, so this walk ends in a cycle.
        while seen.insert(at) {
            path.push(at);
            match links.parents[at].iter().find(|parent| !ordered.contains(parent)) {
                Some(&parent) => at = parent,
                None => break,
            }
        }
        let Some(entry) = path.iter().position(|visited| *visited == at) else { continue };
        let circle = &path[entry..];
        let ids = circle.iter().map(|at| nodes[*at].id.to_owned()).collect();
        let places = circle.iter().enumerate().map(|(nth, &at)| {
            let node = &nodes[at];
            let parent = nodes[circle[(nth + 1) % circle.len()]].id;
            let named = node.parents.iter().find(|(id, _)| *id == parent);
            let span = named.map_or(node.id_span, |(_, span)| *span);
            (node.source, span, format!("`{}` follows `{parent}`", node.id))
        });
        problems.push(Diagnostic::across(Problem::Cycle { ids }, places));
    }
}

/// Reports merges of the same branches.
fn twins(nodes: &[Node<'_>], context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let mut merges: BTreeMap<Vec<&str>, &Node<'_>> = BTreeMap::new();
    let mut nodes: Vec<&Node<'_>> = nodes.iter().filter(|node| node.parents.len() > 1).collect();
    // A deployed merge stays; the other one is to be deleted.
    nodes.sort_by_key(|node| !context.deployed.contains(node.id));
    for node in nodes {
        let mut parents: Vec<&str> = node.parents.iter().map(|(id, _)| *id).collect();
        parents.sort_unstable();
        parents.dedup();
        if let Some(first) = merges.get(&parents).filter(|first| first.id != node.id) {
            let ids = vec![first.id.to_owned(), node.id.to_owned()];
            let found = Diagnostic::at(
                Problem::TwinMerges { ids },
                node.source,
                parent_line(node),
                "the second",
            );
            problems.push(found.and(first.source, parent_line(first), "the first"));
        } else {
            merges.insert(parents, node);
        }
    }
}

fn parent_line(node: &Node<'_>) -> Span {
    match (node.parents.first(), node.parents.last()) {
        (Some((_, first)), Some((_, last))) => first.to(*last),
        _ => node.id_span,
    }
}

/// Reports all possible bases except for the one that stays: a deployed one, or else that of the
/// first file.
fn bases(nodes: &[Node<'_>], context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let mut bases: Vec<&Node<'_>> = nodes.iter().filter(|node| node.parents.is_empty()).collect();
    bases.sort_by_key(|node| !context.deployed.contains(node.id));
    if bases.len() > 1 {
        let ids = bases.iter().map(|node| node.id.to_owned()).collect();
        bases.rotate_right(1);
        let places = bases.iter().enumerate().map(|(nth, node)| {
            let text = if nth == 0 { "has no parent" } else { "has no parent either" };
            (node.source, node.id_span, text)
        });
        problems.push(Diagnostic::across(Problem::SeveralBases { ids }, places));
    }
}

/// A head with the revisions that only it descends from.
struct Branch {
    head: usize,
    start: usize,
    deployed: bool,
}

fn fork(
    nodes: &[Node<'_>],
    links: &Links,
    order: &[usize],
    context: &Context<'_>,
    problems: &mut Vec<Diagnostic>,
) {
    let heads = order.iter().copied().filter(|at| links.children[*at].is_empty());
    let mut branches: Vec<Branch> =
        heads.map(|head| Branch { head, start: head, deployed: false }).collect();
    let by_head: HashMap<usize, usize> =
        branches.iter().enumerate().map(|(nth, branch)| (branch.head, nth)).collect();
    let owners = links.owners(order);
    // From the heads downwards, so that the first revision of a branch is seen last.
    for &at in order.iter().rev() {
        if let Some(nth) = owners[at].and_then(|head| by_head.get(&head)) {
            branches[*nth].start = at;
            branches[*nth].deployed |= context.deployed.contains(nodes[at].id);
        }
    }
    // A deployed branch stays; the other one is to be moved.
    branches.sort_by_key(|branch| (!branch.deployed, nodes[branch.head].id));
    let [stays, .., moves] = branches.as_slice() else { return };
    let problem = Problem::Fork {
        heads: branches.iter().map(|branch| nodes[branch.head].id.to_owned()).collect(),
        rebase: (!moves.deployed).then(|| nodes[moves.start].id.to_owned()),
        onto: nodes[stays.head].id.to_owned(),
    };
    branches.rotate_right(1);
    let places = branches.iter().map(|branch| {
        let node = &nodes[branch.start];
        let parent = node.parents.first().map_or("nothing", |(id, _)| id);
        let mut text = format!("`{}` follows `{parent}`", node.id);
        if branch.head != branch.start {
            text.push_str(&format!(" and leads to `{}`", nodes[branch.head].id));
        }
        text.push_str(if branch.deployed { ", deployed" } else { "" });
        (node.source, parent_line(node), text)
    });
    problems.push(Diagnostic::across(problem, places));
}

#[cfg(test)]
mod tests;
