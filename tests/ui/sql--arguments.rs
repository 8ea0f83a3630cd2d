use migrate_macros::sql;

fn main() {
    let query = "SELECT 1";
    let _ = sql!();
    let _ = sql!(query);
    let _ = sql!("SELECT 1", "SELECT 2");
    let _ = sql!(unchecked = "", "SELECT 1");
    let _ = sql!(args = "x", "SELECT 1");
    let _ = sql!("SELECT 1");
    let _ = sql!(chain = "ui/sql--arguments", "SELECT 1");
    let _ = sql!(chain = "ui/sql--arguments", "SELECT 2");
}
