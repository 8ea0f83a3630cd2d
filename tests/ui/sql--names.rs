use migrate_macros::sql;

fn main() {
    let _ = [
        sql!(chain = "ui/sql--names", "SELECT id, emial FROM users"),
        sql!(chain = "ui/sql--names", "SELECT age FROM users WHERE id = $1"),
        sql!(
            chain = "ui/sql--names",
            "SELECT u.id,
                    u.nick
             FROM users u"
        ),
        sql!(chain = "ui/sql--names", "DELETE FROM user WHERE id = $1"),
        sql!(chain = "ui/sql--names", "SELECT data FROM tower_sessions"),
        sql!(chain = "ui/sql--names", "SELECT lowr(email) FROM users"),
    ];
}
