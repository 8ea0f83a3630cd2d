mod a_path {
    migrate_macros::embed_migrations!(ui / pass / minimal);
}

mod a_number {
    migrate_macros::embed_migrations!(module = 1);
}

mod no_comma {
    migrate_macros::embed_migrations!("ui/pass/minimal" module = "schema");
}

fn main() {}
