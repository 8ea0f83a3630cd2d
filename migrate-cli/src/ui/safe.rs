//! What others have written, databases for one, shown so that it can't speak to the terminal: move its
//! cursor, change its title, answer in the user's place.

use migrate_core::syntax::is_unsafe_to_show;

/// The colours that this program uses; the others, and all else that a terminal obeys, are not ours.
const COLOURS: [&str; 8] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[2m",
    "\u{1b}[31m",
    "\u{1b}[32m",
    "\u{1b}[33m",
    "\u{1b}[34m",
    "\u{1b}[36m",
];

/// The text with its colours, and a visible replacement for all else that a terminal obeys.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let colour = COLOURS.into_iter().find(|colour| rest.starts_with(colour));
        match next {
            '\n' | '\t' => out.push(next),
            _ if colour.is_some() => out.extend(colour),
            next if is_unsafe_to_show(next) => out.push('\u{fffd}'),
            next => out.push(next),
        }
        rest = &rest[colour.map_or(next.len_utf8(), str::len)..];
    }
    out
}

/// The same JSON, with an escape for what a terminal obeys and JSON allows.
pub(super) fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for next in text.chars() {
        match next {
            next if is_unsafe_to_show(next) => out.push_str(&format!("\\u{:04x}", u32::from(next))),
            next => out.push(next),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::paint;
    use super::*;

    #[test]
    fn colours_pass_and_nothing_else() {
        let check = |text: &str, expected: &str| assert_eq!(shown(text), expected, "{text:?}");
        for style in
            [paint::ID, paint::MARK, paint::ADDED, paint::REMOVED, paint::WARN, paint::FAINT]
        {
            let text = format!("{style}größe{style:#}\n\tx");
            check(&text, &text);
        }
        let message =
            paint::message("error", paint::REMOVED, "a\n --> b:1:1\n  |\n1 | c\n = help: d");
        check(&message, &message);
        check("\u{1b}[2J\u{1b}[8m\u{1b}]0;t\u{7}", "\u{fffd}[2J\u{fffd}[8m\u{fffd}]0;t\u{fffd}");
        check("a\rb\u{8}c\u{9b}31m\u{202e}d", "a\u{fffd}b\u{fffd}c\u{fffd}31m\u{fffd}d");
    }

    #[test]
    fn json_stays_what_it_was() {
        let text = "\u{1b}[2J \u{9b}2J \u{7f}\u{202e} größe \"quoted\" \\ \n";
        let value = serde_json::to_string(text).unwrap();
        let safe = json(&value);
        assert!(!safe.chars().any(is_unsafe_to_show), "{safe:?}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
    }
}
