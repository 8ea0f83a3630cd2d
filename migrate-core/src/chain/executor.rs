//! Work that is the same for each file of a chain: whoever asks says on how many threads it is done.

/// Does one thing to each of many.
pub trait Workers {
    /// What `work` makes of each, in their order.
    fn each<T: Sync, R: Send>(&self, things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R>;
}

/// The thread that asks does it all.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Alone;

impl Workers for Alone {
    fn each<T: Sync, R: Send>(&self, things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        things.iter().map(work).collect()
    }
}
