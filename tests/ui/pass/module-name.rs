//! Another name for the module, and another way to the core.

mod facade {
    pub use migrate_core as core;
}

migrate_macros::embed_migrations!(
    "ui/pass/module-name",
    module = "schema",
    crate = "crate::facade::core"
);

fn main() {
    assert_eq!(schema::Revision::HEAD, schema::Revision::AddPosts);
}
