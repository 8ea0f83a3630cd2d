//! Colours: few, and never the only sign of anything.

use anstyle::{AnsiColor, Style};

/// A revision's id.
pub(crate) const ID: Style = AnsiColor::Yellow.on_default();
/// A mark, such as `(head)`.
pub(crate) const MARK: Style = AnsiColor::Cyan.on_default().bold();
/// What is applied, or well.
pub(crate) const ADDED: Style = AnsiColor::Green.on_default();
/// What is undone, or wrong.
pub(crate) const REMOVED: Style = AnsiColor::Red.on_default().bold();
/// What deserves a look.
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// What is of less interest.
pub(crate) const FAINT: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const GUTTER: Style = AnsiColor::Blue.on_default().bold();

/// A message of core's renderer, its parts coloured as the compiler does it.
pub(crate) fn message(kind: &str, style: Style, text: &str) -> String {
    let painted = text.lines().enumerate().map(|(nth, line)| match nth {
        0 => format!("{style}{kind}{style:#}{BOLD}: {line}{BOLD:#}"),
        _ => self::line(line, style),
    });
    painted.collect::<Vec<_>>().join("\n")
}

fn line(line: &str, style: Style) -> String {
    let body = line.trim_start();
    let indent = &line[..line.len() - body.len()];
    if let Some(rest) = body.strip_prefix("error: ") {
        return format!("{style}error{style:#}{BOLD}: {rest}{BOLD:#}");
    }
    for arrow in ["--> ", "::: "] {
        if let Some(place) = body.strip_prefix(arrow) {
            return format!("{indent}{GUTTER}{arrow}{GUTTER:#}{place}");
        }
    }
    for note in ["= help:", "= note:"] {
        if let Some(rest) = body.strip_prefix(note) {
            let word = &note[2..];
            return format!("{indent}{GUTTER}={GUTTER:#} {BOLD}{word}{BOLD:#}{rest}");
        }
    }
    let Some((gutter, rest)) = body.split_once('|') else { return line.to_owned() };
    match gutter.trim() {
        "" if rest.trim_start().starts_with(['^', '-']) => {
            let marks = if rest.contains('^') { style } else { GUTTER };
            format!("{indent}{gutter}{GUTTER}|{GUTTER:#}{marks}{rest}{marks:#}")
        }
        number if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{indent}{GUTTER}{gutter}|{GUTTER:#}{rest}")
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without its colours a message is what it was, and the parts that matter have one.
    #[test]
    fn paint_changes_no_letter() {
        let text = "what is wrong\n --> a.sql:3:1\n  |\n3 | SELECT | 1\n  | ^^^ here\n = help: fix it\n\nerror: more | of it";
        let painted = message("error", REMOVED, text);
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), format!("error: {text}"));
        for part in ["error", "-->", " ^^^ here", "help:", "="] {
            let at = painted.find(part).unwrap_or_else(|| panic!("{part} is not in {painted}"));
            assert!(painted[..at].ends_with('m'), "{part} has no colour in {painted:?}");
        }
    }
}
