//! Work on all the cores of the machine, for a build that checks a long chain.

use std::num::NonZero;
use std::thread::{self, Builder};

use crate::chain::executor::{Executor, Sequential};

/// As many threads as there are cores, where there is enough to do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Threads;

/// For fewer than these, it takes longer to start a thread than to do the work.
const LEAST: usize = 32;

impl Executor for Threads {
    fn each<T: Sync, R: Send>(&self, things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let share = things.len().div_ceil(cores).max(LEAST);
        let Some((own, others)) = things.split_at_checked(share) else {
            return Sequential.each(things, work);
        };
        let work = &work;
        thread::scope(|scope| {
            let others: Vec<_> = others
                .chunks(share)
                .map(|part| {
                    let started =
                        Builder::new().spawn_scoped(scope, || Sequential.each(part, work));
                    (part, started)
                })
                .collect();
            let mut done = Sequential.each(own, work);
            for (part, started) in others {
                // A machine may refuse another thread, and a thread may have panicked, as this
                // one will then.
                let theirs = started.ok().and_then(|thread| thread.join().ok());
                done.extend(theirs.unwrap_or_else(|| Sequential.each(part, work)));
            }
            done
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_done_once_and_in_order() {
        let check = |count: usize| {
            let things: Vec<usize> = (0..count).collect();
            assert_eq!(
                Threads.each(&things, |n| n * 2),
                Sequential.each(&things, |n| n * 2),
                "{count}"
            );
        };
        for count in [0, 1, LEAST - 1, LEAST, LEAST + 1, 2 * LEAST, 2 * LEAST + 1, 10 * LEAST + 7] {
            check(count);
        }
    }

    #[test]
    fn enough_work_is_done_by_more_than_one() {
        let things = [(); 4 * LEAST];
        let mut threads = Threads.each(&things, |()| thread::current().id());
        threads.dedup();
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        assert_eq!(threads.len(), cores.min(4));
    }

    #[cfg(feature = "analysis")]
    #[test]
    fn a_build_says_the_same_on_any_number_of_threads() {
        let file = |at: usize| {
            let parent = if at == 0 { "" } else { &format!("-- parent: r{}\n", at - 1) };
            let table = if at % 7 == 3 { "TABEL" } else { "TABLE" };
            let down = if at % 11 == 5 { "" } else { "-- migrate:down\nDROP TABLE t;\n" };
            let text = format!(
                "-- revision: r{at}\n{parent}-- message: m\n-- migrate:up\nCREATE {table} t ();\n{down}"
            );
            (format!("r{at:03}.sql"), text)
        };
        let files: Vec<(String, String)> = (0..5 * LEAST).map(file).collect();
        let texts = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let folder = crate::Folder::of_texts("migrations", texts);
        let config = Ok(crate::chain::Config::default());
        let on_threads = crate::__private::analyse_on(&Threads, folder.clone(), config);
        assert_eq!(on_threads, crate::analysis::analyse(folder));
        let found = on_threads.err().map_or(0, |rejection| rejection.diagnostics.len());
        assert!(found > LEAST, "{found}");
    }
}
