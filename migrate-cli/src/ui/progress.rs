//! How a run goes, while it goes: a bar for people, lines for pipes, JSON lines for programs.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use migrate_core::plan::Partial;
use migrate_core::runner::Notice;
use migrate_core::{Chain, Direction, Event, RevisionId};
use serde::Serialize;

use super::beat::{Beat, Now};
use super::narrow::Narrow;
use super::{ADDED, FAINT, ID, REMOVED, Ui, WARN};

/// Tells of a run.
pub(crate) struct Progress {
    ui: Ui,
    bar: Option<ProgressBar>,
    /// What each revision does, and what it follows.
    revisions: HashMap<String, (String, String)>,
    /// After how many seconds of waiting it is said again that the run waits.
    next_said: AtomicU64,
    now: Now,
}

impl Progress {
    pub(super) fn new(ui: &Ui, with_bar: bool) -> Self {
        let bar = with_bar.then(|| {
            let target = ProgressDrawTarget::term_like_with_hz(Box::new(Narrow::new()), 20);
            let bar = ProgressBar::with_draw_target(None, target);
            let style = "{spinner} {bar:16} {pos}/{len}  {elapsed:>3}  {msg}";
            if let Ok(style) = ProgressStyle::with_template(style) {
                bar.set_style(style.progress_chars("━╸ "));
            }
            bar
        });
        Progress {
            ui: ui.clone(),
            bar,
            revisions: HashMap::new(),
            next_said: AtomicU64::new(0),
            now: Now::default(),
        }
    }

    /// Tells what the revisions of this chain do.
    pub(crate) fn of(mut self, chain: &Chain<'_>) -> Self {
        let about = |migration: &migrate_core::Migration<'_>| {
            let parents: Vec<&str> = migration.parents.iter().map(RevisionId::as_str).collect();
            let parents = if parents.is_empty() { "<base>".to_owned() } else { parents.join(", ") };
            (migration.id.to_string(), (migration.message.to_string(), parents))
        };
        self.revisions = chain.migrations().iter().map(about).collect();
        self
    }

    /// What a runner calls.
    pub(crate) fn tell(&self, event: &Event<'_>) {
        self.now.follow(event);
        if self.ui.json {
            if let Some(view) = EventView::of(event) {
                // Who does not listen any more misses nothing but this.
                let _ = self.ui.json(&view);
            }
            return;
        }
        match event {
            Event::Started { direction, revision, number, total: of } => {
                let Some(bar) = &self.bar else { return };
                bar.set_length(*of as u64);
                bar.set_position(*number as u64 - 1);
                bar.reset_elapsed();
                bar.enable_steady_tick(Duration::from_millis(120));
                let message = self.revisions.get(*revision).map_or("", |(message, _)| message);
                bar.set_message(short(&format!("{direction} {revision} {message}")));
            }
            Event::Statement { number, total: of, .. } => {
                if let Some(bar) = &self.bar {
                    let message = bar.message();
                    let message = message.split(" [statement ").next().unwrap_or_default();
                    bar.set_message(format!("{message} [statement {number} of {of}]"));
                }
            }
            Event::Finished { direction, revision, duration } => {
                self.finished(*direction, revision, *duration);
            }
            Event::Waiting { holder, waited } => {
                let who = holder.map_or_else(String::new, |holder| format!(": {holder}"));
                match &self.bar {
                    Some(bar) => {
                        bar.enable_steady_tick(Duration::from_millis(120));
                        bar.set_message(short(&format!("waits for another migration{who}")));
                    }
                    // In a file: first when it is known for whom, then now and then.
                    None if holder.is_none() && *waited <= QUIET_WAIT => {}
                    None if waited.as_secs() < self.next_said.load(Ordering::Relaxed) => {}
                    None => {
                        let next = waited.as_secs() + SAY_EVERY.as_secs();
                        self.next_said.store(next, Ordering::Relaxed);
                        self.ui.say(format!("waiting for another migration{who}"));
                    }
                }
            }
            Event::Retrying { revision, reason, after } => self.aside(|| {
                let after = after.as_secs_f32();
                let words =
                    format!("{WARN}retrying `{revision}`{WARN:#} in {after:.1} s: {reason}");
                self.ui.say(words);
            }),
            Event::Recreated { tables, unfinished } => self.aside(|| {
                recreated(tables, unfinished).iter().for_each(|words| self.ui.warn(words));
            }),
            Event::Warning { message, .. } => self.aside(|| self.ui.warn(message)),
            Event::Notice { notice, .. } => self.aside(|| {
                let Notice { severity, message } = notice;
                self.ui.say(format!("{FAINT}{severity}: {message}{FAINT:#}"));
            }),
            _ => {}
        }
    }

    /// What tells that the run still goes, from another thread.
    pub(crate) fn beat(&self) -> Beat {
        Beat { ui: self.ui.clone(), bar: self.bar.clone(), now: self.now.clone() }
    }

    pub(crate) fn has_bar(&self) -> bool {
        self.bar.is_some()
    }

    /// Another way to speak while the run goes, from another thread.
    pub(crate) fn voice(&self) -> impl Fn(&str) + Send + 'static {
        let (ui, bar) = (self.ui.clone(), self.bar.clone());
        move |words| match &bar {
            Some(bar) => bar.suspend(|| ui.say(words)),
            None => ui.say(words),
        }
    }

    /// The run is over; the bar goes.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Says something above the bar.
    pub(crate) fn aside(&self, say: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }

    fn finished(&self, direction: Direction, revision: &str, duration: Duration) {
        let about = self.revisions.get(revision);
        let text = if self.ui.out_terminal {
            let time = milliseconds(duration);
            let (style, sign) = match direction {
                Direction::Up => (ADDED, '+'),
                Direction::Down => (REMOVED, '-'),
            };
            let message = about.map_or("", |(message, _)| message);
            format!(
                "{style}{sign}{style:#} {ID}{revision}{ID:#}  {message}  {FAINT}{time}{FAINT:#}\n"
            )
        } else {
            // As Alembic writes it.
            match (direction, about) {
                (Direction::Up, Some((message, parents))) => {
                    format!("{direction} {parents} -> {revision}, {message}\n")
                }
                (Direction::Down, Some((message, parents))) => {
                    format!("{direction} {revision} -> {parents}, {message}\n")
                }
                (_, None) => format!("{direction} {revision} (not in this chain)\n"),
            }
        };
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        self.aside(|| {
            // A reader that has gone does not stop the run.
            let _ = super::print(&text);
        });
    }
}

/// How often it is said in a file that a run still waits.
const SAY_EVERY: Duration = Duration::from_secs(10);
/// What is said of tables that somebody had dropped.
fn recreated(tables: &[String], unfinished: &[Partial]) -> Vec<String> {
    let lost_progress = tables.iter().any(|name| name.ends_with("progress"));
    let unknown = lost_progress.then(|| {
        "with its progress went whether a revision outside a transaction was half done: `migrate check --drift` compares the \
         schema with the chain"
            .to_owned()
    });
    let tables: Vec<String> = tables.iter().map(|name| format!("`{name}`")).collect();
    let created = format!("created again, since somebody had dropped it: {}", tables.join(", "));
    let forgotten = unfinished.iter().map(|one| {
        let Partial { revision, direction, done, in_doubt, .. } = one;
        let doubt = if *in_doubt { ", which may have run" } else { "" };
        format!(
            "forgot that the {direction} of `{revision}` had stopped at statement {}{doubt}: that belonged to the \
             history which is gone; what its statements did is still there",
            done + 1
        )
    });
    [created].into_iter().chain(unknown).chain(forgotten).collect()
}

/// How long it may take to learn for whom a run waits.
const QUIET_WAIT: Duration = Duration::from_secs(1);

/// The longest message beside the bar, in characters.
const WIDTH: usize = 64;

fn short(message: &str) -> String {
    let message = super::safe::shown(message);
    if message.chars().count() <= WIDTH {
        return message;
    }
    message.chars().take(WIDTH - 1).chain(['…']).collect()
}

/// A time for people.
fn milliseconds(duration: Duration) -> String {
    match duration.as_millis() {
        short @ 0..10_000 => format!("{short} ms"),
        _ => format!("{:.1} s", duration.as_secs_f32()),
    }
}

/// An event, for programs.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum EventView<'e> {
    Started { direction: String, revision: &'e str, number: usize, of: usize },
    Statement { revision: &'e str, number: usize, of: usize },
    Finished { direction: String, revision: &'e str, duration_ms: u64 },
    Waiting { holder: Option<String>, waited_ms: u64 },
    Retrying { revision: &'e str, reason: &'e str, after_ms: u64 },
    Recreated { tables: &'e [String], unfinished: Vec<&'e str> },
    Warning { revision: &'e str, message: &'e str },
    Notice { revision: Option<&'e str>, severity: &'e str, message: &'e str },
}

impl<'e> EventView<'e> {
    fn of(event: &Event<'e>) -> Option<Self> {
        let ms = |duration: &Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Some(match event {
            Event::Started { direction, revision, number, total: of } => EventView::Started {
                direction: direction.to_string(),
                revision,
                number: *number,
                of: *of,
            },
            Event::Statement { revision, number, total: of } => {
                EventView::Statement { revision, number: *number, of: *of }
            }
            Event::Finished { direction, revision, duration } => EventView::Finished {
                direction: direction.to_string(),
                revision,
                duration_ms: ms(duration),
            },
            Event::Waiting { holder, waited } => EventView::Waiting {
                holder: holder.map(ToString::to_string),
                waited_ms: ms(waited),
            },
            Event::Retrying { revision, reason, after } => {
                EventView::Retrying { revision, reason, after_ms: ms(after) }
            }
            Event::Recreated { tables, unfinished } => EventView::Recreated {
                tables,
                unfinished: unfinished.iter().map(|one| one.revision.as_str()).collect(),
            },
            Event::Warning { revision, message } => EventView::Warning { revision, message },
            Event::Notice { revision, notice } => EventView::Notice {
                revision: *revision,
                severity: &notice.severity,
                message: &notice.message,
            },
            _ => return None,
        })
    }
}
