//! Tests for upgrades that do nothing.

use super::check;

#[test]
fn upgrades_without_a_statement() {
    check("-- later", &["empty-upgrade -- migrate:up"]);
    check("OUTSIDE ;;", &["empty-upgrade -- migrate:up transaction:false"]);
    check("-- migrate:allow(empty-upgrade): it was so elsewhere\nHEADER\n", &[]);
}
