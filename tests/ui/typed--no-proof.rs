//! A server's state asks for the proof that the database is at head.

migrate_macros::embed_migrations!("ui/pass/minimal");

struct AppState;

impl AppState {
    fn new(_schema: migrations::AtHead) -> Self {
        AppState
    }
}

fn main() {
    AppState::new(());
}
