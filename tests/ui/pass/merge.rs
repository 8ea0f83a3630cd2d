//! Two branches, joined by a revision that does nothing else.

use migrations::Revision;

migrate_macros::embed_migrations!("ui/pass/merge");

fn main() {
    assert_eq!(Revision::Join.parents(), [Revision::AddPosts, Revision::AddTags]);
    let ids: Vec<&str> = Revision::ALL.into_iter().map(Revision::id).collect();
    assert_eq!(ids, ["001", "002", "003", "004", "005"]);
}
