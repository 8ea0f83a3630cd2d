//! Parses the statements of PL/pgSQL, one by one.

use super::Step;
use super::reader::{Read, Reader, Stop, before_last, refused};
use super::{Gives, Piece};
use crate::analysis::names::Ident;
use crate::chain::problem::Problem;
use crate::syntax::lexer::TokenKind;
use crate::syntax::suggest::did_you_mean;

/// The first words of PL/pgSQL statements.
const OWN: [&str; 26] = [
    "ASSERT",
    "BEGIN",
    "CALL",
    "CASE",
    "CLOSE",
    "COMMIT",
    "CONTINUE",
    "DECLARE",
    "DO",
    "ELSE",
    "ELSIF",
    "END",
    "EXCEPTION",
    "EXECUTE",
    "EXIT",
    "FETCH",
    "FOR",
    "FOREACH",
    "IF",
    "LOOP",
    "NULL",
    "OPEN",
    "PERFORM",
    "RAISE",
    "RETURN",
    "WHILE",
];

/// The first words of SQL statements, including those of newer servers.
const SQL: [&str; 46] = [
    "ABORT",
    "ALTER",
    "ANALYSE",
    "ANALYZE",
    "CALL",
    "CHECKPOINT",
    "CLUSTER",
    "COMMENT",
    "COPY",
    "CREATE",
    "DEALLOCATE",
    "DELETE",
    "DISCARD",
    "DO",
    "DROP",
    "EXPLAIN",
    "GRANT",
    "IMPORT",
    "INSERT",
    "LISTEN",
    "LOAD",
    "LOCK",
    "MERGE",
    "NOTIFY",
    "PREPARE",
    "REASSIGN",
    "REFRESH",
    "REINDEX",
    "RELEASE",
    "REPACK",
    "RESET",
    "REVOKE",
    "SAVEPOINT",
    "SECURITY",
    "SELECT",
    "SET",
    "SHOW",
    "START",
    "TABLE",
    "TRUNCATE",
    "UNLISTEN",
    "UPDATE",
    "VACUUM",
    "VALUES",
    "WAIT",
    "WITH",
];

impl<'s> Reader<'s, '_> {
    pub(super) fn step(&mut self, steps: &mut Vec<Step<'s>>) -> Read<()> {
        if self.assignment(steps)? {
            return Ok(());
        }
        let label = self.label()?;
        if self.left.is_any(0, &["declare", "begin"]) {
            steps.extend(self.block(label)?);
            return self.semicolon();
        }
        if self.left.is_any(0, &["loop", "while", "for", "foreach"]) {
            return self.looped(label, steps);
        }
        if label.is_some() {
            return self.refuse("only a block or a loop has a label");
        }
        let first = self.left.token(0);
        if self.left.take(&["if"]) {
            return self.branches(steps, first, false);
        }
        if self.left.take(&["case"]) {
            let subject = self.up_to(&["when"])?.0;
            if !subject.is_empty() {
                self.pieces.push(Piece { text: subject, lead: "SELECT ", without: None });
                steps.push(Step::Evaluate(subject));
            }
            return self.branches(steps, first, true);
        }
        if let Some(done) = self.own(steps) {
            return done;
        }
        let is_sql = first.is_some_and(|first| {
            let text = self.left.text(first);
            first.kind == TokenKind::Word && SQL.iter().any(|word| word.eq_ignore_ascii_case(text))
        });
        if !is_sql {
            return self.no_statement();
        }
        let sql = self.sql()?;
        steps.push(Step::Sql(sql));
        Ok(())
    }

    /// Reports that no statement starts with the first word.
    fn no_statement(&self) -> Read<()> {
        let Some(token) = self.left.token(0) else { return self.refuse("`END` is missing") };
        let found = self.left.text(token).to_owned();
        let words = || OWN.into_iter().chain(SQL);
        let is_word = token.kind == TokenKind::Word;
        let suggestion = did_you_mean(&found, words()).filter(|_| is_word);
        let suggestion = suggestion.and_then(|suggestion| words().find(|word| *word == suggestion));
        let suggestion = suggestion.filter(|suggestion| !suggestion.eq_ignore_ascii_case(&found));
        let is_call = is_word && self.left.is_sign(1, "(") && suggestion.is_none();
        let instead = is_call
            .then_some("call a function with `PERFORM f(…);`, a procedure with `CALL p(…);`");
        let suggestion = suggestion.map(|suggestion| (found.clone(), suggestion));
        let problem = Problem::Syntax { found, suggestion, instead };
        refused(problem, self.left.place(token), "no statement begins with this")
    }

    /// Parses `variable := expression`, if it comes next.
    fn assignment(&mut self, steps: &mut Vec<Step<'s>>) -> Read<bool> {
        let start = self.left;
        let is_parameter = start.token(0).is_some_and(|token| token.kind == TokenKind::Parameter);
        if !is_parameter && !self.is_name(0) {
            return Ok(false);
        }
        let first = self.left.ident();
        self.left.skip(usize::from(is_parameter));
        let (mut parts, mut is_plain): (Vec<Ident>, bool) = (first.iter().cloned().collect(), true);
        loop {
            if self.left.take_sign(".") {
                let Some(part) = self.left.ident() else { break };
                parts.push(part);
                is_plain = false;
            } else if self.left.is_sign(0, "[") {
                let mut depth = 0;
                while let Some(token) = self.left.next() {
                    depth = self.left.deeper(depth, token);
                    if depth == 0 {
                        break;
                    }
                }
                is_plain = false;
            } else {
                break;
            }
        }
        if !self.left.take_sign(":=") && !self.left.take_sign("=") {
            self.left = start;
            return Ok(false);
        }
        if let Some(name) = first.filter(|_| is_plain) {
            self.variable(&name)?;
        }
        // A server accepts it without a value, too.
        let (value, _) = self.up_to(&[";"])?;
        self.is_whole(&value, &[";"])?;
        if !value.is_empty() {
            self.pieces.push(Piece { text: value, lead: "SELECT ", without: None });
        }
        // `label.variable`, or a field of a record.
        let known = (parts.len() == 1).then_some(value);
        self.assignments.extend(parts.into_iter().map(|part| (part.text, known)));
        steps.push(Step::Evaluate(value));
        Ok(true)
    }

    /// Parses the statements that start with a keyword of PL/pgSQL, except for blocks, branches and
    /// loops.
    fn own(&mut self, steps: &mut Vec<Step<'s>>) -> Option<Read<()>> {
        let first = self.left.token(0)?;
        let word = self.left.text(first).to_ascii_lowercase();
        if first.kind != TokenKind::Word {
            return None;
        }
        let start = self.left;
        let mut ahead = start;
        ahead.skip(1);
        self.left = ahead;
        Some(match word.as_str() {
            "execute" => self.execute(steps),
            "perform" => self.perform(steps),
            "return" => self.returns(steps),
            "exit" | "continue" => self.leaves(word == "exit", steps),
            "open" => self.open(steps),
            // If it raises an error, the whole block fails. So if later steps run, it did not.
            "raise" => {
                self.raise().map(|()| steps.push(Step::Evaluate(before_last(&self.left, ahead))))
            }
            "assert" => {
                self.assert().map(|()| steps.push(Step::Evaluate(before_last(&self.left, ahead))))
            }
            "null" | "close" | "commit" | "rollback" | "get" | "fetch" | "move" => {
                self.small(&word).and_then(|()| {
                    let all = before_last(&self.left, start);
                    self.into(&all)?;
                    steps.push(Step::Evaluate(all));
                    Ok(())
                })
            }
            _ => {
                self.left = start;
                return None;
            }
        })
    }

    fn execute(&mut self, steps: &mut Vec<Step<'s>>) -> Read<()> {
        let start = self.left;
        let (_, mut end) = self.expression(&["into", "using", ";"])?;
        let (mut into, mut using) = (false, false);
        while end != ";" {
            if end == "into" {
                if std::mem::replace(&mut into, true) {
                    return self.refuse("there is an `INTO` already");
                }
                self.left.take(&["strict"]);
                end = self.up_to(&["using", ";"])?.1;
            } else {
                if std::mem::replace(&mut using, true) {
                    return self.refuse("there is a `USING` already");
                }
                end = ",";
                while end == "," {
                    end = self.expression(&[",", "into", ";"])?.1;
                }
            }
        }
        let all = before_last(&self.left, start);
        self.into(&all)?;
        steps.push(Step::Execute(all));
        Ok(())
    }

    fn perform(&mut self, steps: &mut Vec<Step<'s>>) -> Read<()> {
        let (all, _) = self.up_to(&[";"])?;
        self.is_whole(&all, &[";"])?;
        self.pieces.push(Piece { text: all, lead: "SELECT ", without: None });
        steps.push(Step::Evaluate(all));
        Ok(())
    }

    /// Parses what follows `RETURN`.
    fn returns(&mut self, steps: &mut Vec<Step<'s>>) -> Read<()> {
        let (start, gives) = (self.left, self.setting.gives);
        if self.left.is_any(0, &["next", "query"]) {
            // These words may be variables.
            let word = self.left.token(0).and_then(|token| self.left.ident_of(token));
            if word.is_some_and(|word| self.visible.contains(&word.text)) {
                return Err(Stop::Unknown);
            }
            if matches!(gives, Gives::One | Gives::Nothing) {
                return self.refuse("only a function that `RETURNS SETOF` or `TABLE` has this");
            }
            if self.left.take(&["query", "execute"]) {
                let start = self.left;
                let (_, mut end) = self.expression(&["using", ";"])?;
                while end != ";" {
                    end = self.expression(&[",", ";"])?.1;
                }
                steps.push(Step::Execute(before_last(&self.left, start)));
                return Ok(());
            }
        }
        let (all, _) = self.up_to(&[";"])?;
        self.is_whole(&all, &[";"])?;
        if all.is_any(0, &["next", "query"]) {
            if all.is(0, "query") && all.len() == 1 {
                return self.refuse_at(all.token(0), "a query is missing behind this");
            }
            let mut query = all;
            query.skip(1);
            self.query(query);
            steps.push(Step::Evaluate(all));
            return Ok(());
        }
        let label = match gives {
            Gives::Rows if !all.is_empty() => {
                "`RETURN` takes no value here: use `RETURN NEXT` or `RETURN QUERY`"
            }
            Gives::Nothing if !all.is_empty() => "`RETURN` takes no value here",
            Gives::One if all.is_empty() => "a value is missing before this",
            _ => {
                if !all.is_empty() {
                    self.pieces.push(Piece { text: all, lead: "SELECT ", without: None });
                }
                steps.extend([Step::Evaluate(all), Step::Leave]);
                return Ok(());
            }
        };
        self.refuse_at(start.token(0), label)
    }

    /// Parses `EXIT` and `CONTINUE`.
    fn leaves(&mut self, is_exit: bool, steps: &mut Vec<Step<'s>>) -> Read<()> {
        let (start, word) = (self.left, if is_exit { "EXIT" } else { "CONTINUE" });
        let is_in_loop = self.around.iter().any(|(_, is_loop)| *is_loop);
        if self.is_name(0) {
            let label = self.left.ident().ok_or(Stop::Unknown)?;
            let of =
                |(known, _): &(Option<std::rc::Rc<str>>, bool)| *known == Some(label.text.clone());
            let is_known = self.around.iter().any(of)
                || self.setting.name.as_ref().is_none_or(|name| *name == label.text);
            if !is_known {
                let labels = self.around.iter().filter_map(|(label, _)| label.as_deref());
                let suggestion = did_you_mean(&label.text, labels);
                return self.refuse_missing(format!("label `{label}`"), suggestion, label.span);
            }
        } else if !is_in_loop {
            return self.refuse_at(start.token(0), &format!("`{word}` is not inside a loop"));
        }
        if self.left.take(&["when"]) {
            self.expression(&[";"])?;
        } else {
            self.semicolon()?;
        }
        steps.extend([Step::Evaluate(before_last(&self.left, start)), Step::Leave]);
        Ok(())
    }
}
