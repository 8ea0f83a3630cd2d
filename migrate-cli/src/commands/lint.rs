//! `migrate lint`: what is correct, yet unsafe on a live database.

mod formats;
mod pages;

use std::collections::{HashMap, HashSet};

use migrate_core::__private::counted;
use migrate_core::analysis::{Finding, lint};
use migrate_core::chain::{Config, Diagnostic, Label, Level, Lint};
use migrate_core::syntax::Source;
use migrate_core::{Chain, Problem, Rejection};
use serde::Serialize;

use self::formats::{github, junit, sarif};
use super::plan::{StatementView, statements};
use crate::args::{LintArgs, LintFormat};
use crate::blind::{self, BlindView};
use crate::context::Context;
use crate::failure::{Exit, Failure, FailureView};
use crate::tree::Tree;
use crate::ui::{FAINT, ID, Page, REMOVED, View, WARN, message};

/// What was found.
#[derive(Serialize)]
struct Linted {
    findings: Vec<FindingView>,
    errors: usize,
    warnings: usize,
    /// How many revisions were looked at.
    revisions: usize,
    /// Their statements, if asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    statements: Vec<RevisionView>,
    /// Where names are not checked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blind: Vec<BlindView>,
    /// Why a build refuses the chain, lints aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FailureView>,
}

/// A place in a file; the file is empty where there is none.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct FileLocation {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    label: String,
}

impl FileLocation {
    fn of(sources: &[Source<'static>], label: &Label) -> Option<Self> {
        let source = sources.get(label.source)?;
        let [start, end] = [label.span.start, label.span.end].map(|at| source.position(at));
        Some(FileLocation {
            file: source.path().to_owned(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            label: label.text.clone(),
        })
    }
}

/// A finding, for programs; and its text.
#[derive(Debug, Clone, Serialize)]
pub(super) struct FindingView {
    code: &'static str,
    level: &'static str,
    revision: String,
    message: String,
    help: String,
    #[serde(flatten)]
    place: FileLocation,
    related: Vec<FileLocation>,
    #[serde(skip)]
    text: String,
}

/// What the statements of a revision do.
#[derive(Serialize)]
struct RevisionView {
    revision: String,
    file: String,
    statements: Vec<StatementView>,
}

impl FindingView {
    /// What is wrong in no file.
    pub(super) fn without_place(code: &'static str, message: String, help: &str) -> Self {
        FindingView {
            code,
            level: Level::Deny.name(),
            revision: String::new(),
            text: message.clone(),
            message,
            help: help.to_owned(),
            place: FileLocation::default(),
            related: Vec::new(),
        }
    }

    /// What is wrong, and what to do.
    pub(super) fn text(&self) -> String {
        format!("{}\n = help: {}", self.message, self.help)
    }

    /// What is found, and in which file.
    fn kind(&self) -> (&'static str, &str) {
        (self.code, &self.place.file)
    }

    /// As the compiler would say it; the lines are those where the file has the same again.
    fn line(&self, again: &[String]) -> String {
        let (kind, style) = match self.level {
            "deny" => ("error", REMOVED),
            _ => ("warning", WARN),
        };
        let mut text = self.text.clone();
        if !again.is_empty() {
            let gutter = " ".repeat(self.place.line.to_string().len());
            let plural = if again.len() == 1 { "" } else { "s" };
            let lines = again.join(", ");
            text.push_str(&format!(
                "\n{gutter} = note: the same on line{plural} {lines}; `-v` shows each"
            ));
        }
        message(&format!("{kind}[{}]", self.code), style, &text)
    }
}

impl View for Linted {
    fn text(&self, page: &mut Page) {
        for RevisionView { revision, file, statements } in &self.statements {
            page.line(format!("{ID}{revision}{ID:#}  {FAINT}{file}{FAINT:#}"));
            statements.iter().for_each(|statement| statement.lines(page, false));
            page.line("");
        }
        // Of one kind the first of a file is shown, with the lines of the others.
        let mut lines: HashMap<(&str, &str), Vec<String>> = HashMap::new();
        for finding in &self.findings {
            lines.entry(finding.kind()).or_default().push(finding.place.line.to_string());
        }
        for (nth, finding) in self.findings.iter().enumerate() {
            let again = match page.is_verbose {
                true => Vec::new(),
                false => match lines.remove(&finding.kind()) {
                    Some(lines) => lines,
                    None => continue,
                },
            };
            if nth > 0 {
                page.line("");
            }
            page.line(finding.line(again.get(1..).unwrap_or_default()));
        }
    }
}

/// What the lints find in a chain's revisions.
pub(super) fn findings(
    chain: &Chain<'static>,
    config: &Config,
    wanted: impl Fn(&str, bool) -> bool,
) -> Vec<FindingView> {
    let found = lint(chain, config, |migration| wanted(migration.id.as_str(), migration.deployed));
    let sources: Vec<_> = chain.migrations().iter().map(|one| one.source.clone()).collect();
    found.iter().filter_map(|found| view(chain, &sources, found)).collect()
}

/// The problems of a chain that a build refuses, as findings.
pub(super) fn refused(rejection: &Rejection) -> Vec<FindingView> {
    let view = |found: &Diagnostic| FindingView {
        code: found.problem.code(),
        level: Level::Deny.name(),
        revision: String::new(),
        message: found.problem.to_string(),
        help: found.problem.help(),
        place: found
            .primary
            .as_ref()
            .and_then(|label| FileLocation::of(&rejection.sources, label))
            .unwrap_or_default(),
        related: found
            .related
            .iter()
            .filter_map(|label| FileLocation::of(&rejection.sources, label))
            .collect(),
        text: found.render(&rejection.sources),
    };
    rejection.diagnostics.iter().map(view).collect()
}

/// Findings in a format for programs.
pub(super) fn report(
    context: &Context,
    format: LintFormat,
    findings: &[FindingView],
    config: &Config,
) -> Result<(), Failure> {
    match format {
        LintFormat::Sarif => context.ui.json(&sarif(findings, config)),
        LintFormat::Junit => context.ui.verbatim(&junit(findings), &()),
        LintFormat::Github | LintFormat::Text => context.ui.verbatim(&github(findings), &()),
    }
}

/// The codes of what is found, each with how often it is.
pub(super) fn codes(findings: &[FindingView]) -> String {
    let mut codes: Vec<(&str, usize)> = Vec::new();
    for finding in findings {
        match codes.iter_mut().find(|(code, _)| *code == finding.code) {
            Some((_, count)) => *count += 1,
            None => codes.push((finding.code, 1)),
        }
    }
    let code = |(code, count): &(&str, usize)| match count {
        1 => format!("`{code}`"),
        count => format!("`{code}` ({count} times)"),
    };
    codes.iter().map(code).collect::<Vec<_>>().join(", ")
}

fn view(
    chain: &Chain<'static>,
    sources: &[Source<'static>],
    found: &Finding,
) -> Option<FindingView> {
    let place = |label: &Label| FileLocation::of(sources, label);
    let Problem::Lint { message, help, .. } = &found.diagnostic.problem else { return None };
    let primary = found.diagnostic.primary.as_ref()?;
    Some(FindingView {
        code: found.lint.code(),
        level: found.level.name(),
        revision: chain.migrations().get(primary.source)?.id.to_string(),
        message: message.clone(),
        help: help.clone(),
        place: place(primary)?,
        related: found.diagnostic.related.iter().filter_map(place).collect(),
        text: found.diagnostic.render(sources),
    })
}

/// `migrate lint`
pub(super) fn run(context: &Context, arguments: &LintArgs) -> Result<Exit, Failure> {
    if let Some(lint) = arguments.explain {
        return pages::explain(context, lint);
    }
    let config = context.source.config()?;
    if arguments.list {
        return pages::list(context, &config);
    }
    let (chain, spots, refused) = context.source.readable(&config)?;
    let refused = refused.map(Failure::Rejected);
    let named = named(context, arguments)?;
    let is_wanted = |id: &str, deployed: bool| match named.is_empty() {
        true => arguments.all || !deployed,
        false => named.contains(id),
    };
    let found = findings(&chain, &config, is_wanted);
    let errors = found.iter().filter(|found| found.level == Level::Deny.name()).count();
    let wanted = chain.migrations().iter().filter(|one| is_wanted(one.id.as_str(), one.deployed));
    let revision = |one: &migrate_core::Migration<'_>| RevisionView {
        revision: one.id.to_string(),
        file: one.source.path().to_owned(),
        statements: statements(one, one.up),
    };
    let linted = Linted {
        errors,
        warnings: found.len() - errors,
        revisions: wanted.clone().count(),
        statements: wanted.filter(|_| context.ui.verbose).map(revision).collect(),
        findings: found,
        blind: blind::views(&chain, spots, |one| is_wanted(one.id.as_str(), one.deployed)),
        error: refused.as_ref().map(|failure| failure.view(&context.ui.name)),
    };
    match arguments.format {
        LintFormat::Text => context.ui.show(&linted)?,
        format => report(context, format, &linted.findings, &config)?,
    }
    if context.ui.verbose {
        blind::tell(&context.ui, &linted.blind, "lint");
    }
    context.ui.say(summary(&linted));
    if let Some(failure) = &refused {
        context.ui.say("");
        context.ui.error(failure);
    }
    Ok(if linted.errors > 0 || refused.is_some() { Exit::Failed } else { Exit::Fine })
}

/// The revisions that the arguments name.
fn named(context: &Context, arguments: &LintArgs) -> Result<HashSet<String>, Failure> {
    if arguments.revisions.is_empty() {
        return Ok(HashSet::new());
    }
    let tree = Tree::shown(&context.source)?;
    arguments.revisions.iter().map(|text| Ok(tree.find(text)?.id.clone())).collect()
}

/// How much was found, in words.
fn summary(linted: &Linted) -> String {
    let Linted { errors, warnings, revisions, .. } = linted;
    let looked = counted(*revisions, "revision");
    match (errors, warnings) {
        _ if *revisions == 0 => {
            "nothing to check: every revision is pinned; `--all` checks pinned revisions, too"
                .to_owned()
        }
        (0, 0) => format!("nothing found in {looked}"),
        (0, warnings) => format!("{} in {looked}", counted(*warnings, "warning")),
        (errors, 0) => format!("{} in {looked}", counted(*errors, "error")),
        (errors, warnings) => {
            format!(
                "{} and {} in {looked}",
                counted(*errors, "error"),
                counted(*warnings, "warning")
            )
        }
    }
}

/// The levels of all lints, for those who list them.
fn levels(config: &Config) -> impl Iterator<Item = (Lint, Level)> + '_ {
    Lint::ALL.into_iter().map(|lint| (lint, config.level(lint)))
}
