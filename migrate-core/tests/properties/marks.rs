//! An edit of a deployed revision is shown where it was made.

use std::cell::Cell;

use migrate_core::chain::lock_text;
use migrate_core::{Folder, Problem, check};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::tokens::{Tok, layout, render, token, tokens};

const HEAD: &str = "-- revision: 1\n-- message: m\n-- migrate:up\nw ";
const TAIL: &str = "\n/**/ w;\n-- migrate:down\nw;\n";

/// The first token that differs: where it begins in the new text, or where the text ends before
/// the old one did.
fn first_difference(old: &[Tok], new: &[Tok], starts: &[usize], tail: usize) -> usize {
    let same = old.iter().zip(new).take_while(|(old, new)| old.text == new.text).count();
    HEAD.len() + starts.get(same).copied().unwrap_or(tail)
}

/// Marks have twelve bits, so that one change in 4096 is shown too late; the examples are the same
/// in each run, and so few of them may be.
#[test]
fn an_edit_is_found() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    let late = Cell::new(0);
    let inputs = (tokens(20), 0..20_usize, token(), layout(20));
    let result = TestRunner::new_with_rng(config, rng).run(&inputs, |(old, at, new, layout)| {
        let mut edited = old.clone();
        match edited.get_mut(at) {
            Some(token) => *token = new,
            None => edited.push(new),
        }
        let edited = crate::tokens::settled(edited);
        prop_assume!(old.iter().map(|t| &t.text).ne(edited.iter().map(|t| &t.text)));
        let file = |tokens: &[Tok]| {
            let (sql, starts) = render(tokens, &layout);
            (format!("{HEAD}{sql}{TAIL}"), starts)
        };
        let folder =
            |text: &str, lock: &str| Folder::of_texts("", [("1.sql", text), ("chain.lock", lock)]);

        let chain =
            check(folder(&file(&old).0, "")).map_err(|r| TestCaseError::fail(r.to_string()))?;
        let lock = lock_text(&chain, "1").unwrap_or_default();
        let (text, starts) = file(&edited);
        // `Source` turns CRLF into LF, which moves what follows.
        let shift = |offset: usize| offset - text[..offset].matches("\r\n").count();
        let Err(rejection) = check(folder(&text, &lock)) else {
            return Err(TestCaseError::fail("an edit that nobody saw"));
        };
        prop_assert_eq!(rejection.diagnostics.len(), 1, "{}", rejection);
        let found = &rejection.diagnostics[0];
        prop_assert!(matches!(found.problem, Problem::PinnedEdited { .. }), "{}", rejection);
        let place = found.primary.as_ref().map(|label| label.span.start).unwrap_or_default();
        let tail = text.len() - TAIL.len() + "\n/**/ ".len() - HEAD.len();
        let expected = shift(first_difference(&old, &edited, &starts, tail));
        if place != expected {
            prop_assert!(place > expected, "{} before {}\n{}", place, expected, text);
            late.set(late.get() + 1);
        }
        Ok(())
    });
    assert_eq!(result, Ok(()));
    assert!(late.get() <= 2, "{} edits were shown too late", late.get());
}
