//! The table of problems: a row has the code, what is wrong, and what to do next. All of them are errors.

use std::fmt;

use super::{Problem, list};
use crate::chain::id::BadId as WhyBad;
use crate::chain::rules::STATEMENTS;
use crate::syntax::source::counted;

/// A row of the table.
struct Row {
    code: &'static str,
    message: String,
    help: String,
}

fn row(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Row {
    Row { code, message: message.into(), help: help.into() }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.row().message)
    }
}

impl Problem {
    /// A short, stable name, for programs.
    pub fn code(&self) -> &'static str {
        self.row().code
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        self.row().help
    }

    fn row(&self) -> Row {
        use Problem::*;
        match self {
            NoDirectory { path, suggestion } => row(
                "no-directory",
                format!("there is no folder `{path}`"),
                match suggestion {
                    Some(suggestion) => format!("did you mean `{suggestion}`, which is beside it?"),
                    None => format!(
                        "create it with a first revision: {}; or name another folder, relative to \
                         Cargo.toml: `embed_migrations!(\"db/migrations\")`",
                        new_revision(path)
                    ),
                },
            ),
            NotADirectory { path } => row(
                "not-a-directory",
                format!("`{path}` is not a folder"),
                "name the folder that holds the revisions",
            ),
            Unreadable { path, reason } => row(
                "unreadable",
                format!("`{path}` can't be read: {reason}"),
                "check its permissions and, if it is a link, where it leads; or move it elsewhere",
            ),
            EmptyChain { path } => row(
                "empty-chain",
                format!("`{path}` contains no revision"),
                format!("write the first revision: {}", new_revision(path)),
            ),
            StrayFile { name } => {
                row("stray-file", format!("`{name}` is not a migration"), stray_help(name))
            }
            ForeignFolder { path, tool: (tool, word), or } => row(
                "foreign-folder",
                match or {
                    None => format!("`{path}` contains migrations of {tool}, not a chain"),
                    Some((or, _)) => {
                        format!("`{path}` contains migrations of {tool} (or {or}), not a chain")
                    }
                },
                import_help(path, word, or.as_ref()),
            ),
            NotUtf8 => row("not-utf8", "the file is not UTF-8", "save the file as UTF-8"),
            NulByte => row(
                "nul-byte",
                "the file has a NUL byte",
                "remove the byte; PostgreSQL can't hold it in any text",
            ),
            TooLarge { bytes, limit } => row(
                "too-large",
                format!("the file is too large: {bytes} bytes; the limit is {} MiB", limit >> 20),
                "the file becomes a part of the program: split it, or load the data with a tool \
                 for that",
            ),
            MissingKey { key } => row(
                "missing-key",
                format!("the header has no `{key}`"),
                match *key {
                    "revision" => "add a line such as `-- revision: 20251217_indexes` at the top \
                                   of the file; the id is yours to choose, and stays"
                        .to_owned(),
                    key => format!("add a line `-- {key}: …` at the top of the file"),
                },
            ),
            DuplicateKey { key } => row(
                "duplicate-key",
                format!("the header has two `{key}` lines"),
                match *key {
                    "parent" => "name all parents of a merge in one line: `-- parent: a, b`",
                    _ => "keep one of the two",
                },
            ),
            UnknownKey { key, suggestion } => row(
                "unknown-key",
                format!("unknown key `{key}` in the header"),
                suggested_or(
                    *suggestion,
                    "the keys are revision, parent, message, created and irreversible; a free \
                     comment has no `word:` at its start, or stands below the first section \
                     marker",
                ),
            ),
            EmptyValue { key } => row(
                "empty-value",
                format!("`{key}` has no value"),
                match *key {
                    "parent" => "the first revision of a chain has no `parent` line at all",
                    "irreversible" => "say why it can't be undone, for whoever wants to",
                    _ => "write it after the colon",
                },
            ),
            BadId { id, why } => row(
                "bad-id",
                match why {
                    WhyBad::Empty => "an id is missing".to_owned(),
                    why => format!("`{id}` can't be a revision id: {why}"),
                },
                match why {
                    WhyBad::Empty => "name a revision there, or remove the comma",
                    WhyBad::Reserved => {
                        "write another id; the first revision of a chain has no `parent` line at \
                         all"
                    }
                    _ => {
                        "an id is 1 to 128 letters, digits, `_`, `.` or `-`, and begins with a \
                         letter or a digit"
                    }
                },
            ),
            SqlBeforeSection => row(
                "sql-before-section",
                "SQL before the first section",
                "move it below `-- migrate:up`, or put that line above it if there is none",
            ),
            NoUp => row(
                "no-up",
                "the file has no `-- migrate:up` section",
                "add a line `-- migrate:up` and the SQL of the upgrade below it",
            ),
            MissingDown => row(
                "missing-down",
                "the revision has no downgrade",
                "add `-- migrate:down` and the SQL that undoes the upgrade, or say in the header \
                 why nothing can: `-- irreversible: …`",
            ),
            EmptyDown => row(
                "empty-down",
                "the downgrade has no statement",
                "write the SQL that undoes the upgrade; if there is nothing to undo, say so with \
                 `SELECT 1;`; if it can't be undone, replace the section by `-- irreversible: …` \
                 in the header",
            ),
            IrreversibleWithDown => row(
                "irreversible-with-down",
                "the revision is declared irreversible, but has a downgrade",
                "remove the `irreversible` line if the downgrade works, or else the section",
            ),
            DuplicateSection { name } => row(
                "duplicate-section",
                format!("two `-- migrate:{name}` sections"),
                format!(
                    "put the statements together in one section; or is one of the two the `-- \
                     migrate:{}`?",
                    if *name == "up" { "down" } else { "up" }
                ),
            ),
            UnknownSection { name, suggestion } => row(
                "unknown-section",
                match name.as_str() {
                    "" => "a section marker without a name".to_owned(),
                    name => format!("unknown section `{name}`"),
                },
                match suggestion {
                    _ if name.starts_with("allow") => {
                        "write `-- migrate:allow(code): why`, with a reason".to_owned()
                    }
                    Some(suggestion) => format!("did you mean `-- migrate:{suggestion}`?"),
                    None if name.starts_with("test") => "the test sections are `-- migrate:test \
                                                         before up`, `-- migrate:test after up` \
                                                         and `-- migrate:test after down`"
                        .to_owned(),
                    None => "the sections are `-- migrate:up` and `-- migrate:down`".to_owned(),
                },
            ),
            UnknownOption { option, suggestion } => row(
                "unknown-option",
                format!("unknown option `{option}`"),
                suggested_or(
                    *suggestion,
                    "the options are transaction:false, lock_timeout:2s and \
                     statement_timeout:10min",
                ),
            ),
            DuplicateOption { option } => row(
                "duplicate-option",
                format!("the option `{option}` is given twice"),
                "keep one of the two",
            ),
            BadOption { option, value, want } => row(
                "bad-option",
                format!("`{value}` is not a value for `{option}`"),
                format!("write {want}"),
            ),
            MarkerNotAlone => row(
                "marker-not-alone",
                "a section marker shares its line with SQL",
                "put the marker on a line of its own",
            ),
            SectionAfterTest { name } => row(
                "section-after-test",
                format!("`-- migrate:{name}` stands below a test section"),
                "move it above the test sections, which come last: they are no part of the program",
            ),
            UnterminatedString => row(
                "unterminated-string",
                "a string is never closed",
                "close it with a quote; a quote inside is written twice: `''`",
            ),
            UnterminatedIdentifier => row(
                "unterminated-identifier",
                "a quoted identifier is never closed",
                "close it with a double quote; one inside is written twice: `\"\"`",
            ),
            UnterminatedComment => row(
                "unterminated-comment",
                "a comment is never closed",
                "close it with `*/`; comments nest, so each `/*` needs its own",
            ),
            UnterminatedDollarQuote { delimiter } => row(
                "unterminated-dollar-quote",
                "a dollar-quoted string is never closed",
                format!("close it with `{delimiter}`"),
            ),
            PsqlCommand => row(
                "psql-command",
                "a psql command in a migration",
                "only psql knows its backslash commands; the server gets this text as it is. \
                 Write SQL instead",
            ),
            CopyFromStdin => row(
                "copy-from-stdin",
                "`COPY … FROM STDIN` in a migration",
                "data can't follow a statement here; write INSERT statements instead",
            ),
            CopyToStdout => row(
                "copy-to-stdout",
                "`COPY … TO STDOUT` in a migration",
                "nobody reads the data of a migration; remove the statement",
            ),
            TransactionControl { statement } => row(
                "transaction-control",
                format!("`{statement}` in a migration"),
                "remove it: the runner puts a transaction around each section and its record, \
                 unless the marker says `transaction:false`. (SAVEPOINT and ROLLBACK TO are \
                 fine.)",
            ),
            NeedsNoTransaction { statement } => row(
                "needs-no-transaction",
                format!("`{statement}` can't run inside a transaction"),
                "write `transaction:false` behind the section's marker (`-- migrate:up \
                 transaction:false`), and move what needs a transaction to a revision of its own",
            ),
            EnumValueUsed { value } => row(
                "enum-value-used",
                format!("the new enum value {value} is used in the transaction that adds it"),
                "put the statement that adds the value in a revision of its own, before this one",
            ),
            Todo { what } => row(
                "todo",
                match what.as_str() {
                    "" => "the revision is not finished".to_owned(),
                    what => format!("the revision is not finished: {what}"),
                },
                "do what the comment says, and delete it",
            ),
            Syntax { found, suggestion, instead } => row(
                "syntax",
                match found.as_str() {
                    "" => "syntax error: the statement ends too early".to_owned(),
                    found if found.contains('`') => "syntax error at a backquote".to_owned(),
                    found => format!("syntax error at `{found}`"),
                },
                match (suggestion, instead) {
                    (Some((word, suggestion)), _) if word == found => {
                        format!("did you mean `{suggestion}`?")
                    }
                    (Some((word, suggestion)), _) => {
                        format!("did you mean `{suggestion}`, not `{word}`?")
                    }
                    (None, Some(instead)) => (*instead).to_owned(),
                    (None, None) => "fix it; if PostgreSQL accepts it as it is, say so above the \
                                     statement: `-- migrate:allow(syntax): why`"
                        .to_owned(),
                },
            ),
            MissingSemicolon => row(
                "missing-semicolon",
                "two statements without a `;` between them",
                "end the first statement with `;`; if PostgreSQL accepts the two as one \
                 statement, say so above it: `-- migrate:allow(syntax): why`",
            ),
            PsqlVariable { variable } => row(
                "psql-variable",
                format!("the psql variable `{variable}` in a migration"),
                "only psql substitutes variables; the server gets this text as it is. Write the \
                 value itself",
            ),
            Parameter { parameter } => row(
                "parameter",
                format!("the parameter `{parameter}` in a migration"),
                "a migration is sent without parameter values: write the value itself. `$1` is \
                 valid only in the body of a function and in PREPARE",
            ),
            ReleasesLocks { what } => row(
                "releases-locks",
                format!("`{what}` releases all advisory locks of the session"),
                match *what {
                    "DISCARD ALL" => {
                        "the runner may hold one of them. Discard only what you need: `DISCARD \
                         TEMP`, `DISCARD PLANS`, `RESET ALL`"
                    }
                    _ => {
                        "the runner may hold one of them. Release your own lock by its key: \
                         `pg_advisory_unlock(key)`"
                    }
                },
            ),
            NeedsTransaction { statement } => row(
                "needs-transaction",
                format!("`{statement}` has no effect outside a transaction"),
                match *statement {
                    "SET LOCAL" => {
                        "each statement of a section with `transaction:false` is a transaction of \
                         its own. Write `SET` without LOCAL: the runner puts the setting back at \
                         the end of the section"
                    }
                    _ => {
                        "each statement of a section with `transaction:false` is a transaction of \
                         its own. Remove this, or move the statements that belong together to a \
                         revision that runs in a transaction"
                    }
                },
            ),
            TextSetting { setting } => row(
                "text-setting",
                format!("`{setting}` is set, and changes how the server reads text below it"),
                match *setting {
                    "client_encoding" => {
                        "remove it: migrations are UTF-8, whatever the encoding of the database, \
                         and are sent as UTF-8"
                    }
                    _ => {
                        "remove it, and write backslash escapes as `E'…'`: migrations are read \
                         with standard_conforming_strings on"
                    }
                },
            ),
            AlreadyExists { what } => row(
                "already-exists",
                format!("{what} already exists"),
                "leave this out, or choose another name; if PostgreSQL accepts it anyway, say so \
                 above the statement: `-- migrate:allow(already-exists): why`",
            ),
            Missing { what, suggestion } => row(
                "missing",
                format!("there is no {what}"),
                suggested_or(
                    suggestion.as_deref(),
                    "correct the name, or create it before; if it comes from elsewhere, say so \
                     above the statement: `-- migrate:allow(missing): why`",
                ),
            ),
            WrongKind { name, is, wanted } => row(
                "wrong-kind",
                format!("`{name}` is {} {is}, not {} {wanted}", article(is), article(wanted)),
                match *wanted {
                    "trigger function" => {
                        "a trigger's function takes no arguments and is declared with `RETURNS \
                         trigger`"
                            .to_owned()
                    }
                    "event trigger function" => "the function of an event trigger takes no \
                                                 arguments and is declared with `RETURNS \
                                                 event_trigger`"
                        .to_owned(),
                    "materialized view" => "only a materialized view can be refreshed or altered \
                                            as one"
                        .to_owned(),
                    _ => format!("say `{}` here", is.to_uppercase()),
                },
            ),
            ColumnCount { own, other } => row(
                "column-count",
                format!("the foreign key has {}, and refers to {other}", counted(*own, "column")),
                "name as many columns behind REFERENCES as the key has",
            ),
            NoKey { table, columns } => row(
                "no-key",
                match columns.as_slice() {
                    [] => format!("`{table}` has no primary key that a foreign key could refer to"),
                    columns => format!("no unique key of `{table}` is over {}", list(columns)),
                },
                "add a primary key or a UNIQUE constraint over these columns first",
            ),
            AmbiguousColumn { column } => row(
                "ambiguous-column",
                format!("column reference `{column}` is ambiguous"),
                "put the name of its table or an alias before it: `t.a`",
            ),
            RepeatedColumn { column } => row(
                "repeated-column",
                format!("column `{column}` is specified more than once"),
                "name each column once",
            ),
            ValueCount { columns, values } => row(
                "value-count",
                format!(
                    "INSERT has {} and {}",
                    counted(*columns, "column"),
                    counted(*values, "value")
                ),
                match columns < values {
                    true => "name a column for each value, or remove the values that have none",
                    false => {
                        "add a value for each column (DEFAULT is one), or remove the columns that \
                         have none"
                    }
                },
            ),
            GeneratedColumn { column } => row(
                "generated-column",
                format!("column `{column}` is generated and takes no value"),
                "leave it out, or write DEFAULT; PostgreSQL computes its values",
            ),
            NotImmutable { function } => row(
                "not-immutable",
                format!(
                    "functions in an index or a generated column must be IMMUTABLE, and \
                     `{function}` is not"
                ),
                "its result may differ from one call to the next; use a function that depends on \
                 its arguments alone, or a plain column",
            ),
            StillNeeded { what, by, more } => row(
                "still-needed",
                match more {
                    0 => format!("{what} is still needed by {}", by.join(", ")),
                    more => format!("{what} is still needed by {}, and {more} more", by.join(", ")),
                },
                "drop those first; or add CASCADE, which drops them too",
            ),
            NotNullNeeded { column, why, first } => row(
                "still-needed",
                format!("column `{column}` must stay NOT NULL: {why}"),
                first.as_str(),
            ),
            CannotReplace { what, why, instead } => {
                row("cannot-replace", format!("{what} can't be replaced: {why}"), instead.as_str())
            }
            Ambiguous { kind, name, of } => row(
                "ambiguous",
                format!("there are {} {kind}s named `{name}`: {}", of.len(), list(of)),
                format!(
                    "add the argument types, for example `{}`",
                    of.first().map_or("f(integer)", String::as_str)
                ),
            ),
            InvalidQuery { message, instead } => {
                row("invalid-query", message.as_str(), instead.as_str())
            }
            TypeMismatch { message, instead } => {
                row("type-mismatch", message.as_str(), instead.as_str())
            }
            NoOperatorClass { kind, method, instead } => row(
                "no-operator-class",
                format!("type `{kind}` has no default operator class for access method `{method}`"),
                instead.as_str(),
            ),
            DownLeaves { what } => row(
                "down-leaves",
                format!("the downgrade leaves {what} behind"),
                "drop it in the downgrade; or say that it stays: `-- migrate:allow(down): why` in \
                 the downgrade, or `-- irreversible: why` in the header instead of it",
            ),
            DownLoses { what } => row(
                "down-loses",
                format!("the downgrade does not bring back {what}"),
                "re-create it in the downgrade; or say that it is gone: `-- migrate:allow(down): \
                 why` in the downgrade, or `-- irreversible: why` in the header instead of it",
            ),
            NeedsServer { what, version, oldest } => row(
                "needs-server",
                format!("{what} needs PostgreSQL {version}, but the chain also supports {oldest}"),
                format!(
                    "if it never meets an older server, say so in migrate.toml: `min_server = \
                     {version}`; for this statement alone, above it: `-- \
                     migrate:allow(needs-server): why`"
                ),
            ),
            Lint { lint, message, help } => row(lint.code(), message.clone(), help.clone()),
            UnknownCode { code, suggestion } => row(
                "unknown-code",
                format!("unknown code `{code}`"),
                suggested_or(
                    *suggestion,
                    "the codes are those of `migrate lint --list`; besides, already-exists, \
                     ambiguous, ambiguous-column, breaks-deployed, cannot-replace, column-count, down, \
                     generated-column, missing, needs-server, no-key, no-operator-class, \
                     not-immutable, repeated-column, still-needed, syntax, type-mismatch, \
                     value-count and wrong-kind can be allowed",
                ),
            ),
            ConfigSyntax { why } => row(
                "config-syntax",
                format!("migrate.toml can't be read: {why}"),
                "it is TOML: `min_server = 15`, and below `[lints]` such as `drop-column = \
                 \"allow\"`",
            ),
            UnknownSetting { key, suggestion } => row(
                "unknown-setting",
                format!("unknown setting `{key}`"),
                suggested_or(*suggestion, settings_help(key)),
            ),
            BadSetting { key, value, want } => row(
                "bad-setting",
                format!("`{value}` is not a value for `{key}`"),
                format!("write {want}"),
            ),
            UnknownStatement { kind, suggestion } => row(
                "unknown-statement",
                format!("unknown kind of statement `{kind}`"),
                match suggestion {
                    Some(suggestion) => format!("did you mean `{suggestion}`?"),
                    None => format!("the kinds are {}", STATEMENTS.join(", ")),
                },
            ),
            IncompleteRule { lacks } => row(
                "incomplete-rule",
                format!("this rule has no {lacks}"),
                "write a `message`, and at least one condition: `statement`, `table`, `schema`, \
                 `type` or `lock`",
            ),
            DuplicateRevision { id } => row(
                "duplicate-revision",
                format!("two files define revision `{id}`"),
                "give the newer one an id of its own, also in the `parent` lines that mean it",
            ),
            UnknownParent { parent, suggestion } => row(
                "unknown-parent",
                format!("unknown parent `{parent}`"),
                match suggestion {
                    _ if is_none(parent) => {
                        "the first revision of a chain has no `parent` line at all: remove it"
                            .to_owned()
                    }
                    Some(suggestion) => {
                        format!(
                            "did you mean `{suggestion}`? If its file was renamed or deleted, \
                             restore it"
                        )
                    }
                    None => "name a revision of this folder; if its file was renamed or deleted, \
                             restore it"
                        .to_owned(),
                },
            ),
            RepeatedParent { parent } => row(
                "repeated-parent",
                format!("the parent `{parent}` is named twice"),
                "name it once",
            ),
            SeveralBases { ids } => row(
                "several-bases",
                format!("the chain has {} bases: {}", ids.len(), list(ids)),
                "one revision begins the chain; give every other a `-- parent: …` line",
            ),
            Fork { heads, rebase, onto } => row(
                "fork",
                format!("the chain forks; it has {} heads: {}", heads.len(), list(heads)),
                match rebase {
                    None => "databases ran them all, so none can be moved; join them: `migrate \
                             merge -m \"…\"`"
                        .to_owned(),
                    Some(rebase) if heads.len() == 2 => format!(
                        "put one branch after the other: `migrate rebase {rebase} --onto {onto}` \
                         (a database that has applied `{rebase}` then needs `migrate redo \
                         {rebase}`); or, if they may run in either order, join them: `migrate \
                         merge -m \"…\"`"
                    ),
                    Some(_) => "put each branch after another with `migrate rebase`, or, if they \
                                may run in any order, join them: `migrate merge -m \"…\"`"
                        .to_owned(),
                },
            ),
            Cycle { ids } => row(
                "cycle",
                match ids.len() {
                    1 => format!("revision {} is its own parent", list(ids)),
                    _ => format!("the parents of {} form a cycle", list(ids)),
                },
                "one of these parents is wrong: the chain must lead back to a revision without one",
            ),
            TwinMerges { ids } => row(
                "twin-merges",
                format!("{} merge the same branches", list(ids)),
                "delete one of the two; they merge the same branches",
            ),
            VariantClash { variant } => row(
                "variant-clash",
                format!("two files give the variant `Revision::{variant}`"),
                "rename one of the two files; the words of the name make the variant",
            ),
            BreaksDeployed { what, queries, instead } => {
                row("breaks-deployed", format!("this breaks {queries}: {what}"), instead.as_str())
            }
            QueriesLock { why } => row(
                "queries-lock",
                format!("queries.lock can't be read: {why}"),
                "check out the release that is deployed, and write the file again: \
                 `migrate queries --record`; or restore the committed one with `git checkout`",
            ),
            LockConflict => row(
                "lock-conflict",
                "chain.lock has an unresolved merge conflict",
                "keep the lines of both sides, remove the markers, and build again: if the chain \
                 has forked, the build says so",
            ),
            LockVersion { found } => row(
                "lock-version",
                format!("chain.lock has an unknown format: `{found}`"),
                match found.starts_with("version ") {
                    true => {
                        "a newer version of the tool wrote it; update `migrate-macros` and \
                         `migrate-core` to that version"
                    }
                    false => {
                        "its first line says which version it is; restore the committed file with \
                         `git checkout`"
                    }
                },
            ),
            LockSyntax { why } => row(
                "lock-syntax",
                format!("chain.lock can't be read: {why}"),
                "the file is written by `migrate lock` alone; restore the committed one with `git \
                 checkout`",
            ),
            LockDuplicate { id } => row(
                "lock-duplicate",
                format!("chain.lock pins revision `{id}` twice"),
                "keep one of the two lines",
            ),
            LockTampered { id } => row(
                "lock-tampered",
                format!("the digests that chain.lock has for revision `{id}` don't fit together"),
                "the file is written by `migrate lock` alone; restore the committed one with `git \
                 checkout`",
            ),
            PinnedMissing { id, moved_to } => row(
                "pinned-missing",
                format!("deployed migration `{id}` is missing"),
                match moved_to {
                    Some(new) => {
                        format!("databases know it as `{id}`: change the id back from `{new}`")
                    }
                    None => {
                        "databases already ran it; restore its file (`git checkout …`)".to_owned()
                    }
                },
            ),
            PinnedEdited { id, .. } => row(
                "pinned-edited",
                format!("deployed migration `{id}` was edited"),
                "databases already ran the old text. Undo the edit (`git checkout …`), or write a \
                 new revision: `migrate revision -m \"…\"`",
            ),
            PinnedDownEdited { id, .. } => row(
                "pinned-down-edited",
                format!("the downgrade of deployed migration `{id}` was edited"),
                format!(
                    "undo the edit (`git checkout …`), or, if the downgrade was wrong and is \
                     right now, accept it: `migrate lock --accept-down {id}`"
                ),
            ),
            PinnedReparented { id, found, .. } => row(
                "pinned-reparented",
                match found.as_slice() {
                    [] => format!("deployed migration `{id}` has lost its parent"),
                    _ => format!("deployed migration `{id}` was given another parent"),
                },
                "databases already ran it in the old place. Change the parent back, or write a \
                 new revision: `migrate revision -m \"…\"`",
            ),
        }
    }
}

/// The name that was probably meant, or else this advice.
fn suggested_or(suggestion: Option<&str>, otherwise: &str) -> String {
    match suggestion {
        Some(suggestion) => format!("did you mean `{suggestion}`?"),
        None => otherwise.to_owned(),
    }
}

/// The command that creates a first revision in this folder.
fn new_revision(folder: &str) -> String {
    match folder {
        "migrations" => "`migrate revision -m \"…\"`".to_owned(),
        _ if folder.contains(char::is_whitespace) => {
            format!("`migrate -d '{folder}' revision -m \"…\"`")
        }
        _ => format!("`migrate -d {folder} revision -m \"…\"`"),
    }
}

/// How another tool's folder becomes a chain, in a folder beside it.
fn import_help(path: &str, word: &str, or: Option<&(String, String)>) -> String {
    let quoted = |path: &str| match path.contains(char::is_whitespace) {
        true => format!("'{path}'"),
        false => path.to_owned(),
    };
    let (parent, name) = path
        .rsplit_once('/')
        .map_or(("", path), |(_, name)| (&path[..path.len() - name.len()], name));
    let new = if name == "chain" { "migrations" } else { "chain" };
    let to = format!("{parent}{new}");
    let or = or.map_or(String::new(), |(tool, word)| format!("; for {tool}, `import {word}`"));
    format!(
        "convert them, and use the new folder: `migrate import {word} {} --to {}`{or}",
        quoted(path),
        quoted(&to)
    )
}

/// Ways in which people express that a revision has no parent.
fn is_none(parent: &str) -> bool {
    ["none", "null", "nil", "base"].contains(&parent.to_ascii_lowercase().as_str())
}

fn stray_help(name: &str) -> String {
    let lower = name.to_lowercase();
    let sql = lower.find(".sql").map(|dot| &name[..dot]);
    match sql {
        Some(stem) if lower.ends_with(".sql") => format!("name it `{stem}.sql`, in lower case"),
        Some(_) => "it looks like a backup or a leftover of an editor: delete it, or move it \
                    elsewhere"
            .into(),
        None => "this folder holds revisions (`*.sql`), `chain.lock`, README files and dotfiles; \
                 move it elsewhere"
            .into(),
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// The settings that there are where an unknown one is.
fn settings_help(key: &str) -> &'static str {
    match key.split_once('.') {
        Some(("rule", _)) => {
            "a rule has `message`, `help` and `level`, and the conditions `statement`, `table`, \
             `schema`, `type` and `lock`"
        }
        Some(("naming", _)) => {
            "there are patterns for `tables`, `columns`, `indexes`, `constraints`, \
             `primary_keys`, `foreign_keys`, `unique_constraints` and `checks`"
        }
        Some(_) => {
            "the settings of an environment or a chain are `database_url_env`, `dev_url_env`, \
             `schema`, `table_prefix`, `lock_timeout`, `statement_timeout` and \
             `lock_wait_timeout`"
        }
        None => {
            "the settings are `min_server`, `grants`, `models`, `models_command`, `schema_file`, \
             `allow_hazards`, `database_url_env`, `dev_url_env`, `schema`, `table_prefix`, \
             `lock_timeout`, `statement_timeout`, `lock_wait_timeout`, and the tables `[lints]`, \
             `[env.NAME]`, `[chain.FOLDER]`, `[[rule]]` and `[naming]`"
        }
    }
}
