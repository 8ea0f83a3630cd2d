//! Catalogs of real servers: what is read, and that no difference is overlooked.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that can't go on fails")]

mod casts;
mod constraints;
mod dependents;
mod dumps;
mod elsewhere;
mod families;
mod grants;
mod kinds;
mod kit;
mod not_null;
mod others;
mod pairs;
mod partitions;
mod privileges;
mod proposals;
mod random;
mod rare;
mod reading;
mod rebuilt;
mod renames;
mod routines;
mod scripts;
mod tables;
mod trips;
mod types;
