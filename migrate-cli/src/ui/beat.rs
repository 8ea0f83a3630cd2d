//! What runs now, and since when: for a sign of life while it does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use migrate_core::Event;
use migrate_core::runner::{LockHolder, StatementProgress};
use serde::Serialize;

use super::Ui;

/// A statement that runs, or a revision whose statements run in one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Running {
    direction: String,
    revision: String,
    /// Its number in its section, and how many there are, where each is sent alone.
    statement: Option<(usize, usize)>,
    since: Instant,
}

/// What a run does now; the observer writes it, and a thread reads it now and then.
#[derive(Debug, Clone, Default)]
pub(super) struct Now(Arc<Mutex<Option<Running>>>);

impl Now {
    pub(super) fn follow(&self, event: &Event<'_>) {
        let mut now = self.lock();
        match event {
            Event::Started { direction, revision, .. } => {
                *now = Some(Running {
                    direction: direction.to_string(),
                    revision: (*revision).to_owned(),
                    statement: None,
                    since: Instant::now(),
                });
            }
            Event::Statement { number, total: of, .. } => {
                if let Some(running) = &mut *now {
                    running.statement = Some((*number, *of));
                    running.since = Instant::now();
                }
            }
            // Those tell of themselves.
            Event::Finished { .. } | Event::Waiting { .. } | Event::Retrying { .. } => *now = None,
            _ => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What tells that a run still goes.
pub(crate) struct Beat {
    pub(super) ui: Ui,
    pub(super) bar: Option<ProgressBar>,
    pub(super) now: Now,
}

impl Beat {
    /// What has been running for so long.
    pub(crate) fn running(&self, least: Duration) -> Option<Running> {
        self.now.lock().clone().filter(|running| running.since.elapsed() >= least)
    }

    /// Tells of it, if it still runs, with how far it is where somebody knows.
    pub(crate) fn tell(&self, running: &Running, holder: Option<&LockHolder>) {
        if self.now.lock().as_ref() != Some(running) {
            return;
        }
        let progress = holder.and_then(|holder| holder.progress.as_ref());
        if self.ui.json {
            // Who does not listen any more misses nothing but this.
            let _ = self.ui.json(&BeatView::of(running, progress));
            return;
        }
        match (&self.bar, progress) {
            // The bar shows for how long.
            (Some(_), None) => {}
            (Some(bar), Some(progress)) => {
                let message = bar.message();
                let message = message.split(SIGN).next().unwrap_or_default();
                bar.set_message(format!(
                    "{message}{SIGN}{}",
                    super::safe::shown(&progress.to_string())
                ));
            }
            (None, _) => self.ui.say(words(running, progress)),
        }
    }
}

/// What separates the progress of a statement from what else stands beside the bar.
const SIGN: &str = " · ";

/// `upgrade of `002`, statement 1 of 3, has been running for 20 s: building index, 42 %`
fn words(running: &Running, progress: Option<&StatementProgress>) -> String {
    let Running { direction, revision, statement, since } = running;
    let statement = match statement {
        Some((number, of)) => format!(", statement {number} of {of},"),
        None => String::new(),
    };
    let progress = progress.map_or_else(String::new, |progress| format!(": {progress}"));
    let seconds = since.elapsed().as_secs();
    format!("{direction} of `{revision}`{statement} has been running for {seconds} s{progress}")
}

/// The same for programs.
#[derive(Serialize)]
#[serde(tag = "event", rename = "running")]
struct BeatView<'r> {
    direction: &'r str,
    revision: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<usize>,
    elapsed_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<ProgressView>,
}

impl<'r> BeatView<'r> {
    fn of(running: &'r Running, progress: Option<&StatementProgress>) -> Self {
        BeatView {
            direction: &running.direction,
            revision: &running.revision,
            number: running.statement.map(|(number, _)| number),
            of: running.statement.map(|(_, of)| of),
            elapsed_ms: u64::try_from(running.since.elapsed().as_millis()).unwrap_or(u64::MAX),
            progress: progress.map(ProgressView::of),
        }
    }
}

/// How far a statement is, for programs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProgressView {
    phase: String,
    percent: Option<u64>,
    done: u64,
    total: u64,
    unit: String,
    waits_for: Option<String>,
}

impl ProgressView {
    pub(super) fn of(progress: &StatementProgress) -> Self {
        ProgressView {
            phase: progress.phase.clone(),
            percent: progress.percent(),
            done: progress.done,
            total: progress.total,
            unit: progress.unit.clone(),
            waits_for: progress.waits_for.clone(),
        }
    }
}

/// Who is migrating, for programs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct HolderView {
    pid: String,
    application: String,
    role: String,
    since: String,
    query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<ProgressView>,
}

impl HolderView {
    pub(crate) fn of(holder: &LockHolder) -> Self {
        HolderView {
            pid: holder.pid.clone(),
            application: holder.application.clone(),
            role: holder.role.clone(),
            since: holder.since.clone(),
            query: holder.query.clone(),
            progress: holder.progress.as_ref().map(ProgressView::of),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress() -> StatementProgress {
        StatementProgress {
            phase: "building index: scanning table".into(),
            done: 42,
            total: 100,
            unit: "blocks".into(),
            waits_for: None,
        }
    }

    #[test]
    fn what_runs_is_told_in_a_line() {
        let now = Now::default();
        let direction = migrate_core::Direction::Up;
        now.follow(&Event::Started { direction, revision: "002", number: 1, total: 2 });
        let running = now.lock().clone().unwrap();
        assert_eq!(words(&running, None), "upgrade of `002` has been running for 0 s");
        now.follow(&Event::Statement { revision: "002", number: 1, total: 3 });
        let running = now.lock().clone().unwrap();
        assert_eq!(
            words(&running, Some(&progress())),
            "upgrade of `002`, statement 1 of 3, has been running for 0 s: building index: scanning table, 42 % (42 of 100 blocks)"
        );
        let json = serde_json::to_value(BeatView::of(&running, Some(&progress()))).unwrap();
        assert_eq!((&json["event"], &json["progress"]["percent"]), (&"running".into(), &42.into()));
        now.follow(&Event::Waiting { holder: None, waited: Duration::ZERO });
        assert_eq!(*now.lock(), None);
    }
}
