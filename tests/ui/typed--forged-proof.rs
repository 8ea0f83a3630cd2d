//! Only a runner makes the proof.

migrate_macros::embed_migrations!("ui/pass/minimal");

fn forge(report: migrate_core::Report) -> migrations::AtHead {
    migrations::AtHead::new(report)
}

fn main() {}
