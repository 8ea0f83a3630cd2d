//! From a folder to a chain, or to everything that is wrong with it.

mod rejection;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

pub use self::rejection::Rejection;
use crate::allowances::allows;
use crate::chain::{Chain, Digests, Down, Migration};
use crate::diagnostic::Diagnostic;
use crate::digest::{Digest, digest_of};
use crate::folder::{self, Folder};
use crate::graph::{self, Node};
use crate::header::{self, Header};
use crate::lexer::{Lexer, Token, TokenKind};
use crate::lock::{self, LOCK_FILE, Lock, Pin};
use crate::pins;
use crate::problem::Problem;
use crate::sections::{self, Section, Sections};
use crate::statements::{Statement, split};
use crate::text::{Source, Span, counted};
use crate::workers::{Alone, Workers};
use crate::{names, rules};

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
    check_with(folder, &Alone, |_, _, _| Vec::new())
}

/// The same on these threads, with further checks of what is not deployed yet: they are given a file
/// and its problems so far.
pub(crate) fn check_with(
    folder: Folder,
    workers: &impl Workers,
    further: impl Fn(&Parsed, &Source<'_>, &[&Diagnostic]) -> Vec<Diagnostic> + Sync,
) -> Result<Chain<'static>, Rejection> {
    let mut problems = Vec::new();
    let files = folder::open(folder, &mut problems);
    let read = workers.each(&files.migrations, |(index, name)| {
        let mut problems = Vec::new();
        (parse(*index, name, &files.sources[*index], &mut problems), problems)
    });
    let (parsed, found): (Vec<Parsed>, Vec<_>) = read.into_iter().unzip();
    problems.extend(found.into_iter().flatten());
    let lock = match files.lock {
        Some(index) => lock::parse(index, &files.sources[index], &mut problems),
        None => Lock::default(),
    };
    for found in &mut problems {
        if matches!(found.problem, Problem::EmptyChain { .. }) && !lock.ids.is_empty() {
            let gone = counted(lock.ids.len(), "revision");
            found.notes.push(format!(
                "{LOCK_FILE} pins {gone}, and no file is there: restore the files (`git checkout …`)"
            ));
        }
    }

    variants(&parsed, &mut problems);
    // Where the place of a file is unknown, a missing parent or a second head may be its doing.
    let incomplete = files.incomplete || parsed.iter().any(|file| file.header.is_misplaced());
    let pinned = pins::check(&lock, files.lock, &parsed, &files.sources, incomplete, &mut problems);
    problems.retain(|found| !pins::has_run(found, &parsed, &pinned.pins));
    let nodes: Vec<Node<'_>> =
        parsed.iter().zip(&pinned.pins).filter_map(|(file, pin)| file.node(*pin)).collect();
    let deployed = lock.ids.iter().map(String::as_str).collect();
    let context = graph::Context { incomplete, moved: pinned.moved, deployed };
    let order = graph::check(&nodes, &context, &mut problems);
    let orphans: HashSet<usize> = problems
        .iter()
        .filter(|found| found.problem.is_missing_parents())
        .flat_map(|found| found.primary.iter().chain(&found.related))
        .map(|label| label.source)
        .collect();
    problems.retain(|found| {
        let here = found.primary.as_ref().is_some_and(|label| orphans.contains(&label.source));
        !(here && found.problem.is_missing_section())
    });
    let deployed: Vec<bool> = pinned.pins.iter().map(Option::is_some).collect();
    let pending = parsed.iter().zip(&deployed).filter(|(_, deployed)| !**deployed);
    let pending: Vec<&Parsed> = pending.map(|(file, _)| file).collect();
    let mut known: HashMap<usize, Vec<&Diagnostic>> = HashMap::new();
    for found in &problems {
        if let Some(label) = &found.primary {
            known.entry(label.source).or_default().push(found);
        }
    }
    let found = workers.each(&pending, |file| {
        let known = known.get(&file.index).map_or(&[][..], Vec::as_slice);
        further(file, &files.sources[file.index], known)
    });
    problems.extend(found.into_iter().flatten());

    if problems.is_empty()
        && let Some(chain) = assemble(parsed, order, &deployed, &files.sources)
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
    /// Of the sections that there are. A merge that only joins may leave them out, which is the
    /// same as leaving them empty.
    pub(crate) up: Digest,
    pub(crate) down: Option<Digest>,
    /// Of the upgrade and of the downgrade; they count from the start of their section.
    #[cfg_attr(
        not(any(test, feature = "analysis")),
        expect(dead_code, reason = "only that reads SQL")
    )]
    pub(crate) statements: [Vec<Statement>; 2],
}

impl Parsed {
    /// Its place in the graph; a deployed revision stands where the lock file has it.
    fn node<'n>(&'n self, pin: Option<&'n Pin>) -> Option<Node<'n>> {
        let (id, id_span) = self.header.id.as_ref()?;
        let own = self.header.parents.iter().map(|(id, span)| (id.as_str(), *span));
        let parents = match pin {
            Some(pin) if !pins::same_parents(pin, &self.header) => {
                pin.parents.iter().map(|parent| (parent.as_str(), self.header.place())).collect()
            }
            _ => own.collect(),
        };
        let pinned = pin.is_some();
        Some(Node { source: self.index, id: id.as_str(), id_span: *id_span, parents, pinned })
    }
}

pub(crate) fn parse(
    index: usize,
    name: &str,
    source: &Source<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Parsed {
    let tokens: Vec<Token> = Lexer::new(source.text()).collect();
    let markers = sections::markers(source, &tokens);
    let first_marker = markers.iter().find(|marker| !allows(source.slice(**marker)));
    let above = first_marker.map_or(tokens.len(), |marker| {
        tokens.partition_point(|token| token.span.start < marker.start)
    });
    let above = &tokens[..above];
    let header = header::parse(index, source, above, problems);
    let mut sections = sections::parse(index, source, &tokens, &markers, problems);

    let sql_above = above.iter().find(|token| !token.kind.is_trivia());
    let unreadable = above.iter().find_map(|token| rules::unreadable(source.text(), token));
    let joins = header.joins();
    let found = match (unreadable, sql_above, first_marker) {
        (Some(found), ..) => Some((found.problem, found.span, found.text)),
        (None, Some(sql), Some(_)) => Some((Problem::SqlBeforeSection, sql.span, "")),
        (None, Some(sql), None) => {
            let before = Span::new(sql.span.start, sql.span.start);
            Some((Problem::NoUp, before, "it should be here"))
        }
        (None, None, None) if !joins => {
            let end = Span::new(source.text().len(), source.text().len());
            Some((Problem::NoUp, end, "it should be here"))
        }
        (None, None, _) => None,
    };
    if let Some((problem, span, text)) = found {
        sections.unclear |= sections.up.is_none();
        problems.push(Diagnostic::at(problem, index, span, text));
    }
    let overrun = tokens.iter().find(|token| {
        // Of what can hold a newline.
        !token.kind.is_trivia()
            && !matches!(token.kind, TokenKind::Word | TokenKind::Number | TokenKind::Punctuation)
            && sections::has_marker_line(token.text(source.text()))
    });
    let [up, down] = [sections.up, sections.down].map(|section| read(source, &tokens, section));
    presence(index, source, &header, &sections, [&up.1, &down.1], overrun.copied(), problems);
    let undone = sections.down.is_some() || (joins && header.irreversible.is_none());
    Parsed {
        index,
        name: name.to_owned(),
        header,
        sections,
        up: up.0,
        down: undone.then_some(down.0),
        statements: [up.1, down.1],
    }
}

/// The digest of a section and its statements, from the tokens of its file. One that is not there is
/// empty.
fn read(
    source: &Source<'_>,
    tokens: &[Token],
    section: Option<(Section, Span)>,
) -> (Digest, Vec<Statement>) {
    let Section { span, options } = or_empty(section);
    let sql = source.slice(span);
    let from = tokens.partition_point(|token| token.span.start < span.start);
    let inside = tokens[from..].iter().take_while(|token| token.span.start < span.end);
    let mut tokens: Vec<Token> = inside
        .filter(|token| !token.kind.is_trivia())
        .map(|token| Token { kind: token.kind, span: token.span.since(span.start) })
        .collect();
    // A string above the marker goes on here only for who reads the file as one text.
    if tokens.first().is_some_and(|token| token.kind == TokenKind::StringContinuation) {
        tokens = Lexer::new(sql).filter(|token| !token.kind.is_trivia()).collect();
    }
    (digest_of(sql, tokens.iter().copied(), options.transactional), split(sql, tokens))
}

fn or_empty(section: Option<(Section, Span)>) -> Section {
    section.map_or(Section::EMPTY, |(section, _)| section)
}

const OVERRUN: &str = "what is opened here runs over a section marker: close it before";

/// Whether the sections that a revision needs are there, and what stands in them. `overrun` is a
/// string that holds what looks like a marker: if something is missing, its quotes are the reason.
fn presence(
    index: usize,
    source: &Source<'_>,
    header: &Header,
    sections: &Sections,
    [up, down]: [&Vec<Statement>; 2],
    overrun: Option<Token>,
    problems: &mut Vec<Diagnostic>,
) {
    let opening = |token: Token| Span::new(token.span.start, token.span.start + 1);
    let mut hidden = sections.unclear;
    let only_joins = header.joins() && up.is_empty();
    // An upgrade that does nothing is a lint's matter; there is nothing to undo then.
    let empty_down = Some(Problem::EmptyDown).filter(|_| !up.is_empty());
    for (section, statements, empty) in [(sections.up, up, None), (sections.down, down, empty_down)]
    {
        let Some((section, marker)) = section else { continue };
        let is_left_to_do = problems.iter().any(|found| {
            let label = found.primary.as_ref().filter(|label| label.source == index);
            let is_inside =
                label.is_some_and(|label| section.span.range().contains(&label.span.start));
            is_inside && matches!(found.problem, Problem::Todo { .. })
        });
        let is_clear = !sections.unclear && !sections.unclear_mode && !is_left_to_do;
        if let Some(empty) = empty.filter(|_| statements.is_empty() && is_clear) {
            problems.push(Diagnostic::at(empty, index, marker, "nothing below"));
        }
        let sql = source.slice(section.span);
        for finding in rules::check(sql, statements, section.options.transactional) {
            hidden |= finding.problem.hides_the_rest();
            let place = finding.span.within(section.span.start);
            let early = overrun
                .filter(|token| finding.problem.is_unclosed() && token.span.start < place.start);
            let mut found =
                match early {
                    None => Diagnostic::at(finding.problem, index, place, finding.text),
                    Some(token) => Diagnostic::at(finding.problem, index, opening(token), OVERRUN)
                        .and(index, place, "so that this is never closed"),
                };
            for (span, text) in finding.also {
                found = found.and(index, span.within(section.span.start), text);
            }
            problems.push(found);
        }
    }
    let text = source.text();
    let end = Span::new(text.trim_end().len(), text.trim_end().len());
    let missing = |problem, span, text| match overrun {
        None => Diagnostic::at(problem, index, span, text),
        Some(token) => Diagnostic::at(problem, index, opening(token), OVERRUN),
    };
    match (sections.up, sections.down, &header.irreversible) {
        (_, Some((_, marker)), Some((_, reason))) => {
            let found =
                Diagnostic::at(Problem::IrreversibleWithDown, index, marker, "the downgrade");
            problems.push(found.and(index, *reason, "declared here"));
        }
        (None, down, _) if !only_joins && !hidden => {
            let span = down.map_or(end, |(_, marker)| marker);
            problems.push(missing(Problem::NoUp, span, "there is only this section"));
        }
        (Some(_), None, None)
            if !only_joins && !hidden && !header.unclear.contains(&"irreversible") =>
        {
            problems.push(missing(Problem::MissingDown, end, "the file ends without it"));
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
            if id.is_some() && id == first.header.id.as_ref().map(|(id, _)| id.as_str()) {
                // A copy of the file: two revisions of one id, which is said elsewhere.
                continue;
            }
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
    deployed: &[bool],
    sources: &[Source<'static>],
) -> Option<Chain<'static>> {
    let mut parsed: Vec<Option<Parsed>> = parsed.into_iter().map(Some).collect();
    let mut chains = HashMap::new();
    let mut migrations = Vec::with_capacity(order.len());
    for at in order {
        let file = parsed.get_mut(at)?.take()?;
        let source = sources[file.index].clone();
        let Parsed { up, down, .. } = file;
        let (id, _) = file.header.id?;
        let parents: Vec<_> = file.header.parents.into_iter().map(|(id, _)| id).collect();
        let under: Option<Vec<_>> = parents.iter().map(|id| chains.get(id).copied()).collect();
        let chain = crate::chain_digest(id.as_str(), &under?, up);
        chains.insert(id.clone(), chain);
        migrations.push(Migration {
            id,
            parents: Cow::Owned(parents),
            message: Cow::Owned(file.header.message?.0),
            created: file.header.created.map(|(created, _)| Cow::Owned(created)),
            up: or_empty(file.sections.up),
            down: match file.header.irreversible {
                Some((reason, _)) => Down::Irreversible(Cow::Owned(reason)),
                None => Down::Section(or_empty(file.sections.down)),
            },
            source,
            digests: Digests { up, down, chain },
            deployed: deployed.get(at).copied().unwrap_or(false),
        });
    }
    let mut migrations = migrations.into_iter();
    Some(Chain::checked(migrations.next()?, migrations.collect()))
}

#[cfg(test)]
mod tests;
