//! What a run will do, computed from a chain and the history of a database. A plan is data; nothing runs here.

// Imports `chain` and `syntax`. `history` contains the revisions that a database has recorded as applied, `status` compares
// a chain with it, `target` is where to go, `planner` computes the steps, and `stamp` the records to change without
// running anything. `non_transactional` decides how each statement of a non-transactional section runs, and what an
// answer of the server proves. Start reading at `planner`.

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

pub use self::direction::Direction;
pub use self::history::{History, Partial, Record, StoredDown};
pub use self::plan_error::PlanError;
pub use self::planner::{Redo, downgrade, redo, upgrade};
pub use self::stamp::{Stamp, adopt, stamp};
pub use self::status::{Divergence, HalfDone, Status, changed, half_done_elsewhere, status};
pub use self::step::{Plan, Step};
pub use self::target::{BadTarget, Target};
