//! Tests of the lexer, by example.

use super::*;

/// Checks the tokens of `sql` without white space, each as the first letters of its kind and its
/// text.
fn check(sql: &str, expected: &[&str]) {
    let tokens: Vec<Token> = Lexer::new(sql).collect();
    let joined: String = tokens.iter().map(|token| token.text(sql)).collect();
    assert_eq!(joined, sql, "every byte is in one token");
    let shown: Vec<String> = tokens
        .iter()
        .filter(|token| token.kind != TokenKind::Whitespace)
        .map(|token| format!("{}:{}", short(token.kind), token.text(sql)))
        .collect();
    assert_eq!(shown, expected, "{sql:?}");
}

fn short(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Whitespace => "space",
        TokenKind::LineComment => "line",
        TokenKind::BlockComment => "block",
        TokenKind::Word => "w",
        TokenKind::QuotedIdentifier => "q",
        TokenKind::String => "s",
        TokenKind::StringContinuation => "cont",
        TokenKind::DollarString => "d",
        TokenKind::Number => "n",
        TokenKind::Parameter => "p",
        TokenKind::Operator => "o",
        TokenKind::Punctuation => "u",
        TokenKind::Backslash => "bs",
        TokenKind::Unknown => "x",
        TokenKind::Unterminated(_) => "open",
    }
}

#[test]
fn words_and_punctuation() {
    check("a.b_1(c$d)", &["w:a", "u:.", "w:b_1", "u:(", "w:c$d", "u:)"]);
    check("x::int[1:2]", &["w:x", "u:::", "w:int", "u:[", "n:1", "u::", "n:2", "u:]"]);
    check("f(a := 1)", &["w:f", "u:(", "w:a", "u::=", "n:1", "u:)"]);
    check("größe\u{a0}b", &["w:größe\u{a0}b"]);
}

#[test]
fn strings() {
    check("'a''b'", &["s:'a''b'"]);
    check(r"'a\' b", &[r"s:'a\'", "w:b"]);
    check(r"E'a\'b' c", &[r"s:E'a\'b'", "w:c"]);
    check(r"e'\\' c", &[r"s:e'\\'", "w:c"]);
    check(
        "b'1' X'f' n'a' U&'d' u&\"x\"\"y\"",
        &["s:b'1'", "s:X'f'", "s:n'a'", "s:U&'d'", "q:u&\"x\"\"y\""],
    );
    check("\"a\"\"b\"", &["q:\"a\"\"b\""]);
    check("'a'", &["s:'a'"]);
    check("'a", &["open:'a"]);
    check(r"E'\", &[r"open:E'\"]);
    check("\"a", &["open:\"a"]);
}

#[test]
fn strings_that_a_newline_separates_are_one() {
    check("'a'\n'b'", &["s:'a'", "cont:'b'"]);
    check(
        "'a' -- c\n -- d\n 'b'\n'c'",
        &["s:'a'", "line:-- c", "line:-- d", "cont:'b'", "cont:'c'"],
    );
    check(
        r"E'a'
        '\'' x",
        &["s:E'a'", r"cont:'\''", "w:x"],
    );
    check("'a' 'b'", &["s:'a'", "s:'b'"]);
    check("'a' /* \n */ 'b'", &["s:'a'", "block:/* \n */", "s:'b'"]);
    check("'a'\n/* */ 'b'", &["s:'a'", "block:/* */", "s:'b'"]);
    check("'a',\n'b'", &["s:'a'", "u:,", "s:'b'"]);
    check("$$a$$\n'b'", &["d:$$a$$", "s:'b'"]);
}

#[test]
fn dollars() {
    check("$$a'$b$$", &["d:$$a'$b$$"]);
    check("$f$ $$ $g$ $f$x", &["d:$f$ $$ $g$ $f$", "w:x"]);
    check("$é$a$é$", &["d:$é$a$é$"]);
    check("a$$b", &["w:a$$b"]);
    check("$1 $22", &["p:$1", "p:$22"]);
    check("$ $", &["x:$", "x:$"]);
    check("$a b$", &["x:$", "w:a", "w:b$"]);
    check("$$ a", &["open:$$ a"]);
    check("$a$ $a", &["open:$a$ $a"]);
}

#[test]
fn comments() {
    check("--a\nb", &["line:--a", "w:b"]);
    check("--a\rb", &["line:--a", "w:b"]);
    check("/*a/*b*/c*/d", &["block:/*a/*b*/c*/", "w:d"]);
    check("/**/a", &["block:/**/", "w:a"]);
    check("/*/ a", &["open:/*/ a"]);
    check("/* /* */", &["open:/* /* */"]);
    check("a--b", &["w:a", "line:--b"]);
}

#[test]
fn numbers() {
    check(
        "1 1.5 .5 1. 1e5 1e+5 1.5e-3",
        &["n:1", "n:1.5", "n:.5", "n:1.", "n:1e5", "n:1e+5", "n:1.5e-3"],
    );
    check("1..10", &["n:1", "u:..", "n:10"]);
    check("1+2", &["n:1", "o:+", "n:2"]);
    check("0xe+1", &["n:0xe", "o:+", "n:1"]);
    check("1_000 0b1", &["n:1_000", "n:0b1"]);
    check("12ab", &["n:12ab"]);
    check("t.1", &["w:t", "n:.1"]);
}

#[test]
fn operators() {
    check("a<-1", &["w:a", "o:<", "o:-", "n:1"]);
    check("a@-1", &["w:a", "o:@-", "n:1"]);
    check("a*-- c", &["w:a", "o:*", "line:-- c"]);
    check("a+/*c*/b", &["w:a", "o:+", "block:/*c*/", "w:b"]);
    check("a->>'b'", &["w:a", "o:->>", "s:'b'"]);
    check("a=-1", &["w:a", "o:=", "o:-", "n:1"]);
    check("a >= b <> c", &["w:a", "o:>=", "w:b", "o:<>", "w:c"]);
    check("a+++b", &["w:a", "o:+", "o:+", "o:+", "w:b"]);
    check("*++@a", &["o:*++@", "w:a"]);
    check("*+-+*a", &["o:*+-+*", "w:a"]);
    check("*+-+a", &["o:*", "o:+", "o:-", "o:+", "w:a"]);
    check("@+-+a", &["o:@+-+", "w:a"]);
    check("++--x\n++@", &["o:+", "o:+", "line:--x", "o:++@"]);
}

/// A run of operator characters is read once, and not once for each of them.
#[test]
fn many_signs_are_many_tokens() {
    let count = 200_000;
    assert_eq!(Lexer::new(&"+".repeat(count)).count(), count);
    assert_eq!(Lexer::new(&format!("*{}", "+-".repeat(count))).count(), 2 * count + 1);
}

#[test]
fn what_begins_nothing() {
    check("\\d", &["bs:\\", "w:d"]);
    check("{}", &["x:{", "x:}"]);
    check("\u{1}a", &["x:\u{1}", "w:a"]);
}
