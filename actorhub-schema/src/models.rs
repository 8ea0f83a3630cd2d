//! The schema that ActorHub wants, declared in Rust: what the chain builds when it is at head.
//!
//! Change a model first, then let the next revision be written from the difference. The two are
//! compared by a test, so neither can be forgotten.

mod billing;
mod identities;
mod market;
mod notifications;
mod parts;
mod usage;
mod users;

use barrel::Migration;
use barrel::backend::Pg;

/// The wanted schema as SQL, for an empty database.
///
/// ```
/// let sql = actorhub_schema::models();
/// assert!(sql.contains(r#"CREATE TABLE "users""#));
/// ```
pub fn models() -> String {
    let mut schema = Migration::new();
    extensions(&mut schema);
    // A table stands behind those that its foreign keys refer to.
    for table in [
        users::users,
        users::api_keys,
        identities::identities,
        identities::actor_packs,
        market::listings,
        market::licenses,
        market::transactions,
        usage::usage_logs,
        notifications::notifications,
        usage::audit_logs,
        notifications::webhook_events,
        billing::subscriptions,
        billing::payouts,
    ] {
        table(&mut schema);
    }
    schema.make::<Pg>()
}

fn extensions(schema: &mut Migration) {
    // Revision 001 marks the extensions that it creates with a comment.
    for name in ["\"uuid-ossp\"", "pgcrypto"] {
        schema.inject_custom(format!("CREATE EXTENSION IF NOT EXISTS {name}"));
        schema.inject_custom(format!(
            "COMMENT ON EXTENSION {name} IS 'created by ActorHub revision 001'"
        ));
    }
    // As in revision 001: no column uses vector yet, so a server without it will do.
    schema.inject_custom(
        "DO $$ BEGIN \
         IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') THEN \
         CREATE EXTENSION IF NOT EXISTS vector; \
         COMMENT ON EXTENSION vector IS 'created by ActorHub revision 001'; END IF; \
         EXCEPTION WHEN insufficient_privilege THEN NULL; END $$",
    );
}
