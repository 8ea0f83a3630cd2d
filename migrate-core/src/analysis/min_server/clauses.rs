//! Finds newer clauses that cannot be recognised by a fixed phrase.

use super::{Cursor, option, places};
use crate::syntax::source::Span;

/// `STORAGE plain` after a column's type. After `SET` it is older syntax, and in first position it
/// is the name of a column.
pub(super) fn storage(all: &Cursor<'_>) -> Option<Span> {
    const WAYS: [&str; 5] = ["plain", "external", "extended", "main", "default"];
    (1..all.len()).find_map(|at| {
        let is_clause = all.is(at, "storage") && all.is_any(at + 1, &WAYS);
        let is_column = ["(", ","].iter().any(|sign| all.is_sign(at - 1, sign))
            || all.is_any(at - 1, &["set", "add", "column", "exists"]);
        let place = all.place(all.token(at)?).to(all.place(all.token(at + 1)?));
        (is_clause && !is_column).then_some(place)
    })
}

/// `NOT NULL a` and `CONSTRAINT n NOT NULL a` as table constraints in `CREATE TABLE`.
pub(super) fn not_null_of_table(all: &Cursor<'_>) -> Option<Span> {
    let mut rest = *all;
    if !rest.take(&["create"]) {
        return None;
    }
    rest.take_any(&[&["temporary"], &["temp"], &["unlogged"]]);
    if !rest.take(&["table"]) {
        return None;
    }
    rest.take(&["if", "not", "exists"]);
    rest.name()?;
    rest.parentheses()?.split().into_iter().find_map(|mut part| {
        if part.take(&["constraint"]) {
            part.ident()?;
        }
        let start = part;
        part.take(&["not", "null"]).then(|| part.since(start).span())
    })
}

/// `ADD CONSTRAINT a NOT NULL b`.
pub(super) fn named_not_null(all: &Cursor<'_>) -> Option<Span> {
    places(all).find_map(|mut rest| {
        let start = rest;
        rest.take(&["add", "constraint"]).then(|| rest.ident())??;
        rest.take(&["not", "null"]).then(|| rest.since(start).span())
    })
}

/// `GENERATED ALWAYS AS (…)` without `STORED`.
pub(super) fn unstored(all: &Cursor<'_>) -> Option<Span> {
    places(all).find_map(|mut rest| {
        let start = rest;
        if !rest.take(&["generated", "always", "as"]) {
            return None;
        }
        rest.parentheses()?;
        (!rest.is(0, "stored")).then(|| rest.since(start).span())
    })
}

/// `MERGE PARTITIONS (…)` and `SPLIT PARTITION a INTO …`.
pub(super) fn partitions_in_19(all: &Cursor<'_>) -> Option<(&'static str, Span)> {
    places(all).find_map(|mut rest| {
        let start = rest;
        if rest.take(&["merge", "partitions"]) {
            let span = rest.since(start).span();
            return rest.is_sign(0, "(").then_some(("`MERGE PARTITIONS`", span));
        }
        if rest.take(&["split", "partition"]) {
            let span = rest.since(start).span();
            rest.name()?;
            return rest.is(0, "into").then_some(("`SPLIT PARTITION`", span));
        }
        None
    })
}

/// Clauses of queries that PostgreSQL 19 brought, and that no phrase tells from older syntax.
pub(super) fn of_queries_in_19(all: &Cursor<'_>) -> Option<(&'static str, Span)> {
    places(all).find_map(|mut rest| {
        let start = rest;
        // A call of a function of that name has no MATCH.
        if rest.take(&["graph_table"]) {
            let span = rest.since(start).span();
            return rest.parentheses()?.has(&["match"]).then_some(("`GRAPH_TABLE`", span));
        }
        if rest.take_any(&[&["ignore", "nulls"], &["respect", "nulls"]]) {
            let span = rest.since(start).span();
            return rest.is(0, "over").then_some(("`IGNORE NULLS` in a window function", span));
        }
        // Before a list, `ALL` is older.
        if rest.take(&["group", "by", "all"]) {
            let span = rest.since(start).span();
            let ends = [
                "having",
                "window",
                "union",
                "intersect",
                "except",
                "order",
                "limit",
                "offset",
                "fetch",
                "for",
            ];
            let is_whole = rest.is_empty() || rest.is_sign(0, ")") || rest.is_any(0, &ends);
            return is_whole.then_some(("`GROUP BY ALL`", span));
        }
        None
    })
}

/// `FROM (SELECT …)` without an alias. `FROM` also occurs in `extract(…)` and `IS DISTINCT FROM`.
pub(super) fn unnamed_subquery(all: &Cursor<'_>) -> Option<Span> {
    const NEXT: [&str; 16] = [
        "where",
        "group",
        "having",
        "order",
        "limit",
        "offset",
        "union",
        "intersect",
        "except",
        "join",
        "inner",
        "left",
        "right",
        "full",
        "cross",
        "on",
    ];
    let mut selects = vec![false];
    for (at, mut rest) in places(all).enumerate() {
        match () {
            () if rest.is_sign(0, "(") => selects.push(false),
            () if rest.is_sign(0, ")") => drop(selects.pop()),
            () if rest.is(0, "select") => {
                if let Some(select) = selects.last_mut() {
                    *select = true;
                }
            }
            () if rest.is_any(0, &["from", "join"]) => {
                let is_distinct = at > 0 && all.is(at - 1, "distinct");
                rest.skip(1);
                let start = rest;
                let inner = rest.parentheses();
                let is_query = inner.is_some_and(|inner| inner.is_any(0, &["select", "values"]));
                let is_unnamed = rest.is_empty()
                    || rest.is_sign(0, ")")
                    || rest.is_sign(0, ",")
                    || rest.is_any(0, &NEXT);
                if is_query && is_unnamed && !is_distinct && selects.last() == Some(&true) {
                    return Some(rest.since(start).span());
                }
            }
            () => {}
        }
    }
    None
}

/// `MERGE` after `WITH`, or inside it, and which of the two.
pub(super) fn merge_in_query(all: &Cursor<'_>) -> Option<(Span, bool)> {
    if !all.is(0, "with") {
        return None;
    }
    let own = all.has(&["merge", "into"]);
    let found = places(all).find_map(|mut rest| {
        let start = rest;
        rest.take(&["merge", "into"]).then(|| rest.since(start).span())
    })?;
    Some((found, !own))
}

/// `TABLE t (a)` or `TABLE t WHERE (…)` in a publication.
pub(super) fn parts_of_tables(all: &Cursor<'_>) -> Option<Span> {
    let mut rest = all.after(&["table"])?;
    loop {
        rest.take(&["only"]);
        rest.name()?;
        rest.take_sign("*");
        let start = rest;
        if rest.parentheses().is_some() {
            return Some(rest.since(start).span());
        }
        if rest.take(&["where"]) {
            return Some(rest.since(start).span());
        }
        if !rest.take_sign(",") {
            return None;
        }
        rest.take(&["table"]);
    }
}

/// Newer syntax in other kinds of statements, and the version that introduced it.
pub(super) fn other(all: &Cursor<'_>) -> Option<(&'static str, u32, Span)> {
    let mut rest = *all;
    let word = |rest: &Cursor<'_>| rest.token(0).map(|token| rest.place(token));
    let all_of_it = |rest: &Cursor<'_>| rest.since(*all).span();
    if rest.take(&["create", "statistics", "on"]) {
        return Some(("`CREATE STATISTICS` without a name", 16, all_of_it(&rest)));
    }
    if rest.take(&["reindex"]) {
        rest.parentheses();
        let is_bare = rest.len() == 1 && rest.is_any(0, &["database", "system"]);
        return is_bare.then_some(("`REINDEX` of a database without its name", 16, word(&rest)?));
    }
    if rest.take(&["cluster"]) {
        let is_bare = rest.parentheses().is_some() && rest.is_empty();
        return is_bare
            .then(|| ("`CLUSTER` with options and without a table", 17, all_of_it(&rest)));
    }
    if rest.take_any(&[&["analyze"], &["vacuum"]]) {
        rest.parentheses();
        let is_only = rest.is(0, "only") && rest.len() > 1;
        return is_only.then_some(("`ONLY` behind `ANALYZE` or `VACUUM`", 18, word(&rest)?));
    }
    if rest.take(&["repack"]) {
        return Some(("`REPACK`", 19, all_of_it(&rest)));
    }
    if rest.take(&["checkpoint"]) {
        let has_options = rest.parentheses().is_some();
        return has_options.then(|| ("`CHECKPOINT` with options", 19, all_of_it(&rest)));
    }
    let mut graph = rest;
    if graph.take_any(&[&["create"], &["alter"], &["drop"]]) {
        graph.take_any(&[&["temporary"], &["temp"]]);
        if graph.take(&["property", "graph"]) {
            return Some(("a property graph", 19, all_of_it(&graph)));
        }
    }
    if rest.take(&["create", "subscription"]) {
        rest.ident()?;
        let is_by_server = rest.is(0, "server");
        return is_by_server.then_some(("a subscription by a server", 19, word(&rest)?));
    }
    if rest.take(&["alter", "subscription"]) {
        rest.ident()?;
        let start = rest;
        if rest.take(&["refresh", "sequences"]) {
            return Some(("`REFRESH SEQUENCES`", 19, rest.since(start).span()));
        }
        return rest.is(0, "skip").then_some(("`ALTER SUBSCRIPTION … SKIP`", 15, word(&rest)?));
    }
    if rest.take(&["alter", "domain"]) {
        rest.name()?;
        if !rest.take(&["add"]) {
            return None;
        }
        if rest.take(&["constraint"]) {
            rest.ident()?;
        }
        let start = rest;
        let adds = rest.take(&["not", "null"]);
        return adds.then(|| ("`ALTER DOMAIN … ADD NOT NULL`", 17, rest.since(start).span()));
    }
    if rest.take(&["alter", "statistics"]) {
        rest.name()?;
        let start = rest;
        let is_default = rest.take(&["set", "statistics", "default"]);
        return is_default.then(|| ("`SET STATISTICS DEFAULT`", 17, rest.since(start).span()));
    }
    if rest.take(&["alter", "operator"]) && !rest.is_any(0, &["class", "family"]) {
        let options = rest.after(&["set"])?.parentheses()?;
        let alone = |name: &str| {
            let is_alone = |part: &Cursor<'_>| part.len() == 1 && part.is(0, name);
            options.split().iter().any(is_alone).then(|| option(&options, name)).flatten()
        };
        let span = alone("merges").or_else(|| alone("hashes"))?;
        return Some(("`ALTER OPERATOR … SET` of how it joins", 17, span));
    }
    if rest.take(&["alter", "materialized", "view"]) {
        let (start, mut rest) = (0..rest.len()).find_map(|at| {
            let mut here = rest;
            here.skip(at);
            here.starts(&["set", "access", "method"]).then_some((here, here))
        })?;
        rest.skip(3);
        return Some(("`SET ACCESS METHOD`", 15, rest.since(start).span()));
    }
    None
}
