//! Parses one migration file: its header, its sections, and the problems within it.

use crate::chain::allow_comments::allows;
use crate::chain::diagnostic::Diagnostic;
use crate::chain::digest::{Digest, digest_of};
use crate::chain::header::{self, Header};
use crate::chain::problem::Problem;
use crate::chain::sections::{self, Section, Sections};
use crate::chain::transaction_rules;
use crate::syntax::lexer::{Lexer, Token, TokenKind};
use crate::syntax::source::{Source, Span};
use crate::syntax::statements::{Statement, split};

/// The content of one file, as far as it could be parsed.
pub(crate) struct ParsedFile {
    pub(crate) index: usize,
    pub(crate) name: String,
    pub(crate) header: Header,
    pub(crate) sections: Sections,
    /// The digests of the existing sections. A merge without SQL of its own may omit them, which is
    /// the same as leaving them empty.
    pub(crate) up: Digest,
    pub(crate) down: Option<Digest>,
    /// The statements of the upgrade and of the downgrade. Positions are relative to the start of
    /// their section.
    #[cfg_attr(
        not(any(test, feature = "analysis")),
        expect(dead_code, reason = "only that reads SQL")
    )]
    pub(crate) statements: [Vec<Statement>; 2],
}

/// Parses a file, and adds its problems to `problems`.
pub(crate) fn parse(
    index: usize,
    name: &str,
    source: &Source<'_>,
    problems: &mut Vec<Diagnostic>,
) -> ParsedFile {
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
    let unreadable =
        above.iter().find_map(|token| transaction_rules::unreadable(source.text(), token));
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
        // Token kinds that can contain a newline.
        !token.kind.is_trivia()
            && !matches!(token.kind, TokenKind::Word | TokenKind::Number | TokenKind::Punctuation)
            && sections::has_marker_line(token.text(source.text()))
    });
    let [up, down] = [sections.up, sections.down].map(|section| read(source, &tokens, section));
    presence(index, source, &header, &sections, [&up.1, &down.1], overrun.copied(), problems);
    let undone = sections.down.is_some() || (joins && header.irreversible.is_none());
    ParsedFile {
        index,
        name: name.to_owned(),
        header,
        sections,
        up: up.0,
        down: undone.then_some(down.0),
        statements: [up.1, down.1],
    }
}

/// The digest and the statements of a section, from the tokens of its file. A missing section is
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
    // A string above the marker only continues here when the file is read as one text.
    if tokens.first().is_some_and(|token| token.kind == TokenKind::StringContinuation) {
        tokens = Lexer::new(sql).filter(|token| !token.kind.is_trivia()).collect();
    }
    (digest_of(sql, tokens.iter().copied(), options.transactional), split(sql, tokens))
}

pub(crate) fn or_empty(section: Option<(Section, Span)>) -> Section {
    section.map_or(Section::EMPTY, |(section, _)| section)
}

const OVERRUN: &str = "what is opened here runs over a section marker: close it before";

/// Checks that the sections that a revision needs exist, and are not empty. `overrun` is a string
/// that contains something like a marker: if a section is missing, its quotes are the cause.
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
    // An upgrade that does nothing is reported by a lint. Then there is nothing to undo either.
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
        for finding in transaction_rules::check(sql, statements, section.options.transactional) {
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
