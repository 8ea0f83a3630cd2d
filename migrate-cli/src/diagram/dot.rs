//! The diagram for Graphviz: `dot -Tsvg`.

use std::fmt::Write as _;

use super::{Diagram, Table, short_type};

/// A `digraph` of tables with a row for each column.
pub(crate) fn dot(diagram: &Diagram) -> String {
    let mut text = "digraph schema {\n    graph [rankdir=RL];\n    \
                    node [shape=plain, fontname=\"Helvetica\"];\n    \
                    edge [dir=both, arrowtail=crow, arrowhead=tee, color=\"#64748b\"];\n"
        .to_owned();
    for (at, table) in diagram.tables.iter().enumerate() {
        let _ = writeln!(text, "    t{at} [label={}];", label(table));
    }
    for link in diagram.links() {
        let port = |table: usize, columns: &[String]| {
            let first = columns.first()?;
            diagram.tables.get(table)?.columns.iter().position(|it| it.name == *first)
        };
        let end = |table: usize, columns: &[String]| match port(table, columns) {
            Some(port) => format!("t{table}:c{port}"),
            None => format!("t{table}"),
        };
        let from = end(link.from, &link.key.columns);
        let to = end(link.to, &link.key.references.columns);
        let tail = if link.one { " [arrowtail=tee]" } else { "" };
        let _ = writeln!(text, "    {from} -> {to}{tail};");
    }
    text + "}\n"
}

fn label(table: &Table) -> String {
    let fill = if table.is_view() { "#f1f5f9" } else { "#dbeafe" };
    let mut text = format!(
        "<<TABLE BORDER=\"0\" CELLBORDER=\"1\" CELLSPACING=\"0\" CELLPADDING=\"4\">\
         <TR><TD BGCOLOR=\"{fill}\" COLSPAN=\"3\"><B>{}</B></TD></TR>",
        escaped(&table.title())
    );
    for (at, column) in table.columns.iter().enumerate() {
        let marks = table.marks(&column.name).join(" ");
        let kind = short_type(&column.data_type);
        let null = if column.not_null || table.is_view() { "" } else { "?" };
        let _ = write!(
            text,
            "<TR><TD PORT=\"c{at}\" ALIGN=\"LEFT\">{}</TD><TD ALIGN=\"LEFT\">{}{null}</TD><TD>{marks} </TD></TR>",
            escaped(&column.name),
            escaped(&kind)
        );
    }
    text + "</TABLE>>"
}

fn escaped(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let text = text.replace('"', "&quot;");
    // An empty cell is a syntax error.
    if text.is_empty() { " ".to_owned() } else { text }
}
