//! Replays `DO` blocks and the bodies of routines. Steps that certainly run are applied; those that
//! may run make their effects unknown.

use super::existence_guards::drops_only;
use super::state::ReplayState;
use crate::analysis::model::Mark;
use crate::analysis::statement::{
    self, Body, Guard, HOLE, Handler, Language, Step, body, constant, executed, guard, tokens,
};
use crate::syntax::cursor::Cursor;
use crate::syntax::source::Span;
use crate::syntax::statements::{self, split_statements};

/// How deep calls between routines are followed.
const DEEPEST: usize = 12;

impl ReplayState {
    /// Replays a `DO` block.
    pub(super) fn run_block(&mut self, text: Option<(&str, Option<Span>)>, language: Language) {
        match text {
            Some((text, exact)) => self.run_text(text, exact, language),
            None => self.go_blind("the text of a DO block is not read where it has escapes"),
        }
    }

    /// Replays a text that runs. `exact` is its position, if the file contains it literally.
    pub(super) fn run_text(&mut self, text: &str, exact: Option<Span>, language: Language) {
        if self.depth >= DEEPEST {
            return self.go_blind("routines call one another too deep to follow");
        }
        self.depth += 1;
        let kept = self.kept_faults;
        self.kept_faults = kept.max(self.faults.len());
        let within = self.within;
        let offset = match exact {
            Some(span) if within.is_none() => span.start,
            _ => {
                self.within = Some(within.unwrap_or(self.statement));
                0
            }
        };
        match language {
            _ if text.contains(HOLE) => self.go_blind("a function of a computed string runs"),
            Language::Sql => self.run_script(text, offset),
            Language::Plpgsql => {
                let tokens = tokens(text);
                let all = Cursor::new(text, &tokens, offset);
                match body(all) {
                    Some(body) => self.run_steps(&body.steps, &body),
                    None => self.run_words(&all),
                }
            }
            Language::Other => self.go_blind("only SQL and PL/pgSQL are read"),
        }
        (self.within, self.kept_faults) = (within, kept);
        self.depth -= 1;
    }

    /// Replays a sequence of statements.
    fn run_script(&mut self, text: &str, offset: usize) {
        for statement in split_statements(text) {
            self.run_statement(text, &statement, offset);
        }
    }

    fn run_statement(&mut self, text: &str, statement: &statements::Statement, offset: usize) {
        let read = statement::read(text, statement, offset);
        let all = Cursor::new(text, &statement.tokens, offset);
        self.model.advance();
        super::apply(self, &read, &all);
        // The server reports errors in the body when the block runs; they are not reported here.
        self.faults.truncate(self.kept_faults);
    }

    fn run_steps(&mut self, steps: &[Step<'_>], body: &Body<'_>) {
        for (nth, step) in steps.iter().enumerate() {
            self.run_step(step, body);
            let rest = &steps[nth + 1..];
            if step.may_leave() && !rest.is_empty() {
                return self.perhaps(|state| {
                    rest.iter().for_each(|step| state.run_step(step, body));
                });
            }
        }
    }

    fn run_step(&mut self, step: &Step<'_>, body: &Body<'_>) {
        match step {
            Step::Sql(sql) => self.run_sql(sql),
            Step::Execute(expression) => {
                self.run_calls(expression);
                self.execute(&executed(expression, Some(body)));
            }
            Step::Evaluate(text) => self.evaluate(text),
            Step::If { arms, otherwise } => self.run_branches(arms, otherwise, body),
            Step::Loop(steps) => self.perhaps(|state| state.run_steps(steps, body)),
            Step::Block { steps, handlers } => self.run_guarded(steps, handlers, body),
            Step::Leave => {}
        }
    }

    fn run_sql(&mut self, sql: &Cursor<'_>) {
        // In PL/pgSQL, `SELECT … INTO variable` does not create a table.
        if sql.is_any(0, &["select", "with"]) && sql.has(&["into"]) {
            return self.evaluate(sql);
        }
        let (text, offset) = sql.source();
        let tokens = sql.tokens().to_vec();
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return };
        let span = first.span.to(last.span);
        self.run_statement(text, &statements::Statement { span, tokens }, offset);
    }

    /// Replays an expression or a query. The names in it may be variables.
    fn evaluate(&mut self, text: &Cursor<'_>) {
        let before = self.faults.len();
        self.query(None, text);
        self.faults.truncate(before);
    }

    /// Replays something that may or may not run.
    pub(super) fn perhaps(&mut self, run: impl FnOnce(&mut ReplayState)) {
        let mark = self.try_out(run).0;
        self.model.unsettle(mark);
    }

    /// Replays something that can be rolled back, and returns whether a server would certainly
    /// refuse it.
    pub(super) fn try_out(&mut self, run: impl FnOnce(&mut ReplayState)) -> (Mark, bool) {
        let mark = self.model.mark();
        let learns = std::mem::replace(&mut self.model.learns, false);
        let kept = std::mem::replace(&mut self.kept_faults, usize::MAX);
        let before = self.faults.len();
        run(self);
        // What was invalidated below these tables may be rolled back.
        self.open_below.clear();
        let is_refused = self.faults.len() > before;
        self.faults.truncate(before);
        (self.kept_faults, self.model.learns) = (kept, learns);
        (mark, is_refused)
    }

    fn run_branches(
        &mut self,
        arms: &[(Cursor<'_>, Vec<Step<'_>>)],
        otherwise: &[Step<'_>],
        body: &Body<'_>,
    ) {
        for (condition, _) in arms {
            self.evaluate(condition);
        }
        if let [(condition, steps)] = arms
            && otherwise.iter().all(|step| self.is_quiet(step))
            && !steps.iter().any(Step::may_leave)
        {
            match guard(condition) {
                Some(Guard::Absent(asked)) => {
                    for step in steps {
                        self.ensure(Some(&asked), |state| state.run_step(step, body));
                    }
                    return;
                }
                Some(Guard::Present(asked)) => {
                    for step in steps {
                        if drops_only(step, &asked) && self.is_alone(&asked) {
                            self.run_step(step, body);
                        } else {
                            self.perhaps(|state| state.run_step(step, body));
                        }
                    }
                    return;
                }
                None => {}
            }
        }
        for steps in arms.iter().map(|(_, steps)| steps.as_slice()).chain([otherwise]) {
            if !steps.is_empty() {
                self.perhaps(|state| state.run_steps(steps, body));
            }
        }
    }

    /// Replays a block with an `EXCEPTION` clause: if a step fails, the earlier ones are rolled
    /// back.
    fn run_guarded(&mut self, steps: &[Step<'_>], handlers: &[Handler<'_>], body: &Body<'_>) {
        let is_quiet =
            handlers.iter().all(|handler| handler.steps.iter().all(|step| self.is_quiet(step)));
        let all = |is: fn(&str) -> bool| {
            handlers.iter().flat_map(|handler| &handler.conditions).all(|condition| is(condition))
        };
        match steps {
            [step] if is_quiet && all(is_duplicate) => {
                return self.ensure(None, |state| state.run_step(step, body));
            }
            [step] if is_quiet && all(is_undefined) && is_drop(step) => {
                return self.run_step(step, body);
            }
            _ => {}
        }
        let (mark, is_refused) = self.try_out(|state| state.run_steps(steps, body));
        let made = self.model.made_since(&mark);
        if is_refused {
            self.model.undo(mark);
        } else if !(is_quiet
            && all(is_duplicate)
            && !made.is_empty()
            && made.iter().all(|(_, was_free)| *was_free))
        {
            self.model.unsettle(mark);
        }
        for handler in handlers {
            self.perhaps(|state| state.run_steps(&handler.steps, body));
        }
    }

    /// Whether a step has no effect: `NULL`, `RAISE NOTICE`.
    fn is_quiet(&self, step: &Step<'_>) -> bool {
        let Step::Evaluate(text) = step else { return false };
        self.called_in(text)
            .iter()
            .all(|name| !self.active.contains_key(name) && !self.is_unknown(name))
    }

    /// Replays a body that is not understood, by the words in it.
    fn run_words(&mut self, text: &Cursor<'_>) {
        let has = |words: &[&str]| (0..text.len()).any(|at| text.is_any(at, words));
        if has(&["execute", "perform", "call", "cascade", "import", "search_path", "set_config"]) {
            return self.go_blind("the body is not understood");
        }
        self.evaluate(text);
        self.invalidate_all(text);
    }
}

fn is_duplicate(condition: &str) -> bool {
    matches!(
        condition,
        "duplicate_object"
            | "duplicate_table"
            | "duplicate_column"
            | "duplicate_schema"
            | "duplicate_function"
            | "duplicate_alias"
    )
}

fn is_undefined(condition: &str) -> bool {
    condition.starts_with("undefined_") || condition == "invalid_schema_name"
}

fn is_drop(step: &Step<'_>) -> bool {
    match step {
        // If one of several objects is missing, none of them is dropped.
        Step::Sql(sql) => sql.is(0, "drop") && sql.split().len() == 1,
        Step::Execute(text) => constant(text).is_some_and(|text| {
            text.trim_start().to_lowercase().starts_with("drop ") && !text.contains([',', ';'])
        }),
        _ => false,
    }
}
