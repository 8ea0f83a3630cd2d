//! Rows of text in columns.

use anstream::adapter::strip_str;

/// The rows as aligned lines. A column that is empty in every row takes no room.
pub(crate) fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |cell: &String| strip_str(cell).to_string().chars().count();
    let widths: Vec<usize> = (0..columns)
        .map(|at| rows.iter().filter_map(|row| row.get(at)).map(width).max().unwrap_or(0))
        .collect();
    let line = |row: &Vec<String>| {
        let shown = row.iter().zip(&widths).filter(|(_, width)| **width > 0);
        let cells =
            shown.map(|(cell, widest)| format!("{cell}{}", " ".repeat(widest - width(cell))));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[[&str; 3]], expected: &[&str]) {
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
        assert_eq!(table(&rows), expected);
    }

    #[test]
    fn columns_are_aligned_and_colours_take_no_room() {
        check(&[["a", "", "long"], ["bcd", "", "é"]], &["a    long", "bcd  é"]);
        let bold = "\u{1b}[1ma\u{1b}[0m";
        check(&[[bold, "x", ""], ["bc", "y", ""]], &[&format!("{bold}   x"), "bc  y"]);
        check(&[], &[]);
    }
}
