//! `migrate queries`: the queries of the release, recorded by a build, beside the chain.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use migrate_core::__private::counted;
use migrate_core::Chain;
use migrate_core::analysis::{QueryReport, Schema, UsedName};
use migrate_core::chain::edit::FileEdit;
use migrate_core::chain::{ProgramQuery, QUERIES_FILE, QueriesLock};
use migrate_core::syntax::Source;
use serde::Serialize;

use super::lint::{FindingView, report};
use super::write::write;
use crate::args::{LintFormat, QueriesArgs};
use crate::context::Context;
use crate::failure::{Exit, Failure, FailureKind};
use crate::tree::folder;
use crate::ui::{FAINT, Page, REMOVED, View, WARN, table};

const RECORD: &str = "`migrate queries --record` writes the queries of a release there, beside \
                      `migrate lock`, which pins its chain";

/// The variable that tells `sql!()` where to record queries.
const DIRECTORY: &str = "MIGRATE_RECORD_QUERIES";

/// `migrate queries`
pub(super) fn run(
    context: &Context,
    directory: &Path,
    arguments: &QueriesArgs,
) -> Result<Exit, Failure> {
    if arguments.record {
        return record(context, directory, &arguments.cargo);
    }
    let chain = context.source.chain()?;
    let Some(lock) = lock(directory)? else {
        let what = format!("there is no `{}`", directory.join(QUERIES_FILE).display());
        return Err(Failure::refused(FailureKind::Queries, what, RECORD));
    };
    let shown = Shown::of(&chain, &lock, arguments.name.as_deref());
    let problems = if arguments.check { shown.problems() } else { Vec::new() };
    match arguments.format {
        LintFormat::Text => context.ui.show(&shown)?,
        format => report(context, format, &shown.problems(), &context.source.config()?)?,
    }
    for found in &problems {
        context.ui.warn(found.text());
    }
    Ok(if problems.is_empty() { Exit::Fine } else { Exit::Failed })
}

/// The queries that are recorded beside a chain.
pub(super) fn lock(directory: &Path) -> Result<Option<QueriesLock>, Failure> {
    Ok(QueriesLock::of_folder(&folder(directory))?)
}

/// The last revision that is pinned.
pub(super) fn pinned<'c>(chain: &'c Chain<'_>) -> Option<&'c str> {
    let mut revisions = chain.migrations().iter().rev();
    revisions.find(|one| one.deployed).map(|one| one.id.as_str())
}

#[derive(Serialize)]
struct Shown {
    /// The head of the chain that the queries were recorded for.
    recorded_for: String,
    /// The last revision that is pinned.
    pinned: Option<String>,
    queries: Vec<QueryView>,
}

#[derive(Serialize)]
struct QueryView {
    file: String,
    line: usize,
    sql: String,
    uses: Vec<UseView>,
    /// Why it, or a part of it, is not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_checked: Option<String>,
    /// What a server would refuse at the head of the chain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
}

#[derive(Serialize)]
struct UseView {
    relation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    writes: bool,
}

impl Shown {
    fn of(chain: &Chain<'static>, lock: &QueriesLock, name: Option<&str>) -> Self {
        let mut schema = Schema::of(chain);
        let view = |query: &ProgramQuery| {
            let QueryReport { errors, uses, not_checked, .. } = schema.check_at(query);
            if name.is_some_and(|name| !uses.iter().any(|one| is_of(one, name))) {
                return None;
            }
            Some(QueryView {
                file: query.path.clone(),
                line: query.line,
                sql: query.text.clone(),
                uses: uses.into_iter().map(UseView::of).collect(),
                not_checked,
                errors: errors.into_iter().map(|error| error.summary).collect(),
            })
        };
        Shown {
            recorded_for: lock.head.clone(),
            pinned: pinned(chain).map(str::to_owned),
            queries: lock.queries.iter().filter_map(view).collect(),
        }
    }

    /// What is not as it should be.
    fn problems(&self) -> Vec<FindingView> {
        let mut found = Vec::new();
        if self.pinned.as_deref() != Some(self.recorded_for.as_str()) {
            let pinned = match &self.pinned {
                Some(id) => format!("chain.lock pins `{id}`"),
                None => "no revision is pinned".to_owned(),
            };
            let message =
                format!("{QUERIES_FILE} is of a release at `{}`, but {pinned}", self.recorded_for);
            let help = "with each release, run `migrate queries --record` and `migrate lock`";
            found.push(FindingView::without_place("queries-lock", message, help));
        }
        found
    }
}

impl UseView {
    fn of(used: UsedName) -> Self {
        UseView { relation: used.relation, column: used.column, writes: used.writes }
    }

    fn name(&self) -> String {
        match &self.column {
            Some(column) => format!("{}.{column}", self.relation),
            None => self.relation.clone(),
        }
    }
}

/// Whether a name means this relation or column.
fn is_of(used: &UsedName, name: &str) -> bool {
    let full = used.column.as_ref().map(|column| format!("{}.{column}", used.relation));
    used.relation == name || full.is_some_and(|full| full == name)
}

/// The columns that a query uses; a relation alone if it uses none of its columns.
fn names(uses: &[UseView], writes: bool) -> String {
    let own = || uses.iter().filter(|one| one.writes == writes);
    let with_columns: BTreeSet<&str> =
        own().filter(|one| one.column.is_some()).map(|one| one.relation.as_str()).collect();
    let is_shown =
        |one: &&UseView| one.column.is_some() || !with_columns.contains(one.relation.as_str());
    own().filter(is_shown).map(UseView::name).collect::<Vec<_>>().join(", ")
}

impl View for Shown {
    fn text(&self, page: &mut Page) {
        let cells = |query: &QueryView| {
            let reads = names(&query.uses, false);
            let writes = names(&query.uses, true);
            let mut uses = Vec::new();
            if !reads.is_empty() {
                uses.push(format!("reads {reads}"));
            }
            if !writes.is_empty() {
                uses.push(format!("writes {writes}"));
            }
            if let Some(why) = &query.not_checked {
                uses.push(format!("{WARN}not checked{WARN:#}: {why}"));
            }
            for error in &query.errors {
                uses.push(format!("{REMOVED}wrong at head{REMOVED:#}: {error}"));
            }
            vec![format!("{}:{}", query.file, query.line), uses.join("; ")]
        };
        for (query, line) in
            self.queries.iter().zip(table(&self.queries.iter().map(cells).collect::<Vec<_>>()))
        {
            page.line(line);
            if page.is_verbose {
                for line in query.sql.trim_matches('\n').lines() {
                    page.line(format!("    {FAINT}{line}{FAINT:#}"));
                }
            }
        }
    }
}

/// Builds the program, and writes its queries.
fn record(context: &Context, directory: &Path, cargo: &[String]) -> Result<Exit, Failure> {
    // The queries that are recorded now are about to be replaced, so this is the last time to see that
    // a pending revision breaks one.
    let chain = context.source.built()?;
    let records = Records::new()?;
    let program = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(&program);
    command.arg("check");
    match cargo {
        [] => command.arg("--workspace"),
        arguments => command.args(arguments),
    };
    let status = command.env(DIRECTORY, &records.0).status();
    match status {
        Ok(status) if status.success() => {}
        Ok(_) => {
            let what = "the build failed, so its queries are not known";
            let help =
                "fix what the compiler reports above; what follows `--` is passed to `cargo check`";
            return Err(Failure::refused(FailureKind::Queries, what, help));
        }
        Err(error) => {
            let what = format!("`{}` can't be started: {error}", program.to_string_lossy());
            return Err(Failure::refused(
                FailureKind::Queries,
                what,
                "install cargo, or run this where the program is built",
            ));
        }
    }
    let own = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let mut queries = records.of_chain(&own)?;
    queries.extend(of_sqlx(directory)?);
    queries.sort();
    queries.dedup();
    if queries.is_empty() {
        let what = "the build has no query of this chain";
        let help = "write queries as `sql!(\"…\")` of migrate-macros, or prepare those of sqlx: `cargo sqlx prepare`; \
                    what follows `--` is passed to `cargo check`: `migrate queries --record -- -p api`";
        return Err(Failure::refused(FailureKind::Queries, what, help));
    }
    let head = chain.head().id.to_string();
    let (count, places) = (queries.len(), queries.iter().map(|one| &one.path));
    let files = places.collect::<BTreeSet<_>>().len();
    let verb = if count == 1 { "query" } else { "queries" };
    let text = QueriesLock { head: head.clone(), queries }.write();
    let edit = FileEdit { name: QUERIES_FILE.to_owned(), text, replaces: true };
    let path = write(directory, &edit)?;
    context.ui.show(&Recorded { path, head: head.clone(), queries: count })?;
    context.ui.say(format!(
        "{count} {verb} in {} recorded for `{head}`; commit the file",
        counted(files, "file")
    ));
    if pinned(&chain) != Some(head.as_str()) {
        context.ui.say("`migrate lock` pins the chain of this release, too");
    }
    Ok(Exit::Fine)
}

#[derive(Serialize)]
struct Recorded {
    path: String,
    head: String,
    queries: usize,
}

impl View for Recorded {
    fn text(&self, page: &mut Page) {
        page.line(&self.path);
    }
}

/// A directory to which a build writes its queries. It is removed in the end.
struct Records(PathBuf);

impl Records {
    fn new() -> Result<Self, Failure> {
        // A name of its own for each run: a crate is built again when the variable's value changes.
        let name = format!(
            "migrate-queries-{}-{}",
            std::process::id(),
            jiff::Timestamp::now().as_nanosecond()
        );
        let path = env::temp_dir().join(name);
        match fs::create_dir(&path) {
            Ok(()) => Ok(Records(path)),
            Err(source) => Err(Failure::Unwritable { path, source }),
        }
    }

    /// The queries of a chain, by its folder.
    fn of_chain(&self, chain: &Path) -> Result<Vec<ProgramQuery>, Failure> {
        let mut queries = Vec::new();
        for entry in fs::read_dir(&self.0)?.flatten() {
            let text = fs::read_to_string(entry.path())?;
            let lock = QueriesLock::parse(Source::new(entry.path().display().to_string(), text))?;
            if Path::new(&lock.head) == chain {
                queries.extend(lock.queries);
            }
        }
        Ok(queries)
    }
}

impl Drop for Records {
    fn drop(&mut self) {
        // A temporary directory that can't be removed is nobody's problem here.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The queries that `cargo sqlx prepare` has written, here or beside the folder of the chain.
fn of_sqlx(directory: &Path) -> Result<Vec<ProgramQuery>, Failure> {
    let here = Path::new("");
    let beside = directory.parent().unwrap_or(here);
    let mut queries = Vec::new();
    for folder in BTreeSet::from([here.join(".sqlx"), beside.join(".sqlx")]) {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            queries.extend(query_of_sqlx(&path.display().to_string(), &fs::read_to_string(&path)?));
        }
    }
    Ok(queries)
}

/// The query in a file of sqlx's.
fn query_of_sqlx(path: &str, text: &str) -> Option<ProgramQuery> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let is_postgres = value.get("db_name").is_none_or(|name| name == "PostgreSQL");
    let text = value.get("query")?.as_str().filter(|_| is_postgres)?.to_owned();
    Some(ProgramQuery { path: path.replace('\\', "/"), line: 1, unchecked: None, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_sqlx() {
        let text = |text: &str| query_of_sqlx(".sqlx/query-1.json", text).map(|query| query.text);
        let query =
            r#"{"db_name": "PostgreSQL", "query": "SELECT 1", "describe": {}, "hash": "1"}"#;
        assert_eq!(text(query).as_deref(), Some("SELECT 1"));
        for other in ["", "{}", r#"{"query": 1}"#, r#"{"db_name": "MySQL", "query": "SELECT 1"}"#] {
            assert_eq!(text(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_used_in_short() {
        let one = |relation: &str, column: Option<&str>, writes| UseView {
            relation: relation.to_owned(),
            column: column.map(str::to_owned),
            writes,
        };
        let uses = [
            one("users", None, false),
            one("users", Some("age"), false),
            one("posts", None, false),
            one("jobs", None, true),
        ];
        assert_eq!(names(&uses, false), "users.age, posts");
        assert_eq!(names(&uses, true), "jobs");
    }
}
