//! Compares the files with the lock file: are deployed revisions still what databases ran?

use std::collections::{BTreeMap, HashMap};

use crate::chain::diagnostic::Diagnostic;
use crate::chain::digest::Digest;
use crate::chain::file::ParsedFile;
use crate::chain::header::Header;
use crate::chain::id::RevisionId;
use crate::chain::lockfile::{Lock, Pin};
use crate::chain::problem::{Problem, list};
use crate::chain::sections::Section;
use crate::chain::token_fingerprints::first_difference;
use crate::syntax::lexer::{Lexer, TokenKind};
use crate::syntax::source::{Source, Span};

/// Which pin belongs to which file.
pub(crate) struct Pinned<'l> {
    /// The pin of each file.
    pub(crate) pins: Vec<Option<&'l Pin>>,
    /// Whether the parents of a deployed revision were changed, so that the graph differs from what
    /// was deployed.
    pub(crate) moved: bool,
}

/// Compares the files with the pins.
pub(crate) fn check<'l>(
    lock: &'l Lock,
    lock_file: Option<usize>,
    parsed: &[ParsedFile],
    sources: &[Source<'_>],
    incomplete: bool,
    problems: &mut Vec<Diagnostic>,
) -> Pinned<'l> {
    let mut pinned = Pinned { pins: vec![None; parsed.len()], moved: false };
    let Some(lock_file) = lock_file else { return pinned };
    let files = Files::new(lock, lock_file, parsed, sources);
    let mut by_id: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, file) in parsed.iter().enumerate() {
        if let Some((id, _)) = &file.header.id {
            by_id.entry(id.as_str()).or_default().push(at);
        }
    }
    // An id that was changed in its file and in the files that name it is one mistake.
    let mut renamed: HashMap<&str, &str> = HashMap::new();
    let mut found: Vec<(usize, &Pin, Span)> = Vec::new();
    for (pin, span) in &lock.pins {
        let candidates = by_id.get(pin.id.as_str()).map_or(&[][..], Vec::as_slice);
        // If two files have the same id, one may be a copy.
        let genuine = candidates.iter().find(|at| parsed[**at].up == pin.up);
        match genuine.or(candidates.first()) {
            Some(&at) => {
                pinned.pins[at] = Some(pin);
                found.push((at, pin, *span));
            }
            None if incomplete => {}
            None => {
                let new = files.new.get(&pin.up).copied();
                renamed.extend(new.map(|(_, new, _)| (pin.id.as_str(), new)));
                problems.push(files.missing(pin, *span, new));
            }
        }
    }
    // The problems are kept per file, since an edit explains some of them.
    let mut own: BTreeMap<usize, Vec<Diagnostic>> = BTreeMap::new();
    let mut others = Vec::new();
    for found in std::mem::take(problems) {
        match &found.primary {
            Some(label) => own.entry(label.source).or_default().push(found),
            None => others.push(found),
        }
    }
    for (at, pin, span) in found {
        let problems = own.entry(parsed[at].index).or_default();
        files.sections(at, pin, span, problems);
        if let Some(found) = files.parents(at, pin, span, &renamed) {
            pinned.moved = true;
            problems.push(found);
        }
    }
    problems.extend(others.into_iter().chain(own.into_values().flatten()));
    pinned
}

/// Whether a revision has the same parents as when it was pinned, in any order.
pub(crate) fn same_parents(pin: &Pin, header: &Header) -> bool {
    ids(&pin.parents) == ids(header.parents.iter().map(|(id, _)| id))
}

fn ids<'i>(parents: impl IntoIterator<Item = &'i RevisionId<'static>>) -> Vec<&'i str> {
    let mut ids: Vec<&str> = parents.into_iter().map(RevisionId::as_str).collect();
    ids.sort_unstable();
    ids
}

/// Whether a problem is a presumed refusal by the server, in an upgrade that databases have run.
pub(crate) fn has_run(found: &Diagnostic, parsed: &[ParsedFile], pins: &[Option<&Pin>]) -> bool {
    let Some(label) = found.primary.as_ref().filter(|_| found.problem.is_refusal()) else {
        return false;
    };
    parsed.iter().zip(pins).any(|(file, pin)| {
        let is_up =
            |(section, _): &(Section, Span)| section.span.range().contains(&label.span.start);
        file.index == label.source
            && pin.is_some_and(|pin| pin.up == file.up)
            && file.sections.up.as_ref().is_some_and(is_up)
    })
}

/// Whether a token is a string, which may be the body of a function.
fn is_in_quotes(sql: &str, span: Span) -> bool {
    let kind = Lexer::new(&sql[span.range()]).next().map(|token| token.kind);
    matches!(kind, Some(TokenKind::String | TokenKind::DollarString))
}

struct Files<'f> {
    lock_file: usize,
    parsed: &'f [ParsedFile],
    sources: &'f [Source<'f>],
    /// The offset of each line of the lock file.
    lines: Vec<usize>,
    /// The first file with a new id and this upgrade: its index, the id, and the position.
    new: HashMap<Digest, (usize, &'f str, Span)>,
    /// The first file that names this parent, and the position.
    children: HashMap<&'f str, (usize, Span)>,
}

impl<'f> Files<'f> {
    fn new(
        lock: &'f Lock,
        lock_file: usize,
        parsed: &'f [ParsedFile],
        sources: &'f [Source<'f>],
    ) -> Self {
        let ends = sources[lock_file].text().match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        let (mut new, mut children) = (HashMap::new(), HashMap::new());
        for file in parsed {
            if let Some((id, place)) = &file.header.id
                && !lock.ids.contains(id.as_str())
            {
                new.entry(file.up).or_insert((file.index, id.as_str(), *place));
            }
            for (parent, span) in &file.header.parents {
                children.entry(parent.as_str()).or_insert((file.index, *span));
            }
        }
        Files { lock_file, parsed, sources, lines, new, children }
    }

    fn source(&self, file: &ParsedFile) -> &'f Source<'f> {
        &self.sources[file.index]
    }

    /// A description of the line in the lock file.
    fn line(&self, span: Span) -> String {
        let line = self.lines.partition_point(|start| *start <= span.start);
        format!("{}:{line}", self.sources[self.lock_file].path())
    }

    /// Reports that the file of a pin is missing, or has another id.
    fn missing(&self, pin: &Pin, span: Span, new: Option<(usize, &str, Span)>) -> Diagnostic {
        let id = pin.id.to_string();
        if let Some((index, new, place)) = new {
            let text = format!("this file has the SQL of `{id}`");
            let problem = Problem::PinnedMissing { id, moved_to: Some(new.to_owned()) };
            return Diagnostic::at(problem, index, place, text).and(
                self.lock_file,
                span,
                "pinned here",
            );
        }
        let problem = Problem::PinnedMissing { id, moved_to: None };
        let text = "pinned here, and no file has this revision";
        let found = Diagnostic::at(problem, self.lock_file, span, text);
        match self.children.get(pin.id.as_str()) {
            Some((index, span)) => found.and(*index, *span, "named as the parent here"),
            None => found,
        }
    }

    /// Checks that the sections are what was deployed. Other problems in an edited section were
    /// caused by the edit, so they are not reported. `problems` are those of the file.
    fn sections(&self, at: usize, pin: &Pin, line: Span, problems: &mut Vec<Diagnostic>) {
        let file = &self.parsed[at];
        // If a marker cannot be read, the sections are unknown.
        if file.sections.unclear || file.sections.unclear_mode {
            return;
        }
        let ParsedFile { up, down, .. } = *file;
        let id = &pin.id;
        if up != pin.up {
            problems.retain(|found| !found.problem.is_in_sections());
            let problem = Problem::PinnedEdited { id: id.to_string(), pinned: pin.up, found: up };
            let (line, was, is) = (self.line(line), pin.up.short(), up.short());
            let note = format!("{line} pins `{id}` as {was}; this file is {is}");
            problems.push(self.edited(file, problem, file.sections.up, &pin.up_marks).note(note));
        }
        // An edit of the upgrade can swallow the downgrade. Something unterminated has no end.
        let swallowed = up != pin.up && file.sections.down.is_none();
        let unclosed = problems.iter().any(|found| found.problem.is_unclosed());
        if down != pin.down && !swallowed && !unclosed {
            problems.retain(|found| !found.problem.is_missing_down());
            let shown = |digest: Option<Digest>| {
                digest.map_or("none".to_owned(), |digest| digest.short().to_string())
            };
            let problem =
                Problem::PinnedDownEdited { id: id.to_string(), pinned: pin.down, found: down };
            let (line, was, is) = (self.line(line), shown(pin.down), shown(down));
            let note = format!("{line} pins the downgrade of `{id}` as {was}; this file's is {is}");
            problems
                .push(self.edited(file, problem, file.sections.down, &pin.down_marks).note(note));
        }
    }

    /// Reports an edit at the first position that differs.
    fn edited(
        &self,
        file: &ParsedFile,
        problem: Problem,
        section: Option<(Section, Span)>,
        marks: &str,
    ) -> Diagnostic {
        let source = self.source(file);
        let Some((section, marker)) = section else {
            let end = source.text().trim_end().len();
            return Diagnostic::at(problem, file.index, Span::new(end, end), "the section is gone");
        };
        let sql = source.slice(section.span);
        match first_difference(sql, marks) {
            Some(span) if is_in_quotes(sql, span) && marks.starts_with("1:") => {
                let text = "the text in these quotes differs from what was deployed";
                let note = "text in quotes is compared character by character: comments and \
                            indentation in the body of a function or a DO block count, too";
                Diagnostic::at(problem, file.index, span.within(section.span.start), text)
                    .note(note)
            }
            Some(span) => {
                let text = "differs from what was deployed, from here on";
                Diagnostic::at(problem, file.index, span.within(section.span.start), text)
            }
            // The tokens are the same, or there are none: the mode in the marker was changed.
            None => Diagnostic::at(problem, file.index, marker, "differs from what was deployed"),
        }
    }

    fn parents(
        &self,
        at: usize,
        pin: &Pin,
        line: Span,
        renamed: &HashMap<&str, &str>,
    ) -> Option<Diagnostic> {
        let file = &self.parsed[at];
        let old = ids(&pin.parents);
        let new = ids(file.header.parents.iter().map(|(id, _)| id));
        let mut old_now: Vec<&str> = old.iter().map(|id| *renamed.get(id).unwrap_or(id)).collect();
        old_now.sort_unstable();
        if file.header.is_misplaced() || new == old || new == old_now {
            return None;
        }
        let text = match old.as_slice() {
            [] => "it was deployed without a parent".to_owned(),
            _ => format!("it was deployed after {}", list(&old)),
        };
        let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect();
        let id = pin.id.to_string();
        let problem = Problem::PinnedReparented { id, pinned: owned(old), found: owned(new) };
        let found = Diagnostic::at(problem, file.index, file.header.place(), text);
        Some(found.note(format!("pinned at {}", self.line(line))))
    }
}

#[cfg(test)]
mod tests {
    use crate::chain::digest::{chain_digest, section_digest};
    use crate::chain::folder::Folder;
    use crate::chain::id::RevisionId;
    use crate::chain::lockfile::{self, Pin};

    /// Deployed upgrades are valid, whatever is known of servers. A downgrade may never have run.
    #[test]
    fn what_has_run_is_no_error() {
        let (refused, fine) = ("CLUSTER VERBOSE;", "SELECT 1;");
        let check = |up: &str, down: &str, expected: usize| {
            let head = "-- revision: 1\n-- message: M\n-- migrate:up\n";
            let text = format!("{head}{up}\n-- migrate:down\n{down}\n");
            let (id, digest) = (RevisionId::new("1").unwrap(), section_digest(up, true));
            let pin = Pin {
                id,
                parents: Vec::new(),
                up: digest,
                down: Some(section_digest(down, true)),
                chain: chain_digest("1", &[], digest),
                up_marks: String::new(),
                down_marks: String::new(),
            };
            let lock = lockfile::write(&[pin]);
            let files = [("1.sql", text.as_str()), ("chain.lock", lock.as_str())];
            let found = crate::check(Folder::of_texts("m", files)).map(|_| ());
            let found = found.map_or_else(|rejection| rejection.diagnostics.len(), |()| 0);
            assert_eq!(found, expected, "{up} {down}");
        };
        check(fine, fine, 0);
        check(refused, fine, 0);
        check(fine, refused, 1);
        check(refused, refused, 1);
    }

    /// The body of a block is one token, so the edit cannot be located more precisely.
    #[test]
    fn an_edit_in_quotes_is_told_as_one() {
        let revision = |body: &str| {
            let head = "-- revision: 1\n-- message: M\n-- irreversible: a test\n-- migrate:up\n";
            format!("{head}DO $$ BEGIN {body} END $$;\nSELECT 'a', 1;\n")
        };
        let text = revision("NULL; -- nothing");
        let chain = crate::check(Folder::of_texts("m", [("1.sql", text.as_str())])).unwrap();
        let lock = crate::chain::lock_text(&chain, "1").unwrap();
        let said = |text: &str| {
            let files = [("1.sql", text), ("chain.lock", lock.as_str())];
            crate::check(Folder::of_texts("m", files)).map(|_| ()).unwrap_err().to_string()
        };
        let quotes = "the text in these quotes differs from what was deployed";
        let body = said(&revision("NULL; -- nothing at all"));
        assert!(body.contains(quotes) && body.contains("comments and indentation"), "{body}");
        assert!(said(&text.replace("'a'", "'b'")).contains(quotes));
        let other = said(&text.replace("1;", "2;"));
        assert!(other.contains("from here on") && !other.contains("quotes"), "{other}");
        let outside = text.replace("SELECT 'a', 1;", "  SELECT 'a', /* one */ 1;");
        let files = [("1.sql", outside.as_str()), ("chain.lock", lock.as_str())];
        assert!(crate::check(Folder::of_texts("m", files)).is_ok());
    }
}
