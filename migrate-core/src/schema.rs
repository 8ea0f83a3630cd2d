//! What a database consists of, and how one schema becomes another.

// Imports `syntax` alone, and knows nothing of a chain. `catalog` is a database as data: the queries that read it, and the
// comparison of two. `diff` plans the statements that lead from one to the other, and says what they lose. `rows`
// generates rows that a catalog allows. Start reading at `catalog`.

pub mod catalog;
pub mod diff;
pub mod rows;
