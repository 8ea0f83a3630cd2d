//! The state of the PL/pgSQL parser: its position, the variables in scope, and the rules for where
//! expressions and SQL statements end.

use std::rc::Rc;

use super::{Body, Piece, Refusal, Setting, Step};
use crate::analysis::names::Ident;
use crate::chain::problem::Problem;
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::source::Span;
use crate::syntax::suggest::slip_of;

/// Why the parsing of a body stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// The body is not understood; a server may accept it.
    Unknown,
    /// A server would refuse the body.
    Refused(Box<Refusal>),
}

pub(super) type Read<T> = Result<T, Stop>;

/// The reserved words of PL/pgSQL.
const RESERVED: [&str; 22] = [
    "all", "begin", "by", "case", "declare", "else", "end", "execute", "for", "foreach", "from",
    "if", "in", "into", "loop", "not", "null", "or", "then", "to", "when", "while",
];

pub(super) struct Reader<'s, 'r> {
    pub(super) left: Cursor<'s>,
    all: Cursor<'s>,
    pub(super) setting: &'r Setting,
    pub(super) assignments: Vec<(Rc<str>, Option<Cursor<'s>>)>,
    pub(super) declared: Vec<Rc<str>>,
    /// The variables in scope, in addition to those of the routine.
    pub(super) visible: Vec<Rc<str>>,
    /// The enclosing blocks and loops, with their labels.
    pub(super) around: Vec<(Option<Rc<str>>, bool)>,
    pub(super) depth: usize,
    /// The SQL in the body.
    pub(super) pieces: Vec<Piece<'s>>,
}

impl<'s, 'r> Reader<'s, 'r> {
    pub(super) fn new(text: Cursor<'s>, setting: &'r Setting) -> Self {
        Reader {
            left: text,
            all: text,
            setting,
            assignments: Vec::new(),
            declared: Vec::new(),
            visible: Vec::new(),
            around: Vec::new(),
            depth: 0,
            pieces: Vec::new(),
        }
    }

    pub(super) fn body(mut self) -> Read<Body<'s>> {
        for token in self.all.tokens() {
            match token.kind {
                TokenKind::Unterminated(_) => {
                    return self.refuse_at(Some(*token), "this is never closed");
                }
                TokenKind::Backslash | TokenKind::Unknown => return Err(Stop::Unknown),
                _ => {}
            }
        }
        // `#variable_conflict use_column` and the like.
        while self.left.take_sign("#") {
            self.left.skip(2);
        }
        let label = self.label()?;
        let steps = self.block(label)?;
        self.left.take_sign(";");
        if !self.left.is_empty() {
            return self.refuse("the body has ended before this");
        }
        let Reader { assignments, declared, pieces, .. } = self;
        Ok(Body { steps, assignments, declared, pieces })
    }

    /// Reads `<<label>>`, if it comes next.
    pub(super) fn label(&mut self) -> Read<Option<Ident>> {
        if !self.left.take_sign("<<") {
            return Ok(None);
        }
        let label = self.plain_name("a label")?;
        if !self.left.take_sign(">>") {
            return self.refuse("`>>` is missing before this");
        }
        Ok(Some(label))
    }

    /// Reads a name that is not a keyword of PL/pgSQL.
    pub(super) fn plain_name(&mut self, what: &str) -> Read<Ident> {
        match self.left.token(0) {
            Some(_) if self.is_name(0) => self.left.ident().ok_or(Stop::Unknown),
            _ => self.refuse(&format!("{what} is missing before this")),
        }
    }

    /// Whether the token `at` places ahead may be a name.
    pub(super) fn is_name(&self, at: usize) -> bool {
        let Some(token) = self.left.token(at) else { return false };
        match token.kind {
            TokenKind::QuotedIdentifier => true,
            TokenKind::Word => !self.left.is_any(at, &RESERVED),
            _ => false,
        }
    }

    /// Reads a required keyword.
    pub(super) fn want(&mut self, word: &'static str) -> Read<()> {
        if self.left.take(&[word]) {
            return Ok(());
        }
        let label = format!("`{}` is missing before this", word.to_uppercase());
        self.refuse_for(self.left.token(0), &[word], &label)
    }

    pub(super) fn semicolon(&mut self) -> Read<()> {
        if self.left.take_sign(";") { Ok(()) } else { self.refuse("`;` is missing before this") }
    }

    /// Reports that the next token is not allowed there.
    pub(super) fn refuse<T>(&self, label: &str) -> Read<T> {
        self.refuse_at(self.left.token(0), label)
    }

    pub(super) fn refuse_at<T>(&self, token: Option<Token>, label: &str) -> Read<T> {
        self.refuse_for(token, &[], label)
    }

    /// The same where one of these keywords is required. Suggests the one that the token resembles.
    pub(super) fn refuse_for<T>(
        &self,
        token: Option<Token>,
        words: &[&'static str],
        label: &str,
    ) -> Read<T> {
        let (found, span) = match token {
            Some(token) => (shown(self.left.text(token)), self.left.place(token)),
            None => (String::new(), self.last_place()),
        };
        let is_word = token.is_some_and(|token| token.kind == TokenKind::Word);
        let suggestion = is_word.then(|| suggestion(&found, words)).flatten();
        let label = if suggestion.is_some() { "not expected here" } else { label };
        let suggestion = suggestion.map(|suggestion| (found.clone(), suggestion));
        let problem = Problem::Syntax { found, suggestion, instead: None };
        refused(problem, span, label)
    }

    /// Something that is not there: a variable, a label, a condition.
    pub(super) fn refuse_missing<T>(
        &self,
        what: String,
        suggestion: Option<&str>,
        at: Span,
    ) -> Read<T> {
        let suggestion = suggestion.map(str::to_owned);
        refused(Problem::Missing { what, suggestion }, at, "not there")
    }

    /// The end of the body.
    fn last_place(&self) -> Span {
        let last = self.all.tokens().last().map(|last| self.all.place(*last));
        last.map_or(Span::default(), |last| Span::new(last.end, last.end))
    }

    /// Reads an expression up to one of these keywords or signs, including that, and returns which
    /// one it is.
    pub(super) fn expression(&mut self, ends: &[&'static str]) -> Read<(Cursor<'s>, &'static str)> {
        let start = self.left;
        let (found, end) = self.up_to(ends)?;
        if found.is_empty() {
            return self.refuse_at(start.token(0), "an expression is missing before this");
        }
        self.is_whole(&found, ends)?;
        self.pieces.push(Piece { text: found, lead: "SELECT ", without: None });
        Ok((found, end))
    }

    /// Records a query that is not part of another statement.
    pub(super) fn query(&mut self, text: Cursor<'s>) {
        if text.is_any(0, &["select", "with", "values", "insert", "update", "delete"]) {
            self.pieces.push(Piece { text, lead: "", without: None });
        }
    }

    /// The same for any kind of text.
    pub(super) fn up_to(&mut self, ends: &[&'static str]) -> Read<(Cursor<'s>, &'static str)> {
        let start = self.left;
        let mut open: Vec<Token> = Vec::new();
        loop {
            let Some(token) = self.left.token(0) else {
                return match open.last() {
                    Some(token) => self.refuse_at(Some(*token), "this is never closed"),
                    None => self.refuse(&missing(ends)),
                };
            };
            let is = |end: &&&str| match end.as_bytes() {
                [first, ..] if first.is_ascii_alphabetic() => self.left.is(0, end),
                _ => self.left.is_sign(0, end),
            };
            if let Some(end) = ends.iter().find(is).filter(|_| open.is_empty()) {
                let found = self.left.since(start);
                self.left.skip(1);
                return Ok((found, end));
            }
            let is_sign = token.kind == TokenKind::Punctuation;
            match self.left.text(token) {
                "(" | "[" if is_sign => open.push(token),
                ")" | "]" if is_sign && open.pop().is_none() => {
                    return self.refuse("nothing is open that this could close");
                }
                ":=" if is_sign && open.is_empty() => {
                    return self.refuse("`;` is missing before this assignment");
                }
                ";" if is_sign => return self.too_late(start, &open, ends),
                _ => {}
            }
            self.left.skip(1);
        }
    }

    /// Reports a semicolon that comes before the required keyword.
    fn too_late<T>(&self, start: Cursor<'s>, open: &[Token], ends: &[&'static str]) -> Read<T> {
        if let Some(token) = open.last() {
            return self.refuse_at(Some(*token), "this is never closed");
        }
        let before = self.left.since(start);
        let slip = before.tokens().iter().find(|token| {
            token.kind == TokenKind::Word && suggestion(before.text(**token), ends).is_some()
        });
        self.refuse_for(slip.copied().or(self.left.token(0)), ends, &missing(ends))
    }

    /// Checks that each `CASE` in an expression has its `END`, and that `END IF` is not inside it.
    /// Both words may also be names of columns (`SELECT 1 end`); if that is possible, nothing is
    /// reported.
    pub(super) fn is_whole(&self, expression: &Cursor<'s>, ends: &[&'static str]) -> Read<()> {
        let mut cases = Vec::new();
        for (at, token) in expression.tokens().iter().enumerate() {
            let before = at.checked_sub(1);
            let is_name =
                before.is_some_and(|at| expression.is(at, "as") || expression.is_sign(at, "."));
            if is_name {
                continue;
            }
            if expression.is(at, "case") {
                if !before.is_none_or(|before| begins_expression(expression, before)) {
                    return Ok(());
                }
                cases.push(*token);
            } else if expression.is(at, "end") && cases.pop().is_none() {
                return match expression.is_any(at + 1, &["if", "loop", "case"]) {
                    true => self.refuse_at(Some(*token), "`;` is missing before this"),
                    false => Ok(()),
                };
            }
        }
        match cases.last() {
            None => Ok(()),
            Some(case) if ends.contains(&"then") || ends.contains(&"when") => self.refuse_at(
                Some(*case),
                "write parentheses around this `CASE`: the condition ends at the first `THEN`",
            ),
            Some(case) => self.refuse_at(Some(*case), "this `CASE` has no `END`"),
        }
    }

    /// Reads an SQL statement including its semicolon.
    pub(super) fn sql(&mut self) -> Read<Cursor<'s>> {
        let (found, _) = self.up_to(&[";"])?;
        // The semicolons in such a body do not end the statement.
        if found.is(0, "create") && found.has(&["begin", "atomic"]) {
            return Err(Stop::Unknown);
        }
        let is_plain = found.is_any(0, &["insert", "update", "delete", "select", "perform"]);
        if is_plain {
            self.is_whole(&found, &[])?;
        }
        let without = self.into(&found)?;
        self.pieces.push(Piece { text: found, lead: "", without });
        Ok(found)
    }

    /// Parses nested steps, one level deeper.
    pub(super) fn steps(&mut self) -> Read<Vec<Step<'s>>> {
        self.depth += 1;
        if self.depth > super::DEEPEST {
            return Err(Stop::Unknown);
        }
        let mut steps = Vec::new();
        while !self.is_end_of_steps() {
            self.step(&mut steps)?;
        }
        self.depth -= 1;
        Ok(steps)
    }

    /// Whether the next token ends a list of statements. A word that may also be a variable is one
    /// if it is assigned to.
    fn is_end_of_steps(&self) -> bool {
        let is_set = [":=", "=", "[", "."].iter().any(|sign| self.left.is_sign(1, sign));
        self.left.is_empty()
            || self.left.is_any(0, &["end", "else", "when"])
            || !is_set && self.left.is_any(0, &["elsif", "elseif", "exception"])
    }
}

/// Whether an expression starts after this token.
fn begins_expression(text: &Cursor<'_>, at: usize) -> bool {
    const WORDS: [&str; 22] = [
        "when",
        "then",
        "else",
        "case",
        "and",
        "or",
        "not",
        "select",
        "distinct",
        "where",
        "on",
        "having",
        "by",
        "returning",
        "in",
        "like",
        "ilike",
        "between",
        "using",
        "limit",
        "offset",
        "return",
    ];
    match text.token(at) {
        Some(token) if token.kind == TokenKind::Operator => true,
        Some(token) if token.kind == TokenKind::Punctuation => {
            matches!(text.text(token), "(" | "[" | "," | ":=" | "::")
        }
        _ => text.is_any(at, &WORDS),
    }
}

pub(super) fn refused<T>(problem: Problem, span: Span, label: &str) -> Read<T> {
    let label = label.to_owned();
    Err(Stop::Refused(Box::new(Refusal { problem, span, label, related: None })))
}

/// The allowed keyword that a misspelt word probably stands for.
fn suggestion(word: &str, wanted: &[&'static str]) -> Option<&'static str> {
    let lower = word.to_ascii_lowercase();
    let is_known = wanted.iter().any(|wanted| *wanted == lower);
    let words = wanted.iter().filter(|wanted| wanted.len() > 2).copied();
    let suggestion = slip_of(&lower, words).filter(|_| !is_known)?;
    UPPER.iter().find(|upper| upper.eq_ignore_ascii_case(suggestion)).copied()
}

/// Keywords that may be missing, as messages show them.
const UPPER: [&str; 14] = [
    "BEGIN",
    "CASE",
    "END",
    "THEN",
    "LOOP",
    "WHEN",
    "INTO",
    "USING",
    "ARRAY",
    "FOR",
    "IN",
    "DIAGNOSTICS",
    "CHAIN",
    "AND",
];

fn missing(ends: &[&str]) -> String {
    let end = ends.first().copied().unwrap_or(";");
    format!("`{}` is missing before this", end.to_uppercase())
}

/// A token as shown in a message; a long one is truncated.
fn shown(token: &str) -> String {
    const MOST: usize = 40;
    let line = token.lines().next().unwrap_or_default();
    let cut = &line[..line.floor_char_boundary(MOST)];
    if cut.len() == token.len() { token.to_owned() } else { format!("{cut}…") }
}

/// The tokens read since `start`, without the last one.
pub(super) fn before_last<'s>(now: &Cursor<'s>, start: Cursor<'s>) -> Cursor<'s> {
    let all = now.since(start);
    let mut last = all;
    last.skip(all.len().saturating_sub(1));
    last.since(all)
}
