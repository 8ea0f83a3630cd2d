//! The texts of problems: the message says what is wrong, and the help what to do next.

use std::fmt;

use super::{Problem, list};
use crate::chain::id::BadId as WhyBad;
use crate::syntax::source::counted;

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Problem::*;
        match self {
            NoDirectory { path, .. } => write!(f, "there is no folder `{path}`"),
            NotADirectory { path } => write!(f, "`{path}` is not a folder"),
            Unreadable { path, reason } => write!(f, "`{path}` can't be read: {reason}"),
            EmptyChain { path } => write!(f, "`{path}` contains no revision"),
            StrayFile { name } => write!(f, "`{name}` is not a migration"),
            ForeignFolder { path, tool: (tool, _), or: None } => {
                write!(f, "`{path}` contains migrations of {tool}, not a chain")
            }
            ForeignFolder { path, tool: (tool, _), or: Some((or, _)) } => {
                write!(f, "`{path}` contains migrations of {tool} (or {or}), not a chain")
            }
            NotUtf8 => write!(f, "the file is not UTF-8"),
            NulByte => write!(f, "the file has a NUL byte"),
            TooLarge { bytes, limit } => {
                write!(f, "the file is too large: {bytes} bytes; the limit is {} MiB", limit >> 20)
            }
            MissingKey { key } => write!(f, "the header has no `{key}`"),
            DuplicateKey { key } => write!(f, "the header has two `{key}` lines"),
            UnknownKey { key, .. } => write!(f, "unknown key `{key}` in the header"),
            EmptyValue { key } => write!(f, "`{key}` has no value"),
            BadId { why: WhyBad::Empty, .. } => write!(f, "an id is missing"),
            BadId { id, why } => write!(f, "`{id}` can't be a revision id: {why}"),
            SqlBeforeSection => write!(f, "SQL before the first section"),
            NoUp => write!(f, "the file has no `-- migrate:up` section"),
            MissingDown => write!(f, "the revision has no downgrade"),
            EmptyDown => write!(f, "the downgrade has no statement"),
            IrreversibleWithDown => {
                write!(f, "the revision is declared irreversible, but has a downgrade")
            }
            DuplicateSection { name } => write!(f, "two `-- migrate:{name}` sections"),
            UnknownSection { name, .. } if name.is_empty() => {
                write!(f, "a section marker without a name")
            }
            UnknownSection { name, .. } => write!(f, "unknown section `{name}`"),
            UnknownOption { option, .. } => write!(f, "unknown option `{option}`"),
            DuplicateOption { option } => write!(f, "the option `{option}` is given twice"),
            BadOption { option, value, .. } => write!(f, "`{value}` is not a value for `{option}`"),
            MarkerNotAlone => write!(f, "a section marker shares its line with SQL"),
            SectionAfterTest { name } => {
                write!(f, "`-- migrate:{name}` stands below a test section")
            }
            UnterminatedString => write!(f, "a string is never closed"),
            UnterminatedIdentifier => write!(f, "a quoted identifier is never closed"),
            UnterminatedComment => write!(f, "a comment is never closed"),
            UnterminatedDollarQuote { .. } => write!(f, "a dollar-quoted string is never closed"),
            PsqlCommand => write!(f, "a psql command in a migration"),
            CopyFromStdin => write!(f, "`COPY … FROM STDIN` in a migration"),
            CopyToStdout => write!(f, "`COPY … TO STDOUT` in a migration"),
            TransactionControl { statement } => write!(f, "`{statement}` in a migration"),
            NeedsNoTransaction { statement } => {
                write!(f, "`{statement}` can't run inside a transaction")
            }
            EnumValueUsed { value } => {
                write!(f, "the new enum value {value} is used in the transaction that adds it")
            }
            Todo { what } if what.is_empty() => write!(f, "the revision is not finished"),
            Todo { what } => write!(f, "the revision is not finished: {what}"),
            Syntax { found, .. } if found.is_empty() => {
                write!(f, "syntax error: the statement ends too early")
            }
            Syntax { found, .. } if found.contains('`') => write!(f, "syntax error at a backquote"),
            Syntax { found, .. } => write!(f, "syntax error at `{found}`"),
            MissingSemicolon => write!(f, "two statements without a `;` between them"),
            PsqlVariable { variable } => write!(f, "the psql variable `{variable}` in a migration"),
            Parameter { parameter } => write!(f, "the parameter `{parameter}` in a migration"),
            ReleasesLocks { what } => {
                write!(f, "`{what}` releases all advisory locks of the session")
            }
            NeedsTransaction { statement } => {
                write!(f, "`{statement}` has no effect outside a transaction")
            }
            TextSetting { setting } => {
                write!(f, "`{setting}` is set, and changes how the server reads text below it")
            }
            AlreadyExists { what } => write!(f, "{what} already exists"),
            Missing { what, .. } => write!(f, "there is no {what}"),
            WrongKind { name, is, wanted } => {
                write!(f, "`{name}` is {} {is}, not {} {wanted}", article(is), article(wanted))
            }
            ColumnCount { own, other } => {
                write!(f, "the foreign key has {}, and refers to {other}", counted(*own, "column"))
            }
            NoKey { table, columns } if columns.is_empty() => {
                write!(f, "`{table}` has no primary key that a foreign key could refer to")
            }
            NoKey { table, columns } => {
                write!(f, "no unique key of `{table}` is over {}", list(columns))
            }
            AmbiguousColumn { column } => write!(f, "column reference `{column}` is ambiguous"),
            RepeatedColumn { column } => {
                write!(f, "column `{column}` is specified more than once")
            }
            ValueCount { columns, values } => {
                let (columns, values) = (counted(*columns, "column"), counted(*values, "value"));
                write!(f, "INSERT has {columns} and {values}")
            }
            GeneratedColumn { column } => {
                write!(f, "column `{column}` is generated and takes no value")
            }
            NotImmutable { function } => write!(
                f,
                "functions in an index or a generated column must be IMMUTABLE, and `{function}` is not"
            ),
            StillNeeded { what, by, more: 0 } => {
                write!(f, "{what} is still needed by {}", by.join(", "))
            }
            StillNeeded { what, by, more } => {
                write!(f, "{what} is still needed by {}, and {more} more", by.join(", "))
            }
            NotNullNeeded { column, why, .. } => {
                write!(f, "column `{column}` must stay NOT NULL: {why}")
            }
            CannotReplace { what, why, .. } => write!(f, "{what} can't be replaced: {why}"),
            Ambiguous { kind, name, of } => {
                write!(f, "there are {} {kind}s named `{name}`: {}", of.len(), list(of))
            }
            InvalidQuery { message, .. } | TypeMismatch { message, .. } => f.write_str(message),
            NoOperatorClass { kind, method, .. } => write!(
                f,
                "type `{kind}` has no default operator class for access method `{method}`"
            ),
            DownLeaves { what } => write!(f, "the downgrade leaves {what} behind"),
            DownLoses { what } => write!(f, "the downgrade does not bring back {what}"),
            NeedsServer { what, version, oldest } => {
                write!(f, "{what} needs PostgreSQL {version}, but the chain also supports {oldest}")
            }
            Lint { message, .. } => f.write_str(message),
            UnknownCode { code, .. } => write!(f, "unknown code `{code}`"),
            ConfigSyntax { why } => write!(f, "migrate.toml can't be read: {why}"),
            UnknownSetting { key, .. } => write!(f, "unknown setting `{key}`"),
            BadSetting { key, value, .. } => write!(f, "`{value}` is not a value for `{key}`"),
            DuplicateRevision { id } => write!(f, "two files define revision `{id}`"),
            UnknownParent { parent, .. } => write!(f, "unknown parent `{parent}`"),
            RepeatedParent { parent } => write!(f, "the parent `{parent}` is named twice"),
            SeveralBases { ids } => write!(f, "the chain has {} bases: {}", ids.len(), list(ids)),
            Fork { heads, .. } => {
                write!(f, "the chain forks; it has {} heads: {}", heads.len(), list(heads))
            }
            Cycle { ids } if ids.len() == 1 => {
                write!(f, "revision {} is its own parent", list(ids))
            }
            Cycle { ids } => write!(f, "the parents of {} form a cycle", list(ids)),
            TwinMerges { ids } => write!(f, "{} merge the same branches", list(ids)),
            VariantClash { variant } => {
                write!(f, "two files give the variant `Revision::{variant}`")
            }
            BreaksDeployed { what, queries, .. } => {
                write!(f, "this breaks {queries}: {what}")
            }
            QueriesLock { why } => write!(f, "queries.lock can't be read: {why}"),
            LockConflict => write!(f, "chain.lock has an unresolved merge conflict"),
            LockVersion { found } => write!(f, "chain.lock has an unknown format: `{found}`"),
            LockSyntax { why } => write!(f, "chain.lock can't be read: {why}"),
            LockDuplicate { id } => write!(f, "chain.lock pins revision `{id}` twice"),
            LockTampered { id } => {
                write!(f, "the digests that chain.lock has for revision `{id}` don't fit together")
            }
            PinnedMissing { id, .. } => write!(f, "deployed migration `{id}` is missing"),
            PinnedEdited { id, .. } => write!(f, "deployed migration `{id}` was edited"),
            PinnedDownEdited { id, .. } => {
                write!(f, "the downgrade of deployed migration `{id}` was edited")
            }
            PinnedReparented { id, found, .. } if found.is_empty() => {
                write!(f, "deployed migration `{id}` has lost its parent")
            }
            PinnedReparented { id, .. } => {
                write!(f, "deployed migration `{id}` was given another parent")
            }
        }
    }
}

impl Problem {
    /// What to do about it.
    pub fn help(&self) -> String {
        use Problem::*;
        match self {
            NoDirectory { suggestion: Some(suggestion), .. } => format!("did you mean `{suggestion}`, which is beside it?"),
            NoDirectory { path, .. } => format!(
                "create it with a first revision: {}; or name another folder, relative to Cargo.toml: \
                 `embed_migrations!(\"db/migrations\")`",
                new_revision(path)
            ),
            NotADirectory { .. } => "name the folder that holds the revisions".into(),
            Unreadable { .. } => "check its permissions and, if it is a link, where it leads; or move it elsewhere".into(),
            EmptyChain { path } => format!("write the first revision: {}", new_revision(path)),
            StrayFile { name } => stray_help(name),
            ForeignFolder { path, tool: (_, word), or } => import_help(path, word, or.as_ref()),
            NotUtf8 => "save the file as UTF-8".into(),
            NulByte => "remove the byte; PostgreSQL can't hold it in any text".into(),
            TooLarge { .. } => "the file becomes a part of the program: split it, or load the data \
                 with a tool for that".into(),
            MissingKey { key: "revision" } => "add a line such as `-- revision: 20251217_indexes` at the top of \
                 the file; the id is yours to choose, and stays".into(),
            MissingKey { key } => format!("add a line `-- {key}: …` at the top of the file"),
            DuplicateKey { key: "parent" } => "name all parents of a merge in one line: `-- parent: a, b`".into(),
            DuplicateKey { .. } => "keep one of the two".into(),
            UnknownKey { suggestion: Some(suggestion), .. } => format!("did you mean `{suggestion}`?"),
            UnknownKey { .. } => "the keys are revision, parent, message, created and irreversible; a \
                 free comment has no `word:` at its start, or stands below the first section marker".into(),
            EmptyValue { key: "parent" } => "the first revision of a chain has no `parent` line at all".into(),
            EmptyValue { key: "irreversible" } => "say why it can't be undone, for whoever wants to".into(),
            EmptyValue { .. } => "write it after the colon".into(),
            BadId { why: WhyBad::Empty, .. } => "name a revision there, or remove the comma".into(),
            BadId { why: WhyBad::Reserved, .. } => "write another id; the first revision of a chain has \
                 no `parent` line at all".into(),
            BadId { .. } => "an id is 1 to 128 letters, digits, `_`, `.` or `-`, and begins with a \
                 letter or a digit".into(),
            SqlBeforeSection => "move it below `-- migrate:up`, or put that line above it if there is none".into(),
            NoUp => "add a line `-- migrate:up` and the SQL of the upgrade below it".into(),
            MissingDown => "add `-- migrate:down` and the SQL that undoes the upgrade, or say in the \
                 header why nothing can: `-- irreversible: …`".into(),
            EmptyDown => "write the SQL that undoes the upgrade; if there is nothing to undo, say so \
                 with `SELECT 1;`; if it can't be undone, replace the section by `-- irreversible: …` in the header".into(),
            IrreversibleWithDown => "remove the `irreversible` line if the downgrade works, or else the section".into(),
            DuplicateSection { name } => format!(
                "put the statements together in one section; or is one of the two the `-- migrate:{}`?",
                if *name == "up" { "down" } else { "up" }
            ),
            UnknownSection { name, .. } if name.starts_with("allow") => {
                "write `-- migrate:allow(code): why`, with a reason".into()
            }
            UnknownSection { suggestion: Some(suggestion), .. } => format!("did you mean `-- migrate:{suggestion}`?"),
            UnknownSection { name, .. } if name.starts_with("test") => {
                "the test sections are `-- migrate:test before up`, `-- migrate:test after up` and `-- migrate:test after down`".into()
            }
            UnknownSection { .. } => "the sections are `-- migrate:up` and `-- migrate:down`".into(),
            UnknownOption { suggestion: Some(suggestion), .. } => format!("did you mean `{suggestion}`?"),
            UnknownOption { .. } => "the options are transaction:false, lock_timeout:2s and statement_timeout:10min".into(),
            DuplicateOption { .. } => "keep one of the two".into(),
            BadOption { want, .. } => format!("write {want}"),
            MarkerNotAlone => "put the marker on a line of its own".into(),
            SectionAfterTest { .. } => "move it above the test sections, which come last: they are no part of the program".into(),
            UnterminatedString => "close it with a quote; a quote inside is written twice: `''`".into(),
            UnterminatedIdentifier => "close it with a double quote; one inside is written twice: `\"\"`".into(),
            UnterminatedComment => "close it with `*/`; comments nest, so each `/*` needs its own".into(),
            UnterminatedDollarQuote { delimiter } => format!("close it with `{delimiter}`"),
            PsqlCommand => "only psql knows its backslash commands; the server gets this text as it is. \
                 Write SQL instead".into(),
            CopyFromStdin => "data can't follow a statement here; write INSERT statements instead".into(),
            CopyToStdout => "nobody reads the data of a migration; remove the statement".into(),
            TransactionControl { .. } => "remove it: the runner puts a transaction around each section and its \
                 record, unless the marker says `transaction:false`. (SAVEPOINT and ROLLBACK TO are fine.)".into(),
            NeedsNoTransaction { .. } => "write `transaction:false` behind the section's marker \
                 (`-- migrate:up transaction:false`), and move what needs a transaction to a revision of its own".into(),
            EnumValueUsed { .. } => "put the statement that adds the value in a revision of its own, before this one".into(),
            Todo { .. } => "do what the comment says, and delete it".into(),
            Syntax { found, suggestion: Some((word, suggestion)), .. } if word == found => {
                format!("did you mean `{suggestion}`?")
            }
            Syntax { suggestion: Some((word, suggestion)), .. } => {
                format!("did you mean `{suggestion}`, not `{word}`?")
            }
            Syntax { instead: Some(instead), .. } => (*instead).into(),
            MissingSemicolon => "end the first statement with `;`; if PostgreSQL accepts the two as one \
                 statement, say so above it: `-- migrate:allow(syntax): why`".into(),
            PsqlVariable { .. } => "only psql substitutes variables; the server gets this text as it is. \
                 Write the value itself".into(),
            Parameter { .. } => "a migration is sent without parameter values: write the value itself. `$1` is \
                 valid only in the body of a function and in PREPARE".into(),
            ReleasesLocks { what: "DISCARD ALL" } => "the runner may hold one of them. Discard only what you \
                 need: `DISCARD TEMP`, `DISCARD PLANS`, `RESET ALL`".into(),
            ReleasesLocks { .. } => "the runner may hold one of them. Release your own lock by its key: \
                 `pg_advisory_unlock(key)`".into(),
            NeedsTransaction { statement: "SET LOCAL" } => "each statement of a section with `transaction:false` \
                 is a transaction of its own. Write `SET` without LOCAL: the runner puts the setting back at the end \
                 of the section".into(),
            NeedsTransaction { .. } => "each statement of a section with `transaction:false` is a transaction of \
                 its own. Remove this, or move the statements that belong together to a revision that runs in a \
                 transaction".into(),
            TextSetting { setting: "client_encoding" } => "remove it: migrations are UTF-8, whatever the encoding \
                 of the database, and are sent as UTF-8".into(),
            TextSetting { .. } => "remove it, and write backslash escapes as `E'…'`: migrations are read with \
                 standard_conforming_strings on".into(),
            Syntax { .. } => "fix it; if PostgreSQL accepts it as it is, say so above the statement: \
                 `-- migrate:allow(syntax): why`".into(),
            AlreadyExists { .. } => "leave this out, or choose another name; if PostgreSQL accepts it anyway, say so \
                 above the statement: `-- migrate:allow(already-exists): why`".into(),
            Missing { suggestion: Some(suggestion), .. } => format!("did you mean `{suggestion}`?"),
            Missing { .. } => "correct the name, or create it before; if it comes from elsewhere, say so above the \
                 statement: `-- migrate:allow(missing): why`".into(),
            WrongKind { wanted: "trigger function", .. } => "a trigger's function takes no arguments and is declared \
                 with `RETURNS trigger`".into(),
            WrongKind { wanted: "event trigger function", .. } => "the function of an event trigger takes no \
                 arguments and is declared with `RETURNS event_trigger`".into(),
            WrongKind { wanted: "materialized view", .. } => "only a materialized view can be refreshed or altered as one".into(),
            WrongKind { is, .. } => format!("say `{}` here", is.to_uppercase()),
            ColumnCount { .. } => "name as many columns behind REFERENCES as the key has".into(),
            NoKey { .. } => "add a primary key or a UNIQUE constraint over these columns first".into(),
            AmbiguousColumn { .. } => "put the name of its table or an alias before it: `t.a`".into(),
            RepeatedColumn { .. } => "name each column once".into(),
            ValueCount { columns, values } if columns < values => {
                "name a column for each value, or remove the values that have none".into()
            }
            ValueCount { .. } => "add a value for each column (DEFAULT is one), or remove the columns that have none".into(),
            GeneratedColumn { .. } => "leave it out, or write DEFAULT; PostgreSQL computes its values".into(),
            NotImmutable { .. } => "its result may differ from one call to the next; use a function that depends on \
                 its arguments alone, or a plain column".into(),
            StillNeeded { .. } => "drop those first; or add CASCADE, which drops them too".into(),
            NotNullNeeded { first: text, .. }
            | CannotReplace { instead: text, .. }
            | InvalidQuery { instead: text, .. }
            | TypeMismatch { instead: text, .. }
            | NoOperatorClass { instead: text, .. }
            | BreaksDeployed { instead: text, .. } => text.clone(),
            QueriesLock { .. } => "check out the release that is deployed, and write the file again: \
                 `migrate queries --record`; or restore the committed one with `git checkout`".into(),
            Ambiguous { of, .. } => format!(
                "add the argument types, for example `{}`",
                of.first().map_or("f(integer)", String::as_str)
            ),
            DownLeaves { .. } => "drop it in the downgrade; or say that it stays: `-- migrate:allow(down): why` in \
                 the downgrade, or `-- irreversible: why` in the header instead of it".into(),
            DownLoses { .. } => "re-create it in the downgrade; or say that it is gone: `-- migrate:allow(down): \
                 why` in the downgrade, or `-- irreversible: why` in the header instead of it".into(),
            NeedsServer { version, .. } => format!(
                "if it never meets an older server, say so in migrate.toml: `min_server = {version}`; for this \
                 statement alone, above it: `-- migrate:allow(needs-server): why`"
            ),
            Lint { help, .. } => help.clone(),
            UnknownCode { suggestion: Some(suggestion), .. } | UnknownSetting { suggestion: Some(suggestion), .. } => {
                format!("did you mean `{suggestion}`?")
            }
            UnknownCode { .. } => "the codes are those of `migrate lint --list`; besides, already-exists, ambiguous, \
                 ambiguous-column, breaks-deployed, cannot-replace, column-count, down, generated-column, missing, needs-server, no-key, \
                 no-operator-class, not-immutable, repeated-column, still-needed, syntax, type-mismatch, value-count and \
                 wrong-kind can be allowed".into(),
            ConfigSyntax { .. } => "it is TOML: `min_server = 15`, and below `[lints]` such as \
                 `drop-column = \"allow\"`".into(),
            UnknownSetting { key, .. } if key.contains('.') => "the settings of an environment or a chain are \
                 `database_url_env`, `dev_url_env`, `schema`, `table_prefix`, `lock_timeout`, `statement_timeout` and \
                 `lock_wait_timeout`".into(),
            UnknownSetting { .. } => "the settings are `min_server`, `grants`, `models`, `models_command`, \
                 `schema_file`, `allow_hazards`, `database_url_env`, `dev_url_env`, `schema`, `table_prefix`, \
                 `lock_timeout`, `statement_timeout`, `lock_wait_timeout`, and the tables `[lints]`, `[env.NAME]` and \
                 `[chain.FOLDER]`".into(),
            BadSetting { want, .. } => format!("write {want}"),
            DuplicateRevision { .. } => "give the newer one an id of its own, also in the `parent` lines that mean it".into(),
            UnknownParent { parent, .. } if is_none(parent) => {
                "the first revision of a chain has no `parent` line at all: remove it".into()
            }
            UnknownParent { suggestion: Some(suggestion), .. } => {
                format!("did you mean `{suggestion}`? If its file was renamed or deleted, restore it")
            }
            UnknownParent { .. } => "name a revision of this folder; if its file was renamed or deleted, restore it".into(),
            RepeatedParent { .. } => "name it once".into(),
            SeveralBases { .. } => "one revision begins the chain; give every other a `-- parent: …` line".into(),
            Fork { rebase: None, .. } => "databases ran them all, so none can be moved; join them: \
                 `migrate merge -m \"…\"`".into(),
            Fork { heads, rebase: Some(rebase), onto } if heads.len() == 2 => format!(
                "put one branch after the other: `migrate rebase {rebase} --onto {onto}` (a database that has \
                 applied `{rebase}` then needs `migrate redo {rebase}`); or, if they may run in either order, join \
                 them: `migrate merge -m \"…\"`"
            ),
            Fork { .. } => "put each branch after another with `migrate rebase`, or, if they may run in any \
                 order, join them: `migrate merge -m \"…\"`".into(),
            Cycle { .. } => "one of these parents is wrong: the chain must lead back to a revision without one".into(),
            TwinMerges { .. } => "delete one of the two; they merge the same branches".into(),
            VariantClash { .. } => "rename one of the two files; the words of the name make the variant".into(),
            LockConflict => "keep the lines of both sides, remove the markers, and build again: if the \
                 chain has forked, the build says so".into(),
            LockVersion { found } if !found.starts_with("version ") => "its first line says which version it is; \
                 restore the committed file with `git checkout`".into(),
            LockVersion { .. } => "a newer version of the tool wrote it; update `migrate-macros` and \
                 `migrate-core` to that version".into(),
            LockSyntax { .. } | LockTampered { .. } => "the file is written by `migrate lock` alone; restore \
                 the committed one with `git checkout`".into(),
            LockDuplicate { .. } => "keep one of the two lines".into(),
            PinnedMissing { id, moved_to: Some(new) } => {
                format!("databases know it as `{id}`: change the id back from `{new}`")
            }
            PinnedMissing { .. } => "databases already ran it; restore its file (`git checkout …`)".into(),
            PinnedEdited { .. } => "databases already ran the old text. Undo the edit (`git checkout …`), or \
                 write a new revision: `migrate revision -m \"…\"`".into(),
            PinnedDownEdited { id, .. } => format!(
                "undo the edit (`git checkout …`), or, if the downgrade was wrong and is right now, accept it: \
                 `migrate lock --accept-down {id}`"
            ),
            PinnedReparented { .. } => "databases already ran it in the old place. Change the parent back, or \
                 write a new revision: `migrate revision -m \"…\"`".into(),
        }
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
        Some(_) => "it looks like a backup or a leftover of an editor: delete it, or move it elsewhere".into(),
        None => "this folder holds revisions (`*.sql`), `chain.lock`, README files and dotfiles; move it elsewhere".into(),
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}
