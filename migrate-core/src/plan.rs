//! What a run would do, decided from a chain and a database's history: pure, and a plan is data.
//!
//! Imports [`chain`](crate::chain) and [`syntax`](crate::syntax). [`history`] is what a database says was applied,
//! [`status`] holds a chain beside it, [`target`] is where to go, [`planner`] makes the steps and [`stamp`] the records
//! without them. [`non_transactional`] decides how each statement outside a transaction runs, and what an answer of the
//! server proves.
//! Start reading at [`planner`].

pub(crate) mod direction;
pub(crate) mod history;
pub(crate) mod non_transactional;
pub(crate) mod plan_error;
pub(crate) mod planner;
pub(crate) mod recorded_downgrade;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod stamp;
pub(crate) mod status;
pub(crate) mod step;
pub(crate) mod target;
