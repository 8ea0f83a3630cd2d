//! One statement outside a transaction: what it needs before it runs, and what follows when the server refuses it.

use super::release::AfterRelease;
use super::{Engine, NonTransactional, Output, Phase, State, statement};
use crate::plan::history::Row;
use crate::plan::non_transactional::{
    EarlierAttempt, FoundObject, RecordedObjects, StatementKind, Verdict, digest_of, dropped, kept,
    left, left_behind, statement_digest, verdict,
};
use crate::plan::step::Step;
use crate::runner::batch::{label, sets_lock_timeout, text_of};
use crate::runner::engine::rows::tagged;
use crate::runner::error::{Aftermath, DoubtReason, Error, StatementError};
use crate::runner::failure::Failure;
use crate::runner::report::Event;
use crate::runner::sql::literal;
use crate::runner::sql::non_transactional::{self as sql, NextStatement, Progress};
use crate::runner::sql::tag;
use crate::syntax::source::{Source, Span};

impl Engine<'_> {
    pub(super) fn next_statement(&mut self, mut run: NonTransactional, step: &Step<'_>) -> Output {
        if run.doubt == EarlierAttempt::Edited && self.settings.run_in_doubt_again {
            run.doubt = EarlierAttempt::None;
        }
        if !run.orphans.left.is_empty() {
            return self.look_for_orphans(run);
        }
        let Some(part) = run.parts.get(run.at) else {
            return match run.doubt {
                // What was announced is no longer in the file.
                EarlierAttempt::Edited => self.in_doubt(run, step),
                _ => self.record_step(run, step),
            };
        };
        if self.watch.stops() {
            let error = self.stopped(run.at, false);
            return self.release(run, AfterRelease::Fail(error));
        }
        let (number, total) = (run.at + 1, run.parts.len());
        let revision = step.migration.id.as_str();
        self.watch.tell(&Event::Statement { revision, number, total });
        let Some(objects) = sql::objects(&part.kind) else {
            return self.decide_on_statement(run, step, &[]);
        };
        let mut query = objects.look(&self.tables);
        if part.kind.waits_freely() && run.lock_timeout.is_none() && !sets_lock_timeout(step) {
            query = format!("{query};\n{}", sql::wait_freely());
        }
        self.ask_outside(run, Phase::Looking, query)
    }

    /// Decides on the next statement, by what was found of it.
    pub(super) fn decide_on_statement(
        &mut self,
        mut run: NonTransactional,
        step: &Step<'_>,
        rows: &[Row],
    ) -> Output {
        let part = &run.parts[run.at];
        let doubt = match self.settings.run_in_doubt_again && part.kind == StatementKind::Procedure
        {
            true => &EarlierAttempt::None,
            false => &run.doubt,
        };
        let found = found_in(rows);
        run.has_builder = found.iter().any(|one| one.is_busy);
        if !run.has_told {
            let revision = step.migration.id.as_str();
            for message in &kept(&part.kind, doubt, &found) {
                self.watch.tell(&Event::Warning { revision, message });
            }
        }
        match verdict(&part.kind, statement(step, part), doubt, &found) {
            Verdict::Run if part.kind.is_alone() || run.is_alone => self.announce(run, step),
            Verdict::Run => {
                let keep = self.keep(&run, step, run.at + 1, false, None);
                let (number, total) = (run.at + 1, run.parts.len());
                let label = label(step, &format!(", statement {number} of {total}"));
                let statement = statement(step, part);
                let (query, prefix) =
                    sql::together(&self.tables, &label, statement, &keep, run.ours());
                self.ask_outside(run, Phase::Running(prefix), query)
            }
            Verdict::Done => self.note_done(run, step),
            Verdict::Drop(name) => {
                if let Some(message) = dropped(doubt, &found, &name) {
                    let revision = step.migration.id.as_str();
                    self.watch.tell(&Event::Warning { revision, message: &message });
                }
                run.has_told = true;
                let query = format!("DROP INDEX CONCURRENTLY {name}");
                self.ask_outside(run, Phase::Cleaning(name), query)
            }
            Verdict::Finalize(statement) => self.ask_outside(run, Phase::Finalizing, statement),
            Verdict::Unknown => self.in_doubt(run, step),
        }
    }

    fn announce(&mut self, run: NonTransactional, step: &Step<'_>) -> Output {
        let objects = sql::objects(&run.parts[run.at].kind);
        let before = objects.map_or_else(|| sql::NO_IDS.to_owned(), |objects| objects.ids());
        let keep = self.keep(&run, step, run.at, false, Some((true, &before)));
        let query = sql::keep_alone(&self.tables, &keep, None, run.ours());
        self.ask_outside(run, Phase::Announcing, query)
    }

    /// Keeps that a statement which ran alone is done.
    pub(super) fn note_done(&mut self, mut run: NonTransactional, step: &Step<'_>) -> Output {
        run.statement_done();
        self.waiting.attempts = 0;
        let keep = self.keep(&run, step, run.at, false, None);
        let query = sql::keep_alone(&self.tables, &keep, run.lock_timeout.as_deref(), run.ours());
        self.ask_outside(run, Phase::Noting, query)
    }

    /// The SQL that keeps how many statements are done; and of the next one whether it is about to run, and an expression
    /// for what is there before; or what it has left.
    fn keep(
        &self,
        run: &NonTransactional,
        step: &Step<'_>,
        done: usize,
        has_left: bool,
        next: Option<(bool, &str)>,
    ) -> String {
        let text = text_of(step).1;
        let next = next.zip(run.parts.get(done)).map(|((is_announced, found), part)| {
            NextStatement { digest: statement_digest(text, part), is_announced, has_left, found }
        });
        let digest = digest_of(text, &run.parts[..done]);
        let progress = Progress { done, digest, next };
        sql::keep(&self.tables, step, &self.seen.session, progress, run.ours())
    }

    fn in_doubt(&mut self, run: NonTransactional, step: &Step<'_>) -> Output {
        let error = Error::InDoubt {
            revision: step.migration.id.to_string(),
            direction: step.direction,
            statement: run.at + 1,
            why: match (&run.doubt, run.parts.get(run.at).map(|part| &part.kind)) {
                (EarlierAttempt::Edited, _) | (_, None) => DoubtReason::Edited,
                (_, Some(StatementKind::CreateIndex { .. })) => DoubtReason::OtherIndex,
                (_, Some(_)) => DoubtReason::Commits,
            },
        };
        self.release(run, AfterRelease::Fail(error))
    }

    /// The server has refused the statement where it was in a transaction, which is rolled back.
    pub(super) fn refused_in_transaction(
        &mut self,
        mut run: NonTransactional,
        step: &Step<'_>,
        failure: Failure,
        prefix: usize,
    ) -> Output {
        // It can't run in a transaction, or ends one itself.
        let is_procedure = run.parts[run.at].kind == StatementKind::Procedure;
        let commits = is_procedure && failure.is("2D000");
        if failure.is("25001") || commits {
            run.is_alone = true;
            run.commits = commits;
            return self.announce(run, step);
        }
        self.retry_or(run, step, failure, |engine, run, failure| {
            let then = engine.refusal(&run, step, failure, prefix, Vec::new());
            engine.release(run, then)
        })
    }

    /// The server has refused the statement where it was alone.
    pub(super) fn refused_alone(
        &mut self,
        mut run: NonTransactional,
        step: &Step<'_>,
        failure: Failure,
    ) -> Output {
        // It has waited for whoever was building an index of this name. That may have failed, so it is looked at again.
        // Not at once: the builder gives its lock back before it commits.
        if failure.is("42P07") && std::mem::take(&mut run.has_builder) {
            self.state = State::NonTransactional(Box::new(NonTransactional {
                phase: Phase::Pausing,
                ..run
            }));
            return Output::Wait(self.waiting.backoff.next());
        }
        // A part of it may have been committed, so what was announced stays. What can't run in a block at all has not
        // come to a commit in a transaction, so it has not now.
        if run.parts[run.at].kind == StatementKind::Procedure
            && (run.commits || !failure.is("25001"))
        {
            let then = self.refusal(&run, step, failure, 0, Vec::new());
            return self.release(run, then);
        }
        self.retry_or(run, step, failure, |engine, run, failure| {
            match sql::objects(&run.parts[run.at].kind) {
                Some(objects) => engine.ask_outside(run, Phase::Judging(failure), objects.rows()),
                None => engine.take_back(run, step, failure, &[]),
            }
        })
    }

    /// Keeps that the statement was refused and what it has left, of which it is to be told.
    pub(super) fn take_back(
        &mut self,
        run: NonTransactional,
        step: &Step<'_>,
        failure: Failure,
        found: &[FoundObject],
    ) -> Output {
        let kind = &run.parts[run.at].kind;
        let before = match &run.doubt {
            EarlierAttempt::Refused { before } => before.clone(),
            _ => Vec::new(),
        };
        let left_behind = left_behind(kind, &run.doubt, found);
        let ids = left_behind.iter().map(|one| one.oid.clone()).collect();
        let kept = RecordedObjects { before, left: ids };
        let notes = left(kind, &run.doubt, found);
        let text = literal(&kept.text());
        let keep = self.keep(&run, step, run.at, !kept.left.is_empty(), Some((false, &text)));
        let query = sql::keep_alone(&self.tables, &keep, run.lock_timeout.as_deref(), run.ours());
        self.ask_outside(run, Phase::TakingBack(failure, notes), query)
    }

    /// Tries again after a while, if the reason passes.
    fn retry_or(
        &mut self,
        run: NonTransactional,
        step: &Step<'_>,
        failure: Failure,
        otherwise: impl FnOnce(&mut Self, NonTransactional, Failure) -> Output,
    ) -> Output {
        match self.try_again(step, &failure) {
            Some(after) => {
                self.state = State::NonTransactional(Box::new(NonTransactional {
                    phase: Phase::Pausing,
                    ..run
                }));
                Output::Wait(after)
            }
            None => otherwise(self, run, failure),
        }
    }

    /// The server has refused what goes before the statement.
    pub(super) fn refused_before(
        &mut self,
        run: NonTransactional,
        step: &Step<'_>,
        failure: Failure,
        what: &str,
    ) -> Output {
        let note = format!("the statement itself has not run: the error came while {what}");
        self.refused_with(run, step, failure, note)
    }

    /// The same, with this note.
    pub(super) fn refused_with(
        &mut self,
        run: NonTransactional,
        step: &Step<'_>,
        failure: Failure,
        note: String,
    ) -> Output {
        self.retry_or(run, step, failure, |engine, run, failure| {
            // Its place is none in the statement.
            let failure = Failure { position: None, ..failure };
            let then = engine.refusal(&run, step, failure, 0, vec![note]);
            engine.roll_back_and_release(run, then)
        })
    }

    /// The end of a run with the statement that the server has refused; it begins so far in what was sent.
    pub(super) fn refusal(
        &mut self,
        run: &NonTransactional,
        step: &Step<'_>,
        failure: Failure,
        prefix: usize,
        notes: Vec<String>,
    ) -> AfterRelease {
        // A section that was edited may be shorter than what has stopped in it.
        let Some(part) = run.parts.get(run.at) else {
            return AfterRelease::Fail(Error::server(
                "dropping what an earlier try has left",
                failure,
            ));
        };
        let may_be_half_done = part.kind == StatementKind::Procedure
            && run.is_alone
            && (run.commits || !failure.is("25001"));
        let aftermath = match may_be_half_done {
            true => Aftermath::InDoubt,
            false => Aftermath::Resumes,
        };
        let section = text_of(step).0;
        let text = statement(step, part);
        let offset = failure.position.and_then(|position| {
            let offset = position.checked_sub(1 + prefix)?;
            text.char_indices().nth(offset).map(|(offset, _)| offset)
        });
        let start = section.start + part.span.start;
        let source = &step.migration.source;
        let error = StatementError {
            direction: step.direction,
            revision: step.migration.id.to_string(),
            statement: Some(run.at + 1),
            total: run.parts.len(),
            source: Source::new(source.path().to_owned(), source.text().to_owned()),
            span: Span::new(start + offset.unwrap_or(0), section.start + part.span.end),
            failure,
            ended: false,
            aftermath,
            notes,
            done: std::mem::take(&mut self.report.done),
        };
        AfterRelease::Fail(Error::Statement(Box::new(error)))
    }
}

/// The objects that an answer tells of.
pub(super) fn found_in(rows: &[Row]) -> Vec<FoundObject> {
    tagged(rows, tag::OBJECT).map(found).collect()
}

fn found(row: &Row) -> FoundObject {
    let column = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    let is_true = |at: usize| column(at) == "t";
    FoundObject {
        oid: column(1),
        is_ready: is_true(2),
        name: column(3),
        is_busy: is_true(4),
        definition: column(5),
        is_own: is_true(6),
    }
}
