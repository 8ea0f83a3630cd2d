//! Parses `RAISE`: its message, its condition and its options.

use super::conditions::condition;
use super::reader::{Read, Reader, Stop};
use crate::syntax::lexer::TokenKind;
use crate::syntax::source::Span;
use crate::syntax::suggest::did_you_mean;

const LEVELS: [&str; 6] = ["exception", "warning", "notice", "info", "log", "debug"];

const OPTIONS: [&str; 9] =
    ["errcode", "message", "detail", "hint", "column", "constraint", "datatype", "table", "schema"];

impl Reader<'_, '_> {
    /// Parses what follows `RAISE`, including the semicolon.
    pub(super) fn raise(&mut self) -> Read<()> {
        if self.left.take_sign(";") {
            return Ok(());
        }
        let level = self.left.token(0);
        let has_level = self.left.is_any(0, &LEVELS);
        self.left.skip(usize::from(has_level));
        let Some(token) = self.left.token(0) else { return self.semicolon() };
        match token.kind {
            TokenKind::String | TokenKind::DollarString => return self.message(),
            _ if self.left.is(0, "using") => {}
            _ if self.left.is(0, "sqlstate") => {
                self.left.skip(1);
                let (code, span) = self.left.string().ok_or(Stop::Unknown)?;
                self.sqlstate(&code, span)?;
            }
            _ if self.is_name(0) => {
                let name = self.left.ident().ok_or(Stop::Unknown)?;
                // A word before a message is a level.
                let is_level = self.left.token(0).is_some_and(|next| {
                    matches!(next.kind, TokenKind::String | TokenKind::DollarString)
                });
                if is_level && !has_level {
                    let label = "this is no level of `RAISE`";
                    let suggestion = did_you_mean(&name.text, LEVELS);
                    return match suggestion {
                        Some(suggestion) => self.refuse_missing(
                            format!("level `{name}`"),
                            Some(suggestion),
                            name.span,
                        ),
                        None => self.refuse_at(level, label),
                    };
                }
                if let Some(suggestion) = condition(&name.text) {
                    let what = format!("exception condition `{name}`");
                    return self.refuse_missing(what, Some(suggestion), name.span);
                }
            }
            _ => return self.refuse("a message is missing before this"),
        }
        if self.left.take(&["using"]) {
            return self.options();
        }
        self.semicolon()
    }

    /// Parses the message and the values of its placeholders.
    fn message(&mut self) -> Read<()> {
        let token = self.left.token(0);
        let text = token.map_or("", |token| self.left.text(token));
        // The placeholders of a string with escapes cannot be counted.
        let places = text.starts_with(['\'', '$']).then(|| places(text));
        let mut places = places;
        self.left.skip(1);
        while self.left.token(0).is_some_and(|next| next.kind == TokenKind::StringContinuation) {
            places = None;
            self.left.skip(1);
        }
        let mut values = 0;
        let mut end = ",";
        if self.left.take_sign(";") {
            end = ";";
        } else if self.left.take(&["using"]) {
            end = "using";
        } else if !self.left.take_sign(",") {
            return self.refuse("`,` or `;` is missing before this");
        }
        while end == "," {
            end = self.expression(&[",", ";", "using"])?.1;
            values += 1;
        }
        if let Some(places) = places.filter(|places| *places != values) {
            let label = match places < values {
                true => "it has fewer `%` than there are values",
                false => "it has more `%` than there are values; a plain one is written `%%`",
            };
            return self.refuse_at(token, label);
        }
        if end == "using" { self.options() } else { Ok(()) }
    }

    /// Parses what follows `USING`.
    fn options(&mut self) -> Read<()> {
        loop {
            let option = self.plain_name("an option")?;
            if !OPTIONS.contains(&&*option.text) {
                let suggestion = did_you_mean(&option.text, OPTIONS);
                let what = format!("option `{option}` of `RAISE`");
                return self.refuse_missing(what, suggestion, option.span);
            }
            if !self.left.take_sign("=") && !self.left.take_sign(":=") {
                return self.refuse("`=` is missing before this");
            }
            if self.expression(&[",", ";"])?.1 == ";" {
                return Ok(());
            }
        }
    }

    /// Checks the text after `SQLSTATE`.
    pub(super) fn sqlstate(&self, code: &str, span: Span) -> Read<()> {
        let is_right = code.len() == 5
            && code.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        if is_right {
            return Ok(());
        }
        self.refuse_missing(format!("SQLSTATE `{code}`"), None, span)
    }
}

/// The number of placeholders in a message.
fn places(text: &str) -> usize {
    text.replace("%%", "").matches('%').count()
}
