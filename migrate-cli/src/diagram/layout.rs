//! Where the tables stand in a picture: what is referred to on the left of what refers to it, groups
//! that have nothing to do with each other apart, and tables without a foreign key below. Pure, and the
//! same for the same tables.

use std::collections::{BTreeMap, BTreeSet};

/// The space between two columns of tables, two tables in one, and two groups.
const BETWEEN: (i32, i32, i32) = (96, 28, 64);
/// The margin around all.
const MARGIN: i32 = 24;

/// The size of a table, or its place.
pub(super) type Pair = (i32, i32);

/// The places of tables of these sizes, and the size of the whole; `links` lead from a table to the one
/// that it refers to.
pub(super) fn places(sizes: &[Pair], links: &[(usize, usize)]) -> (Vec<Pair>, Pair) {
    let links: BTreeSet<(usize, usize)> =
        links.iter().copied().filter(|(from, to)| from != to).collect();
    let area: i64 =
        sizes.iter().map(|(w, h)| i64::from(w + BETWEEN.0) * i64::from(h + BETWEEN.1)).sum();
    let tallest = sizes.iter().map(|(_, h)| *h).max().unwrap_or(0);
    let height = tallest.max(root(area));
    let mut places = vec![(0, 0); sizes.len()];
    let (mut groups, mut single): (Vec<Vec<usize>>, Vec<usize>) = (Vec::new(), Vec::new());
    for group in groups_of(sizes.len(), &links) {
        match group.as_slice() {
            [only] => single.push(*only),
            _ => groups.push(group),
        }
    }
    let mut boxes: Vec<(Vec<(usize, Pair)>, Pair)> =
        groups.iter().map(|group| drawn(group, sizes, &links, height)).collect();
    boxes.sort_by_key(|(_, (w, h))| std::cmp::Reverse(i64::from(*w) * i64::from(*h)));
    let widest = boxes.iter().map(|(_, (w, _))| *w).max().unwrap_or(0);
    // Screens are wider than they are high.
    let width = widest.max(root(area * 3 / 2));
    let (mut x, mut y, mut row, mut right) = (MARGIN, MARGIN, 0, 0);
    for (tables, (w, h)) in &boxes {
        if x > MARGIN && x + w > MARGIN + width {
            (x, y, row) = (MARGIN, y + row + BETWEEN.2, 0);
        }
        for (table, (left, top)) in tables {
            places[*table] = (x + left, y + top);
        }
        (x, row, right) = (x + w + BETWEEN.2, row.max(*h), right.max(x + w));
    }
    let below = if boxes.is_empty() { MARGIN } else { y + row + BETWEEN.2 };
    let (more_right, bottom) = masonry(&single, sizes, (width, below), &mut places);
    let bottom = if single.is_empty() { y + row } else { bottom };
    (places, (right.max(more_right) + MARGIN, bottom + MARGIN))
}

/// A whole number near the square root.
fn root(area: i64) -> i32 {
    let mut root = 0_i64;
    while (root + 16) * (root + 16) <= area && root < i64::from(i32::MAX / 4) {
        root += 16;
    }
    i32::try_from(root).unwrap_or(i32::MAX / 4)
}

/// The tables that hang together, each group in order.
fn groups_of(count: usize, links: &BTreeSet<(usize, usize)>) -> Vec<Vec<usize>> {
    let mut of: Vec<usize> = (0..count).collect();
    fn top(of: &[usize], mut at: usize) -> usize {
        while of[at] != at {
            at = of[at];
        }
        at
    }
    for (from, to) in links {
        let (one, other) = (top(&of, *from), top(&of, *to));
        of[one.max(other)] = one.min(other);
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for table in 0..count {
        groups.entry(top(&of, table)).or_default().push(table);
    }
    groups.into_values().collect()
}

/// The layer of each table of a group: behind all that it refers to, circles aside.
fn layers(group: &[usize], links: &BTreeSet<(usize, usize)>) -> BTreeMap<usize, usize> {
    let parents = |table: usize| links.range((table, 0)..=(table, usize::MAX)).map(|(_, to)| *to);
    let mut layers: BTreeMap<usize, usize> = BTreeMap::new();
    let mut open: BTreeSet<usize> = BTreeSet::new();
    // Depth first, without recursion: a chain of tables may be long.
    for start in group {
        let mut stack = vec![(*start, false)];
        while let Some((table, is_done)) = stack.pop() {
            if is_done {
                open.remove(&table);
                let known = parents(table).filter_map(|parent| layers.get(&parent));
                let layer = known.max().map_or(0, |deepest| deepest + 1);
                layers.insert(table, layer);
            } else if !layers.contains_key(&table) && open.insert(table) {
                stack.push((table, true));
                let next =
                    parents(table).filter(|it| !layers.contains_key(it) && !open.contains(it));
                stack.extend(next.map(|parent| (parent, false)));
            }
        }
    }
    // What refers to nothing stands right before the first that refers to it.
    for table in group {
        let children =
            links.iter().filter(|(_, to)| to == table).filter_map(|(from, _)| layers.get(from));
        let first = children.min().copied();
        if let Some(first) = first.filter(|_| parents(*table).next().is_none()) {
            layers.insert(*table, first.saturating_sub(1));
        }
    }
    layers
}

/// A group: the place of each table in it, and its size.
fn drawn(
    group: &[usize],
    sizes: &[Pair],
    links: &BTreeSet<(usize, usize)>,
    height: i32,
) -> (Vec<(usize, Pair)>, Pair) {
    let mut rows: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (table, layer) in layers(group, links) {
        rows.entry(layer).or_default().push(table);
    }
    let mut rows: Vec<Vec<usize>> = rows.into_values().collect();
    order(&mut rows, links);
    // A layer that is too high stands in several columns.
    let mut columns: Vec<(bool, Vec<usize>)> = Vec::new();
    for row in rows {
        let mut left = height;
        let mut column = Vec::new();
        let mut is_first = true;
        for table in row {
            let needs = sizes[table].1 + BETWEEN.1;
            if needs > left && !column.is_empty() {
                columns.push((is_first, std::mem::take(&mut column)));
                (left, is_first) = (height, false);
            }
            left -= needs;
            column.push(table);
        }
        columns.push((is_first, column));
    }
    let tall = |column: &[usize]| -> i32 {
        column.iter().map(|table| sizes[*table].1 + BETWEEN.1).sum::<i32>() - BETWEEN.1
    };
    let total = columns.iter().map(|(_, column)| tall(column)).max().unwrap_or(0);
    let (mut x, mut found) = (0, Vec::new());
    for (nth, (is_first, column)) in columns.iter().enumerate() {
        if nth > 0 {
            x += if *is_first { BETWEEN.0 } else { BETWEEN.0 / 2 };
        }
        let wide = column.iter().map(|table| sizes[*table].0).max().unwrap_or(0);
        let mut y = (total - tall(column)) / 2;
        for table in column {
            found.push((*table, (x, y)));
            y += sizes[*table].1 + BETWEEN.1;
        }
        x += wide;
    }
    (found, (x, total))
}

/// Puts tables beside those that they are linked with: each by the mean place of those, to and fro.
fn order(rows: &mut [Vec<usize>], links: &BTreeSet<(usize, usize)>) {
    let mut beside: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (from, to) in links {
        beside.entry(*from).or_default().push(*to);
        beside.entry(*to).or_default().push(*from);
    }
    for sweep in 0..6 {
        let at: BTreeMap<usize, usize> = rows
            .iter()
            .flat_map(|row| {
                // By thousandths of the row: rows are not equally long.
                let count = row.len().max(1);
                row.iter().enumerate().map(move |(at, table)| (*table, (2 * at + 1) * 500 / count))
            })
            .collect();
        let places = 0..rows.len();
        let order: Vec<usize> =
            if sweep % 2 == 0 { places.collect() } else { places.rev().collect() };
        let mut at = at;
        for row in order {
            let Some(row) = rows.get_mut(row) else { continue };
            let mean = |table: &usize| {
                let near: Vec<usize> = beside
                    .get(table)
                    .into_iter()
                    .flatten()
                    .filter(|other| !row_has(row, **other))
                    .filter_map(|other| at.get(other))
                    .copied()
                    .collect();
                match near.len() {
                    0 => at.get(table).copied().unwrap_or(0),
                    count => near.iter().sum::<usize>() / count,
                }
            };
            let mut keyed: Vec<(usize, usize)> =
                row.iter().map(|table| (mean(table), *table)).collect();
            keyed.sort_by_key(|(mean, table)| (*mean, at.get(table).copied()));
            *row = keyed.into_iter().map(|(_, table)| table).collect();
            let count = row.len().max(1);
            for (nth, table) in row.iter().enumerate() {
                at.insert(*table, (2 * nth + 1) * 500 / count);
            }
        }
    }
}

fn row_has(row: &[usize], table: usize) -> bool {
    row.contains(&table)
}

/// Tables that have nothing to do with others, in columns of the same width: the right and the lower end.
fn masonry(single: &[usize], sizes: &[Pair], (width, top): Pair, places: &mut [Pair]) -> Pair {
    let wide = single.iter().map(|table| sizes[*table].0).max().unwrap_or(0);
    let step = wide + BETWEEN.1;
    let columns =
        usize::try_from((width / step.max(1)).max(1)).unwrap_or(1).min(single.len().max(1));
    let mut ends = vec![top; columns];
    let mut right = 0;
    for table in single {
        let Some((nth, end)) = ends.iter_mut().enumerate().min_by_key(|(nth, end)| (**end, *nth))
        else {
            continue;
        };
        let x = MARGIN + step * i32::try_from(nth).unwrap_or(0);
        places[*table] = (x, *end);
        *end += sizes[*table].1 + BETWEEN.1;
        right = right.max(x + sizes[*table].0);
    }
    let bottom = ends.into_iter().max().unwrap_or(top) - BETWEEN.1;
    (right, bottom.max(top))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tables of one size; links as `from-to`. Nothing may lie on anything else.
    fn check(count: usize, links: &[(usize, usize)]) -> Vec<Pair> {
        let sizes = vec![(100, 60); count];
        let (places, (width, height)) = places(&sizes, links);
        for (at, (x, y)) in places.iter().enumerate() {
            assert!(*x >= MARGIN && *y >= MARGIN, "{places:?}");
            assert!(
                x + 100 + MARGIN <= width && y + 60 + MARGIN <= height,
                "{places:?} {width} {height}"
            );
            for (left, top) in places.iter().skip(at + 1) {
                assert!((x - left).abs() >= 100 || (y - top).abs() >= 60, "{places:?}");
            }
        }
        places
    }

    #[test]
    fn what_is_referred_to_stands_on_the_left() {
        let chain = check(4, &[(1, 0), (2, 1), (3, 2)]);
        assert!(chain.is_sorted_by_key(|(x, _)| *x), "{chain:?}");
        let places = check(3, &[(0, 2), (1, 2)]);
        assert!(places[2].0 < places[0].0 && places[0].0 == places[1].0, "{places:?}");
    }

    #[test]
    fn any_tables_can_be_placed() {
        check(0, &[]);
        check(1, &[(0, 0)]);
        check(7, &[]);
        check(3, &[(0, 1), (1, 2), (2, 0)]);
        check(2, &[(0, 1), (1, 0)]);
        let star: Vec<(usize, usize)> = (1..300).map(|at| (at, 0)).collect();
        let places = check(300, &star);
        let width = places.iter().map(|(x, _)| *x).max().unwrap();
        let height = places.iter().map(|(_, y)| *y).max().unwrap();
        assert!(width > height / 2 && height > width / 4, "{width} x {height}");
        let line: Vec<(usize, usize)> = (1..2000).map(|at| (at, at - 1)).collect();
        check(2000, &line);
        let both: Vec<(usize, usize)> =
            (0..60).flat_map(|a| [(a, (a * 7 + 1) % 60), (a, (a * a) % 60)]).collect();
        check(80, &both);
    }
}
