//! Parses blocks, with their declarations and handlers, and branches and loops.

use super::conditions::condition;
use super::reader::{Read, Reader, Stop, before_last, refused};
use super::{Handler, Piece, Step};
use crate::analysis::names::Ident;
use crate::analysis::statement::types::type_name;
use crate::chain::problem::Problem;
use crate::syntax::lexer::{Token, TokenKind};

impl<'s> Reader<'s, '_> {
    /// Parses `[DECLARE …] BEGIN … [EXCEPTION …] END [label]`, without the semicolon.
    pub(super) fn block(&mut self, label: Option<Ident>) -> Read<Vec<Step<'s>>> {
        let (mut steps, outer) = (Vec::new(), self.visible.len());
        self.around.push((label.map(|label| label.text), false));
        if self.left.take(&["declare"]) {
            self.declarations(&mut steps)?;
        }
        let begin = self.left.token(0);
        self.want("begin")?;
        let inner = self.steps()?;
        let mut handlers = Vec::new();
        if self.left.take(&["exception"]) {
            if !self.left.is(0, "when") {
                self.want("when")?;
            }
            while self.left.take(&["when"]) {
                let conditions = self.conditions()?;
                let steps = self.steps()?;
                handlers.push(Handler { conditions, steps });
            }
        }
        self.end(begin, None)?;
        self.visible.truncate(outer);
        if handlers.is_empty() {
            steps.extend(inner);
        } else {
            steps.push(Step::Block { steps: inner, handlers });
        }
        Ok(steps)
    }

    /// Parses `END`, `END IF`, `END LOOP` or `END CASE`, and the repeated label of a block or loop.
    fn end(&mut self, opened: Option<Token>, word: Option<&'static str>) -> Read<()> {
        let missing = match word {
            Some(word) => format!("`END {}` is missing before this", word.to_uppercase()),
            None => "`END` is missing before this".to_owned(),
        };
        let is_end = self.left.is(0, "end");
        let is_whole = is_end && word.is_none_or(|word| self.left.is(1, word));
        if !is_whole {
            let words: &[&'static str] = if is_end { &[] } else { &["end"] };
            let found = self.refuse_for(self.left.token(0), words, &missing);
            return self.belongs_to(found, opened);
        }
        let other = ["if", "loop", "case"].into_iter().find(|other| self.left.is(1, other));
        if let (None, Some(other)) = (word, other) {
            let label = format!("no `{}` is open here", other.to_uppercase());
            return self.refuse_at(self.left.token(1), &label);
        }
        self.left.skip(1 + usize::from(word.is_some()));
        let has_label = matches!(word, None | Some("loop"));
        let label = if has_label { self.around.pop().and_then(|(label, _)| label) } else { None };
        if !has_label || !self.is_name(0) {
            return Ok(());
        }
        let token = self.left.token(0);
        let again = self.left.ident().ok_or(Stop::Unknown)?;
        match label {
            Some(label) if label == again.text => Ok(()),
            Some(label) => {
                self.refuse_at(token, &format!("the label at the beginning is `{label}`"))
            }
            None => {
                self.refuse_at(token, "`;` is missing before this, or a label at the beginning")
            }
        }
    }

    /// Adds the position of the opening keyword to an error.
    fn belongs_to<T>(&self, found: Read<T>, opened: Option<Token>) -> Read<T> {
        found.map_err(|stop| match (stop, opened) {
            (Stop::Refused(mut refusal), Some(token)) => {
                refusal.related = Some((self.left.place(token), "this is still open"));
                Stop::Refused(refusal)
            }
            (stop, _) => stop,
        })
    }

    fn declarations(&mut self, steps: &mut Vec<Step<'s>>) -> Read<()> {
        let first = self.visible.len();
        while !self.left.is(0, "begin") {
            if self.left.take(&["declare"]) {
                continue;
            }
            if self.left.is_empty() {
                return self.want("begin");
            }
            let token = self.left.token(0);
            let name = self.plain_name("a name")?;
            if self.visible[first..].contains(&name.text) {
                let problem = Problem::AlreadyExists { what: format!("variable `{name}`") };
                return refused(problem, name.span, "declared again here");
            }
            self.declaration(&name, token, steps)?;
            self.declared.push(name.text.clone());
            self.visible.push(name.text);
        }
        Ok(())
    }

    /// Parses a declaration after the name.
    fn declaration(
        &mut self,
        name: &Ident,
        token: Option<Token>,
        steps: &mut Vec<Step<'s>>,
    ) -> Read<()> {
        // A value of another type may have another spelling when it is converted to text.
        let is_text = self.left.is_any(0, &["text", "varchar", "character", "constant"]);
        if !is_text {
            self.assignments.push((name.text.clone(), None));
        }
        if self.left.take(&["alias", "for"]) {
            let other = self.left;
            if other.token(0).is_some_and(|token| token.kind == TokenKind::Parameter) {
                self.left.skip(1);
            } else {
                self.plain_name("a name")?;
                while self.left.take_sign(".") {
                    self.left.skip(1);
                }
            }
            let names = self.left.since(other);
            self.assignments.extend(names.idents().map(|name| (name.text, None)));
            return self.semicolon();
        }
        let start = self.left;
        self.left.take_any(&[&["no", "scroll"], &["scroll"]]);
        if self.left.take(&["cursor"]) {
            if self.left.is_sign(0, "(") && self.left.parentheses().is_none() {
                return self.refuse("this is never closed");
            }
            if !self.left.take(&["is"]) {
                self.want("for")?;
            }
            let (query, _) = self.up_to(&[";"])?;
            self.query(query);
            steps.push(Step::Evaluate(self.left.since(start)));
            return Ok(());
        }
        self.left = start;
        self.left.take(&["constant"]);
        let is_missing =
            [";", ":=", "="].iter().any(|sign| self.left.is_sign(0, sign)) || self.left.is_empty();
        if is_missing {
            return self.refuse("a type is missing before this");
        }
        type_name(&mut self.left).ok_or(Stop::Unknown)?;
        if self.left.is_sign(0, "%") && self.left.is(1, "rowtype") {
            self.left.skip(2);
            while self.left.is_sign(0, "[") && self.left.is_sign(1, "]") {
                self.left.skip(2);
            }
        }
        if self.left.take(&["collate"]) {
            self.left.name().ok_or(Stop::Unknown)?;
        }
        let not_null = self.left.take(&["not", "null"]);
        if self.left.is_sign(0, ":=") || self.left.is_sign(0, "=") || self.left.is(0, "default") {
            self.left.skip(1);
            let (value, _) = self.expression(&[";"])?;
            self.assignments.push((name.text.clone(), Some(value)));
            steps.push(Step::Evaluate(value));
            return Ok(());
        }
        if not_null && self.left.is_sign(0, ";") {
            return self.refuse_at(token, "a `NOT NULL` variable needs a default");
        }
        // Other syntax in a type is not understood here.
        let is_clear = self.left.token(0).is_none_or(|token| {
            matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdentifier)
                || self.left.is_sign(0, ";")
        });
        if is_clear { self.semicolon() } else { Err(Stop::Unknown) }
    }

    /// Parses the conditions between `WHEN` and `THEN`, including `THEN`.
    fn conditions(&mut self) -> Read<Vec<std::rc::Rc<str>>> {
        let mut names = Vec::new();
        loop {
            let name = self.plain_name("a condition")?;
            if &*name.text == "sqlstate" {
                let code = self.left.string().ok_or(Stop::Unknown)?;
                self.sqlstate(&code.0, code.1)?;
            } else if let Some(suggestion) = condition(&name.text) {
                let what = format!("exception condition `{name}`");
                return self.refuse_missing(what, Some(suggestion), name.span);
            }
            names.push(name.text.to_lowercase().into());
            if !self.left.take(&["or"]) {
                break;
            }
        }
        self.want("then")?;
        Ok(names)
    }

    /// Parses what follows `IF` or `CASE … WHEN`, to the end of it.
    pub(super) fn branches(
        &mut self,
        steps: &mut Vec<Step<'s>>,
        opened: Option<Token>,
        is_case: bool,
    ) -> Read<()> {
        let (mut arms, mut otherwise) = (Vec::new(), Vec::new());
        loop {
            let (condition, _) = self.expression(&["then"])?;
            arms.push((condition, self.steps()?));
            let goes_on = if is_case {
                self.left.take(&["when"])
            } else {
                self.left.take_any(&[&["elsif"], &["elseif"]])
            };
            if !goes_on {
                break;
            }
        }
        let mut nested = None;
        if self.left.take(&["else"]) {
            nested = self.left.token(0).filter(|_| !is_case && self.left.is(0, "if"));
            otherwise = self.steps()?;
        }
        let ended = self.end(opened, Some(if is_case { "case" } else { "if" }));
        ended.map_err(|stop| match (stop, nested) {
            (Stop::Refused(mut refusal), Some(nested)) => {
                let what = "this opens an `IF` of its own, which needs an `END IF` of its own";
                refusal.related = Some((self.left.place(nested), what));
                if let Problem::Syntax { suggestion, .. } = &mut refusal.problem {
                    *suggestion = Some(("ELSE IF".to_owned(), "ELSIF"));
                }
                Stop::Refused(refusal)
            }
            (stop, _) => stop,
        })?;
        steps.push(Step::If { arms, otherwise });
        self.semicolon()
    }

    /// Parses `LOOP`, `WHILE`, `FOR` and `FOREACH`.
    pub(super) fn looped(&mut self, label: Option<Ident>, steps: &mut Vec<Step<'s>>) -> Read<()> {
        let (outer, opened) = (self.visible.len(), self.left.token(0));
        self.around.push((label.map(|label| label.text), true));
        if self.left.take(&["while"]) {
            let (condition, _) = self.expression(&["loop"])?;
            steps.push(Step::Evaluate(condition));
        } else if self.left.take(&["foreach"]) {
            self.targets(true)?;
            if self.left.take(&["slice"]) {
                self.left.skip(1);
            }
            self.want("in")?;
            let start = self.left;
            self.want("array")?;
            self.expression(&["loop"])?;
            steps.push(Step::Evaluate(before_last(&self.left, start)));
        } else if self.left.take(&["for"]) {
            self.for_head(steps)?;
        } else {
            self.want("loop")?;
        }
        let inner = self.steps()?;
        self.end(opened, Some("loop"))?;
        self.visible.truncate(outer);
        steps.push(Step::Loop(inner));
        self.semicolon()
    }

    /// Parses the head of a loop between `FOR` and `LOOP`, including `LOOP`.
    fn for_head(&mut self, steps: &mut Vec<Step<'s>>) -> Read<()> {
        let names = self.targets(false)?;
        self.want("in")?;
        if self.left.take(&["execute"]) {
            let start = self.left;
            let (_, mut end) = self.expression(&["loop", "using"])?;
            while end != "loop" {
                end = self.expression(&["loop", ","])?.1;
            }
            steps.push(Step::Execute(before_last(&self.left, start)));
            return self.are_there(&names);
        }
        let start = self.left;
        self.left.take(&["reverse"]);
        let (first, end) = self.up_to(&["..", "loop"])?;
        if first.is_empty() {
            return self.refuse_at(start.token(0), "an expression is missing before this");
        }
        if end == ".." {
            self.pieces.push(Piece { text: first, lead: "SELECT ", without: None });
            let (_, end) = self.expression(&["loop", "by"])?;
            if end == "by" {
                self.expression(&["loop"])?;
            }
            self.visible.extend(names.iter().map(|name| name.text.clone()));
        } else if first.is_any(0, &["select", "with", "values", "insert", "update", "delete"]) {
            self.query(first);
            self.are_there(&names)?;
        } else {
            // The row variable of a loop over a cursor.
            self.visible.extend(names.iter().map(|name| name.text.clone()));
        }
        steps.push(Step::Evaluate(before_last(&self.left, start)));
        Ok(())
    }

    /// Parses the variables that a loop assigns.
    fn targets(&mut self, must_be_there: bool) -> Read<Vec<Ident>> {
        let mut names = Vec::new();
        loop {
            let first = self.plain_name("a variable")?;
            self.assignments.push((first.text.clone(), None));
            let mut is_plain = true;
            while self.left.take_sign(".") {
                is_plain = false;
                if let Some(part) = self.left.ident() {
                    self.assignments.push((part.text, None));
                }
            }
            if is_plain {
                names.push(first);
            }
            if !self.left.take_sign(",") {
                break;
            }
        }
        if must_be_there {
            self.are_there(&names)?;
        }
        Ok(names)
    }

    fn are_there(&self, names: &[Ident]) -> Read<()> {
        names.iter().try_for_each(|name| self.variable(name))
    }
}
