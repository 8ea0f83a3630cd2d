//! Bodies in PL/pgSQL, right ones and those with a mistake: what a build refuses, a server must refuse.

use std::env;

use migrate_core::Folder;
use migrate_core::analysis::analyse;
use migrate_core::syntax::{Lexer, TokenKind};
use migrate_testkit::Server;
use migrate_testkit::postgres::Client;

use super::differential::number;
use super::random::Random;

/// Heads and bodies that a server takes; together they have all of the grammar.
const BODIES: [(&str, &str); 8] = [
    (
        "FUNCTION f(n int, INOUT total bigint DEFAULT 0)",
        "#variable_conflict use_variable
         <<whole>>
         DECLARE
             i int NOT NULL := 1; label CONSTANT text COLLATE \"C\" DEFAULT 'a;b';
             r record; x n%TYPE; k pg_class%ROWTYPE; arr int[] = '{1,2}'; other ALIAS FOR total;
         BEGIN
             IF n > 1 AND n < 5 THEN total := total + n; ELSIF n = 7 THEN total = 1; ELSE NULL; END IF;
             CASE n WHEN 1, 2 THEN i := 2; WHEN 3 THEN i := 3; ELSE i := (CASE WHEN n > 1 THEN 1 ELSE 2 END); END CASE;
             CASE WHEN n IS NULL THEN RETURN; END CASE;
             <<part>> LOOP
                 i := i + 1; EXIT part WHEN i > 10; CONTINUE WHEN i = 3;
             END LOOP part;
             WHILE i > 0 LOOP i := i - 1; END LOOP;
             whole.i := 5; arr[1] := 3; r := row(1, 2);
         END whole;",
    ),
    (
        "FUNCTION f() RETURNS SETOF text",
        "DECLARE r record; a int; b text; c CURSOR (k int) FOR SELECT k; d refcursor; v int[];
         BEGIN
             FOR a IN REVERSE 10..1 BY 2 LOOP RETURN NEXT a::text; END LOOP;
             FOR r IN SELECT relname, oid FROM pg_class ORDER BY 1 LOOP RETURN NEXT r.relname; END LOOP;
             FOR a, b IN EXECUTE 'SELECT $1, $2' USING 1, 'x' LOOP NULL; END LOOP;
             FOR r IN c(3) LOOP NULL; END LOOP;
             FOREACH a SLICE 0 IN ARRAY v LOOP RAISE NOTICE '% of %%', a; END LOOP;
             RETURN QUERY SELECT relname::text FROM pg_class;
             RETURN QUERY EXECUTE format('SELECT %L', 'a') USING 1;
             OPEN c(1); FETCH NEXT FROM c INTO a; CLOSE c;
             OPEN d NO SCROLL FOR SELECT 1; MOVE FORWARD 2 FROM d; CLOSE d;
             OPEN d FOR EXECUTE 'SELECT 1'; FETCH d INTO a;
         END",
    ),
    (
        "FUNCTION f() RETURNS trigger",
        "BEGIN
             IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
             NEW.changed := now();
             INSERT INTO log (id, what) VALUES (NEW.id, TG_OP) ON CONFLICT (id) DO UPDATE SET what = 'x';
             RETURN NEW;
         END",
    ),
    (
        "FUNCTION f(a int) RETURNS int",
        "DECLARE n int; state text;
         BEGIN
             SELECT count(*) INTO STRICT n FROM pg_class WHERE oid = a;
             UPDATE t SET x = 1 WHERE y = 2 RETURNING x INTO n;
             EXECUTE 'SELECT ' || quote_ident('x') INTO n USING a;
             PERFORM f(1), f(2); ASSERT n > 0, 'none';
             GET DIAGNOSTICS n = ROW_COUNT;
             RETURN n;
         EXCEPTION
             WHEN unique_violation OR no_data_found THEN
                 GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
                 RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'm' || SQLERRM, HINT = 'h';
             WHEN SQLSTATE '22012' THEN RAISE;
             WHEN OTHERS THEN RAISE unique_violation USING MESSAGE = 'x'; RETURN NULL;
         END;",
    ),
    (
        "PROCEDURE f(a int)",
        "BEGIN
             DELETE FROM t WHERE x = a; COMMIT AND CHAIN; CALL g(a, b => 2); ROLLBACK;
             BEGIN CREATE TABLE u (x int DEFAULT 1, CHECK (x > 0)); EXCEPTION WHEN duplicate_table THEN NULL; END;
             DROP TABLE IF EXISTS u CASCADE; RETURN;
         END",
    ),
    (
        "FUNCTION f(name text) RETURNS void",
        "DECLARE found_one boolean := false;
         BEGIN
             SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = name) INTO found_one;
             IF NOT found_one THEN
                 EXECUTE format('CREATE TABLE %I (a int)', name);
             END IF;
             WITH x AS (SELECT 1 AS a) INSERT INTO t SELECT a FROM x;
         END",
    ),
    (
        "FUNCTION f(v jsonb) RETURNS jsonb",
        "DECLARE out jsonb := '{}'; k text; e text;
         BEGIN
             FOR k, e IN SELECT * FROM jsonb_each_text(v) LOOP
                 out := out || jsonb_build_object(k, e); CONTINUE WHEN e IS NULL;
                 IF length(e) > 5 THEN EXIT; END IF;
             END LOOP;
             RETURN out;
         END",
    ),
    ("PROCEDURE f()", "DECLARE a int DEFAULT 1; b int; BEGIN a := 2; b := a; LOOP EXIT; END LOOP; END"),
];

/// Words that are put where they don't belong.
const WORDS: [&str; 16] = [
    "BEGIN", "END", "IF", "THEN", "ELSE", "LOOP", "FOR", "IN", "RETURN", "INTO", "USING", "WHEN",
    ";", ",", "(", "x",
];

/// A body with one mistake.
fn mistaken(body: &str, random: &mut Random) -> String {
    let tokens: Vec<_> = Lexer::new(body).filter(|token| !token.kind.is_trivia()).collect();
    let at = random.below(tokens.len());
    let (span, text) = (tokens[at].span, tokens[at].text(body));
    let with = |new: &str| format!("{}{new}{}", &body[..span.start], &body[span.end..]);
    match random.below(5) {
        0 => with(" "),
        1 => with(&format!("{text} {text}")),
        2 if tokens[at].kind == TokenKind::Word && text.len() > 3 && text.is_ascii() => {
            let swap = 1 + random.below(text.len() - 2);
            let mut letters: Vec<char> = text.chars().collect();
            letters.swap(swap, swap + 1);
            with(&letters.into_iter().collect::<String>())
        }
        3 if at + 1 < tokens.len() => {
            let next = tokens[at + 1];
            let (first, second) = (next.text(body), &body[span.end..next.span.start]);
            format!("{}{first} {second}{text} {}", &body[..span.start], &body[next.span.end..])
        }
        _ => with(&format!("{text} {}", random.of(&WORDS))),
    }
}

fn said(sql: &str) -> Option<String> {
    let text =
        format!("-- revision: 1\n-- message: M\n-- irreversible: a test\n-- migrate:up\n{sql};\n");
    let rejection = analyse(Folder::of_texts("m", [("1.sql", text.as_str())])).err()?;
    rejection.diagnostics.first().map(|found| found.problem.to_string())
}

/// The SQLSTATE and the message of a refusal.
fn refused(client: &mut Client, sql: &str) -> Option<(String, String)> {
    client.batch_execute("BEGIN").unwrap();
    let found = client.batch_execute(sql).err();
    client.batch_execute("ROLLBACK").unwrap();
    let found = found.as_ref().and_then(|error| error.as_db_error());
    found.map(|found| (found.code().code().to_owned(), found.message().to_owned()))
}

fn statement(head: &str, body: &str) -> String {
    format!("CREATE {head} LANGUAGE plpgsql AS $body$ {body} $body$")
}

/// `ANALYSIS_BODIES` says how many mistakes are made.
#[test]
fn mistakes_in_bodies() {
    let database = Server::shared().unwrap().database("bodies").unwrap();
    let mut client = database.connect().unwrap();
    let own = BODIES.iter().map(|(head, body)| ((*head).to_owned(), (*body).to_owned()));
    for (head, body) in own.clone() {
        let sql = statement(&head, &body);
        assert_eq!((refused(&mut client, &sql), said(&sql)), (None, None), "{sql}");
    }
    let mut random = Random::new(number("ANALYSIS_SEED", 1) as u64);
    let bodies: Vec<(String, String)> = own.collect();
    let (mut all, mut foreseen, mut wrong) = (0, 0, Vec::new());
    for _ in 0..number("ANALYSIS_BODIES", 1500) {
        let (head, body) = &bodies[random.below(bodies.len())];
        let sql = statement(head, &mistaken(body, &mut random));
        match (refused(&mut client, &sql), said(&sql)) {
            (None, Some(said)) => wrong.push(format!("{said}\n{sql}")),
            (Some((code, message)), said) if code == "42601" => {
                (all, foreseen) = (all + 1, foreseen + usize::from(said.is_some()));
                if said.is_none() && env::var_os("ANALYSIS_SHOW").is_some() {
                    println!("missed: {message}\n{sql}");
                }
            }
            _ => {}
        }
    }
    println!("syntax errors: {all}, foreseen {foreseen}; false {}", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(foreseen * 10 > all * 9, "{foreseen} of {all}");
}
