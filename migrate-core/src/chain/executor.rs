//! Runs the same work on each file of a chain, on threads that the caller provides.

/// Runs the same work on each item of a list.
pub trait Executor {
    /// The result of `work` for each item, in order.
    fn each<T: Sync, R: Send>(&self, things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R>;
}

/// Does everything on the calling thread.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sequential;

impl Executor for Sequential {
    fn each<T: Sync, R: Send>(&self, things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        things.iter().map(work).collect()
    }
}
