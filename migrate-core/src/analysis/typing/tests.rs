//! Tests: which forms are chosen, and which casts there are.

use super::*;

fn kind(name: &str) -> ValueType {
    match name {
        "'x'" => Literal,
        "?" => Unknown,
        "mood" => Enum(1),
        "status" => Enum(2),
        name => {
            let known = ValueType::of_shown(name);
            assert_ne!(known, Unknown, "{name}");
            known
        }
    }
}

#[test]
fn operators() {
    let cases = [
        ("integer", "=", "integer", "boolean"),
        ("integer", "=", "bigint", "boolean"),
        ("integer", "=", "text", "no"),
        ("integer", "=", "'x'", "boolean"),
        ("text", "=", "uuid", "no"),
        ("character varying", "=", "text", "boolean"),
        ("mood", "=", "'x'", "boolean"),
        ("mood", "=", "mood", "boolean"),
        ("mood", "=", "status", "no"),
        ("mood", "=", "text", "no"),
        ("boolean", ">", "integer", "no"),
        ("integer", "+", "bigint", "bigint"),
        ("integer", "+", "numeric", "numeric"),
        ("integer", "+", "double precision", "double precision"),
        ("date", "+", "integer", "date"),
        ("date", "-", "date", "integer"),
        ("timestamp with time zone", "-", "timestamp with time zone", "interval"),
        ("timestamp with time zone", "-", "interval", "timestamp with time zone"),
        ("timestamp with time zone", "+", "integer", "no"),
        ("timestamp with time zone", "<", "date", "boolean"),
        ("text", "||", "integer", "text"),
        ("integer", "||", "integer", "no"),
        ("text", "||", "'x'", "text"),
        ("text", "||", "integer[]", "no"),
        ("integer[]", "||", "bigint", "?"),
        ("jsonb", "->", "'x'", "jsonb"),
        ("jsonb", "->>", "integer", "text"),
        ("text", "->>", "'x'", "no"),
        ("text[]", "||", "text", "text[]"),
        ("integer[]", "@>", "integer[]", "boolean"),
        ("integer[]", "@>", "text[]", "no"),
        ("json", "=", "json", "no"),
        ("?", "=", "integer", "boolean"),
        ("?", "+", "integer", "?"),
        ("uuid", "~~", "'x'", "no"),
        ("text", "~~", "'x'", "boolean"),
        ("integer", "~~", "'x'", "no"),
        ("'x'", "||", "'x'", "text"),
    ];
    for (left, sign, right, expected) in cases {
        let found = match operator(sign, Some(kind(left)), kind(right)) {
            Choice::None => None,
            Choice::One(_, kind) | Choice::Some(kind) => Some(kind),
        };
        let expected = (expected != "no").then(|| kind(expected));
        assert_eq!(found, expected, "{left} {sign} {right}");
    }
}

#[test]
fn functions() {
    let cases: [(&str, &[&str], &str); 22] = [
        ("sum", &["integer"], "bigint"),
        ("sum", &["text"], "no"),
        ("sum", &["boolean"], "no"),
        ("max", &["text"], "text"),
        ("max", &["mood"], "mood"),
        ("max", &["boolean"], "no"),
        ("lower", &["text"], "text"),
        ("lower", &["character varying"], "text"),
        ("lower", &["integer"], "no"),
        ("lower", &["'x'"], "text"),
        ("length", &["integer"], "no"),
        ("abs", &["integer"], "integer"),
        ("round", &["double precision", "integer"], "no"),
        ("now", &[], "timestamp with time zone"),
        ("now", &["integer"], "no"),
        ("concat", &["integer", "text", "date"], "text"),
        ("array_length", &["text", "integer"], "no"),
        ("array_length", &["text[]", "integer"], "integer"),
        ("to_jsonb", &["integer"], "jsonb"),
        ("array_agg", &["integer"], "integer[]"),
        ("date_trunc", &["'x'", "timestamp with time zone"], "timestamp with time zone"),
        ("md5", &["?"], "text"),
    ];
    for (name, arguments, expected) in cases {
        let given: Vec<ValueType> = arguments.iter().map(|name| kind(name)).collect();
        let found = match function(name, &given) {
            None | Some(Choice::None) => None,
            Some(Choice::One(_, kind) | Choice::Some(kind)) => Some(kind),
        };
        let expected = (expected != "no").then(|| kind(expected));
        assert_eq!(found, expected, "{name} {arguments:?}");
    }
    assert_eq!(function("nobody_knows", &[]), None);
}

#[test]
fn common_types() {
    let cases: [(&[&str], &str); 8] = [
        (&["integer", "bigint"], "bigint"),
        (&["integer", "numeric", "double precision"], "double precision"),
        (&["text", "character varying"], "text"),
        (&["integer", "text"], "no"),
        (&["integer", "'x'"], "integer"),
        (&["mood", "status"], "no"),
        (&["mood", "text"], "no"),
        (&["timestamp without time zone", "date"], "timestamp without time zone"),
    ];
    for (kinds, expected) in cases {
        let given: Vec<ValueType> = kinds.iter().map(|name| kind(name)).collect();
        let found = match common(&given) {
            Common::No(..) => None,
            Common::Is(kind) => Some(kind),
        };
        let expected = (expected != "no").then(|| kind(expected));
        assert_eq!(found, expected, "{kinds:?}");
    }
}

#[test]
fn casts() {
    let can = |from: &str, to: &str| kind(from).converts(kind(to), Context::Explicit);
    assert!(can("text", "integer") && can("integer", "text") && can("text", "mood"));
    assert!(can("mood", "text") && can("integer", "boolean") && can("text[]", "integer[]"));
    assert!(!can("uuid", "integer") && !can("boolean", "date") && !can("integer", "mood"));
    let put = |from: &str, to: &str| kind(from).converts(kind(to), Context::Assignment);
    assert!(put("bigint", "integer") && put("integer", "text") && put("mood", "text"));
    assert!(!put("text", "integer") && !put("text", "mood") && !put("integer", "boolean"));
}
