//! A runner of one chain does not take a revision of another for a target.

migrate_macros::embed_migrations!("ui/pass/minimal");
migrate_macros::embed_migrations!("ui/pass/merge", module = "billing");

fn start(client: &mut postgres::Client) -> Result<(), migrate_core::Error> {
    migrations::runner().upgrade_to(client, migrations::Revision::HEAD)?;
    migrations::runner().upgrade_to(client, billing::Revision::HEAD)?;
    Ok(())
}

fn main() {}
