//! One statement outside a transaction: what it needs before it runs, and what follows when the server refuses it.

use super::release::Then;
use super::{Ask, Engine, Outside, Phase, State, statement};
use crate::plan::history::Row;
use crate::plan::non_transactional::{
    Doubt, Found, Kind, Verdict, digest_of, kept, statement_digest, verdict,
};
use crate::plan::step::Step;
use crate::runner::batch::{label, sets_lock_timeout, text_of};
use crate::runner::engine::rows::tagged;
use crate::runner::error::{Aftermath, DoubtReason, Error, StatementError};
use crate::runner::failure::Failure;
use crate::runner::report::Event;
use crate::runner::sql::literal;
use crate::runner::sql::outside::{self as sql, Next, Progress};
use crate::runner::sql::tag;
use crate::syntax::source::{Source, Span};

impl Engine<'_> {
    pub(super) fn next_statement(&mut self, mut run: Outside, step: &Step<'_>) -> Ask {
        if run.doubt == Doubt::Edited && self.settings.run_in_doubt_again {
            run.doubt = Doubt::None;
        }
        let Some(part) = run.parts.get(run.at) else {
            return match run.doubt {
                // What was announced is no longer in the file.
                Doubt::Edited => self.in_doubt(run, step),
                _ => self.record_step(run, step),
            };
        };
        if self.watch.stops() {
            let error = self.stopped(run.at, false);
            return self.release(run, Then::Fail(error));
        }
        let (number, of) = (run.at + 1, run.parts.len());
        let revision = step.migration.id.as_str();
        self.watch.tell(&Event::Statement { revision, number, of });
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
        mut run: Outside,
        step: &Step<'_>,
        rows: &[Row],
    ) -> Ask {
        let part = &run.parts[run.at];
        let doubt = match self.settings.run_in_doubt_again && part.kind == Kind::Procedure {
            true => &Doubt::None,
            false => &run.doubt,
        };
        let found = found_in(rows);
        if !run.has_told {
            let revision = step.migration.id.as_str();
            for message in &kept(&part.kind, doubt, &found) {
                self.watch.tell(&Event::Warning { revision, message });
            }
        }
        match verdict(&part.kind, statement(step, part), doubt, &found) {
            Verdict::Run if part.kind.is_alone() || run.is_alone => self.announce(run, step),
            Verdict::Run => {
                let keep = self.keep(&run, step, run.at + 1, None);
                let (number, of) = (run.at + 1, run.parts.len());
                let label = label(step, &format!(", statement {number} of {of}"));
                let statement = statement(step, part);
                let (query, prefix) = sql::together(&self.tables, &label, statement, &keep);
                self.ask_outside(run, Phase::Running(prefix), query)
            }
            Verdict::Done => self.note_done(run, step),
            Verdict::Drop(name) => {
                run.has_told = true;
                let query = format!("DROP INDEX CONCURRENTLY {name}");
                self.ask_outside(run, Phase::Cleaning(name), query)
            }
            Verdict::Finalize(statement) => self.ask_outside(run, Phase::Finalizing, statement),
            Verdict::Unknown => self.in_doubt(run, step),
        }
    }

    fn announce(&mut self, run: Outside, step: &Step<'_>) -> Ask {
        let objects = sql::objects(&run.parts[run.at].kind);
        let before = objects.map_or_else(|| sql::NO_IDS.to_owned(), |objects| objects.ids());
        let keep = self.keep(&run, step, run.at, Some((true, &before)));
        let query = sql::keep_alone(&self.tables, &keep, None);
        self.ask_outside(run, Phase::Announcing, query)
    }

    /// Keeps that a statement which ran alone is done.
    pub(super) fn note_done(&mut self, mut run: Outside, step: &Step<'_>) -> Ask {
        run.statement_done();
        self.attempts = 0;
        let keep = self.keep(&run, step, run.at, None);
        let query = sql::keep_alone(&self.tables, &keep, run.lock_timeout.as_deref());
        self.ask_outside(run, Phase::Noting, query)
    }

    /// The SQL that keeps how many statements are done; and of the next one whether it is about to run, and an expression
    /// for what is there before.
    fn keep(
        &self,
        run: &Outside,
        step: &Step<'_>,
        done: usize,
        next: Option<(bool, &str)>,
    ) -> String {
        let text = text_of(step).1;
        let next = next.zip(run.parts.get(done)).map(|((is_announced, before), part)| Next {
            digest: statement_digest(text, part),
            is_announced,
            before,
        });
        let digest = digest_of(text, &run.parts[..done]);
        sql::keep(&self.tables, step, &self.session, Progress { done, digest, next })
    }

    fn in_doubt(&mut self, run: Outside, step: &Step<'_>) -> Ask {
        let error = Error::InDoubt {
            revision: step.migration.id.to_string(),
            direction: step.direction,
            statement: run.at + 1,
            why: match (&run.doubt, run.parts.get(run.at).map(|part| &part.kind)) {
                (Doubt::Edited, _) | (_, None) => DoubtReason::Edited,
                (_, Some(Kind::CreateIndex { .. })) => DoubtReason::OtherIndex,
                (_, Some(_)) => DoubtReason::Commits,
            },
        };
        self.release(run, Then::Fail(error))
    }

    /// The server has refused the statement where it was in a transaction, which is rolled back.
    pub(super) fn refused_in_transaction(
        &mut self,
        mut run: Outside,
        step: &Step<'_>,
        failure: Failure,
        prefix: usize,
    ) -> Ask {
        // It can't run in a transaction, or ends one itself.
        let is_procedure = run.parts[run.at].kind == Kind::Procedure;
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
    pub(super) fn refused_alone(&mut self, run: Outside, step: &Step<'_>, failure: Failure) -> Ask {
        // A part of it may have been committed, so what was announced stays. What can't run in a block at all has not
        // come to a commit in a transaction, so it has not now.
        if run.parts[run.at].kind == Kind::Procedure && (run.commits || !failure.is("25001")) {
            let then = self.refusal(&run, step, failure, 0, Vec::new());
            return self.release(run, then);
        }
        self.retry_or(run, step, failure, |engine, run, failure| {
            let before = match &run.doubt {
                Doubt::Refused { before } => literal(&before.join(" ")),
                _ => sql::NO_IDS.to_owned(),
            };
            let keep = engine.keep(&run, step, run.at, Some((false, &before)));
            let mut query = sql::keep_alone(&engine.tables, &keep, run.lock_timeout.as_deref());
            // What it has left is to be told.
            if let Some(objects) = sql::objects(&run.parts[run.at].kind) {
                query = format!("{query};\n{}", objects.rows());
            }
            engine.ask_outside(run, Phase::TakingBack(failure), query)
        })
    }

    /// Tries again after a while, if the reason passes.
    fn retry_or(
        &mut self,
        run: Outside,
        step: &Step<'_>,
        failure: Failure,
        otherwise: impl FnOnce(&mut Self, Outside, Failure) -> Ask,
    ) -> Ask {
        match self.try_again(step, &failure) {
            Some(after) => {
                self.state = State::Outside(Box::new(Outside { phase: Phase::Pausing, ..run }));
                Ask::Wait(after)
            }
            None => otherwise(self, run, failure),
        }
    }

    /// The server has refused what goes before the statement.
    pub(super) fn refused_before(
        &mut self,
        run: Outside,
        step: &Step<'_>,
        failure: Failure,
        what: &str,
    ) -> Ask {
        self.retry_or(run, step, failure, |engine, run, failure| {
            let notes =
                vec![format!("the statement itself has not run: the error came while {what}")];
            // Its place is none in the statement.
            let failure = Failure { position: None, ..failure };
            let then = engine.refusal(&run, step, failure, 0, notes);
            engine.roll_back_and_release(run, then)
        })
    }

    /// The end of a run with the statement that the server has refused; it begins so far in what was sent.
    pub(super) fn refusal(
        &mut self,
        run: &Outside,
        step: &Step<'_>,
        failure: Failure,
        prefix: usize,
        notes: Vec<String>,
    ) -> Then {
        let part = &run.parts[run.at];
        let may_be_half_done =
            part.kind == Kind::Procedure && run.is_alone && (run.commits || !failure.is("25001"));
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
            of: run.parts.len(),
            source: Source::new(source.path().to_owned(), source.text().to_owned()),
            span: Span::new(start + offset.unwrap_or(0), section.start + part.span.end),
            failure,
            ended: false,
            aftermath,
            notes,
            done: std::mem::take(&mut self.report.done),
        };
        Then::Fail(Error::Statement(Box::new(error)))
    }
}

/// The objects that an answer tells of.
pub(super) fn found_in(rows: &[Row]) -> Vec<Found> {
    tagged(rows, tag::OBJECT).map(found).collect()
}

fn found(row: &Row) -> Found {
    let column = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    let is_true = |at: usize| column(at) == "t";
    Found {
        oid: column(1),
        is_ready: is_true(2),
        name: column(3),
        is_busy: is_true(4),
        definition: column(5),
        is_own: is_true(6),
    }
}
