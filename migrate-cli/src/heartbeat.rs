//! While a statement runs for long: a sign of life about every ten seconds, with how far it is, asked on a connection of its own.

use std::sync::mpsc::{RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread;
use std::time::Duration;

use migrate_core::Runner;
use migrate_core::runner::LockHolder;
use postgres::Client;

use crate::context::{Context, stand_in};
use crate::failure::Failure;
use crate::ui::Beat;

/// How often.
const EVERY: Duration = Duration::from_secs(10);

/// While it lives, what runs is told. Nobody waits for its thread, which may be in the middle of connecting.
pub(crate) struct Heartbeat {
    _alive: Sender<()>,
}

impl Heartbeat {
    /// Begins. What can't be asked is left out: no run fails for that.
    pub(crate) fn begin(context: &Context, beat: Beat) -> Self {
        let (alive, over) = channel::<()>();
        let mut ask = asking(context).ok();
        thread::spawn(move || {
            while over.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let Some(running) = beat.running(EVERY / 2) else { continue };
                let holder = ask.as_mut().and_then(|ask| ask());
                // It may have ended meanwhile.
                if over.try_recv() == Err(TryRecvError::Empty) {
                    beat.tell(&running, holder.as_ref());
                }
            }
        });
        Heartbeat { _alive: alive }
    }
}

/// What asks who is migrating, and opens a connection when it is first asked.
fn asking(
    context: &Context,
) -> Result<impl FnMut() -> Option<LockHolder> + Send + 'static, Failure> {
    let connector = context.connector()?;
    // Who holds the lock is a question of no particular chain.
    let chain = stand_in()?;
    let schema = context.connection.schema.clone();
    let prefix = context.connection.table_prefix.clone();
    let mut client: Option<Client> = None;
    Ok(move || {
        if client.as_ref().is_none_or(Client::is_closed) {
            client = connector.connect().ok();
        }
        let runner = Runner::new(&chain).schema(&schema).table_prefix(&prefix);
        runner.running(client.as_mut()?).ok().flatten()
    })
}
