//! Tests of the drawing.

use insta::assert_snapshot;

use super::*;

/// A chain written as `id:parent,parent`, parents before children; `id!` is deployed.
fn entries(graph: &str) -> Vec<OutlineEntry> {
    let entry = |node: &str| {
        let (id, parents) = node.split_once(':').unwrap_or((node, ""));
        let name = id.trim_end_matches('!');
        OutlineEntry {
            file: String::new(),
            id: name.to_owned(),
            parents: parents.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect(),
            message: format!("Make <{name}> & \"#\""),
            deployed: id.ends_with('!'),
        }
    };
    graph.split_whitespace().map(entry).collect()
}

fn drawn(graph: &str) -> String {
    let lines = text(&place(entries(graph).iter()));
    let lines: Vec<String> =
        lines.iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect();
    let short = |line: &String| line.split(", ").next().unwrap_or_default().to_owned();
    lines.iter().map(short).collect::<Vec<_>>().join("\n")
}

#[test]
fn lines_and_branches() {
    let check = |graph: &str, expected: &str| assert_eq!(drawn(graph), expected.trim_matches('\n'));
    check("a! b:a", "* b (head)\n* a (pinned)");
    check(
        "a b:a c:a",
        r"
* c (head)
| * b (head)
|/
* a",
    );
    check(
        "a b:a c:a m:b,c d:m",
        r"
* d (head)
* m
|\
| * c
* | b
|/
* a",
    );
    check(
        "a b:a c:a d:a m:b,c,d",
        r"
* m (head)
|\_\
| | * d
| * | c
* | | b
|/_/
* a",
    );
    // Two that never meet.
    check("a b", "* b (head)\n* a (head)");
    // A parent that is missing.
    check("b:a c:b", "* c (head)\n* b");
}

#[test]
fn formats() {
    let nodes = place(entries("a! b:a c:a m:b,c").iter());
    assert_snapshot!("mermaid", mermaid(&nodes));
    assert_snapshot!("dot", dot(&nodes));
    assert_snapshot!("svg", svg(&nodes));
}
