//! Which databases on a shared server belong to a run that is still alive.
//!
//! A run holds an advisory lock on a connection of its own for as long as it lives; the server frees it when the run dies,
//! however it dies. The lock's number is in the names of the run's databases, and `pg_locks` shows the locks of the whole
//! server. So a database of ours whose lock nobody holds has lost its owner. It is dropped without force: should somebody
//! still be connected to it, it stays.

use std::sync::{Mutex, PoisonError};

use migrate_core::__private::quote;
use postgres::Client;

use crate::connection::connect;
use crate::error::Error;

/// The first number of our advisory locks: "migr" in ASCII.
const CLASS: i32 = 0x6d69_6772;

const ABANDONED: &str = "
SELECT d.datname::text
FROM pg_catalog.pg_database d
WHERE d.datname ~ '^migrate_test_[0-9]+_[0-9a-f]{8}_[0-9]+'
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_locks l
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid::bigint = $1
      AND lpad(to_hex(l.objid::bigint), 8, '0') = substring(d.datname from '^migrate_test_[0-9]+_([0-9a-f]{8})_'))";

/// A held lock.
pub(crate) struct Lease {
    url: String,
    number: i32,
    client: Mutex<Client>,
}

impl Lease {
    /// Takes the lock of `run`, eight hexadecimal digits.
    pub(crate) fn take(url: &str, run: &str) -> Result<Self, Error> {
        // The digits are ours, so they are always a number.
        let number = u32::from_str_radix(run, 16).unwrap_or_default().cast_signed();
        Ok(Self { url: url.to_owned(), number, client: Mutex::new(lock(url, number)?) })
    }

    /// Takes the lock again when the connection was lost.
    pub(crate) fn renew(&self) -> Result<(), Error> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if client.is_valid(std::time::Duration::from_secs(5)).is_err() {
            *client = lock(&self.url, self.number)?;
        }
        Ok(())
    }

    /// Drops the databases of runs that are gone, and tells how many.
    pub(crate) fn sweep(&self) -> Result<usize, Error> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = client
            .query(ABANDONED, &[&i64::from(CLASS)])
            .map_err(Error::doing("look for databases of killed runs"))?;
        let dropped = rows.iter().filter(|row| {
            // Another run may be dropping it at the same time, or its owner may be another role.
            row.try_get(0).is_ok_and(|name: &str| {
                client.batch_execute(&format!("DROP DATABASE {}", quote(name))).is_ok()
            })
        });
        Ok(dropped.count())
    }
}

fn lock(url: &str, number: i32) -> Result<Client, Error> {
    let doing = || Error::doing("mark the databases of this run as in use");
    let mut client = connect(url).map_err(doing())?;
    // A server may end sessions that do nothing; this one has nothing else to do.
    client.batch_execute("SET idle_session_timeout = 0").map_err(doing())?;
    client.execute("SELECT pg_advisory_lock($1, $2)", &[&CLASS, &number]).map_err(doing())?;
    Ok(client)
}
