//! Tests: graphs that are chains, and graphs that are not.

use super::*;

/// Checks a graph written as `id:parent,parent`. Compares its order or the codes of its problems.
fn check(graph: &str, expected: Result<&str, &[&str]>) -> Vec<Diagnostic> {
    let nodes: Vec<Node<'_>> = graph
        .split(' ')
        .enumerate()
        .map(|(source, node)| {
            let (id, parents) = node.split_once(':').unwrap_or((node, ""));
            let parents = parents.split(',').filter(|id| !id.is_empty());
            let parents = parents.map(|id| (id, Span::default())).collect();
            Node { source, id, id_span: Span::default(), parents, pinned: id == "pinned" }
        })
        .collect();
    let context = Context {
        incomplete: false,
        moved: false,
        deployed: graph.split([' ', ':']).filter(|id| ["pinned", "gone"].contains(id)).collect(),
    };
    let mut problems = Vec::new();
    let order = super::check(&nodes, &context, &mut problems);
    let ids: Vec<_> = order.iter().map(|at| nodes[*at].id).collect();
    let codes: Vec<_> = problems.iter().map(|found| found.problem.code()).collect();
    match expected {
        Ok(order) => {
            assert_eq!((ids.join(" ").as_str(), codes.len()), (order, 0), "{graph}: {codes:?}");
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
    assert_eq!(found[0].problem.to_string(), "the parents of `a` and `b` form a cycle");
}

#[test]
fn several_bases_and_heads() {
    check("a b c:a,b", Err(&["several-bases"]));
    check("a b:a c:a", Err(&["fork"]));
    check("a b:a c:a d:b e:c", Err(&["fork"]));
    check("a b", Err(&["several-bases"]));
    check("a b:a c:a d", Err(&["several-bases"]));
    check("a b:x c:x d:b,c", Err(&["unknown-parent"]));
    check("a b:a c:a m:b,c n:c,b", Err(&["twin-merges"]));
}

#[test]
fn a_fork_says_which_branch_to_move() {
    let found = check("a b:a d:b pinned:a", Err(&["fork"]));
    let help = found[0].problem.help();
    assert!(help.contains("`migrate rebase b --onto pinned`"), "{help}");
    let both = check("a gone:a pinned:a", Err(&["fork"]))[0].problem.help();
    assert!(both.contains("`migrate merge") && !both.contains("rebase"), "{both}");
    let texts: Vec<_> =
        found[0].primary.iter().chain(&found[0].related).map(|l| l.text.as_str()).collect();
    assert_eq!(texts, ["`b` follows `a` and leads to `d`", "`pinned` follows `a`, deployed"]);
}

/// Counts the work, which grows with the size of the graph.
#[test]
fn few_unknown_parents_are_compared_with_all_ids() {
    let compared = |count: usize| {
        let names: Vec<(String, String)> =
            (0..count).map(|n| (format!("a{n:06}"), format!("b{n:06}"))).collect();
        let nodes: Vec<Node<'_>> = names
            .iter()
            .enumerate()
            .map(|(source, (id, parent))| Node {
                source,
                id,
                id_span: Span::default(),
                parents: vec![(parent.as_str(), Span::default())],
                pinned: false,
            })
            .collect();
        let context = Context { incomplete: false, moved: false, deployed: HashSet::new() };
        let before = crate::syntax::suggest::COMPARED.get();
        let mut problems = Vec::new();
        super::check(&nodes, &context, &mut problems);
        assert_eq!(problems.len(), count);
        crate::syntax::suggest::COMPARED.get() - before
    };
    assert_eq!(compared(2_000), 2 * compared(1_000) + MOST_SUGGESTIONS);
}

/// A branch contains the revisions that only one head descends from, however the others are merged.
#[test]
fn each_head_has_what_no_other_stands_on() {
    let told = |graph: &str| {
        let found = check(graph, Err(&["fork"]));
        let labels = found[0].primary.iter().chain(&found[0].related);
        labels.map(|label| label.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        told("a b:a c:b d:a e:d f:d g:e,f h:c"),
        ["`b` follows `a` and leads to `h`", "`d` follows `a` and leads to `g`"]
    );
    assert_eq!(
        told("a b:a c:a m:b,c n:b"),
        ["`n` follows `b`", "`c` follows `a` and leads to `m`"]
    );
    assert_eq!(told("a b:a c:a d:a").len(), 3);
}
