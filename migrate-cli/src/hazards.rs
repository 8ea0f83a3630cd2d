//! What is hazardous about generated revisions, and whether somebody has agreed to it.

use std::collections::BTreeSet;
use std::path::Path;

use migrate_core::Chain;
use migrate_core::analysis::lint;
use migrate_core::chain::edit::FileEdit;
use migrate_core::chain::{Config, Hazard, Level, Lint};
use migrate_core::schema::catalog::Difference;
use migrate_core::schema::diff::Rename;
use migrate_core::syntax::{Source, split_statements};
use serde::Serialize;

use crate::draft::Draft;
use crate::failure::{Failure, FailureKind};

/// A hazard of an upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) hazard: Hazard,
    /// What it is about.
    pub(crate) what: String,
    /// The statement; none for what only may be meant otherwise.
    pub(crate) sql: Option<String>,
}

/// The same for programs.
#[derive(Debug, Serialize)]
pub(crate) struct HazardView {
    hazard: &'static str,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sql: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

/// A difference, and the hazards of the statements that are about it.
#[derive(Debug, Serialize)]
pub(crate) struct ChangeView {
    #[serde(flatten)]
    difference: Difference,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hazards: Vec<&'static str>,
}

/// What has to be agreed to before files are written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Nothing.
    Open,
    /// A person is asked about these.
    Ask(Vec<Found>),
    /// Nobody can be asked about these.
    Refuse(Vec<Found>),
}

/// What the lints know about the rows that a statement rewrites, or keeps writers from.
const LINTS: [(Lint, Hazard); 10] = [
    (Lint::AddColumnRewrites, Hazard::RewritesTable),
    (Lint::RewritesTable, Hazard::RewritesTable),
    (Lint::TypeRewrites, Hazard::RewritesTable),
    (Lint::BlocksTable, Hazard::BlocksWrites),
    (Lint::ConstraintScans, Hazard::BlocksWrites),
    (Lint::DropIndexBlocks, Hazard::BlocksWrites),
    (Lint::IndexBlocksWrites, Hazard::BlocksWrites),
    (Lint::NotNullScans, Hazard::BlocksWrites),
    (Lint::UniqueBuildsIndex, Hazard::BlocksWrites),
    (Lint::ValidatesUnderLock, Hazard::BlocksWrites),
];

/// The hazards of a draft, which is the end of this chain, the worst first.
pub(crate) fn of(draft: &Draft, undecided: &[Rename], chain: &Chain<'static>) -> Vec<Found> {
    let mut found = Vec::new();
    for step in draft.upgrade() {
        let mut add = |hazard, what: String| {
            found.push(Found { hazard, what, sql: Some(step.sql.clone()) });
        };
        if let Some(what) = &step.loses {
            let drops = step.sql.starts_with("DROP ")
                || step.sql.contains(" DROP COLUMN ")
                || step.sql.contains(" DROP ATTRIBUTE ");
            let hazard = if drops { Hazard::DeletesData } else { Hazard::LossyCast };
            add(hazard, what.clone());
        }
        if let Some(what) = &step.scans {
            add(Hazard::BlocksWrites, what.clone());
        }
        if let Some(what) = step.caution.as_ref().filter(|it| it.starts_with("fails if ")) {
            add(Hazard::MayFail, what.clone());
        }
    }
    let renames = undecided.iter().map(ToString::to_string);
    found.extend(renames.map(|what| Found { hazard: Hazard::MayBeRename, what, sql: None }));
    found.extend(linted(chain, draft.parts.len()));
    found.sort_by_key(|it| it.hazard);
    found
}

/// What the lints find in the last revisions of a chain.
fn linted(chain: &Chain<'static>, parts: usize) -> Vec<Found> {
    let config = LINTS
        .iter()
        .fold(Config::default(), |config, (lint, _)| config.with_level(*lint, Level::Warn));
    let migrations = chain.migrations();
    let first = migrations.len().saturating_sub(parts);
    let ids: BTreeSet<&str> =
        migrations.iter().skip(first).map(|migration| migration.id.as_str()).collect();
    let all = lint(chain, &config, |migration| ids.contains(migration.id.as_str()));
    let hazard = |lint| LINTS.iter().find(|(of, _)| *of == lint).map(|(_, hazard)| *hazard);
    all.iter()
        .filter_map(|it| {
            let label = it.diagnostic.primary.as_ref()?;
            let source = &migrations.get(label.source)?.source;
            let sql = statement_at(source, label.span.start)?;
            // The way back is no hazard of the way there.
            let back = source.text().find("\n-- migrate:down");
            let is_up = back.is_none_or(|back| label.span.start < back);
            let what = it.diagnostic.problem.to_string();
            is_up.then_some(Found { hazard: hazard(it.lint)?, what, sql: Some(sql) })
        })
        .collect()
}

/// The statement that is at this place, without the semicolon.
fn statement_at(source: &Source<'_>, at: usize) -> Option<String> {
    let statements = split_statements(source.text());
    let found = statements.iter().find(|it| it.span.start <= at && at < it.span.end)?;
    Some(source.slice(found.span).trim_end_matches(';').to_owned())
}

/// Who has to agree. What a list names is agreed to. Without a list only a person is asked, and only
/// about what deletes data and was not asked before: a file is read before it is run.
pub(crate) fn gate(
    found: &[Found],
    allowed: Option<&[Hazard]>,
    can_ask: bool,
    declined: &[Rename],
) -> Gate {
    let open: Vec<Found> = match allowed {
        Some(allowed) => found.iter().filter(|it| !allowed.contains(&it.hazard)).cloned().collect(),
        None if !can_ask => return Gate::Open,
        None => {
            // `column t.a -> t.b`: who has said that this is no rename knows what is dropped.
            let known: Vec<String> = declined.iter().map(ToString::to_string).collect();
            let is_known = |it: &Found| {
                let thing = it.what.strip_prefix("the ").unwrap_or(&it.what);
                known.iter().any(|rename| rename.split(" -> ").next() == Some(thing))
            };
            let deletes = |it: &&Found| it.hazard == Hazard::DeletesData && !is_known(it);
            found.iter().filter(deletes).cloned().collect()
        }
    };
    match (open.is_empty(), can_ask) {
        (true, _) => Gate::Open,
        (false, true) => Gate::Ask(open),
        (false, false) => Gate::Refuse(open),
    }
}

/// Reads what `--allow-hazards` says.
pub(crate) fn allowed(names: &[String]) -> Result<Vec<Hazard>, Failure> {
    Hazard::read_all(names).map_err(|(name, suggestion)| {
        let codes = Hazard::ALL.map(Hazard::code).join(", ");
        let help = match suggestion {
            Some(suggestion) => format!("did you mean `{suggestion}`?"),
            None => format!("the hazards are {codes}; `all` and `none` stand alone"),
        };
        Failure::refused(
            FailureKind::Usage,
            format!("`--allow-hazards`: there is no hazard `{name}`"),
            help,
        )
    })
}

/// Hazards as lines, for people.
pub(crate) fn lines(found: &[Found]) -> String {
    let width = found.iter().map(|it| it.hazard.code().len()).max().unwrap_or_default();
    found
        .iter()
        .map(|Found { hazard, what, sql }| {
            let sql = sql.as_ref().map_or_else(String::new, |sql| format!(": {}", short(sql)));
            format!("\n   {:width$}  {what}{sql}", hazard.code())
        })
        .collect()
}

/// A statement in one line.
fn short(sql: &str) -> String {
    const WIDTH: usize = 80;
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("`{}…`", line.get(..end).unwrap_or_default()),
        None => format!("`{line}`"),
    }
}

/// Why nothing is written, and the option that allows it.
pub(crate) fn refused(open: Vec<Found>, allowed: Option<&[Hazard]>) -> Failure {
    let mut needed: BTreeSet<Hazard> = open.iter().map(|it| it.hazard).collect();
    needed.extend(allowed.unwrap_or_default());
    let needed: Vec<&str> = needed.into_iter().map(Hazard::code).collect();
    Failure::Hazards { found: open, needed: needed.join(",") }
}

/// For programs, with the places in the files.
pub(crate) fn views(
    found: &[Found],
    directory: &Path,
    edits: &[(String, FileEdit)],
) -> Vec<HazardView> {
    let view = |it: &Found| {
        let place = it.sql.as_ref().and_then(|sql| place(sql, edits));
        let (file, line) = place.unzip();
        HazardView {
            hazard: it.hazard.code(),
            what: it.what.clone(),
            sql: it.sql.clone(),
            file: file.map(|name| directory.join(name).display().to_string()),
            line,
        }
    };
    found.iter().map(view).collect()
}

fn place(sql: &str, edits: &[(String, FileEdit)]) -> Option<(String, usize)> {
    edits.iter().find_map(|(_, edit)| {
        let at = edit.text.find(&format!("\n{sql};"))?;
        let line = edit.text.get(..=at)?.matches('\n').count() + 1;
        Some((edit.name.clone(), line))
    })
}

/// Differences, each with the hazards of the statements that name it.
pub(crate) fn changes(differences: Vec<Difference>, found: &[Found]) -> Vec<ChangeView> {
    let view = |difference: Difference| {
        let parts = parts(&difference.name);
        let names = |it: &&Found| {
            let sql = it.sql.as_deref().unwrap_or_default();
            let text = format!("{} {sql}", it.what);
            let words: BTreeSet<&str> =
                text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            parts.iter().all(|part| words.contains(&**part))
        };
        let mut hazards: Vec<&str> =
            found.iter().filter(names).map(|it| it.hazard.code()).collect();
        hazards.dedup();
        ChangeView { difference, hazards }
    };
    differences.into_iter().map(view).collect()
}

/// The parts of a name as people see it: `app.users.locale` has three.
fn parts(name: &str) -> Vec<String> {
    let (mut found, mut quoted) = (vec![String::new()], false);
    for c in name.split('(').next().unwrap_or_default().chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => found.push(String::new()),
            c => found.iter_mut().next_back().into_iter().for_each(|part| part.push(c)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use migrate_core::schema::catalog::Change;
    use migrate_core::schema::diff::RenameKind;

    use super::*;

    fn found(hazard: Hazard, what: &str, sql: &str) -> Found {
        Found { hazard, what: what.to_owned(), sql: Some(sql.to_owned()) }
    }

    #[test]
    fn the_gate_is_in_proportion() {
        let drop = found(Hazard::DeletesData, "the column t.a", "ALTER TABLE t DROP COLUMN a");
        let scan = found(Hazard::BlocksWrites, "scans t", "CREATE INDEX i ON t (a)");
        let both = [drop.clone(), scan.clone()];
        let rename = Rename {
            to_schema: None,
            kind: RenameKind::Column,
            schema: "public".to_owned(),
            table: Some("t".to_owned()),
            from: "a".to_owned(),
            to: "b".to_owned(),
        };
        let check = |allowed: Option<&[Hazard]>, can_ask, declined: &[Rename], expected: Gate| {
            assert_eq!(gate(&both, allowed, can_ask, declined), expected, "{allowed:?} {can_ask}");
        };
        check(None, false, &[], Gate::Open);
        check(None, true, &[], Gate::Ask(vec![drop.clone()]));
        check(None, true, std::slice::from_ref(&rename), Gate::Open);
        check(Some(&[]), false, &[], Gate::Refuse(both.to_vec()));
        check(Some(&[]), true, &[rename], Gate::Ask(both.to_vec()));
        check(Some(&[Hazard::DeletesData]), false, &[], Gate::Refuse(vec![scan]));
        check(Some(&Hazard::ALL), false, &[], Gate::Open);
    }

    #[test]
    fn a_refusal_names_the_option() {
        let drop = found(Hazard::DeletesData, "the column t.a", "ALTER TABLE t\n  DROP COLUMN a");
        let text = refused(vec![drop], Some(&[Hazard::MayFail])).to_string();
        assert_eq!(
            text,
            "nothing was written: 1 hazard is not allowed\n   \
             deletes-data  the column t.a: `ALTER TABLE t DROP COLUMN a`\n \
             = help: if that is what you want: `--allow-hazards deletes-data,may-fail`"
        );
        let error = allowed(&["deletes-dat".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("did you mean `deletes-data`?"), "{error}");
    }

    #[test]
    fn differences_have_the_hazards_of_their_statements() {
        let difference = |name: &str| Difference {
            change: Change::Remove,
            kind: "column".to_owned(),
            name: name.to_owned(),
            before: None,
            after: None,
        };
        let drop = found(Hazard::DeletesData, "the column t.a", "ALTER TABLE t DROP COLUMN a");
        let views = changes(vec![difference("t.a"), difference("t.b"), difference("u.a")], &[drop]);
        let codes: Vec<_> = views.iter().map(|it| it.hazards.join(",")).collect();
        assert_eq!(codes, ["deletes-data", "", ""]);
        assert_eq!(parts("app.\"my.t\".c"), ["app", "my.t", "c"]);
    }
}
