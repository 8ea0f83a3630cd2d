//! The diagram for Mermaid, which Markdown on code forges draws.

use std::fmt::Write as _;

use super::{Diagram, Table, short_type};

/// An `erDiagram`. Its names have few letters: what can't stand there stands in the comment.
pub(crate) fn mermaid(diagram: &Diagram) -> String {
    let mut text = "erDiagram\n".to_owned();
    for table in &diagram.tables {
        let _ = writeln!(text, "    {} {{", entity(table));
        for column in &table.columns {
            let (kind, name) = (word(&short_type(&column.data_type)), word(&column.name));
            let marks = table.marks(&column.name).join(", ");
            let mut notes = Vec::new();
            if name != column.name {
                notes.push(column.name.clone());
            }
            if !column.not_null && !table.is_view() {
                notes.push("null".to_owned());
            }
            notes.extend(column.comment.clone());
            let mut line = format!("{kind} {name}");
            if !marks.is_empty() {
                line.push_str(&format!(" {marks}"));
            }
            if !notes.is_empty() {
                line.push_str(&format!(" \"{}\"", note(&notes.join("; "))));
            }
            let _ = writeln!(text, "        {line}");
        }
        text.push_str("    }\n");
    }
    for link in diagram.links() {
        let (Some(to), Some(from)) = (diagram.tables.get(link.to), diagram.tables.get(link.from))
        else {
            continue;
        };
        let parent = if link.optional { "|o" } else { "||" };
        let child = if link.one { "o|" } else { "o{" };
        let columns = note(&link.key.columns.join(", "));
        let (to, from) = (entity(to), entity(from));
        let _ = writeln!(text, "    {to} {parent}--{child} {from} : \"{columns}\"");
    }
    text
}

/// The name of a table: quoted, without the letters that end the quotes.
fn entity(table: &Table) -> String {
    let title = table.title();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_word = title.chars().all(plain) && title.starts_with(|c: char| c.is_ascii_alphabetic());
    if is_word {
        return title;
    }
    let title: String =
        harmless(&title).chars().map(|c| if "%\\".contains(c) { '_' } else { c }).collect();
    format!("\"{title}\"")
}

/// Text between quotes, in which nobody sees the end of them, or a tag.
fn harmless(text: &str) -> String {
    let letter = |c| match c {
        '"' => '\'',
        '<' => '‹',
        '>' => '›',
        c if char::is_control(c) => ' ',
        c => c,
    };
    text.chars().map(letter).collect()
}

/// A word that may name a column or a type.
fn word(text: &str) -> String {
    let mut word: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "_-()[]".contains(c) { c } else { '_' })
        .collect();
    if !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
        word.insert(0, 'x');
    }
    word
}

fn note(text: &str) -> String {
    harmless(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}
