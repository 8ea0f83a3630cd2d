//! A chain for the runners of other tools.

// Imports `chain` alone. `refinery` makes a stock runner of refinery's out of a chain, and `refinery_names` determines what
// refinery calls the revisions. How databases and folders of other tools are taken over is the command line's. Start
// reading at `refinery`.

#[cfg(feature = "refinery")]
pub(crate) mod refinery;
mod refinery_names;

#[cfg(feature = "refinery")]
pub use self::refinery::RefineryError;
