//! What was used, and who did what.

use barrel::Migration;
use barrel::types::{boolean, custom, datetime, double, index, integer, text, varchar};

use super::parts::{
    enumeration, foreign_key, generated_id, jsonb, now, optional, primary_key, required, uuid,
};

/// Table `usage_logs`.
pub(super) fn usage_logs(schema: &mut Migration) {
    schema.create_table("usage_logs", |t| {
        generated_id(t);
        optional(t, "identity_id", uuid());
        optional(t, "license_id", uuid());
        optional(t, "actor_pack_id", uuid());

        optional(t, "requester_id", uuid());
        optional(t, "requester_type", varchar(50));
        optional(t, "requester_name", varchar(255));
        optional(t, "api_key_id", uuid());

        required(t, "action", varchar(50));
        optional(t, "endpoint", varchar(255));
        optional(t, "request_metadata", jsonb());

        optional(t, "similarity_score", double());
        optional(t, "faces_detected", integer());
        optional(t, "matched", boolean());
        optional(t, "result", varchar(50));
        optional(t, "result_reason", text());
        optional(t, "response_time_ms", integer());

        optional(t, "credits_used", double());
        optional(t, "amount_charged_usd", double());
        optional(t, "billed", boolean());

        optional(t, "ip_address", varchar(50));
        optional(t, "user_agent", text());
        optional(t, "country_code", varchar(2));

        optional(t, "created_at", now());

        primary_key(t);
        foreign_key(t, "identity_id", "identities");
        foreign_key(t, "license_id", "licenses");
        foreign_key(t, "actor_pack_id", "actor_packs");
        foreign_key(t, "api_key_id", "api_keys");

        t.add_index("ix_usage_logs_identity_id", index(["identity_id"]));
        t.add_index("ix_usage_logs_license_id", index(["license_id"]));
        t.add_index("ix_usage_logs_requester_id", index(["requester_id"]));
        t.add_index("ix_usage_logs_action", index(["action"]));
        t.add_index("ix_usage_logs_created_at", index(["created_at"]));
        t.add_index("idx_usage_identity_date", index(["identity_id", "created_at"]));
        t.add_index("idx_usage_requester", index(["requester_id", "created_at"]));
        t.add_index("idx_usage_action_date", index(["action", "created_at"]));
        t.add_index("ix_usage_logs_actor_pack_id", index(["actor_pack_id"]));
        t.add_index("ix_usage_logs_api_key_id", index(["api_key_id"]));
        t.add_index("ix_usage_logs_analytics", index(["identity_id", "action", "created_at"]));
    });
}

/// Table `audit_logs`.
pub(super) fn audit_logs(schema: &mut Migration) {
    enumeration(
        schema,
        "auditaction",
        &[
            "CREATE", "READ", "UPDATE", "DELETE", "LOGIN", "LOGOUT", "EXPORT", "DOWNLOAD",
            "VERIFY", "DETECT", "TRAIN", "PURCHASE", "REFUND", "API_CALL",
        ],
    );
    schema.create_table("audit_logs", |t| {
        required(t, "id", uuid());

        optional(t, "user_id", uuid());
        optional(t, "api_key_id", uuid());
        optional(t, "ip_address", varchar(50));
        optional(t, "user_agent", text());

        required(t, "action", custom("auditaction"));
        required(t, "resource_type", varchar(50));
        optional(t, "resource_id", uuid());
        optional(t, "description", text());

        optional(t, "old_values", jsonb());
        optional(t, "new_values", jsonb());
        optional(t, "metadata", jsonb());

        optional(t, "request_id", varchar(64));
        optional(t, "request_path", text());
        optional(t, "request_method", varchar(10));

        optional(t, "success", boolean());
        optional(t, "error_message", text());

        optional(t, "created_at", datetime());

        primary_key(t);
        foreign_key(t, "user_id", "users");
        foreign_key(t, "api_key_id", "api_keys");

        t.add_index("ix_audit_logs_user_id", index(["user_id"]));
        t.add_index("ix_audit_logs_action", index(["action"]));
        t.add_index("ix_audit_logs_resource_type", index(["resource_type"]));
        t.add_index("ix_audit_logs_resource_id", index(["resource_id"]));
        t.add_index("ix_audit_logs_request_id", index(["request_id"]));
        t.add_index("ix_audit_logs_created_at", index(["created_at"]));
    });
}
