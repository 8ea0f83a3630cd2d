//! Tests: which errors are reported for bodies, and which are not.

use super::*;
use crate::syntax::statements::split_statements;

/// The reported problem, the text it points at, and its label.
fn found(sql: &str) -> Option<String> {
    let statement = split_statements(sql).into_iter().next()?;
    let found = refused(sql, &statement)?;
    let at = sql.get(found.span.range()).unwrap_or("?");
    let help = match &found.problem {
        Problem::Syntax { suggestion: Some(_), .. }
        | Problem::Missing { suggestion: Some(_), .. } => {
            format!(" = {}", found.problem.help())
        }
        _ => String::new(),
    };
    Some(format!("{} [{at}] {}{help}", found.problem, found.label))
}

fn block(body: &str) -> Option<String> {
    found(&format!("DO $$ {body} $$"))
}

/// Checks what is reported for the body of a `DO` block. `expected` is the beginning of the
/// message.
fn check(body: &str, expected: &str) {
    let found = block(body).unwrap_or_default();
    assert!(found.starts_with(expected) && !found.is_empty(), "{body}\n{found}");
}

fn fine(body: &str) {
    assert_eq!(block(body), None, "{body}");
}

#[test]
fn misspelt_words() {
    check(
        "BEGN NULL; END",
        "syntax error at `BEGN` [BEGN] not expected here = did you mean `BEGIN`?",
    );
    check(
        "BEGIN RETRUN; END",
        "syntax error at `RETRUN` [RETRUN] no statement begins with this = did",
    );
    check(
        "BEGIN IF true THN NULL; END IF; END",
        "syntax error at `THN` [THN] not expected here = did",
    );
    check("BEGIN FOR i IN 1..2 LOPO NULL; END LOOP; END", "syntax error at `LOPO`");
    check(
        "BEGIN NULL; EXCEPTION WHEN duplicate_tabel THEN NULL; END",
        "there is no exception condition `duplicate_tabel` [duplicate_tabel] not there = did you mean `duplicate_table`?",
    );
    check(
        "BEGIN RAISE NOTCE 'a'; END",
        "there is no level `notce` [NOTCE] not there = did you mean `notice`?",
    );
    check("BEGIN RAISE 'a' USING HNT = 'b'; END", "there is no option `hnt` of `RAISE`");
    check("DECLARE n int; BEGIN GET DIAGNOSTICS n = ROW_CONT; END", "there is no item `row_cont`");
    check("BEGIN UPDATE t SETT a = 1; END", "syntax error at `");
    check("BEGIN f(1); END", "syntax error at `f` [f] no statement begins with this");
}

#[test]
fn what_is_missing() {
    check("BEGIN NULL END", "syntax error at `END` [END] `;` is missing before this");
    check(
        "BEGIN IF true THEN NULL; END",
        "syntax error at `END` [END] `END IF` is missing before this",
    );
    check(
        "BEGIN IF true THEN NULL; ELSE IF false THEN NULL; END IF; END",
        "syntax error at `END` [END] `END IF` is missing before this = did you mean `ELSIF`, not `ELSE IF`?",
    );
    check(
        "BEGIN LOOP EXIT; END LOOP; ",
        "syntax error: the statement ends too early [] `END` is missing before this",
    );
    check("BEGIN NULL; END IF; END", "syntax error at `IF` [IF] no `IF` is open here");
    check("DECLARE a int; BEGIN a := 1 a := 2; END", "syntax error at `:=`");
    check(
        "DECLARE a int BEGIN NULL; END",
        "syntax error at `BEGIN` [BEGIN] `;` is missing before this",
    );
    check("BEGIN PERFORM f(1; END", "syntax error at `(` [(] this is never closed");
    check(
        "BEGIN IF THEN NULL; END IF; END",
        "syntax error at `THEN` [THEN] an expression is missing",
    );
    check(
        "BEGIN IF CASE WHEN a THEN b END THEN NULL; END IF; END",
        "syntax error at `CASE` [CASE] write parentheses",
    );
    check("BEGIN RAISE 'a % b'; END", "syntax error at `'a % b'`");
    check("BEGIN RAISE 'it''s %', 1, 2; END", "syntax error at `'it''s %'`");
    check(
        "DECLARE a int; BEGIN FETCH c; END",
        "syntax error at `;` [;] `INTO` is missing before this",
    );
}

#[test]
fn variables_labels_and_results() {
    check(
        "DECLARE total int; BEGIN totl := 1; END",
        "there is no variable `totl` [totl] not there = did you mean `total`?",
    );
    check("DECLARE a int; BEGIN SELECT 1 INTO b; END", "there is no variable `b`");
    check("DECLARE a int; a text; BEGIN NULL; END", "variable `a` already exists");
    check("BEGIN FOR r IN SELECT 1 LOOP NULL; END LOOP; END", "there is no variable `r`");
    check("BEGIN EXIT; END", "syntax error at `;` [;] `EXIT` is not inside a loop");
    check("<<a>> BEGIN LOOP EXIT aa; END LOOP; END", "there is no label `aa`");
    check("BEGIN NULL; END a", "syntax error at `a`");
    check("BEGIN RETURN 1; END", "syntax error at `1` [1] `RETURN` takes no value here");
    let of = |head: &str, body: &str| {
        found(&format!("CREATE FUNCTION f(a int{head} LANGUAGE plpgsql AS $$ BEGIN {body} END $$"))
    };
    assert_eq!(of(") RETURNS int", "a := 1; RETURN a;"), None);
    assert_eq!(of(", OUT b int)", "b := 1; RETURN;"), None);
    assert_eq!(of(") RETURNS TABLE (b int)", "b := 1; RETURN NEXT;"), None);
    assert_eq!(of(") RETURNS trigger", "NEW.x := 1; RETURN NEW;"), None);
    assert_eq!(of(") RETURNS event_trigger", "RETURN;"), None);
    assert!(of(") RETURNS int", "RETURN;").is_some());
    assert!(of(") RETURNS int", "RETURN NEXT 1;").is_some());
    assert!(of(") RETURNS SETOF int", "RETURN 1;").is_some());
    assert!(of(", OUT b int)", "RETURN 1;").is_some());
    assert!(of(") RETURNS int", "b := 1; RETURN 1;").is_some());
}

#[test]
fn what_a_server_takes() {
    fine(
        "#variable_conflict use_column\n<<a>> DECLARE x int NOT NULL DEFAULT 1; y CONSTANT text COLLATE \"C\" := 'a'; z x%TYPE; r pg_class%ROWTYPE; DECLARE c SCROLL CURSOR (k int) FOR SELECT k; w ALIAS FOR x; BEGIN a.x := 2; EXIT a; END a;",
    );
    fine(
        "DECLARE notice int; return int; BEGIN notice := 1; return = 2; RAISE NOTICE '% %%', notice USING HINT = 'a', ERRCODE := '22023'; END",
    );
    fine(
        "DECLARE a int; b int[]; r record; BEGIN b[1] := 2; SELECT 1, 2 INTO STRICT a, b FROM pg_class; FOR a IN REVERSE 10..1 BY 2 LOOP CONTINUE WHEN a > 3; END LOOP; FOREACH a SLICE 0 IN ARRAY b LOOP NULL; END LOOP; FOR r IN EXECUTE 'SELECT $1' USING 1 LOOP NULL; END LOOP; FOR r IN (SELECT 1) LOOP NULL; END LOOP; END",
    );
    fine(
        "DECLARE c refcursor; a int; BEGIN OPEN c FOR EXECUTE 'SELECT 1' USING 1; FETCH NEXT FROM c INTO a; MOVE FORWARD 2 FROM c; CLOSE c; OPEN c NO SCROLL FOR SELECT 1; END",
    );
    fine(
        "DECLARE a int; BEGIN CASE a WHEN 1, 2 THEN NULL; ELSE NULL; END CASE; CASE WHEN a = 1 THEN NULL; END CASE; EXCEPTION WHEN SQLSTATE '22023' OR unique_violation THEN GET STACKED DIAGNOSTICS a = MESSAGE_TEXT; RAISE; WHEN OTHERS THEN RAISE SQLSTATE '22023'; END",
    );
    fine("BEGIN PERFORM; COMMIT AND NO CHAIN; ROLLBACK; ASSERT 1 = 1, 'a'; CALL p(a := 1); END");
    fine(
        "DECLARE a int; BEGIN a := ; a := CASE WHEN true THEN 1 END; INSERT INTO t SELECT 1 RETURNING 1 INTO a; EXECUTE 'x' INTO a USING 1, 2; END",
    );
    // Bodies that the reader does not understand or does not look into.
    fine("BEGIN LOOP EXIT inline_code_block; END LOOP; END");
    fine("BEGIN CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; END");
    fine("DECLARE a int; BEGIN a := 1 end; END");
    fine("DECLARE a int; BEGIN SELECT count(*) in INTO a FROM pg_class; END");
    fine("DECLARE c refcursor; BEGIN OPEN c NO FOR SELECT 1; END");
    assert_eq!(found("DO LANGUAGE plperl $$ nothing of ours $$"), None);
    assert_eq!(found("DO E'BEGN'"), None);
    assert_eq!(found("CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'BEGN', 'f'"), None);
    assert!(!are_read("SET Check_Function_Bodies = off"));
}

#[test]
fn places_in_quoted_bodies() {
    let said = found("DO 'BEGIN RAISE NOTICE ''a''; RETRUN; END'").unwrap_or_default();
    assert!(said.starts_with("syntax error at `RETRUN` [RETRUN]"), "{said}");
}
