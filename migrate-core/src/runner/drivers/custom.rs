//! The methods for a client of the caller's own, by its [`Driver`].

use super::methods::methods;
use super::{Driver, drive};
use crate::runner::error::Error;

methods! {
    client: impl Driver,
    run: drive,
    async: [async],
    await: [.await],
    names: [
        upgrade_with upgrade_to_with downgrade_to_with apply_with stamp_with stamp_purge_with
        adopt_with status_with history_with log_with history_tables_with forget_with running_with verify_with
    ],
}
