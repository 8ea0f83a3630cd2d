//! A digest stands for the tokens and for nothing else.

use migrate_core::chain::{Digest, section_digest};
use migrate_core::syntax::Source;
use proptest::prelude::*;

use crate::tokens::{Gap, Kind, Tok, layout, render, settled, token, tokens};

const MOST: usize = 12;

fn digest(tokens: &[Tok], layout: &[Gap]) -> Digest {
    section_digest(&render(tokens, layout).0, true)
}

/// What the server reads: the tokens, and which strings are pieces of one.
fn meaning(tokens: &[Tok]) -> Vec<(&str, bool)> {
    tokens.iter().map(|token| (token.text.as_str(), token.kind == Kind::Continuation)).collect()
}

/// A change of one token, or of two.
#[derive(Debug, Clone)]
enum Change {
    Replace(Tok),
    Insert(Tok),
    Remove,
    Swap,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        token().prop_map(Change::Replace),
        token().prop_map(Change::Insert),
        Just(Change::Remove),
        Just(Change::Swap),
    ]
}

fn changed(tokens: &[Tok], at: usize, change: Change) -> Vec<Tok> {
    let mut tokens = tokens.to_vec();
    let at = at % (tokens.len() + 1);
    match change {
        Change::Insert(token) => tokens.insert(at, token),
        Change::Replace(token) if at < tokens.len() => tokens[at] = token,
        Change::Remove if at < tokens.len() => drop(tokens.remove(at)),
        Change::Swap if at + 1 < tokens.len() => tokens.swap(at, at + 1),
        _ => {}
    }
    settled(tokens)
}

proptest! {
    #[test]
    fn layouts_of_the_same_tokens_have_one_digest(
        tokens in tokens(MOST),
        one in layout(MOST),
        other in layout(MOST),
    ) {
        prop_assert_eq!(digest(&tokens, &one), digest(&tokens, &other));
    }

    #[test]
    fn a_checkout_on_another_platform_has_the_same_digest(
        tokens in tokens(MOST),
        layout in layout(MOST),
    ) {
        // A lone CR is no line ending of a file, and stays what it is.
        let text = render(&tokens, &layout).0.replace('\r', "");
        let other = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        let source = Source::new("a.sql", other);
        prop_assert_eq!(source.text(), &text);
        prop_assert_eq!(section_digest(source.text(), true), section_digest(&text, true));
    }

    #[test]
    fn every_change_of_the_tokens_changes_the_digest(
        tokens in tokens(MOST),
        at in 0..=MOST,
        change in change(),
        one in layout(MOST),
        other in layout(MOST),
    ) {
        let new = changed(&tokens, at, change);
        let same = meaning(&tokens) == meaning(&new);
        prop_assert_eq!(digest(&tokens, &one) == digest(&new, &other), same, "{:?}", new);
    }

    #[test]
    fn the_mode_changes_the_digest(tokens in tokens(MOST), layout in layout(MOST)) {
        let sql = render(&tokens, &layout).0;
        prop_assert_ne!(section_digest(&sql, true), section_digest(&sql, false));
    }

    #[test]
    fn a_digest_is_read_back(bytes in any::<[u8; 32]>()) {
        let digest = Digest::from_bytes(bytes);
        prop_assert_eq!(digest.to_string().parse(), Ok(digest));
        prop_assert_eq!(digest.hex().to_uppercase().parse(), Ok(digest));
    }
}
