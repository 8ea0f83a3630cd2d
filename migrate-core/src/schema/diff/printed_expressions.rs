//! Rewrites expressions so that the server prints them as it did before. It prints `c IN ('a', 'b')` for a varchar column
//! as a cast of an array, and reads that cast as another expression.

/// A statement with such casts of arrays as the lists that they were.
pub(super) fn unprinted(sql: &str) -> String {
    let mut text = sql.to_owned();
    let is_routine = ["FUNCTION", "PROCEDURE"]
        .iter()
        .any(|kind| text.starts_with(&format!("CREATE OR REPLACE {kind} ")));
    // The body of a routine is as its author wrote it.
    let mut end = if is_routine { 0 } else { text.len() };
    while let Some((at, words, found)) = last_cast(&text[..end]) {
        if let Some(list) = as_list(&text, at, words, found) {
            text = list;
        }
        end = at;
    }
    text
}

const CASTS: [(&str, &str); 2] =
    [(")::text = ANY ((ARRAY[", "IN"), (")::text <> ALL ((ARRAY[", "NOT IN")];

fn last_cast(text: &str) -> Option<(usize, &'static str, &'static str)> {
    let found = CASTS.iter().filter_map(|(cast, words)| Some((text.rfind(cast)?, *words, *cast)));
    found.max_by_key(|(at, ..)| *at)
}

/// The text with the cast whose left side ends at `at` as a list.
fn as_list(text: &str, at: usize, words: &str, cast: &str) -> Option<String> {
    let pairs = pairs(text);
    let opens = pairs.iter().find(|(_, close)| *close == at)?.0;
    let from = at + cast.len();
    let to = pairs.iter().find(|(open, _)| open + 1 == from)?.1;
    let list = text.get(from..to).filter(|it| it.contains("::character varying"))?;
    let rest = text.get(to..)?.strip_prefix("])::text[])")?;
    Some(format!("{}{} {words} ({list}){rest}", &text[..opens], &text[opens..=at]))
}

/// Where brackets open and close, but for those in strings and names.
fn pairs(text: &str) -> Vec<(usize, usize)> {
    let (mut open, mut found, mut quote) = (Vec::new(), Vec::new(), None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[') => open.push(at),
            (None, ')' | ']') => found.extend(open.pop().map(|start| (start, at))),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casts_of_arrays_become_lists() {
        let check = |sql: &str, expected: &str| assert_eq!(unprinted(sql), expected);
        let list = "'a'::character varying, ')['::character varying";
        let any = format!("(s)::text = ANY ((ARRAY[{list}])::text[])");
        let all = format!("(t.\"S\")::text <> ALL ((ARRAY[{list}])::text[])");
        check(&format!("CHECK (({any}))"), &format!("CHECK (((s) IN ({list})))"));
        check(
            &format!("WHERE (({any}) AND ({all}))"),
            &format!("WHERE (((s) IN ({list})) AND ((t.\"S\") NOT IN ({list})))"),
        );
        // These the server prints as it has read them.
        for sql in [
            "CHECK (((s)::text = ANY (ARRAY[('a'::character varying)::text])))",
            "CHECK ((n = ANY (ARRAY[1, 2])))",
            "CHECK (((s)::text = ANY ((ARRAY['a'::name])::text[])))",
            "DEFAULT ')::text = ANY ((ARRAY['::text",
        ] {
            check(sql, sql);
        }
        let body = format!("CREATE OR REPLACE FUNCTION f() AS $$SELECT {any}$$");
        check(&body, &body);
    }
}
