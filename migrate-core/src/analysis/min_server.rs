//! Finds syntax that needs a newer server than the oldest one that a chain supports.
//!
//! The checks are purely syntactic. Words that an older server accepts with another meaning, such
//! as the name of a function, are not reported. The workspace's tests run each case on real
//! servers. What needs PostgreSQL 19 is from its documentation: the tests show only that older
//! servers refuse it.

mod clauses;

use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::TokenKind;
use crate::syntax::source::Span;
use crate::syntax::statements::Statement;

/// Syntax in a statement, and the first server version that accepts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Newer {
    pub(super) what: &'static str,
    pub(super) version: u32,
    pub(super) span: Span,
}

/// The syntax in a statement that needs a server newer than `oldest`. If there are several, the one
/// that needs the newest server.
pub(super) fn newer(sql: &str, statement: &Statement, offset: usize, oldest: u32) -> Option<Newer> {
    let all = Cursor::new(sql, &statement.tokens, offset);
    let mut found: Vec<Newer> = Vec::new();
    let mut note = |what: &'static str, version: u32, span: Span| {
        found.push(Newer { what, version, span });
    };
    let phrase = |words: &[&str]| find(&all, words);
    let kind = StatementClass::of(&all);
    for (kinds, words, what, version) in PHRASES {
        if kinds.contains(&kind)
            && let Some(span) = phrase(words)
        {
            note(what, *version, span);
        }
    }
    let first = |count: usize| {
        let mut rest = all;
        rest.skip(count);
        rest.since(all).span()
    };
    match kind {
        Merge => note("`MERGE`", 15, first(1)),
        View => {
            let options = all.after(&["with"]).and_then(|mut rest| rest.parentheses());
            if let Some(span) = options.and_then(|options| option(&options, "security_invoker")) {
                note("a view with `security_invoker`", 15, span);
            }
            if let Some(span) = json_table(&all) {
                note("`JSON_TABLE`", 17, span);
            }
            if let Some(span) = clauses::unnamed_subquery(&all) {
                note("a subquery in `FROM` without a name", 16, span);
            }
            if let Some((what, span)) = clauses::of_queries_in_19(&all) {
                note(what, 19, span);
            }
        }
        CopyRows => {
            let behind = all.after(&["from"]).or_else(|| all.after(&["to"]));
            let options = behind.and_then(|mut rest| {
                while !rest.is_empty() && !rest.is_sign(0, "(") {
                    rest.skip(1);
                }
                rest.parentheses()
            });
            for (name, what, version) in [
                ("default", "`COPY` with `DEFAULT`", 16),
                ("on_error", "`COPY` with `ON_ERROR`", 17),
                ("log_verbosity", "`COPY` with `LOG_VERBOSITY`", 17),
                ("reject_limit", "`COPY` with `REJECT_LIMIT`", 18),
                ("force_array", "`COPY` with `FORCE_ARRAY`", 19),
            ] {
                if let Some(span) = options.and_then(|options| option(&options, name)) {
                    note(what, version, span);
                }
            }
            for (name, value, what) in [
                ("on_error", "set_null", "`COPY` with `ON_ERROR set_null`"),
                ("format", "json", "`COPY` with `FORMAT json`"),
            ] {
                let parts = options.iter().flat_map(Cursor::split);
                for part in parts.filter(|part| part.is(0, name) && part.is(1, value)) {
                    note(what, 19, part.span());
                }
            }
        }
        Grant => {
            // Without `ON`, this grants a role.
            let mut privileges =
                all.after(&["on"]).map_or(Cursor::new(sql, &[], offset), |rest| rest.since(all));
            privileges.skip(1);
            if let Some(span) = option(&privileges, "maintain") {
                note("the privilege `MAINTAIN`", 17, span);
            }
        }
        Query => {
            if let Some(span) = json_table(&all) {
                note("`JSON_TABLE`", 17, span);
            }
            if let Some(span) = clauses::unnamed_subquery(&all) {
                note("a subquery in `FROM` without a name", 16, span);
            }
            if let Some((what, span)) = clauses::of_queries_in_19(&all) {
                note(what, 19, span);
            }
            if let Some((span, is_nested)) = clauses::merge_in_query(&all) {
                let (what, version) =
                    if is_nested { ("`MERGE` in `WITH`", 17) } else { ("`MERGE`", 15) };
                note(what, version, span);
            }
        }
        Publication => {
            if let Some(span) = clauses::parts_of_tables(&all) {
                note("a publication of some columns or rows", 15, span);
            }
        }
        Other => {
            if let Some((what, version, span)) = clauses::other(&all) {
                note(what, version, span);
            }
        }
        Table => {
            if let Some(span) = set_null_columns(&all) {
                note("a foreign key that sets only some columns to NULL", 15, span);
            }
            if let Some(span) = period(&all) {
                note("a foreign key with `PERIOD`", 18, span);
            }
            if let Some(span) = clauses::named_not_null(&all) {
                note("a NOT NULL constraint of the table", 18, span);
            }
            if let Some(span) = clauses::storage(&all) {
                note("`STORAGE` in the definition of a column", 16, span);
            }
            if let Some(span) = clauses::not_null_of_table(&all) {
                note("a NOT NULL constraint of the table", 18, span);
            }
            if let Some((what, span)) = clauses::partitions_in_19(&all) {
                note(what, 19, span);
            }
            if let Some(span) = clauses::unstored(&all) {
                note("a generated column that is not `STORED`", 18, span);
            }
        }
        Index | Sequence => {}
    }
    for token in all.tokens() {
        if token.kind == TokenKind::Number {
            let text = all.text(*token);
            let is_based =
                ["0x", "0X", "0o", "0O", "0b", "0B"].iter().any(|base| text.starts_with(base));
            if is_based || text.contains('_') {
                note("a number with `0x`, `0o`, `0b` or `_`", 16, all.place(*token));
            }
        }
    }
    found.retain(|newer| newer.version > oldest);
    found.into_iter().reduce(|best, next| if next.version > best.version { next } else { best })
}

/// The kind of a statement, where the meaning of a phrase depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StatementClass {
    /// `CREATE TABLE` or `ALTER TABLE`.
    Table,
    Index,
    View,
    Sequence,
    Merge,
    CopyRows,
    Grant,
    Publication,
    /// A query or a change of data.
    Query,
    Other,
}

use StatementClass::{
    CopyRows, Grant, Index, Merge, Other, Publication, Query, Sequence, Table, View,
};

impl StatementClass {
    fn of(all: &Cursor<'_>) -> Self {
        let mut rest = *all;
        if rest.take_any(&[&["create"], &["alter"]]) {
            rest.take(&["or", "replace"]);
            rest.take_any(&[&["temporary"], &["temp"], &["unlogged"], &["unique"], &["foreign"]]);
            return match () {
                () if rest.take(&["table"]) => Table,
                () if rest.take(&["index"]) => Index,
                () if rest.take_any(&[&["view"], &["recursive", "view"]]) => View,
                () if rest.take(&["sequence"]) => Sequence,
                () if rest.take(&["publication"]) => Publication,
                () => Other,
            };
        }
        match () {
            () if rest.take(&["merge", "into"]) => Merge,
            () if rest.take(&["copy"]) => CopyRows,
            () if rest.take_any(&[&["grant"], &["revoke"]]) => Grant,
            () if rest.is_any(0, &["select", "with", "insert", "update", "delete", "values"]) => {
                Query
            }
            () => Other,
        }
    }
}

type Phrase = (&'static [StatementClass], &'static [&'static str], &'static str, u32);

/// Sequences of words that only occur in newer syntax.
const PHRASES: &[Phrase] = &[
    (&[Table, Index], &["nulls", "not", "distinct"], "`NULLS NOT DISTINCT`", 15),
    (&[Table, Index], &["nulls", "distinct"], "`NULLS DISTINCT`", 15),
    (&[Table], &["set", "access", "method"], "`SET ACCESS METHOD`", 15),
    (&[Table], &["set", "storage", "default"], "`SET STORAGE DEFAULT`", 16),
    (&[Table], &["set", "expression"], "`SET EXPRESSION`", 17),
    (&[Table], &["set", "statistics", "default"], "`SET STATISTICS DEFAULT`", 17),
    (&[Table], &["set", "access", "method", "default"], "`SET ACCESS METHOD DEFAULT`", 17),
    (&[Table], &["not", "enforced"], "`NOT ENFORCED`", 18),
    (&[Table], &["without", "overlaps"], "`WITHOUT OVERLAPS`", 18),
    (&[Table], &["add", "not", "null"], "a NOT NULL constraint of the table", 18),
    (&[Query, View], &["is", "json"], "`IS JSON`", 16),
    (&[Query, View], &["is", "not", "json"], "`IS NOT JSON`", 16),
    (&[Query, View], &["at", "local"], "`AT LOCAL`", 17),
    (&[Merge], &["not", "matched", "by"], "`WHEN NOT MATCHED BY`", 17),
    (&[Merge], &["returning"], "`MERGE` with `RETURNING`", 17),
    (&[Grant], &["on", "parameter"], "a privilege on a parameter", 15),
    (&[Grant], &["with", "inherit"], "a membership `WITH INHERIT`", 16),
    (&[Grant], &["with", "set"], "a membership `WITH SET`", 16),
    (&[Grant], &["with", "admin", "true"], "`WITH ADMIN TRUE`", 16),
    (&[Grant], &["with", "admin", "false"], "`WITH ADMIN FALSE`", 16),
    (&[Grant], &["revoke", "inherit", "option", "for"], "`REVOKE INHERIT OPTION`", 16),
    (&[Grant], &["revoke", "set", "option", "for"], "`REVOKE SET OPTION`", 16),
    (&[Table], &["not", "null", "no", "inherit"], "`NOT NULL NO INHERIT`", 18),
    (&[Publication], &["tables", "in", "schema"], "a publication of a schema", 15),
    (&[Publication], &["for", "all", "sequences"], "a publication of all sequences", 19),
    (&[Publication], &["for", "all", "tables", "except"], "a publication with `EXCEPT`", 19),
    (&[Query], &["for", "portion", "of"], "`FOR PORTION OF`", 19),
    (&[Query], &["do", "select"], "`ON CONFLICT DO SELECT`", 19),
    (&[Other], &["refresh", "collation", "version"], "`REFRESH COLLATION VERSION`", 15),
    (&[Sequence], &["create", "unlogged", "sequence"], "an unlogged sequence", 15),
];

/// The remaining tokens at each position.
fn places<'s>(all: &Cursor<'s>) -> impl Iterator<Item = Cursor<'s>> + use<'s> {
    let all = *all;
    (0..all.len()).map(move |at| {
        let mut rest = all;
        rest.skip(at);
        rest
    })
}

/// Where these words occur in sequence, inside parentheses or not.
fn find(all: &Cursor<'_>, words: &[&str]) -> Option<Span> {
    places(all).find_map(|mut rest| {
        let start = rest;
        rest.take(words).then(|| rest.since(start).span())
    })
}

/// The comma-separated option that starts with this word.
fn option(options: &Cursor<'_>, name: &str) -> Option<Span> {
    let mut parts = options.split().into_iter();
    parts.find_map(|part| Some(part.place(part.token(0).filter(|_| part.is(0, name))?)))
}

/// `JSON_TABLE (… COLUMNS (…))`. A call of a function of that name has no COLUMNS.
fn json_table(all: &Cursor<'_>) -> Option<Span> {
    places(all).find_map(|mut rest| {
        let start = rest;
        let inner = rest.take(&["json_table"]).then(|| rest.parentheses())??;
        inner.has(&["columns"]).then(|| start.place(start.tokens()[0]))
    })
}

/// `FOREIGN KEY (a, PERIOD b)`.
fn period(all: &Cursor<'_>) -> Option<Span> {
    places(all).find_map(|mut rest| {
        let columns = rest.take(&["foreign", "key"]).then(|| rest.parentheses())??;
        let last = columns.split().into_iter().next_back()?;
        (last.len() == 2 && last.is(0, "period")).then(|| last.span())
    })
}

/// `ON DELETE SET NULL (a, b)`.
fn set_null_columns(all: &Cursor<'_>) -> Option<Span> {
    places(all).find_map(|mut rest| {
        let start = rest;
        let sets =
            rest.take_any(&[&["on", "delete", "set", "null"], &["on", "delete", "set", "default"]]);
        (sets && rest.is_sign(0, "(")).then(|| rest.since(start).span())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::statements::split_statements;

    #[test]
    fn what_is_newer_and_what_only_looks_so() {
        let check = |sql: &str, expected: Option<(&str, u32)>| {
            let statements = split_statements(sql);
            let found = newer(sql, &statements[0], 0, 14);
            let shown = found.map(|found| (&sql[found.span.range()], found.version));
            assert_eq!(shown, expected, "{sql}");
        };
        check("MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE", Some(("MERGE", 15)));
        check(
            "MERGE INTO t USING u ON a WHEN NOT MATCHED BY SOURCE THEN DELETE",
            Some(("NOT MATCHED BY", 17)),
        );
        check(
            "CREATE UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT",
            Some(("NULLS NOT DISTINCT", 15)),
        );
        check(
            "CREATE VIEW v WITH (security_invoker = true) AS SELECT 1",
            Some(("security_invoker", 15)),
        );
        check("CREATE VIEW v (security_invoker) AS SELECT 1", None);
        check("COPY t FROM '/x' (FORMAT csv, ON_ERROR ignore)", Some(("ON_ERROR", 17)));
        check("COPY t (on_error) FROM '/x'", None);
        check("GRANT MAINTAIN ON t TO me", Some(("MAINTAIN", 17)));
        check("GRANT SELECT, MAINTAIN ON t TO me", Some(("MAINTAIN", 17)));
        check("GRANT maintain TO me", None);
        check("GRANT SELECT (maintain) ON t TO me", None);
        check("CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) STORED)", None);
        check(
            "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a))",
            Some(("GENERATED ALWAYS AS (a)", 18)),
        );
        check("CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY)", None);
        check(
            "CREATE TABLE t (a int, period daterange, FOREIGN KEY (a, period) REFERENCES u)",
            None,
        );
        check("ALTER TABLE t ADD c int CONSTRAINT n NOT NULL", None);
        check("ALTER TABLE t ADD CONSTRAINT n NOT NULL c", Some(("ADD CONSTRAINT n NOT NULL", 18)));
        check("SELECT json_table(a) FROM t", None);
        check("SELECT 'MERGE', 1.5e3, 12", None);
        check("INSERT INTO t VALUES (1_000)", Some(("1_000", 16)));
        check("SET x = 1", None);

        let storage = |text| Some((text, 16));
        check("CREATE TABLE t (a text STORAGE plain)", storage("STORAGE plain"));
        check("ALTER TABLE t ADD COLUMN a text STORAGE EXTERNAL", storage("STORAGE EXTERNAL"));
        check("CREATE TABLE t (storage main, b int)", None);
        check("ALTER TABLE t ADD storage plain", None);
        check("ALTER TABLE t ALTER a SET STORAGE plain", None);
        check("CREATE STATISTICS ON a, b FROM t", Some(("CREATE STATISTICS ON", 16)));
        check("CREATE STATISTICS s ON a, b FROM t", None);
        check("CREATE STATISTICS s (ndistinct) ON a, b FROM t", None);
        check("REINDEX (VERBOSE) DATABASE", Some(("DATABASE", 16)));
        check("REINDEX DATABASE d", None);
        check("CLUSTER (VERBOSE)", Some(("CLUSTER (VERBOSE)", 17)));
        check("CLUSTER (VERBOSE) t", None);
        check("CLUSTER VERBOSE", None);
        check("ANALYZE ONLY t", Some(("ONLY", 18)));
        check("VACUUM (FULL) ONLY t", Some(("ONLY", 18)));
        check("ANALYZE t", None);
        check("ALTER SUBSCRIPTION s SKIP (lsn = NONE)", Some(("SKIP", 15)));
        check("ALTER SUBSCRIPTION skip ENABLE", None);
        check(
            "ALTER DATABASE d REFRESH COLLATION VERSION",
            Some(("REFRESH COLLATION VERSION", 15)),
        );
        check("ALTER DOMAIN d ADD CONSTRAINT c NOT NULL", Some(("NOT NULL", 17)));
        check("ALTER DOMAIN d ADD NOT NULL", Some(("NOT NULL", 17)));
        check("ALTER DOMAIN d SET NOT NULL", None);
        check("ALTER STATISTICS s SET STATISTICS DEFAULT", Some(("SET STATISTICS DEFAULT", 17)));
        check("ALTER STATISTICS s SET STATISTICS 100", None);
        check("ALTER OPERATOR === (int, int) SET (MERGES)", Some(("MERGES", 17)));
        check("ALTER OPERATOR === (int, int) SET (RESTRICT = NONE)", None);
        check("ALTER MATERIALIZED VIEW v SET ACCESS METHOD heap", Some(("SET ACCESS METHOD", 15)));
        check("GRANT a TO b WITH SET FALSE", Some(("WITH SET", 16)));
        check("GRANT a TO b WITH ADMIN OPTION", None);
        check("REVOKE INHERIT OPTION FOR a FROM b", Some(("REVOKE INHERIT OPTION FOR", 16)));
        check("CREATE PUBLICATION p FOR TABLE t (a)", Some(("(a)", 15)));
        check("CREATE PUBLICATION p FOR TABLE t, u WHERE (a > 1)", Some(("WHERE", 15)));
        check("ALTER PUBLICATION p ADD TABLES IN SCHEMA s", Some(("TABLES IN SCHEMA", 15)));
        check("CREATE PUBLICATION p FOR TABLE t WITH (publish = 'insert')", None);
        check("ALTER PUBLICATION p SET (publish = 'insert')", None);
        check("SELECT * FROM (SELECT 1)", Some(("(SELECT 1)", 16)));
        check("SELECT * FROM (VALUES (1)) WHERE true", Some(("(VALUES (1))", 16)));
        check(
            "CREATE VIEW v AS SELECT * FROM t JOIN (SELECT 1 AS a) ON true",
            Some(("(SELECT 1 AS a)", 16)),
        );
        check("SELECT * FROM (SELECT 1) a, (SELECT 2) AS b", None);
        check("SELECT extract(day FROM (SELECT now()))", None);
        check("SELECT a IS DISTINCT FROM (SELECT 1)", None);
        check("SELECT (SELECT extract(day FROM (SELECT now())))", None);
        check("DELETE FROM t WHERE a IN (SELECT 1)", None);
        check(
            "WITH w AS (SELECT 1) MERGE INTO t USING w ON true WHEN MATCHED THEN DELETE",
            Some(("MERGE INTO", 15)),
        );
        check("REPACK", Some(("REPACK", 19)));
        check("REPACK (CONCURRENTLY) t USING INDEX i", Some(("REPACK", 19)));
        check("ALTER TABLE t MERGE PARTITIONS (a, b) INTO c", Some(("MERGE PARTITIONS", 19)));
        check(
            "ALTER TABLE t SPLIT PARTITION a INTO (PARTITION b DEFAULT)",
            Some(("SPLIT PARTITION", 19)),
        );
        check("ALTER TABLE t ADD split partition", None);
        check("UPDATE t FOR PORTION OF v FROM 1 TO 2 SET a = 1", Some(("FOR PORTION OF", 19)));
        check(
            "INSERT INTO t VALUES (1) ON CONFLICT (a) DO SELECT RETURNING a",
            Some(("DO SELECT", 19)),
        );
        check("CREATE RULE r AS ON SELECT TO t DO SELECT 1", None);
        check("SELECT * FROM GRAPH_TABLE (g MATCH (a) COLUMNS (a.b))", Some(("GRAPH_TABLE", 19)));
        check("SELECT graph_table(a) FROM t", None);
        check("SELECT a, count(*) FROM t GROUP BY ALL", Some(("GROUP BY ALL", 19)));
        check("SELECT a FROM t GROUP BY ALL ORDER BY a", Some(("GROUP BY ALL", 19)));
        check("SELECT a FROM t GROUP BY ALL a", None);
        check("SELECT lag(a) IGNORE NULLS OVER w FROM t", Some(("IGNORE NULLS", 19)));
        check("SELECT lag(a) ignore FROM t", None);
        check("CREATE PROPERTY GRAPH g VERTEX TABLES (t)", Some(("CREATE PROPERTY GRAPH", 19)));
        check("CREATE TEMP PROPERTY GRAPH g", Some(("CREATE TEMP PROPERTY GRAPH", 19)));
        check("CHECKPOINT (MODE fast)", Some(("CHECKPOINT (MODE fast)", 19)));
        check("CHECKPOINT", None);
        check("CREATE SUBSCRIPTION s SERVER x PUBLICATION p", Some(("SERVER", 19)));
        check("CREATE SUBSCRIPTION server CONNECTION 'x' PUBLICATION p", None);
        check("ALTER SUBSCRIPTION s REFRESH SEQUENCES", Some(("REFRESH SEQUENCES", 19)));
        check("CREATE PUBLICATION p FOR ALL SEQUENCES", Some(("FOR ALL SEQUENCES", 19)));
        check("COPY t TO '/x' (FORMAT json)", Some(("FORMAT json", 19)));
        check("COPY t FROM '/x' (ON_ERROR set_null)", Some(("ON_ERROR set_null", 19)));
        check("CREATE TABLE t (a int, NOT NULL a)", Some(("NOT NULL", 18)));
        check("CREATE TABLE t (a int, CONSTRAINT n NOT NULL a)", Some(("NOT NULL", 18)));
        check("CREATE TABLE t (a int CONSTRAINT n NOT NULL)", None);
        check("CREATE TABLE t (a int NOT NULL NO INHERIT)", Some(("NOT NULL NO INHERIT", 18)));
    }

    #[test]
    fn what_the_oldest_server_takes_is_nothing() {
        let sql = "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE";
        let statements = split_statements(sql);
        assert_eq!(newer(sql, &statements[0], 0, 15), None);
    }
}
