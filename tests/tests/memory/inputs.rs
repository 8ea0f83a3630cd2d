//! Bad chains of any size, of the kinds of which the work could grow faster than they do.

/// Files by name.
pub(crate) type Files = Vec<(String, String)>;

/// A kind of bad chain, and how to make one of about so many parts.
pub(crate) type Kind = (&'static str, fn(usize) -> Files);

/// The kinds; each part is one that something is wrong with, or that a check must look at.
pub(crate) const KINDS: &[Kind] = &[
    ("unknown parents", |count| {
        (0..count).map(|n| revision(&id(n), &format!("{}x", id(n * 7 + 1)), "SELECT 1;")).collect()
    }),
    ("one unknown parent", |count| {
        (0..count).map(|n| revision(&id(n), "nowhere", "SELECT 1;")).collect()
    }),
    ("one id", |count| {
        let file = |n: usize| (format!("{n:06}.sql"), revision("same", "", "SELECT 1;").1);
        (0..count).map(file).collect()
    }),
    ("heads", |count| {
        let trunk = (0..count).map(|n| follows(n, n.checked_sub(1)));
        let heads = (0..count).map(|n| {
            let parent = id(count - 1);
            revision(&format!("head{}", id(n)), &parent, "SELECT 1;")
        });
        trunk.chain(heads).collect()
    }),
    ("forks all the way", |count| {
        let trunk = (0..count).map(|n| follows(n, n.checked_sub(1)));
        let heads = (0..count).map(|n| revision(&format!("head{}", id(n)), &id(n), "SELECT 1;"));
        trunk.chain(heads).collect()
    }),
    ("bases", |count| (0..count).map(|n| follows(n, None)).collect()),
    ("a circle", |count| {
        (0..count).map(|n| follows(n, Some(n.checked_sub(1).unwrap_or(count - 1)))).collect()
    }),
    ("a merge of many", |count| {
        let base = [follows(0, None)];
        let branches = (1..count).map(|n| follows(n, Some(0)));
        let parents: Vec<String> = (1..count).chain(1..count).map(id).collect();
        let merge = [revision("merge", &parents.join(", "), "")];
        base.into_iter().chain(branches).chain(merge).collect()
    }),
    ("parent lines", |count| {
        let lines: Vec<String> = (0..count).map(id).collect();
        vec![revision("one", &lines.join("\n-- parent: "), "SELECT 1;")]
    }),
    ("edited pins", |count| {
        let pin = |n: usize| {
            let digest = "0".repeat(64);
            format!("{} parents=- up={digest} down=- chain={digest}\n", id(n))
        };
        let lock = (0..count).map(pin).collect::<String>();
        let files = (0..count).map(|n| follows(n, n.checked_sub(1)));
        files.chain([("chain.lock".to_owned(), format!("version 1\n{lock}"))]).collect()
    }),
    ("missing pins", |count| {
        let pin = |n: usize| {
            let digest = "0".repeat(64);
            format!("gone{} parents=- up={digest} down=- chain={digest}\n", id(n))
        };
        let lock = (0..count).map(pin).collect::<String>();
        let files = (0..count).map(|n| follows(n, n.checked_sub(1)));
        files.chain([("chain.lock".to_owned(), format!("version 1\n{lock}"))]).collect()
    }),
    ("stray files", |count| {
        let stray = (0..count).map(|n| (format!("{n}.txt"), String::new()));
        stray.chain([follows(0, None)]).collect()
    }),
    ("marker lines", |count| one(&"-- migrate:up\nSELECT 1;\n".repeat(count))),
    ("unknown markers", |count| one(&"-- migrate:upp\nSELECT 1;\n".repeat(count))),
    ("things to do", |count| one(&"-- migrate:todo this\nSELECT 1;\n".repeat(count))),
    ("unknown keys", |count| {
        let keys: String = (0..count).map(|n| format!("\n-- key{n}: x")).collect();
        vec![revision("one", &format!("x{keys}"), "SELECT 1;")]
    }),
    ("allowed in the header", |count| {
        let allows = "\n-- migrate:allow(drop-table): x".repeat(count);
        vec![revision("one", &format!("x{allows}"), &"DROP TABLE t;\n".repeat(count))]
    }),
    ("allowed one by one", |count| {
        one(&"-- migrate:allow(syntax): x\nSELEC 1;\n-- migrate:allow(drop-table): x\nDROP TABLE t;\n"
            .repeat(count))
    }),
    ("syntax errors", |count| one(&"SELEC 1;\n".repeat(count))),
    ("syntax errors without blanks", |count| one(&"a;".repeat(count))),
    ("transaction control", |count| one(&"BEGIN;\nCOPY t TO STDOUT;\n".repeat(count))),
    ("new enum values", |count| {
        let add = |n: usize| format!("ALTER TYPE m ADD VALUE 'v{n}';\n");
        let uses = |n: usize| format!("SELECT 'v{n}'::m;\n");
        one(&(0..count).map(add).chain((0..count).map(uses)).collect::<String>())
    }),
    ("nested checks", |count| {
        one(&format!(
            "CREATE TABLE t (a int CHECK ({}a > 0{}));",
            "(".repeat(count),
            ")".repeat(count)
        ))
    }),
    ("nested checks that are added", |count| {
        let (open, close) = ("(".repeat(count), ")".repeat(count));
        one(&format!("ALTER TABLE t ADD CHECK ({open}a IS NOT NULL{close});"))
    }),
    ("nested calls", |count| one(&format!("SELECT {}1{};", "f(".repeat(count), ")".repeat(count)))),
    ("nested cases", |count| {
        one(&format!("SELECT {}1{};", "CASE WHEN a THEN ".repeat(count), " END".repeat(count)))
    }),
    ("brackets that are never closed", |count| one(&"(".repeat(count))),
    ("signs", |count| one(&format!("SELECT 1 {} 1;", "+".repeat(count)))),
    ("signs in turn", |count| one(&format!("SELECT 1 {} 1;", "*+".repeat(count)))),
    ("dollars", |count| one(&"$a$b$a $a".repeat(count))),
    ("quotes", |count| one(&format!("SELECT {};", "'a' 'b'\n".repeat(count)))),
    ("words", |count| one(&format!("{};", "or ".repeat(count) + &"begin atomic ".repeat(count)))),
    ("columns added and dropped", |count| {
        let add = |n: usize| format!("ALTER TABLE t ADD c{n} int;\n");
        let drop = |n: usize| format!("ALTER TABLE t DROP c{n};\n");
        one(&(0..count).map(add).chain((0..count).map(drop)).collect::<String>())
    }),
    ("tables renamed", |count| {
        let create = |n: usize| format!("CREATE TABLE t{n} ();\n");
        let rename = |n: usize| format!("ALTER TABLE t{n} RENAME TO u{n};\n");
        let all = (0..count).map(create).chain((0..count).map(rename));
        one(&all.collect::<String>())
    }),
    ("indexes made and dropped", |count| {
        let table =
            |n: usize| format!("CREATE TABLE t{n} (a int);\nCREATE INDEX i{n} ON t{n} (a);\n");
        let drop = |n: usize| format!("DROP INDEX i{n};\n");
        one(&(0..count).map(table).chain((0..count).map(drop)).collect::<String>())
    }),
    ("tables that inherit from one another", |count| {
        let child = |n: usize| format!("CREATE TABLE t{n} (c{n} int) INHERITS (t{});\n", n - 1);
        let children: String = (1..count).map(child).collect();
        one(&format!("CREATE TABLE t0 (c0 int);\n{children}"))
    }),
    ("returns in a block", |count| {
        let step = |n: usize| format!("IF x THEN RETURN; END IF; CREATE INDEX i{n} ON t (a);\n");
        let steps: String = (0..count).map(step).collect();
        one(&format!("CREATE TABLE t (a int);\nDO $$ BEGIN {steps} END $$;"))
    }),
    ("triggers that write one table", |count| {
        let trigger = |n: usize| {
            format!(
                "CREATE FUNCTION f{n}() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN EXECUTE 'CREATE TABLE x{n} ()'; INSERT INTO t VALUES (1); END $$;\n\
                 CREATE TRIGGER g{n} AFTER INSERT ON t EXECUTE FUNCTION f{n}();\n"
            )
        };
        let triggers: String = (0..count / 4).map(trigger).collect();
        let inserts = "INSERT INTO t VALUES (1);\n".repeat(count / 4);
        one(&format!("CREATE TABLE t (a int);\n{triggers}{inserts}"))
    }),
    ("partitions of a wide table", |count| {
        let columns: Vec<String> = (0..count).map(|n| format!("c{n} int")).collect();
        let part = |n: usize| format!("CREATE TABLE p{n} PARTITION OF t DEFAULT;\n");
        let parts: String = (0..count).map(part).collect();
        one(&format!("CREATE TABLE t ({}) PARTITION BY LIST (c0);\n{parts}", columns.join(", ")))
    }),
    ("foreign keys", |count| {
        let column = |n: usize| format!("c{n} int REFERENCES o");
        let columns: Vec<String> = (0..count).map(column).collect();
        one(&format!(
            "CREATE TABLE o (id int PRIMARY KEY);\nCREATE TABLE t ({});",
            columns.join(", ")
        ))
    }),
    ("collations", |count| {
        let columns: Vec<String> = (0..count).map(|n| format!("c{n} text COLLATE \"C\"")).collect();
        one(&format!("CREATE TABLE t ({});", columns.join(", ")))
    }),
    ("subcommands", |count| {
        let actions: Vec<String> = (0..count).map(|n| format!("ADD c{n} int UNIQUE")).collect();
        one(&format!("ALTER TABLE t {};", actions.join(", ")))
    }),
    ("values", |count| {
        one(&format!("INSERT INTO t VALUES {};", vec!["(1, 'a')"; count].join(", ")))
    }),
];

fn id(n: usize) -> String {
    // Letters, since ids that only count up are not compared.
    let letter =
        |place: u32| char::from(b'a' + u8::try_from(n / 26_usize.pow(place) % 26).unwrap_or(0));
    (0..5).rev().map(letter).collect()
}

fn follows(n: usize, parent: Option<usize>) -> (String, String) {
    revision(&id(n), &parent.map(id).unwrap_or_default(), "SELECT 1;")
}

fn revision(id: &str, parent: &str, up: &str) -> (String, String) {
    let parent = if parent.is_empty() { String::new() } else { format!("-- parent: {parent}\n") };
    let text = format!(
        "-- revision: {id}\n{parent}-- message: M\n-- irreversible: a test\n-- migrate:up\n{up}\n"
    );
    (format!("{id}.sql"), text)
}

fn one(up: &str) -> Files {
    vec![revision("one", "", up)]
}
