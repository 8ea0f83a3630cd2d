//! Tests of the PL/pgSQL parser.

use super::*;
use crate::analysis::statement::tokens;

fn shown(steps: &[Step<'_>]) -> String {
    let text = |cursor: &Cursor<'_>| {
        let words: Vec<_> = cursor.tokens().iter().map(|token| cursor.text(*token)).collect();
        words.join(" ")
    };
    let one = |step: &Step<'_>| match step {
        Step::Sql(sql) => format!("sql({})", text(sql)),
        Step::Execute(sql) => format!("execute({})", text(sql)),
        Step::Evaluate(sql) => format!("evaluate({})", text(sql)),
        Step::If { arms, otherwise } => {
            let arms: Vec<_> = arms
                .iter()
                .map(|(when, then)| format!("{} ? {}", text(when), shown(then)))
                .collect();
            format!("if({} : {})", arms.join(" | "), shown(otherwise))
        }
        Step::Loop(steps) => format!("loop({})", shown(steps)),
        Step::Block { steps, handlers } => {
            let handlers: Vec<_> = handlers
                .iter()
                .map(|handler| {
                    format!("{} ? {}", handler.conditions.join(","), shown(&handler.steps))
                })
                .collect();
            format!("block({} ! {})", shown(steps), handlers.join(" | "))
        }
        Step::Leave => "leave".to_owned(),
    };
    steps.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn check(text: &str, expected: Option<&str>) {
    let tokens = tokens(text);
    let found = body(Cursor::new(text, &tokens, 0));
    assert_eq!(found.map(|body| shown(&body.steps)).as_deref(), expected, "{text}");
}

#[test]
fn steps_of_bodies() {
    check("BEGIN NULL; END", Some("evaluate(NULL)"));
    check("BEGIN CREATE TABLE t (a int); END;", Some("sql(CREATE TABLE t ( a int ))"));
    check(
        "DECLARE x text := 'a'; y int; BEGIN x = y; EXECUTE x INTO y; END",
        Some("evaluate('a'); evaluate(y); execute(x INTO y)"),
    );
    check(
        "BEGIN IF a THEN NULL; ELSIF b THEN DROP TABLE t; ELSE RETURN; END IF; END",
        Some("if(a ? evaluate(NULL) | b ? sql(DROP TABLE t) : evaluate(); leave)"),
    );
    check(
        "BEGIN CREATE TYPE m; EXCEPTION WHEN duplicate_object OR duplicate_table THEN NULL; WHEN OTHERS THEN RAISE; END",
        Some(
            "block(sql(CREATE TYPE m) ! duplicate_object,duplicate_table ? evaluate(NULL) | others ? evaluate())",
        ),
    );
    check(
        "BEGIN FOR r IN SELECT 1 LOOP EXECUTE format('x %I', r.a); END LOOP; <<w>> WHILE true LOOP EXIT; END LOOP w; END",
        Some(
            "evaluate(SELECT 1); loop(execute(format ( 'x %I' , r . a ))); evaluate(true); loop(evaluate(); leave)",
        ),
    );
    check(
        "<<a>> BEGIN CASE x WHEN 1 THEN NULL; ELSE PERFORM f(); END CASE; BEGIN NULL; END; END a",
        Some("evaluate(x); if(1 ? evaluate(NULL) : evaluate(f ( ))); evaluate(NULL)"),
    );
    check(
        "BEGIN IF (CASE WHEN a THEN b END) THEN NULL; END IF; END",
        Some("if(( CASE WHEN a THEN b END ) ? evaluate(NULL) : )"),
    );
    check("BEGIN IF CASE WHEN a THEN b END THEN NULL; END IF; END", None);
    check("BEGIN IF a THEN END", None);
    check("SELECT 1", None);
    check("BEGIN NULL; END; SELECT 1", None);
}

#[test]
fn a_variable_that_is_set_once_is_known() {
    let text =
        "DECLARE a text := 'x'; b text; c text; BEGIN b := 'y'; b := 'z'; SELECT 1 INTO c; END";
    let tokens = tokens(text);
    let found = body(Cursor::new(text, &tokens, 0));
    let value = |name| {
        let value = found.as_ref()?.value(name)?;
        Some(value.text(value.token(0)?))
    };
    assert_eq!([value("a"), value("b"), value("c"), value("d")], [Some("'x'"), None, None, None]);
}
