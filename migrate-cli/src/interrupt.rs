//! Ctrl-C and SIGTERM: the first asks the run to stop when its statement has ended, the second cancels the
//! statement on the server, the third ends this process.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use migrate_core::connect::Canceller;
use postgres::CancelToken;

use crate::ui::Progress;

/// How often it was pressed during this run.
static PRESSED: AtomicUsize = AtomicUsize::new(0);
/// The run that can be stopped.
static RUN: Mutex<Option<Stoppable>> = Mutex::new(None);
static HANDLER: Once = Once::new();
/// What to do before an interrupted process ends.
static BEFORE_EXIT: Mutex<Vec<Box<dyn FnOnce() + Send>>> = Mutex::new(Vec::new());

/// What shells expect of a process that was interrupted.
const INTERRUPTED: i32 = 130;

struct Stoppable {
    canceller: Canceller<CancelToken>,
    /// Whether the runner sends statement by statement, and can stop after each.
    by_statement: bool,
    say: Box<dyn Fn(&str) + Send>,
}

/// What asks a run to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    CtrlC,
    #[cfg(unix)]
    Term,
}

/// What is said when a run is asked to stop for the first time.
fn stopping(signal: Signal, by_statement: bool) -> String {
    let when = if by_statement { "after this statement" } else { "at the next safe point" };
    let again = match signal {
        Signal::CtrlC => "press Ctrl-C again",
        #[cfg(unix)]
        Signal::Term => "send SIGTERM again",
    };
    format!("stopping {when}; {again} to cancel what is running")
}

/// While it lives, Ctrl-C stops the run and not the process.
pub(crate) struct Interrupt(());

impl Interrupt {
    pub(crate) fn arm(canceller: Canceller<CancelToken>, progress: &Progress) -> Self {
        PRESSED.store(0, Ordering::Relaxed);
        let (by_statement, say) = (progress.has_bar(), Box::new(progress.voice()));
        *run() = Some(Stoppable { canceller, by_statement, say });
        HANDLER.call_once(listen);
        Interrupt(())
    }

    /// Whether the run should stop.
    pub(crate) fn is_asked() -> bool {
        PRESSED.load(Ordering::Relaxed) > 0
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        *run() = None;
    }
}

fn run() -> MutexGuard<'static, Option<Stoppable>> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does this too before the process ends by Ctrl-C.
pub(crate) fn before_exit(last: impl FnOnce() + Send + 'static) {
    BEFORE_EXIT.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(last));
    HANDLER.call_once(listen);
}

fn exit() -> ! {
    let lasts = std::mem::take(&mut *BEFORE_EXIT.lock().unwrap_or_else(PoisonError::into_inner));
    for last in lasts {
        last();
    }
    std::process::exit(INTERRUPTED)
}

/// Waits for the signals, in threads of their own. Where one can't be had, it does what it did before:
/// a job in the background ignores Ctrl-C, and one that `nohup` started ignores that its terminal goes.
fn listen() {
    let _ = ctrlc::try_set_handler(|| asked(Signal::CtrlC));
    #[cfg(unix)]
    if let Ok(mut signals) = signal_hook::iterator::Signals::new([signal_hook::consts::SIGTERM]) {
        std::thread::spawn(move || signals.forever().for_each(|_| asked(Signal::Term)));
    }
}

fn asked(signal: Signal) {
    let run = run();
    let Some(Stoppable { canceller, by_statement, say }) = &*run else { exit() };
    match PRESSED.fetch_add(1, Ordering::Relaxed) {
        0 => say(&stopping(signal, *by_statement)),
        1 => {
            say("cancelling what is running");
            if let Err(error) = canceller.cancel() {
                say(&format!("the statement can't be cancelled: {error}"));
            }
        }
        _ => exit(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_advice_is_for_the_signal_that_came() {
        let check = |signal, by_statement, expected: &str| {
            let found = stopping(signal, by_statement);
            assert_eq!(found, format!("{expected} to cancel what is running"));
        };
        check(Signal::CtrlC, true, "stopping after this statement; press Ctrl-C again");
        let soon = "stopping at the next safe point";
        check(Signal::CtrlC, false, &format!("{soon}; press Ctrl-C again"));
        check(Signal::Term, false, &format!("{soon}; send SIGTERM again"));
    }
}
