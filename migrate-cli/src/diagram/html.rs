//! The diagram as one page that needs nothing else: a drawing, and each table in words. It can be read
//! without JavaScript, which adds the search, the zoom and the neighbours of a table.

use std::fmt::Write as _;

use super::layout::{Pair, places};
use super::{Diagram, EnumType, Link, Table, short_type};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Stands before the data in a page, and behind it.
const DATA: (&str, &str) = ("<script type=\"application/json\" id=\"data\">\n", "</script>\n");

/// How high the head of a table is, and each of its rows.
const HEAD: i32 = 32;
const ROW: i32 = 21;
/// A table is not narrower, nor wider.
const WIDTHS: (i32, i32) = (150, 340);

/// The page.
pub(crate) fn html(diagram: &Diagram) -> String {
    let mut page = String::new();
    let keys: usize = diagram.tables.iter().map(|table| table.foreign_keys.len()).sum();
    let counts = [
        count(diagram.tables.iter().filter(|it| !it.is_view()).count(), "table"),
        count(diagram.tables.iter().filter(|it| it.is_view()).count(), "view"),
        count(keys, "foreign key"),
        count(diagram.enums.len(), "enum"),
    ];
    let counts = counts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <meta name=\"generator\" content=\"migrate schema dump\">\n\
         <title>Schema</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#tables\">Skip to the tables in words</a>\n\
         <header>\n<h1>Schema</h1>\n<p>{counts}</p>\n\
         <label class=\"script\"><span>Search</span><input id=\"search\" type=\"search\" autocomplete=\"off\" placeholder=\"Table or column  ( / )\"></label>\n\
         <div class=\"tools script\" role=\"group\" aria-label=\"View\">\
         <button id=\"out\" aria-label=\"Zoom out\">−</button><button id=\"fit\">Fit</button><button id=\"in\" aria-label=\"Zoom in\">+</button>\
         <button id=\"theme\" aria-label=\"Light or dark\">◐</button></div>\n</header>\n<div id=\"page\">\n"
    );
    navigation(diagram, &mut page);
    drawing(diagram, &mut page);
    page.push_str("<main id=\"tables\" tabindex=\"-1\" aria-label=\"Tables in words\">\n");
    page.push_str(
        "<p class=\"hint\">Choose a table to see its columns, keys and neighbours.</p>\n",
    );
    for table in &diagram.tables {
        words(diagram, table, &mut page);
    }
    enums(&diagram.enums, &mut page);
    page.push_str("</main>\n</div>\n");
    // A tag in the data would end it.
    let data = diagram.json().replace('<', "\\u003c");
    let _ = write!(page, "{}{data}{}", DATA.0, DATA.1);
    let _ = write!(page, "<script>\n{SCRIPT}</script>\n</body>\n</html>\n");
    page
}

/// The data that is in a page.
pub(crate) fn data_of(page: &str) -> Option<String> {
    let (_, rest) = page.split_once(DATA.0)?;
    let (data, _) = rest.split_once(DATA.1)?;
    Some(data.replace("\\u003c", "<"))
}

fn count(number: usize, what: &str) -> Option<String> {
    (number > 0).then(|| migrate_core::__private::counted(number, what))
}

/// Text that can stand anywhere in a page, also between quotes.
fn escaped(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => found.push_str("&amp;"),
            '<' => found.push_str("&lt;"),
            '>' => found.push_str("&gt;"),
            '"' => found.push_str("&quot;"),
            '\'' => found.push_str("&#39;"),
            '\n' | '\t' => found.push(c),
            // What would turn letters round, or is not allowed in a page.
            c if c.is_control() || migrate_core::syntax::is_unsafe_to_show(c) => {
                found.push('\u{fffd}');
            }
            c => found.push(c),
        }
    }
    found
}

/// What a link to a table names; two names never give the same.
fn anchor(table: &Table) -> String {
    let mut found = "t-".to_owned();
    for c in format!("{}.{}", table.schema, table.name).chars() {
        match c {
            c if c.is_ascii_alphanumeric() || "._-".contains(c) => found.push(c),
            c => {
                let _ = write!(found, "~{:x}~", u32::from(c));
            }
        }
    }
    found
}

fn navigation(diagram: &Diagram, page: &mut String) {
    page.push_str("<nav aria-label=\"Tables\">\n<ul>\n");
    for table in &diagram.tables {
        let columns = table.columns.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(" ");
        let search = format!("{} {columns}", table.title()).to_lowercase();
        let _ = writeln!(
            page,
            "<li data-search=\"{}\"><a href=\"#{}\"{}>{}</a></li>",
            escaped(&search),
            anchor(table),
            if table.is_view() { " class=\"view\"" } else { "" },
            escaped(&table.title())
        );
    }
    page.push_str("</ul>\n<p id=\"none\" hidden>No table has that.</p>\n</nav>\n");
}

/// About how wide a text is, in the font of the page.
fn width(text: &str, letter: i32) -> i32 {
    text.chars().map(|c| if u32::from(c) < 0x1100 { letter } else { 2 * letter }).sum::<i32>() / 10
}

/// A text that fits, cut if it has to be.
fn fitting(text: &str, room: i32, letter: i32) -> String {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if width(&text, letter) <= room {
        return text;
    }
    let mut cut = String::new();
    for c in text.chars() {
        if width(&cut, letter) + letter / 5 >= room - letter / 10 {
            break;
        }
        cut.push(c);
    }
    cut + "…"
}

/// The widths of a letter in names and in types, in tenths.
const NAME: i32 = 72;
const KIND: i32 = 66;
/// What stands before the name of a column, and between it and its type.
const LEFT: i32 = 32;
const GAP: i32 = 18;

fn kind(table: &Table, nth: usize) -> String {
    let Some(column) = table.columns.get(nth) else { return String::new() };
    let null = if column.not_null || table.is_view() { "" } else { "?" };
    format!("{}{null}", short_type(&column.data_type))
}

fn size(table: &Table) -> Pair {
    let row = |nth: usize| {
        let name = table.columns.get(nth).map_or("", |it| &it.name);
        LEFT + width(name, NAME) + GAP + width(&kind(table, nth), KIND) + 12
    };
    let rows = (0..table.columns.len()).map(row).max().unwrap_or(0);
    let wide = rows.max(width(&table.title(), 80) + 32).clamp(WIDTHS.0, WIDTHS.1);
    let count = i32::try_from(table.columns.len()).unwrap_or(0);
    (wide, HEAD + ROW * count + 6)
}

fn drawing(diagram: &Diagram, page: &mut String) {
    let links = diagram.links();
    let sizes: Vec<Pair> = diagram.tables.iter().map(size).collect();
    let pairs: Vec<(usize, usize)> = links.iter().map(|link| (link.from, link.to)).collect();
    let (places, (wide, high)) = places(&sizes, &pairs);
    let _ = write!(
        page,
        "<div id=\"drawing\" tabindex=\"0\" role=\"region\" aria-label=\"Drawing of the tables\">\n\
         <svg width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" role=\"group\" aria-label=\"Tables and foreign keys\">\n\
         <defs>\
         <marker id=\"many\" viewBox=\"0 0 12 12\" refX=\"12\" refY=\"6\" markerWidth=\"12\" markerHeight=\"12\" markerUnits=\"userSpaceOnUse\" orient=\"auto-start-reverse\"><path d=\"M12 1 L1 6 L12 11\"/></marker>\
         <marker id=\"one\" viewBox=\"0 0 12 12\" refX=\"12\" refY=\"6\" markerWidth=\"12\" markerHeight=\"12\" markerUnits=\"userSpaceOnUse\" orient=\"auto-start-reverse\"><path d=\"M4 1 L4 11\"/></marker>\
         </defs>\n<g id=\"links\" aria-hidden=\"true\">\n"
    );
    for link in &links {
        line(diagram, link, (&sizes, &places), page);
    }
    page.push_str("</g>\n");
    for (table, (size, place)) in diagram.tables.iter().zip(sizes.iter().zip(&places)) {
        drawn(table, *size, *place, page);
    }
    page.push_str("</svg>\n</div>\n");
}

/// The line of a foreign key, from the column that has it to the one that it refers to.
fn line(
    diagram: &Diagram,
    link: &Link<'_>,
    (sizes, places): (&[Pair], &[Pair]),
    page: &mut String,
) {
    let end = |table: usize, columns: &[String]| {
        let (size, place) = (sizes.get(table)?, places.get(table)?);
        let found = diagram.tables.get(table)?;
        let row = found.columns.iter().position(|it| columns.first() == Some(&it.name))?;
        let y = place.1 + HEAD + ROW * i32::try_from(row).ok()? + ROW / 2 + 2;
        Some((place.0, place.0 + size.0, y))
    };
    let ends = end(link.from, &link.key.columns).zip(end(link.to, &link.key.references.columns));
    let Some(((left, right, y), (to_left, to_right, to_y))) = ends else { return };
    let (Some(from), Some(to)) = (diagram.tables.get(link.from), diagram.tables.get(link.to))
    else {
        return;
    };
    let bend = |distance: i32| (distance / 2).clamp(40, 160);
    let path = if left >= to_right {
        let by = bend(left - to_right);
        format!("M{left} {y} C{} {y} {} {to_y} {to_right} {to_y}", left - by, to_right + by)
    } else if to_left >= right {
        let by = bend(to_left - right);
        format!("M{right} {y} C{} {y} {} {to_y} {to_left} {to_y}", right + by, to_left - by)
    } else {
        let out = right.max(to_right) + 44;
        format!("M{right} {y} C{out} {y} {out} {to_y} {to_right} {to_y}")
    };
    let many = if link.one { "one" } else { "many" };
    let optional = if link.optional { " class=\"optional\"" } else { "" };
    let _ = writeln!(
        page,
        "<path d=\"{path}\"{optional} data-from=\"{}\" data-to=\"{}\" marker-start=\"url(#{many})\" marker-end=\"url(#one)\"/>",
        anchor(from),
        anchor(to)
    );
}

fn drawn(table: &Table, (wide, high): Pair, (x, y): Pair, page: &mut String) {
    let title = table.title();
    let class = if table.is_view() { "table view" } else { "table" };
    let _ = writeln!(
        page,
        "<a class=\"{class}\" href=\"#{}\" data-x=\"{x}\" data-y=\"{y}\" data-w=\"{wide}\" data-h=\"{high}\" transform=\"translate({x} {y})\" aria-label=\"{} {}\">",
        anchor(table),
        table.kind,
        escaped(&title)
    );
    if let Some(comment) = &table.comment {
        let _ = writeln!(page, "<title>{}</title>", escaped(comment));
    }
    let _ = writeln!(
        page,
        "<rect class=\"box\" width=\"{wide}\" height=\"{high}\" rx=\"6\"/><path class=\"head\" d=\"M0 {HEAD} V6 a6 6 0 0 1 6 -6 H{} a6 6 0 0 1 6 6 V{HEAD} Z\"/>\
         <text class=\"title\" x=\"12\" y=\"21\">{}</text>",
        wide - 6,
        escaped(&fitting(&title, wide - 24, 80))
    );
    for (nth, column) in table.columns.iter().enumerate() {
        let y = HEAD + ROW * i32::try_from(nth).unwrap_or(0) + ROW / 2 + 7;
        let marks = table.marks(&column.name);
        let mark = match marks.as_slice() {
            ["PK", "FK", ..] => "PF",
            [mark, ..] => mark,
            [] => "",
        };
        if !mark.is_empty() {
            let _ = write!(page, "<text class=\"mark {mark}\" x=\"10\" y=\"{y}\">{mark}</text>");
        }
        let kind = kind(table, nth);
        let half = (wide - LEFT - GAP - 12) / 2;
        let kind =
            fitting(&kind, half.max(wide - LEFT - GAP - 12 - width(&column.name, NAME)), KIND);
        let room = wide - LEFT - GAP - 12 - width(&kind, KIND);
        let _ = writeln!(
            page,
            "<text x=\"{LEFT}\" y=\"{y}\">{}</text><text class=\"kind\" x=\"{}\" y=\"{y}\">{}</text>",
            escaped(&fitting(&column.name, room, NAME)),
            wide - 12,
            escaped(&kind)
        );
    }
    page.push_str("</a>\n");
}

/// A table in words: what is in the drawing, and what is not.
fn words(diagram: &Diagram, table: &Table, page: &mut String) {
    let _ = writeln!(
        page,
        "<section id=\"{}\" aria-labelledby=\"h-{0}\">\n<a class=\"close\" href=\"#\" aria-label=\"Close\">×</a>\n<h2 id=\"h-{0}\">{}</h2>\n<p class=\"kind\">{}</p>",
        anchor(table),
        escaped(&table.title()),
        table.kind
    );
    if let Some(comment) = &table.comment {
        let _ = writeln!(page, "<p class=\"comment\">{}</p>", escaped(comment));
    }
    if let Some(key) = &table.partitioned_by {
        let partitions = table.partitions.join(", ");
        let _ = writeln!(
            page,
            "<p>Partitioned by <code>{}</code>: {}</p>",
            escaped(key),
            if partitions.is_empty() { "no partitions".to_owned() } else { escaped(&partitions) }
        );
    }
    page.push_str("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">Column</th><th scope=\"col\">Type</th><th scope=\"col\">Key</th></tr></thead>\n<tbody>\n");
    for column in &table.columns {
        let null = if column.not_null || table.is_view() { "" } else { " <i>null</i>" };
        let mut notes = Vec::new();
        if let Some(default) = &column.default {
            let word = if column.generated.is_some() { "generated as" } else { "default" };
            notes.push(format!("{word} <code>{}</code>", escaped(default)));
        }
        if let Some(when) = &column.identity {
            notes.push(format!("identity, {}", escaped(when)));
        }
        notes.extend(column.comment.as_ref().map(|comment| escaped(comment)));
        let notes = match notes.as_slice() {
            [] => String::new(),
            notes => format!("<small>{}</small>", notes.join(" · ")),
        };
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}{notes}</th><td><code>{}</code>{null}</td><td>{}</td></tr>",
            escaped(&column.name),
            escaped(&short_type(&column.data_type)),
            table.marks(&column.name).join(" ")
        );
    }
    page.push_str("</tbody>\n</table></div>\n");
    keys(diagram, table, page);
    let unique =
        table.unique.iter().map(|key| format!("unique <code>{}</code>", escaped(&key.join(", "))));
    let other = table.checks.iter().chain(&table.indexes);
    let other =
        other.map(|it| format!("{}: <code>{}</code>", escaped(&it.name), escaped(&it.definition)));
    list("Constraints and indexes", unique.chain(other), page);
    page.push_str("</section>\n");
}

/// What a table refers to, and what refers to it.
fn keys(diagram: &Diagram, table: &Table, page: &mut String) {
    let anchored =
        |other: &Table| format!("<a href=\"#{}\">{}</a>", anchor(other), escaped(&other.title()));
    let links = diagram.links();
    let is = |at: usize| diagram.tables.get(at).is_some_and(|it| std::ptr::eq(it, table));
    let to = links.iter().filter(|link| is(link.from)).filter_map(|link| {
        let rules = escaped(&link.key.rules);
        let columns = escaped(&link.key.columns.join(", "));
        Some(format!("<code>{columns}</code> → {} {rules}", anchored(diagram.tables.get(link.to)?)))
    });
    list("Refers to", to, page);
    let from = links.iter().filter(|link| is(link.to)).filter_map(|link| {
        let columns = escaped(&link.key.columns.join(", "));
        Some(format!("{} <code>{columns}</code>", anchored(diagram.tables.get(link.from)?)))
    });
    list("Referred to by", from, page);
}

fn list(title: &str, items: impl Iterator<Item = String>, page: &mut String) {
    let items: Vec<String> = items.map(|it| format!("<li>{}</li>\n", it.trim_end())).collect();
    if !items.is_empty() {
        let _ = write!(page, "<h3>{title}</h3>\n<ul>\n{}</ul>\n", items.concat());
    }
}

fn enums(enums: &[EnumType], page: &mut String) {
    let item = |it: &EnumType| {
        let name = migrate_core::schema::catalog::Name::new(&*it.schema, &*it.name).to_string();
        let comment =
            it.comment.as_ref().map_or_else(String::new, |it| format!(" {}", escaped(it)));
        format!(
            "<b>{}</b> <code>{}</code>{comment}",
            escaped(&name),
            escaped(&it.labels.join(", "))
        )
    };
    if !enums.is_empty() {
        page.push_str("<section id=\"enums\" class=\"always\">\n");
        list("Enums", enums.iter().map(item), page);
        page.push_str("</section>\n");
    }
}
