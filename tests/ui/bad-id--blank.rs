migrate_macros::embed_migrations!("ui/bad-id--blank");

fn main() {}
