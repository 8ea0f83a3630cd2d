//! A revision that the chain has not.

migrate_macros::embed_migrations!("ui/pass/merge");

fn main() {
    println!("{}", migrations::Revision::AddPosts.id());
    println!("{}", migrations::Revision::AddPost.id());
}
