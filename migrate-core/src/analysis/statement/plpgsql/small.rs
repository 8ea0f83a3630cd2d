//! Parses short statements: those on cursors, `GET DIAGNOSTICS`, `ASSERT`, and the end of a
//! transaction.

use super::reader::{Read, Reader, Stop, before_last};
use super::{Step, conditions};
use crate::syntax::lexer::TokenKind;

impl<'s> Reader<'s, '_> {
    pub(super) fn open(&mut self, steps: &mut Vec<Step<'s>>) -> Read<()> {
        let start = self.left;
        self.cursor_variable()?;
        // A server also accepts `NO` alone.
        self.left.take(&["no"]);
        self.left.take(&["scroll"]);
        let is_right = self.left.is_sign(0, ";") || self.left.is_sign(0, "(");
        if !is_right {
            self.want("for")?;
        }
        let query = self.left;
        let (text, _) = self.up_to(&[";"])?;
        self.query(text);
        let all = before_last(&self.left, start);
        steps.push(match query.is(0, "execute") {
            true => Step::Execute(all.after(&["execute"]).unwrap_or(all)),
            false => Step::Evaluate(all),
        });
        Ok(())
    }

    fn cursor_variable(&mut self) -> Read<()> {
        let is_parameter =
            self.left.token(0).is_some_and(|token| token.kind == TokenKind::Parameter);
        if is_parameter {
            self.left.skip(1);
            return Ok(());
        }
        let name = self.plain_name("a cursor")?;
        if !self.left.is_sign(0, ".") {
            return self.variable(&name);
        }
        while self.left.take_sign(".") {
            self.left.skip(1);
        }
        Ok(())
    }

    pub(super) fn assert(&mut self) -> Read<()> {
        let (_, end) = self.expression(&[",", ";"])?;
        if end == "," {
            self.expression(&[";"])?;
        }
        Ok(())
    }

    /// Parses statements that consist only of keywords and names.
    pub(super) fn small(&mut self, word: &str) -> Read<()> {
        match word {
            "close" => self.cursor_variable()?,
            "commit" | "rollback" if self.left.take(&["and"]) => {
                self.left.take(&["no"]);
                self.want("chain")?;
            }
            "get" => return self.diagnostics(),
            "fetch" => {
                self.up_to(&["into"])?;
                let (targets, _) = self.up_to(&[";"])?;
                let is_missing = targets.is_empty();
                return if is_missing { Err(Stop::Unknown) } else { Ok(()) };
            }
            "move" => return self.up_to(&[";"]).map(|_| ()),
            _ => {}
        }
        self.semicolon()
    }

    /// Parses what follows `GET`.
    fn diagnostics(&mut self) -> Read<()> {
        self.left.take_any(&[&["current"], &["stacked"]]);
        self.want("diagnostics")?;
        loop {
            self.cursor_variable()?;
            if self.left.is_sign(0, "[") {
                return Err(Stop::Unknown);
            }
            if !self.left.take_sign(":=") && !self.left.take_sign("=") {
                return self.refuse("`=` is missing before this");
            }
            let item = self.plain_name("an item")?;
            if let Some(suggestion) = conditions::diagnostic(&item.text) {
                return self.refuse_missing(format!("item `{item}`"), Some(suggestion), item.span);
            }
            if !self.left.take_sign(",") {
                return self.semicolon();
            }
        }
    }
}
