//! What `tracing` hears: each event with its fields, inside the span of its run.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event as Heard, Metadata, Subscriber};

use super::*;
use crate::plan::direction::Direction;
use crate::plan::target::Target;

/// Writes down what it hears, one line each.
#[derive(Clone, Default)]
struct Ear {
    lines: Arc<Mutex<String>>,
    depth: Arc<Mutex<usize>>,
}

impl Ear {
    fn write(&self, what: &str, visit: impl FnOnce(&mut Fields)) {
        let mut fields = Fields(String::new());
        visit(&mut fields);
        let depth = self.depth.lock().map_or(0, |depth| *depth);
        if let Ok(mut lines) = self.lines.lock() {
            let _ = writeln!(lines, "{}{what}{}", "  ".repeat(depth), fields.0);
        }
    }

    fn go(&self, step: isize) {
        if let Ok(mut depth) = self.depth.lock() {
            *depth = depth.saturating_add_signed(step);
        }
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for Ear {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.write(span.metadata().name(), |fields| span.record(fields));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Heard<'_>) {
        self.write(event.metadata().level().as_str(), |fields| event.record(fields));
    }

    fn enter(&self, _: &Id) {
        self.go(1);
    }

    fn exit(&self, _: &Id) {
        self.go(-1);
    }
}

#[test]
fn events_have_fields_and_stand_in_the_span_of_their_run() {
    let ear = Ear::default();
    tracing::subscriber::with_default(ear.clone(), || {
        let mut watch = Observers::default();
        watch.observe(|_| tracing::debug!("the observer's own"));
        let watched = RunObserver::new(&watch, &Operation::Upgrade(Target::Head), "r9");
        let (direction, revision) = (Direction::Up, "r1");
        watched.tell(&Event::Started { direction, revision, number: 1, total: 2 });
        let duration = std::time::Duration::from_millis(7);
        watched.tell(&Event::Finished { direction, revision, duration });
        tracing::info!("outside");
    });
    let expected = "migrate operation=upgrade head head=\"r9\"
  DEBUG message=upgrade started revision=\"r1\" number=1 total=2
  DEBUG message=the observer's own
  INFO message=upgrade finished revision=\"r1\" duration=7ms
  DEBUG message=the observer's own
INFO message=outside
";
    assert_eq!(ear.lines.lock().map(|lines| lines.clone()).unwrap_or_default(), expected);
}
