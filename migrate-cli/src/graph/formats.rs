//! The drawing as text, and in the languages of Mermaid, Graphviz and SVG.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::Node;
use crate::ui::{ID, MARK};

/// Lines of text, as `git log --graph` has them.
pub(crate) fn text(nodes: &[Node]) -> Vec<String> {
    let mut lines = Vec::new();
    for node in nodes {
        if !node.joins.is_empty() {
            lines.push(slanted(&node.beside, &node.joins, node.lane, '/'));
        }
        let width = node.beside.len().max(1);
        let mut cells = vec![' '; width * 2 - 1];
        for (lane, _) in node.beside.iter().enumerate().filter(|(_, line)| **line) {
            cells[lane * 2] = '|';
        }
        cells[node.lane * 2] = '*';
        let marks = [("head", node.head), ("pinned", node.deployed)];
        let marks: String = marks
            .iter()
            .filter(|(_, holds)| *holds)
            .map(|(mark, _)| format!(" {MARK}({mark}){MARK:#}"))
            .collect();
        let drawn: String = cells.into_iter().collect();
        let Node { id, message, .. } = node;
        lines.push(format!("{drawn} {ID}{id}{ID:#}{marks}, {message}"));
        if !node.opens.is_empty() {
            lines.push(slanted(&node.below, &node.opens, node.lane, '\\'));
        }
    }
    lines
}

/// A line in which some lanes lead to another one, or come from it.
fn slanted(lines: &[bool], ends: &[usize], lane: usize, slant: char) -> String {
    let width = lines.len().max(ends.iter().max().map_or(0, |end| end + 1));
    let mut cells = vec![' '; width * 2];
    for (at, _) in lines.iter().enumerate().filter(|(at, line)| **line && !ends.contains(at)) {
        cells[at * 2] = '|';
    }
    cells[lane * 2] = '|';
    for end in ends {
        let (left, right) = if *end > lane { (lane, *end) } else { (*end, lane) };
        for cell in &mut cells[left * 2 + 1..right * 2 - 1] {
            if *cell == ' ' {
                *cell = '_';
            }
        }
        // On the left of the lane, it leans the other way.
        let leans_left = *end > lane;
        let (at, mark) = match (slant, leans_left) {
            (_, true) => (right * 2 - 1, slant),
            ('/', false) => (left * 2 + 1, '\\'),
            (_, false) => (left * 2 + 1, '/'),
        };
        cells[at] = mark;
    }
    cells.into_iter().collect::<String>().trim_end().to_owned()
}

/// Each revision's number, counted from the oldest, for languages with plain names.
fn numbers(nodes: &[Node]) -> HashMap<&str, usize> {
    nodes.iter().rev().enumerate().map(|(number, node)| (node.id.as_str(), number)).collect()
}

/// The lines from parents to children, as numbers, the oldest first.
fn edges(nodes: &[Node]) -> Vec<(usize, usize)> {
    let numbers = numbers(nodes);
    let of = |node: &Node| {
        let to = numbers.get(node.id.as_str()).copied();
        let parents = node.parents.iter().filter_map(|parent| numbers.get(parent.as_str()));
        parents.filter_map(|from| Some((*from, to?))).collect::<Vec<_>>()
    };
    nodes.iter().rev().flat_map(of).collect()
}

/// For Markdown.
pub(crate) fn mermaid(nodes: &[Node]) -> String {
    let quoted = |text: &str| {
        let text = text.replace('#', "#35;").replace('"', "#quot;");
        text.replace('<', "#lt;").replace('>', "#gt;")
    };
    let mut text = "flowchart TD\n".to_owned();
    for (number, node) in nodes.iter().rev().enumerate() {
        let (open, close) = if node.deployed { ("[", "]") } else { ("([", "])") };
        let (id, message) = (quoted(&node.id), quoted(&node.message));
        let _ = writeln!(text, "    r{number}{open}\"{id}<br>{message}\"{close}");
    }
    for (from, to) in edges(nodes) {
        let _ = writeln!(text, "    r{from} --> r{to}");
    }
    text
}

/// For Graphviz.
pub(crate) fn dot(nodes: &[Node]) -> String {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut text = "digraph chain {\n    node [shape=box, fontname=\"monospace\"];\n".to_owned();
    for (number, node) in nodes.iter().rev().enumerate() {
        let style = if node.deployed { "solid" } else { "dashed" };
        let (id, message) = (quoted(&node.id), quoted(&node.message));
        let _ = writeln!(text, "    r{number} [label=\"{id}\\n{message}\", style={style}];");
    }
    for (from, to) in edges(nodes) {
        let _ = writeln!(text, "    r{from} -> r{to};");
    }
    text + "}\n"
}

/// The distance of two lanes in a picture, and of two revisions.
const LANE: usize = 20;
const ROW: usize = 28;

/// A picture.
pub(crate) fn svg(nodes: &[Node]) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let lanes = nodes.iter().map(|node| node.beside.len().max(node.below.len())).max().unwrap_or(1);
    let longest = nodes.iter().map(|node| node.id.chars().count() + node.message.chars().count());
    let left = LANE * (lanes + 1);
    // A letter of the font is about 7.3 wide.
    let width = left + (longest.max().unwrap_or(0) + 4) * 73 / 10;
    let height = ROW * (nodes.len() + 1);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"monospace\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    let places: HashMap<&str, (usize, usize)> = nodes
        .iter()
        .enumerate()
        .map(|(row, node)| (node.id.as_str(), (LANE * (node.lane + 1), ROW * (row + 1))))
        .collect();
    for node in nodes {
        let Some((x, y)) = places.get(node.id.as_str()) else { continue };
        for (px, py) in node.parents.iter().filter_map(|parent| places.get(parent.as_str())) {
            let (above, below) = (y + ROW / 2, py.saturating_sub(ROW / 2));
            let _ = writeln!(
                text,
                "<path d=\"M{x} {y} C{x} {above} {px} {below} {px} {py}\" fill=\"none\" stroke=\"gray\"/>"
            );
        }
    }
    for node in nodes {
        let Some((x, y)) = places.get(node.id.as_str()) else { continue };
        let fill = if node.deployed { "black" } else { "white" };
        let (id, message, below) = (escaped(&node.id), escaped(&node.message), y + 4);
        let _ = writeln!(
            text,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"5\" fill=\"{fill}\" stroke=\"black\"/>\n\
             <text x=\"{left}\" y=\"{below}\"><tspan font-weight=\"bold\">{id}</tspan> {message}</text>"
        );
    }
    text + "</svg>\n"
}
