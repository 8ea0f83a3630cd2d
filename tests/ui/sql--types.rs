use migrate_macros::sql;

fn main() {
    let _ = [
        sql!(chain = "ui/sql--types", "SELECT id FROM users WHERE email = 1"),
        sql!(chain = "ui/sql--types", "INSERT INTO users (id, name) VALUES ($1, $2)"),
        sql!(chain = "ui/sql--types", "INSERT INTO users (id, email) VALUES ($1)"),
        sql!(chain = "ui/sql--types", "SELECT count(*), email FROM users"),
        sql!(chain = "ui/sql--types", "SELECT id FORM users"),
        sql!(chain = "ui/sql--types", "SELECT 'it''s FROM users"),
        sql!(chain = "ui/sql--types", file = "ui/sql--types/README-users.sql.txt"),
        sql!(chain = "ui/sql--types", file = "ui/sql--types/nowhere.sql"),
    ];
    let _: i32 = sql!(chain = "ui/sql--types", "SELECT id FROM users");
}
