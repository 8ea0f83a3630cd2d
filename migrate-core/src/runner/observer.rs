//! Who watches a run: what it is told while the run goes on, and whether the run is to stop.

use tracing::Span;

use crate::runner::notices::Notices;
use crate::runner::operation::Operation;
use crate::runner::report::Event;

type Observer<'a> = Box<dyn Fn(&Event<'_>) + Send + Sync + 'a>;
type Stop<'a> = Box<dyn Fn() -> bool + Send + Sync + 'a>;

/// The watchers of a runner; `tracing` always is one.
#[derive(Default)]
pub(crate) struct Observers<'a> {
    observer: Option<Observer<'a>>,
    stop: Option<Stop<'a>>,
    notices: Notices,
}

impl<'a> Observers<'a> {
    pub(crate) fn observe(&mut self, observer: impl Fn(&Event<'_>) + Send + Sync + 'a) {
        self.observer = Some(Box::new(observer));
    }

    pub(crate) fn stop_when(&mut self, stop: impl Fn() -> bool + Send + Sync + 'a) {
        self.stop = Some(Box::new(stop));
    }

    pub(crate) fn forward_notices(&mut self, notices: &Notices) {
        self.notices = notices.clone();
    }

    fn tell(&self, event: &Event<'_>) {
        trace(event);
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }
}

/// The watchers of one run, and its span, in which all that is told happens.
pub(crate) struct RunObserver<'r> {
    watch: &'r Observers<'r>,
    span: Span,
}

impl<'r> RunObserver<'r> {
    pub(crate) fn new(watch: &'r Observers<'r>, operation: &Operation, head: &str) -> Self {
        RunObserver { watch, span: tracing::info_span!("migrate", %operation, head) }
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        self.span.in_scope(|| self.watch.tell(event));
    }

    /// Whether the run is to stop where nothing is half done.
    pub(crate) fn stops(&self) -> bool {
        self.watch.stop.as_ref().is_some_and(|stop| stop())
    }

    /// Tells what the server has said beside its answer, during this revision if one runs.
    pub(crate) fn pass_on_notices(&self, revision: Option<&str>) {
        while let Some(notice) = self.watch.notices.take() {
            self.tell(&Event::Notice { revision, notice: &notice });
        }
    }
}

fn trace(event: &Event<'_>) {
    match event {
        Event::Started { direction, revision, number, total } => {
            tracing::debug!(revision, number, total, "{direction} started");
        }
        Event::Statement { revision, number, total } => {
            tracing::debug!(revision, number, total, "statement started");
        }
        Event::Finished { direction, revision, duration } => {
            tracing::info!(revision, ?duration, "{direction} finished");
        }
        Event::Waiting { holder, waited } => {
            let holder = holder.map(ToString::to_string).unwrap_or_default();
            tracing::info!(holder, ?waited, "waiting for another migration");
        }
        Event::Retrying { revision, reason, after } => {
            tracing::warn!(revision, reason, ?after, "trying again");
        }
        Event::Recreated { tables, unfinished } => {
            tracing::warn!(?tables, ?unfinished, "missing tables of migrate were created again");
        }
        Event::Warning { revision, message } => tracing::warn!(revision, "{message}"),
        Event::Notice { revision, notice } => {
            tracing::info!(revision, severity = notice.severity, "{}", notice.message);
        }
    }
}

#[cfg(test)]
mod tests;
