//! The proof for one chain is none for another.

migrate_macros::embed_migrations!("ui/pass/minimal");
migrate_macros::embed_migrations!("ui/pass/merge", module = "billing");

fn serve(_schema: migrations::AtHead) {}

fn start(client: &mut postgres::Client) -> Result<(), migrate_core::Error> {
    let at_head = billing::runner().upgrade(client)?;
    serve(at_head);
    Ok(())
}

fn main() {}
