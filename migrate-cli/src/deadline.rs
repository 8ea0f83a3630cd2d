//! A limit on what a session on the scratch server may take: when it has passed, the server ends the session.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use postgres::{Client, SimpleQueryMessage};

use crate::failure::{Failure, FailureKind};
use crate::scratch::Scratch;

/// A limit that holds until the value is dropped.
pub(crate) struct Deadline {
    limit: Option<Duration>,
    passed: Arc<AtomicBool>,
    /// The thread that waits ends with it.
    _until: Option<Sender<()>>,
}

impl Deadline {
    /// From now on; None means no limit.
    pub(crate) fn of(
        limit: Option<Duration>,
        client: &mut Client,
        scratch: &Scratch,
    ) -> Result<Self, Failure> {
        let passed = Arc::new(AtomicBool::new(false));
        let Some(wait) = limit else { return Ok(Deadline { limit, passed, _until: None }) };
        let session = session(client)?;
        let (until, ended) = channel::<()>();
        let (admin, flag) = (scratch.admin(), Arc::clone(&passed));
        std::thread::spawn(move || {
            if ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                flag.store(true, Ordering::SeqCst);
                // A cancel would not do: a statement may catch it.
                let sql = format!("SELECT pg_catalog.pg_terminate_backend({session})");
                let _ = admin.connect().map(|mut admin| admin.batch_execute(&sql));
            }
        });
        Ok(Deadline { limit, passed, _until: Some(until) })
    }

    /// The limit, if it has passed.
    pub(crate) fn passed(&self) -> Option<Duration> {
        self.limit.filter(|_| self.passed.load(Ordering::SeqCst))
    }
}

/// The number of a session.
fn session(client: &mut Client) -> Result<String, Failure> {
    let found = client.simple_query("SELECT pg_catalog.pg_backend_pid()");
    let found = found.map_err(|error| {
        Failure::refused(
            FailureKind::DevServer,
            error.to_string(),
            "check the server, and start again",
        )
    })?;
    let number = found.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(number.unwrap_or_default().to_owned())
}
