//! Sorts objects so that each one comes after those that it needs.

use std::collections::BTreeSet;

/// Puts things in order. Those that need each other in a circle stay as they stood.
pub(super) fn sorted<T>(things: Vec<T>, needs: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let needed = |at: usize, it: &T| -> BTreeSet<usize> {
        let others = things.iter().enumerate().filter(|(other, _)| *other != at);
        others.filter(|(_, other)| needs(it, other)).map(|(other, _)| other).collect()
    };
    let needed: Vec<BTreeSet<usize>> =
        things.iter().enumerate().map(|(at, it)| needed(at, it)).collect();
    let mut left: BTreeSet<usize> = (0..things.len()).collect();
    let mut order = Vec::new();
    while let Some(first) = left.first().copied() {
        let free = left.iter().copied().find(|at| needed[*at].is_disjoint(&left));
        let next = free.unwrap_or(first);
        left.remove(&next);
        order.push(next);
    }
    let mut things: Vec<Option<T>> = things.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| things.get_mut(at).and_then(Option::take)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_stands_in_front() {
        let check = |things: &str, needs: &[&str], expected: &str| {
            let needs = |it: &char, other: &char| needs.contains(&&*format!("{it}{other}"));
            let found: String = sorted(things.chars().collect(), needs).into_iter().collect();
            assert_eq!(found, expected);
        };
        check("abc", &[], "abc");
        check("abc", &["ab", "bc"], "cba");
        check("abc", &["ab", "ba"], "cab");
        check("ab", &["aa"], "ab");
    }
}
