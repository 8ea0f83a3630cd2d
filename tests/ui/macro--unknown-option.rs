migrate_macros::embed_migrations!(folder = "ui/pass/minimal");

fn main() {}
