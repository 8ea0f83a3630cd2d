//! From a folder to a chain, or to everything that is wrong with it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use crate::chain::{Chain, Digests, Down, Migration};
use crate::diagnostic::Diagnostic;
use crate::digest::section_digest;
use crate::folder::{self, Folder};
use crate::graph::{self, Node};
use crate::header::{self, Header};
use crate::lexer::{Lexer, Token};
use crate::pins;
use crate::problem::Problem;
use crate::sections::{self, Section, Sections};
use crate::statements::split_statements;
use crate::text::{Source, Span};
use crate::{lock, names, rules};

/// Why a folder is no chain: every problem found, with the files to show them in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// What is wrong; never empty.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that the diagnostics point into.
    pub sources: Vec<Source<'static>>,
}

impl Rejection {
    /// Each problem as text for people.
    pub fn messages(&self) -> impl Iterator<Item = String> + '_ {
        self.diagnostics.iter().map(|diagnostic| diagnostic.render(&self.sources))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, message) in self.messages().enumerate() {
            let separator = if nth == 0 { "" } else { "\n\n" };
            write!(f, "{separator}{message}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Rejection {}

/// Checks that the files of a folder make a chain, and that no deployed revision was changed.
///
/// # Errors
///
/// With everything that is wrong, not only the first thing.
///
/// ```
/// use migrate_core::{Folder, check};
///
/// let file = "-- revision: 002\n-- parent: 001\n-- message: Users\n\
///             -- migrate:up\nCREATE TABLE users ();\n-- migrate:down\nDROP TABLE users;\n";
/// let rejection = check(Folder::of_texts("migrations", [("002_users.sql", file)])).unwrap_err();
/// assert!(rejection.to_string().starts_with("unknown parent `001`\n --> migrations/002_users.sql:2:12"));
/// ```
pub fn check(folder: Folder) -> Result<Chain<'static>, Rejection> {
    let mut problems = Vec::new();
    let files = folder::open(folder, &mut problems);
    let parsed: Vec<Parsed> = files
        .migrations
        .iter()
        .map(|(index, name)| parse(*index, name, &files.sources[*index], &mut problems))
        .collect();
    let pins = match files.lock {
        Some(index) => lock::parse(index, &files.sources[index], &mut problems),
        None => Vec::new(),
    };

    variants(&parsed, &mut problems);
    let nodes: Vec<Node<'_>> = parsed.iter().filter_map(Parsed::node).collect();
    // Where the place of a file is unknown, a missing parent or a second head may be its doing.
    let incomplete = files.incomplete || parsed.iter().any(|file| file.header.misplaced);
    let deployed = pins.iter().map(|(pin, _)| pin.id.as_str()).collect();
    let context = graph::Context { incomplete, deployed };
    let order = graph::check(&nodes, &context, &mut problems);
    let pinned = pins::check(&pins, files.lock, &parsed, &files.sources, incomplete, &mut problems);

    if problems.is_empty()
        && let Some(chain) = assemble(parsed, order, &pinned, &files.sources)
    {
        return Ok(chain);
    }
    let key = |found: &Diagnostic| {
        found.primary.as_ref().map_or((0, 0), |label| (label.source + 1, label.span.start))
    };
    problems.sort_by_key(key);
    Err(Rejection { diagnostics: problems, sources: files.sources })
}

/// What one file says, as far as it could be read.
pub(crate) struct Parsed {
    pub(crate) index: usize,
    pub(crate) name: String,
    pub(crate) header: Header,
    pub(crate) sections: Sections,
}

impl Parsed {
    fn node(&self) -> Option<Node<'_>> {
        let (id, id_span) = self.header.id.as_ref()?;
        let parents = self.header.parents.iter().map(|(id, span)| (id.as_str(), *span)).collect();
        Some(Node { source: self.index, id: id.as_str(), id_span: *id_span, parents })
    }

    /// The up digest and the down digest, of the sections that there are.
    pub(crate) fn digests(&self, source: &Source<'_>) -> (crate::Digest, Option<crate::Digest>) {
        let digest = |section: Section| {
            section_digest(source.slice(section.span), section.options.transactional)
        };
        let up = self.sections.up.map_or_else(|| section_digest("", true), |(up, _)| digest(up));
        (up, self.sections.down.map(|(down, _)| digest(down)))
    }
}

fn parse(index: usize, name: &str, source: &Source<'_>, problems: &mut Vec<Diagnostic>) -> Parsed {
    let tokens: Vec<Token> = Lexer::new(source.text()).collect();
    let first_marker = tokens.iter().position(|token| sections::is_marker(source, token));
    let above = &tokens[..first_marker.unwrap_or(tokens.len())];
    let header = header::parse(index, source, above, problems);
    let sections = sections::parse(index, source, &tokens, problems);

    let sql_above = above.iter().find(|token| !token.kind.is_trivia());
    match (first_marker, sql_above) {
        (None, sql) => {
            let span = sql.map_or(Span::new(source.text().len(), source.text().len()), |sql| {
                Span::new(sql.span.start, sql.span.start)
            });
            problems.push(Diagnostic::at(Problem::NoUp, index, span, "it should be here"));
        }
        (Some(_), Some(sql)) => {
            problems.push(Diagnostic::at(Problem::SqlBeforeSection, index, sql.span, ""));
        }
        _ => {}
    }
    if first_marker.is_some() {
        presence(index, source, &header, &sections, problems);
    }
    Parsed { index, name: name.to_owned(), header, sections }
}

/// Whether the sections that a revision needs are there, and what stands in them.
fn presence(
    index: usize,
    source: &Source<'_>,
    header: &Header,
    sections: &Sections,
    problems: &mut Vec<Diagnostic>,
) {
    let joins = header.parents.len() > 1;
    // A section with an unknown name, or swallowed by an unclosed string, is not missing.
    let known_bad = problems.iter().any(|found| {
        found.primary.as_ref().is_some_and(|label| label.source == index)
            && matches!(found.problem, Problem::UnknownSection { .. } | Problem::MarkerNotAlone)
    });
    let mut unclosed = false;
    for ((section, marker), empty) in
        [(sections.up, Problem::EmptyUp), (sections.down, Problem::EmptyDown)]
            .into_iter()
            .filter_map(|(section, empty)| Some((section?, empty)))
    {
        let sql = source.slice(section.span);
        let statements = split_statements(sql);
        if statements.is_empty() && !joins {
            problems.push(Diagnostic::at(empty, index, marker, "nothing below"));
        }
        let shift =
            |span: Span| Span::new(section.span.start + span.start, section.span.start + span.end);
        for finding in rules::check(sql, &statements, section.options.transactional) {
            unclosed |= finding.problem.is_unclosed();
            let mut found =
                Diagnostic::at(finding.problem, index, shift(finding.span), finding.text);
            if let Some((span, text)) = finding.because {
                found = found.and(index, shift(span), text);
            }
            problems.push(found);
        }
    }
    let irreversible = header.irreversible.as_ref();
    let end = Span::new(source.text().trim_end().len(), source.text().trim_end().len());
    match (sections.up, sections.down, irreversible) {
        (_, Some((_, marker)), Some((_, reason))) => {
            let found =
                Diagnostic::at(Problem::IrreversibleWithDown, index, marker, "the downgrade");
            problems.push(found.and(index, *reason, "declared here"));
        }
        (None, ..) if !joins && !known_bad && !unclosed => {
            problems.push(Diagnostic::at(Problem::NoUp, index, end, ""));
        }
        (Some(_), None, None) if !joins && !known_bad && !unclosed => {
            problems.push(Diagnostic::at(
                Problem::MissingDown,
                index,
                end,
                "the file ends without it",
            ));
        }
        _ => {}
    }
}

/// Two files whose names give one variant of the typed `Revision`.
fn variants(parsed: &[Parsed], problems: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<String, &Parsed> = HashMap::new();
    for file in parsed {
        let id = file.header.id.as_ref().map(|(id, _)| id.as_str());
        let variant = names::variant(&file.name, id);
        if let Some(first) = seen.get(&variant) {
            let start = Span::default();
            let clash = Problem::VariantClash { variant };
            let found = Diagnostic::at(clash, file.index, start, format!("`{}`", file.name));
            problems.push(found.and(first.index, start, format!("`{}`", first.name)));
        } else {
            seen.insert(variant, file);
        }
    }
}

/// Puts the files together, in order; `None` only if a check above had a hole.
fn assemble(
    parsed: Vec<Parsed>,
    order: Vec<usize>,
    pinned: &[bool],
    sources: &[Source<'static>],
) -> Option<Chain<'static>> {
    let mut parsed: Vec<Option<Parsed>> = parsed.into_iter().map(Some).collect();
    let mut chains = HashMap::new();
    let mut migrations = Vec::with_capacity(order.len());
    for at in order {
        let file = parsed.get_mut(at)?.take()?;
        let source = sources[file.index].clone();
        let (up, down) = file.digests(&source);
        let (id, _) = file.header.id?;
        let parents: Vec<_> = file.header.parents.into_iter().map(|(id, _)| id).collect();
        let under: Option<Vec<_>> = parents.iter().map(|id| chains.get(id).copied()).collect();
        let chain = crate::chain_digest(id.as_str(), &under?, up);
        chains.insert(id.clone(), chain);
        let empty = Section { span: Span::default(), options: sections::Options::default() };
        let section =
            |section: Option<(Section, Span)>| section.map_or(empty, |(section, _)| section);
        migrations.push(Migration {
            id,
            parents: Cow::Owned(parents),
            message: Cow::Owned(file.header.message?.0),
            created: file.header.created.map(|(created, _)| Cow::Owned(created)),
            up: section(file.sections.up),
            down: match file.header.irreversible {
                Some((reason, _)) => Down::Irreversible(Cow::Owned(reason)),
                None => Down::Section(section(file.sections.down)),
            },
            source,
            digests: Digests { up, down, chain },
            deployed: pinned.get(at).copied().unwrap_or(false),
        });
    }
    let mut migrations = migrations.into_iter();
    Some(Chain::checked(migrations.next()?, migrations.collect()))
}

#[cfg(test)]
mod tests;
