//! Do the revisions make one chain? Parents known, one base, one head, no circle; and their order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};

use crate::diagnostic::Diagnostic;
use crate::id::did_you_mean;
use crate::problem::Problem;
use crate::text::Span;

/// A revision, as far as its place in the chain goes.
pub(crate) struct Node<'a> {
    pub(crate) source: usize,
    pub(crate) id: &'a str,
    pub(crate) id_span: Span,
    pub(crate) parents: Vec<(&'a str, Span)>,
}

/// What is known besides the files themselves.
pub(crate) struct Context<'a> {
    /// Some file's id or parents can't be read: what seems missing may only be hidden.
    pub(crate) incomplete: bool,
    /// The deployed revisions: a missing one is the lock's to report, and a branch with one can't
    /// be moved.
    pub(crate) deployed: HashSet<&'a str>,
}

/// Checks the graph and returns an order: parents before children, ties by id. The order holds
/// every node when no problem was found.
pub(crate) fn check(
    nodes: &[Node<'_>],
    context: &Context<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<usize> {
    let before = problems.len();
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    for (at, node) in nodes.iter().enumerate() {
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
    twins(nodes, problems);
    // What is wrong already makes further bases and heads of its own.
    let hidden = context.incomplete
        || problems.len() > before
        || nodes.iter().any(|node| node.parents.iter().any(|(id, _)| !by_id.contains_key(id)));
    if !hidden {
        bases(nodes, &order, problems);
        fork(nodes, &links, &order, context, problems);
    }
    order
}

fn duplicate(node: &Node<'_>, first: &Node<'_>) -> Diagnostic {
    let problem = Problem::DuplicateRevision { id: node.id.to_owned() };
    Diagnostic::at(problem, node.source, node.id_span, "defined again").and(
        first.source,
        first.id_span,
        "first defined here",
    )
}

fn parents(
    nodes: &[Node<'_>],
    by_id: &HashMap<&str, usize>,
    context: &Context<'_>,
    problems: &mut Vec<Diagnostic>,
) {
    for node in nodes {
        for (nth, (parent, span)) in node.parents.iter().enumerate() {
            let earlier = node.parents[..nth].iter().find(|(earlier, _)| earlier == parent);
            if let Some((_, first)) = earlier {
                let problem = Problem::RepeatedParent { parent: (*parent).to_owned() };
                let again = Diagnostic::at(problem, node.source, *span, "named again");
                problems.push(again.and(node.source, *first, "first named here"));
            } else if !by_id.contains_key(parent)
                && !context.incomplete
                && !context.deployed.contains(parent)
            {
                let others = by_id.keys().copied().filter(|id| *id != node.id);
                let mut others: Vec<&str> = others.collect();
                others.sort_unstable();
                let meant = did_you_mean(parent, others).map(str::to_owned);
                let problem = Problem::UnknownParent { parent: (*parent).to_owned(), meant };
                problems.push(Diagnostic::at(
                    problem,
                    node.source,
                    *span,
                    "no file here has this revision",
                ));
            }
        }
    }
}

/// Who follows whom, by index; unknown parents left out.
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
            for parent in node.parents.iter().filter_map(|(id, _)| by_id.get(id)) {
                if !links.parents[at].contains(parent) {
                    links.parents[at].push(*parent);
                    links.children[*parent].push(at);
                }
            }
        }
        links
    }

    /// Kahn's algorithm; what is in a circle, or follows one, is left out.
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

    /// A revision and all that it stands on.
    fn lineage(&self, of: usize) -> HashSet<usize> {
        let mut seen = HashSet::from([of]);
        let mut queue = vec![of];
        while let Some(at) = queue.pop() {
            queue.extend(self.parents[at].iter().filter(|parent| seen.insert(**parent)));
        }
        seen
    }
}

/// Each circle once, told by the parent lines that make it.
fn cycles(nodes: &[Node<'_>], links: &Links, order: &[usize], problems: &mut Vec<Diagnostic>) {
    let ordered: HashSet<usize> = order.iter().copied().collect();
    let mut seen: HashSet<usize> = HashSet::new();
    for start in (0..nodes.len()).filter(|at| !ordered.contains(at)) {
        let mut path: Vec<usize> = Vec::new();
        let mut at = start;
        // Every revision left has a parent that is left too, so this walk ends in a circle.
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
        let mut found: Option<Diagnostic> = None;
        for (nth, &at) in circle.iter().enumerate() {
            let parent = nodes[circle[(nth + 1) % circle.len()]].id;
            let node = &nodes[at];
            let span = node
                .parents
                .iter()
                .find(|(id, _)| *id == parent)
                .map_or(node.id_span, |(_, span)| *span);
            let text = format!("`{}` follows `{parent}`", node.id);
            found = Some(match found {
                None => Diagnostic::at(
                    Problem::Cycle { ids: Vec::clone(&ids) },
                    node.source,
                    span,
                    text,
                ),
                Some(found) => found.and(node.source, span, text),
            });
        }
        problems.extend(found);
    }
}

/// Merges that join the same branches.
fn twins(nodes: &[Node<'_>], problems: &mut Vec<Diagnostic>) {
    let mut merges: BTreeMap<Vec<&str>, &Node<'_>> = BTreeMap::new();
    for node in nodes.iter().filter(|node| node.parents.len() > 1) {
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

fn bases(nodes: &[Node<'_>], order: &[usize], problems: &mut Vec<Diagnostic>) {
    let bases: Vec<&Node<'_>> =
        order.iter().map(|at| &nodes[*at]).filter(|node| node.parents.is_empty()).collect();
    if let [first, .., last] = bases.as_slice() {
        let ids = bases.iter().map(|node| node.id.to_owned()).collect();
        let problem = Problem::SeveralBases { ids };
        let mut found = Diagnostic::at(problem, last.source, last.id_span, "has no parent");
        found = found.and(first.source, first.id_span, "has no parent either");
        for node in &bases[1..bases.len() - 1] {
            found = found.and(node.source, node.id_span, "has no parent either");
        }
        problems.push(found);
    }
}

fn fork(
    nodes: &[Node<'_>],
    links: &Links,
    order: &[usize],
    context: &Context<'_>,
    problems: &mut Vec<Diagnostic>,
) {
    let mut heads: Vec<usize> =
        order.iter().copied().filter(|at| links.children[*at].is_empty()).collect();
    // What is deployed stays where it is; the other branch is the one to move.
    heads.sort_by_key(|at| (!context.deployed.contains(nodes[*at].id), nodes[*at].id));
    let [first, .., last] = heads.as_slice() else { return };
    let (stays, moves) = (links.lineage(*first), links.lineage(*last));
    let apart = |own: &HashSet<usize>, other: &HashSet<usize>| {
        order.iter().copied().find(|at| own.contains(at) && !other.contains(at))
    };
    let branch = |at: usize, own: &HashSet<usize>| {
        let node = &nodes[at];
        let parent = node.parents.first().map_or("nothing", |(id, _)| id);
        let mut text = format!("`{}` follows `{parent}`", node.id);
        if let Some(head) = heads.iter().find(|head| own.contains(head) && **head != at) {
            text.push_str(&format!(" and leads to `{}`", nodes[*head].id));
        }
        (node.source, parent_line(node), text)
    };
    let (Some(start), Some(other)) = (apart(&moves, &stays), apart(&stays, &moves)) else { return };
    let problem = Problem::Fork {
        heads: heads.iter().map(|at| nodes[*at].id.to_owned()).collect(),
        rebase: nodes[start].id.to_owned(),
        onto: nodes[*first].id.to_owned(),
    };
    let (source, span, text) = branch(start, &moves);
    let found = Diagnostic::at(problem, source, span, text);
    let (source, span, text) = branch(other, &stays);
    problems.push(found.and(source, span, text));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks a graph written as `id:parent,parent`; gives its order or the codes of its problems.
    fn check(graph: &str, expected: Result<&str, &[&str]>) -> Vec<Diagnostic> {
        let nodes: Vec<Node<'_>> = graph
            .split(' ')
            .enumerate()
            .map(|(source, node)| {
                let (id, parents) = node.split_once(':').unwrap_or((node, ""));
                let parents = parents.split(',').filter(|id| !id.is_empty());
                let parents = parents.map(|id| (id, Span::default())).collect();
                Node { source, id, id_span: Span::default(), parents }
            })
            .collect();
        let context = Context { incomplete: false, deployed: HashSet::from(["pinned", "gone"]) };
        let mut problems = Vec::new();
        let order = super::check(&nodes, &context, &mut problems);
        let ids: Vec<_> = order.iter().map(|at| nodes[*at].id).collect();
        let codes: Vec<_> = problems.iter().map(|found| found.problem.code()).collect();
        match expected {
            Ok(order) => {
                assert_eq!((ids.join(" ").as_str(), codes.len()), (order, 0), "{graph}: {codes:?}")
            }
            Err(expected) => assert_eq!(codes, expected, "{graph}"),
        }
        problems
    }

    #[test]
    fn chains() {
        check("a", Ok("a"));
        check("c:b a b:a", Ok("a b c"));
        check("a b:a c:a m:b,c", Ok("a b c m"));
        check("a c:a b:a m:c,b z:m", Ok("a b c m z"));
        check("a b:a c:b d:a m:c,d", Ok("a b c d m"));
    }

    #[test]
    fn wrong_parents() {
        check("a b:x", Err(&["unknown-parent"]));
        check("a b:a,a", Err(&["repeated-parent"]));
        check("a b:a a:b", Err(&["duplicate-revision"]));
        check("a:gone", Err(&[]));
    }

    #[test]
    fn circles() {
        check("a:a", Err(&["cycle"]));
        check("a b:d c:b d:c", Err(&["cycle"]));
        check("a:b b:a c:d d:c e:a", Err(&["cycle", "cycle"]));
        let found = check("x a:b b:a", Err(&["cycle"]));
        assert_eq!(found[0].problem.to_string(), "the parents of `a` and `b` go round in a circle");
    }

    #[test]
    fn several_bases_and_heads() {
        check("a b c:a,b", Err(&["several-bases"]));
        check("a b:a c:a", Err(&["fork"]));
        check("a b:a c:a d:b e:c", Err(&["fork"]));
        check("a b", Err(&["several-bases", "fork"]));
        check("a b:a c:a m:b,c n:c,b", Err(&["twin-merges"]));
    }

    #[test]
    fn a_fork_says_which_branch_to_move() {
        let found = check("a b:a d:b pinned:a", Err(&["fork"]));
        let help = found[0].problem.help();
        assert!(help.contains("`migrate rebase b --onto pinned`"), "{help}");
        let texts: Vec<_> =
            found[0].primary.iter().chain(&found[0].related).map(|l| l.text.as_str()).collect();
        assert_eq!(texts, ["`b` follows `a` and leads to `d`", "`pinned` follows `a`"]);
    }
}
