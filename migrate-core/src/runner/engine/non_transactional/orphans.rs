//! What a refused statement has left behind that is no longer in the file.

use super::statement::found_in;
use super::{Engine, NonTransactional, Output, Phase};
use crate::plan::history::Row;
use crate::plan::non_transactional::{Orphans, RecordedObjects, orphans};
use crate::plan::step::Step;
use crate::runner::report::Event;
use crate::runner::sql::non_transactional as sql;

impl Engine<'_> {
    pub(super) fn look_for_orphans(&mut self, run: NonTransactional) -> Output {
        let query = sql::orphans(&self.tables, &run.orphans.left);
        self.ask_outside(run, Phase::LookingForOrphans, query)
    }

    pub(super) fn decide_on_orphans(
        &mut self,
        mut run: NonTransactional,
        step: &Step<'_>,
        rows: &[Row],
    ) -> Output {
        let revision = step.migration.id.as_str();
        match orphans(&run.orphans.before, &found_in(rows)) {
            Orphans::Drop(name) => {
                let message = format!(
                    "the invalid index `{name}` is dropped: a statement that is no longer in the file has left it"
                );
                self.watch.tell(&Event::Warning { revision, message: &message });
                let query = format!("DROP INDEX CONCURRENTLY {name}");
                self.ask_outside(run, Phase::Cleaning(name), query)
            }
            Orphans::Told(messages) => {
                for message in &messages {
                    self.watch.tell(&Event::Warning { revision, message });
                }
                run.orphans = RecordedObjects::default();
                self.next_statement(run, step)
            }
        }
    }
}
