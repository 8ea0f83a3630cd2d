//! `migrate graph`: the chain as a drawing.

use serde::Serialize;

use super::show::warn_if_broken;
use crate::args::GraphFormat;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::graph::{Node, dot, mermaid, place, svg, text};
use crate::tree::Tree;
use crate::ui::{Page, View};

#[derive(Serialize)]
struct Graph {
    nodes: Vec<NodeView>,
    edges: Vec<Edge>,
    #[serde(skip)]
    drawn: Vec<String>,
}

#[derive(Serialize)]
struct NodeView {
    revision: String,
    message: String,
    deployed: bool,
    head: bool,
}

#[derive(Serialize)]
struct Edge {
    parent: String,
    child: String,
}

impl View for Graph {
    fn text(&self, page: &mut Page) {
        self.drawn.iter().for_each(|line| page.line(line));
    }
}

/// `migrate graph`
pub(super) fn graph(context: &Context, format: GraphFormat) -> Result<Exit, Failure> {
    let tree = Tree::shown(&context.source)?;
    warn_if_broken(context, &tree);
    let nodes = place(tree.entries.iter());
    let lines = |text: String| text.lines().map(str::to_owned).collect();
    let view = |node: &Node| NodeView {
        revision: node.id.clone(),
        message: node.message.clone(),
        deployed: node.deployed,
        head: node.head,
    };
    let edges = |node: &Node| {
        let edge = |parent: &String| Edge { parent: parent.clone(), child: node.id.clone() };
        node.parents.iter().map(edge).collect::<Vec<_>>()
    };
    context.ui.show(&Graph {
        nodes: nodes.iter().rev().map(view).collect(),
        edges: nodes.iter().rev().flat_map(edges).collect(),
        drawn: match format {
            GraphFormat::Text => text(&nodes),
            GraphFormat::Mermaid => lines(mermaid(&nodes)),
            GraphFormat::Dot => lines(dot(&nodes)),
            GraphFormat::Svg => lines(svg(&nodes)),
        },
    })?;
    Ok(Exit::Fine)
}
