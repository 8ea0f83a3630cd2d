//! Parses the values of `migrate.toml`: strings, and lists of strings on one line.

/// A line without its comment.
pub(super) fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some('"'), _) if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(end), c) if c == end => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') => return line.get(..at).unwrap_or_default(),
            _ => {}
        }
    }
    line
}

/// Parses a string that is not empty.
pub(super) fn text(value: &str) -> Option<String> {
    match string(value)? {
        (text, "") if !text.trim().is_empty() => Some(text),
        _ => None,
    }
}

/// Parses a string or a list of strings.
pub(super) fn strings(value: &str) -> Option<Vec<String>> {
    let Some(list) = value.strip_prefix('[').and_then(|value| value.strip_suffix(']')) else {
        return text(value).map(|text| vec![text]);
    };
    let (mut found, mut rest) = (Vec::new(), list.trim());
    while !rest.is_empty() {
        let (text, after) = string(rest)?;
        found.push(text);
        rest = match after.trim_start() {
            "" => "",
            after => after.strip_prefix(',')?.trim_start(),
        };
    }
    Some(found)
}

/// The string at the start of a text, and the text after it.
fn string(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('\'') {
        let (literal, rest) = rest.split_once('\'')?;
        return Some((literal.to_owned(), rest));
    }
    let rest = text.strip_prefix('"')?;
    let mut found = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((found, rest.get(at + 1..)?)),
            '\\' => found.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                c @ ('"' | '\\') => c,
                _ => return None,
            }),
            c => found.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_end_lines() {
        let check = |line: &str, expected: &str| assert_eq!(without_comment(line), expected);
        check("a = 1 # b", "a = 1 ");
        check("a = \"#\" # b", "a = \"#\" ");
        check("a = '\\' # b", "a = '\\' ");
        check("a = \"\\\"#\"", "a = \"\\\"#\"");
    }

    #[test]
    fn strings_and_lists() {
        let check = |value: &str, expected: Option<&[&str]>| {
            let found = strings(value);
            let found = found.as_ref().map(|list| list.iter().map(String::as_str).collect());
            assert_eq!(found, expected.map(<[&str]>::to_vec), "{value}");
        };
        check("\"a\"", Some(&["a"]));
        check("['a\\', \"b\\\\c\\n\" ,]", Some(&["a\\", "b\\c\n"]));
        check("[]", Some(&[]));
        for wrong in ["a", "\"a", "\"\"", "\"\\x\"", "[\"a\" \"b\"]", "[a]", "\"a\" b", "7"] {
            check(wrong, None);
        }
    }
}
