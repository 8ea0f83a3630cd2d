//! Decides whether the server certainly refuses a literal for a built-in type. Literals that a
//! newer server accepts are not reported.

/// Whether the quoted text is not a valid value of this type.
pub(super) fn is_refused(kind: &str, text: &str) -> bool {
    let trimmed = text.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    match kind {
        "smallint" => integer(trimmed, i128::from(i16::MIN), i128::from(i16::MAX)),
        "integer" => integer(trimmed, i128::from(i32::MIN), i128::from(i32::MAX)),
        "bigint" => integer(trimmed, i128::from(i64::MIN), i128::from(i64::MAX)),
        "numeric" | "real" | "double precision" => !may_be_number(trimmed),
        "boolean" => !is_boolean(trimmed),
        "uuid" => !may_be_uuid(text),
        "json" | "jsonb" => !may_be_json(text),
        "date" | "timestamp without time zone" | "timestamp with time zone" => !may_be_time(text),
        _ => false,
    }
}

/// Whether the quoted text is not a valid array. An empty array is `{}`.
pub(super) fn is_no_array(text: &str) -> bool {
    !text.trim_start().starts_with(['{', '['])
}

fn integer(text: &str, least: i128, most: i128) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        // PostgreSQL 16 and later accept `0xff` and `1_000`.
        let is_new = digits.starts_with(|first: char| first.is_ascii_digit())
            && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && (digits.starts_with('0') || digits.contains('_'));
        return !is_new;
    }
    text.parse::<i128>().map_or(digits.len() > 38, |value| value < least || value > most)
}

fn may_be_number(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let lower = text.to_ascii_lowercase();
    let mut bytes = lower.bytes();
    match bytes.next() {
        Some(first) if first.is_ascii_digit() => lower
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+' | b'-')),
        Some(b'.') => bytes.next().is_some_and(|next| next.is_ascii_digit()),
        _ => lower.starts_with("nan") || lower.starts_with("inf"),
    }
}

fn is_boolean(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_start = |word: &str| !lower.is_empty() && word.starts_with(&lower);
    ["true", "false", "yes", "no"].into_iter().any(is_start)
        || ["on", "of", "off", "1", "0"].contains(&lower.as_str())
}

fn may_be_uuid(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let is_right = inner.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_right && inner.bytes().filter(u8::is_ascii_hexdigit).count() == 32
}

fn may_be_json(text: &str) -> bool {
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    match text.bytes().next() {
        Some(b'{') => text.ends_with('}'),
        Some(b'[') => text.ends_with(']'),
        Some(b'"') => text.len() > 1 && text.ends_with('"'),
        Some(b't') => text == "true",
        Some(b'f') => text == "false",
        Some(b'n') => text == "null",
        Some(b'-' | b'0'..=b'9') => text.ends_with(|last: char| last.is_ascii_digit()),
        _ => false,
    }
}

/// A time contains a digit, or one of the special words such as `now`.
fn may_be_time(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let words = ["now", "today", "tomorrow", "yesterday", "epoch", "infinity", "inf"];
    lower.bytes().any(|byte| byte.is_ascii_digit()) || words.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_value() {
        let refused = [
            ("integer", "abc"),
            ("integer", ""),
            ("integer", "1.5"),
            ("integer", "1e3"),
            ("integer", "2147483648"),
            ("smallint", "-32769"),
            ("bigint", "9223372036854775808"),
            ("numeric", "abc"),
            ("numeric", ""),
            ("real", "1,5"),
            ("boolean", "2"),
            ("boolean", "o"),
            ("boolean", "maybe"),
            ("boolean", ""),
            ("uuid", "abc"),
            ("uuid", " 00000000-0000-0000-0000-000000000000"),
            ("jsonb", ""),
            ("jsonb", "{a"),
            ("json", "abc"),
            ("timestamp with time zone", "CURRENT_TIMESTAMP"),
            ("date", ""),
        ];
        for (kind, text) in refused {
            assert!(is_refused(kind, text), "{kind} {text:?}");
        }
        assert!(is_no_array("") && is_no_array("a,b"));
    }

    #[test]
    fn what_may_be_one() {
        let taken = [
            ("integer", " 12 "),
            ("integer", "-2147483648"),
            ("integer", "0x1F"),
            ("integer", "1_000"),
            ("bigint", "+7"),
            ("numeric", "1e3"),
            ("numeric", "NaN"),
            ("numeric", "-Infinity"),
            ("numeric", ".5"),
            ("double precision", " 1.5 "),
            ("boolean", " T "),
            ("boolean", "off"),
            ("uuid", "{00000000-0000-0000-0000-000000000000}"),
            ("uuid", "00000000000000000000000000000000"),
            ("jsonb", " {\"a\": 1} "),
            ("json", "1e5"),
            ("date", "now()"),
            ("timestamp without time zone", "-infinity"),
            ("date", "2020-01-01"),
            ("text", "anything"),
        ];
        for (kind, text) in taken {
            assert!(!is_refused(kind, text), "{kind} {text:?}");
        }
        assert!(!is_no_array(" {}") && !is_no_array("[0:1]={1,2}"));
    }
}
