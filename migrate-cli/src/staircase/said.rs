//! What the author says of a revision in comments: that something is lost, or can't be tested.

use migrate_core::__private::allowed;
use migrate_core::syntax::{Lexer, TokenKind};

/// What the comments of a revision's sections say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// `-- migrate:allow(down): reason`: the downgrade leaves or loses something.
    pub(super) is_down_allowed: bool,
    /// `-- Loses …`: rows or values are lost.
    pub(super) is_loss_told: bool,
    /// `-- migrate:allow(rows): reason`: generated rows don't fit the upgrade.
    pub(super) are_rows_left_out: bool,
}

impl Said {
    /// What is said in the upgrade and in the downgrade.
    pub(super) fn of(up: &str, down: &str) -> Self {
        let [up, down] = [up, down].map(comments);
        let allows = |comments: &[&str], code| comments.iter().any(|it| allowed(it) == Some(code));
        let loses = |comment: &&str| {
            let text = comment.trim_start_matches('-').trim_start();
            let (word, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
            word.eq_ignore_ascii_case("loses") && !rest.trim().is_empty()
        };
        Said {
            is_down_allowed: allows(&down, "down"),
            is_loss_told: up.iter().chain(&down).any(loses),
            are_rows_left_out: allows(&up, "rows") || allows(&down, "rows"),
        }
    }
}

fn comments(sql: &str) -> Vec<&str> {
    let comments = Lexer::new(sql).filter(|token| token.kind == TokenKind::LineComment);
    comments.map(|token| token.text(sql)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_read_in_both_sections() {
        let check = |up: &str, down: &str, expected: [bool; 3]| {
            let Said { is_down_allowed, is_loss_told, are_rows_left_out } = Said::of(up, down);
            let found = [is_down_allowed, is_loss_told, are_rows_left_out];
            assert_eq!(found, expected, "{up:?} {down:?}");
        };
        check("DROP TABLE t;", "SELECT 1;", [false; 3]);
        check("-- Loses the column t.a\nALTER", "", [false, true, false]);
        check("", "SELECT 1; -- loses t.a", [false, true, false]);
        check("-- Loses\n-- What it loses is nothing", "", [false; 3]);
        check("SELECT '-- Loses t'", "", [false; 3]);
        check("", "-- migrate:allow(down): an enum keeps it\n", [true, false, false]);
        check("-- migrate:allow(down): not here\n", "", [false; 3]);
        check("-- migrate:allow(rows): JSON alone\n", "", [false, false, true]);
        check("-- migrate:allow(rows)\n", "", [false; 3]);
    }
}
