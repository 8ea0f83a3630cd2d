//! Users and their API keys.

use barrel::Migration;
use barrel::types::{boolean, datetime, index, integer, text, varchar};

use super::parts::{foreign_key, generated_id, jsonb, now, optional, primary_key, required, uuid};

/// Table `users`.
pub(super) fn users(schema: &mut Migration) {
    schema.create_table("users", |t| {
        generated_id(t);

        required(t, "email", varchar(255));
        optional(t, "hashed_password", varchar(255));

        optional(t, "first_name", varchar(100));
        optional(t, "last_name", varchar(100));
        optional(t, "display_name", varchar(100));
        optional(t, "avatar_url", text());

        optional(t, "clerk_user_id", varchar(255));
        optional(t, "email_verified", boolean());
        optional(t, "phone_number", varchar(20));
        optional(t, "phone_verified", boolean());

        optional(t, "role", varchar(20));
        optional(t, "tier", varchar(20));
        optional(t, "is_active", boolean());
        optional(t, "is_verified", boolean());

        optional(t, "stripe_customer_id", varchar(255));
        optional(t, "billing_email", varchar(255));

        optional(t, "preferences", jsonb());
        optional(t, "notification_settings", jsonb());

        optional(t, "created_at", now());
        optional(t, "updated_at", now());
        optional(t, "last_login_at", datetime());

        optional(t, "verified_at", datetime());

        optional(t, "totp_secret", varchar(32));
        optional(t, "backup_codes", jsonb());
        optional(t, "is_2fa_enabled", boolean());

        optional(t, "password_reset_token", varchar(64));
        optional(t, "password_reset_expires", datetime());

        optional(t, "email_verification_token", varchar(64));
        optional(t, "email_verification_expires", datetime());

        optional(t, "consent_marketing", boolean());
        optional(t, "consent_analytics", boolean());
        optional(t, "consent_third_party", boolean());
        optional(t, "consent_ai_training", boolean());
        optional(t, "consent_updated_at", datetime());

        optional(t, "terms_accepted_at", datetime());
        optional(t, "privacy_accepted_at", datetime());
        optional(t, "cookie_consent", jsonb());
        optional(t, "cookie_consent_at", datetime());

        optional(t, "age_verified", boolean());
        optional(t, "age_verified_at", datetime());

        optional(t, "last_export_request", datetime());
        optional(t, "deletion_requested_at", datetime());
        optional(t, "deletion_scheduled_for", datetime());

        optional(t, "stripe_connect_account_id", varchar(255));

        primary_key(t);

        t.add_index("ix_users_email", index(["email"]).unique(true));
        t.add_index("ix_users_clerk_user_id", index(["clerk_user_id"]).unique(true));
        t.add_index("ix_users_tier", index(["tier"]));
        t.add_index("ix_users_is_active", index(["is_active"]));
        t.add_index("ix_users_stripe_customer_id", index(["stripe_customer_id"]));
        t.add_index("ix_users_created_at", index(["created_at"]));
        t.add_index("idx_users_stripe_connect", index(["stripe_connect_account_id"]));
    });
}

/// Table `api_keys`.
pub(super) fn api_keys(schema: &mut Migration) {
    schema.create_table("api_keys", |t| {
        generated_id(t);
        required(t, "user_id", uuid());

        required(t, "name", varchar(100));
        required(t, "key_hash", varchar(64));
        optional(t, "key_prefix", varchar(10));

        optional(t, "permissions", jsonb());
        optional(t, "allowed_ips", jsonb());
        optional(t, "rate_limit", integer());

        optional(t, "is_active", boolean());
        optional(t, "expires_at", datetime());

        optional(t, "usage_count", integer());
        optional(t, "last_used_at", datetime());
        optional(t, "last_used_ip", varchar(50));

        optional(t, "created_at", now());
        optional(t, "updated_at", now());

        primary_key(t);
        foreign_key(t, "user_id", "users");

        t.add_index("ix_api_keys_key_hash", index(["key_hash"]).unique(true));
        t.add_index("ix_api_keys_user_id", index(["user_id"]));
    });
}
