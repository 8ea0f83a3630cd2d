//! The names that the server chooses for unnamed objects, and those of system columns.

pub(crate) use crate::syntax::ident::{LONGEST, cut, shown as quoted};
pub(crate) use crate::syntax::name::{Ident, Name};

/// The name that the server chooses for an unnamed object: `table_columns_label`. The longer part
/// is truncated.
pub(crate) fn automatic(first: &str, second: &str, label: &str) -> String {
    let signs = usize::from(!second.is_empty()) + usize::from(!label.is_empty());
    let room = LONGEST.saturating_sub(label.len() + signs);
    let (mut a, mut b) = (first.len(), second.len());
    while a + b > room {
        if a > b { a -= 1 } else { b -= 1 }
    }
    let mut name = first[..first.floor_char_boundary(a)].to_owned();
    for part in [&second[..second.floor_char_boundary(b)], label] {
        if !part.is_empty() {
            name.push('_');
            name.push_str(part);
        }
    }
    name
}

/// Whether this is a system column, which every table has.
pub(crate) fn is_system_column(name: &str) -> bool {
    matches!(name, "ctid" | "xmin" | "xmax" | "cmin" | "cmax" | "tableoid" | "oid")
}

/// The columns' part of such a name.
pub(crate) fn joined<'c>(columns: impl IntoIterator<Item = &'c str>) -> String {
    let mut joined = String::new();
    for column in columns {
        if !joined.is_empty() {
            joined.push('_');
        }
        joined.push_str(column);
        if joined.len() > LONGEST {
            break;
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_names() {
        let check = |first: &str, second: &str, label: &str, expected: &str| {
            assert_eq!(automatic(first, second, label), expected);
        };
        check("users", "", "pkey", "users_pkey");
        check("users", &joined(["a", "b"]), "key", "users_a_b_key");
        check(&"t".repeat(63), "", "pkey", &format!("{}_pkey", "t".repeat(58)));
        check(
            &"t".repeat(40),
            &"c".repeat(40),
            "idx",
            &format!("{}_{}_idx", "t".repeat(29), "c".repeat(29)),
        );
        check(&"t".repeat(60), "id", "seq", &format!("{}_id_seq", "t".repeat(56)));
    }
}
