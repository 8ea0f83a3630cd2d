//! Are the deployed revisions still what databases ran? The files beside the lock file.

use std::collections::HashMap;

use crate::check::Parsed;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::id::RevisionId;
use crate::lock::Pin;
use crate::marks::first_difference;
use crate::problem::Problem;
use crate::sections::Section;
use crate::text::{Source, Span};

/// Compares the files with the pins; tells which of the files are pinned.
pub(crate) fn check(
    pins: &[(Pin, Span)],
    lock: Option<usize>,
    parsed: &[Parsed],
    sources: &[Source<'_>],
    incomplete: bool,
    problems: &mut Vec<Diagnostic>,
) -> Vec<bool> {
    let mut pinned = vec![false; parsed.len()];
    let Some(lock) = lock else { return pinned };
    let by_id: HashMap<&str, usize> = parsed
        .iter()
        .enumerate()
        .rev()
        .filter_map(|(at, file)| Some((file.header.id.as_ref()?.0.as_str(), at)))
        .collect();
    for (pin, span) in pins {
        match by_id.get(pin.id.as_str()) {
            Some(&at) => {
                pinned[at] = true;
                let place =
                    format!("{}:{}", sources[lock].path(), sources[lock].position(span.start).line);
                compare(pin, &place, &parsed[at], &sources[parsed[at].index], problems);
            }
            None if !incomplete => problems.push(missing(pin, lock, *span, pins, parsed, sources)),
            None => {}
        }
    }
    pinned
}

/// The file of a pin is gone, or calls itself something else.
fn missing(
    pin: &Pin,
    lock: usize,
    span: Span,
    pins: &[(Pin, Span)],
    parsed: &[Parsed],
    sources: &[Source<'_>],
) -> Diagnostic {
    let id = pin.id.to_string();
    let renamed = parsed.iter().find_map(|file| {
        let (new, place) = file.header.id.as_ref()?;
        let unpinned = pins.iter().all(|(pin, _)| pin.id != *new);
        let same = file.digests(&sources[file.index]).0 == pin.up;
        (unpinned && same).then_some((file.index, *place, new.to_string()))
    });
    if let Some((index, place, new)) = renamed {
        let problem = Problem::PinnedMissing { id: id.clone(), moved_to: Some(new) };
        let text = format!("this file has the SQL of `{id}`");
        return Diagnostic::at(problem, index, place, text).and(lock, span, "pinned here");
    }
    let problem = Problem::PinnedMissing { id, moved_to: None };
    let found = Diagnostic::at(problem, lock, span, "pinned here, and no file has this revision");
    let child = parsed.iter().find_map(|file| {
        let named = file.header.parents.iter().find(|(parent, _)| *parent == pin.id);
        named.map(|(_, span)| (file.index, *span))
    });
    match child {
        Some((index, span)) => found.and(index, span, "named as the parent here"),
        None => found,
    }
}

fn compare(
    pin: &Pin,
    place: &str,
    file: &Parsed,
    source: &Source<'_>,
    problems: &mut Vec<Diagnostic>,
) {
    let id = pin.id.to_string();
    let (up, down) = file.digests(source);
    let edited_at = |section: Option<(Section, Span)>, marks: &str| match section {
        None => (Span::new(source.text().len(), source.text().len()), "the section is gone"),
        Some((section, marker)) => match first_difference(source.slice(section.span), marks) {
            Some(span) => {
                let start = section.span.start;
                (
                    Span::new(start + span.start, start + span.end),
                    "differs from what was deployed, from here on",
                )
            }
            // The tokens are the same: what changed is the mode in the marker.
            None => (marker, "differs from what was deployed"),
        },
    };
    let shown = |digest: Option<Digest>| {
        digest.map_or("none".to_owned(), |digest| digest.short().to_string())
    };
    if up != pin.up {
        let problem = Problem::PinnedEdited { id: id.clone(), pinned: pin.up, found: up };
        let (span, text) = edited_at(file.sections.up, &pin.up_marks);
        let note =
            format!("{place} pins `{id}` as {}; this file is {}", pin.up.short(), up.short());
        problems.push(Diagnostic::at(problem, file.index, span, text).note(note));
    }
    if down != pin.down {
        let problem = Problem::PinnedDownEdited { id: id.clone(), pinned: pin.down, found: down };
        let (span, text) = edited_at(file.sections.down, &pin.down_marks);
        let note = format!(
            "{place} pins the downgrade of `{id}` as {}; this file's is {}",
            shown(pin.down),
            shown(down)
        );
        problems.push(Diagnostic::at(problem, file.index, span, text).note(note));
    }
    let parents = |ids: Vec<&RevisionId<'_>>| {
        let mut ids: Vec<String> = ids.into_iter().map(ToString::to_string).collect();
        ids.sort_unstable();
        ids
    };
    let old = parents(pin.parents.iter().collect());
    let new = parents(file.header.parents.iter().map(|(id, _)| id).collect());
    if old != new && !file.header.misplaced {
        let was = crate::problem::list(&old);
        let span = match (file.header.parents.first(), file.header.parents.last()) {
            (Some((_, first)), Some((_, last))) => first.to(*last),
            _ => file.header.id.as_ref().map_or(Span::default(), |(_, span)| *span),
        };
        let text = match old.as_slice() {
            [] => "it was deployed without a parent".to_owned(),
            _ => format!("it was deployed after {was}"),
        };
        let problem = Problem::PinnedReparented { id, pinned: old, found: new };
        let found = Diagnostic::at(problem, file.index, span, text);
        problems.push(found.note(format!("pinned at {place}")));
    }
}
