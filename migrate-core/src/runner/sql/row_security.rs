//! Row security on our own tables: what is hidden from a role must not read as what is not there.

use super::{literal, tag};

/// Which of these tables hide rows from this role. The session's `row_security = off` would make an error of it, but also
/// of what the migrations themselves read, and it would stay in a transaction of the caller's. So the server is asked, in the
/// message that reads the history. A policy that hides nothing is fine: for SELECT who only reads needs one, for ALL who
/// writes, since an UPDATE or a DELETE that sees no row is no error.
pub(crate) fn hidden(tables: &[&str], writes: bool) -> String {
    let tables: Vec<String> = tables.iter().map(|table| literal(table)).collect();
    format!(
        "SELECT '{tag}', t, pg_catalog.quote_ident(current_user) FROM pg_catalog.unnest(ARRAY[{tables}]::text[]) t \
         WHERE pg_catalog.row_security_active(pg_catalog.to_regclass(t)::oid) AND (\
         EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = pg_catalog.to_regclass(t) AND NOT p.polpermissive) \
         OR NOT EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = pg_catalog.to_regclass(t) \
         AND p.polcmd::text IN ({commands}) AND pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true' \
         AND EXISTS (SELECT FROM pg_catalog.unnest(p.polroles) r WHERE r = 0 OR pg_catalog.pg_has_role(r, 'USAGE'))))",
        tag = tag::HIDDEN,
        tables = tables.join(", "),
        commands = if writes { "'*'" } else { "'*', 'r'" },
    )
}
