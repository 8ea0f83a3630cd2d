//! What `embed_migrations!()` makes only where there is a client: the runner, and the proof that it gives.

/// The items that need a client.
#[doc(hidden)]
#[cfg(feature = "runner")]
#[macro_export]
macro_rules! __with_client {
    ($($items:tt)*) => { $($items)* };
}

/// Without one, a chain can only be given to refinery's runner.
#[doc(hidden)]
#[cfg(all(feature = "refinery", not(feature = "runner")))]
#[macro_export]
macro_rules! __with_client {
    ($($items:tt)*) => {};
}

/// Or it was forgotten: one error, instead of one for each item that is not there.
#[doc(hidden)]
#[cfg(not(any(feature = "runner", feature = "refinery")))]
#[macro_export]
macro_rules! __with_client {
    ($($items:tt)*) => {
        ::core::compile_error!(
            "migrate-core has no client to run the migrations with\n = help: enable the feature of the client that you use, \
             `postgres`, `tokio-postgres` or `sqlx`: `cargo add migrate-core --features postgres`"
        );
    };
}
