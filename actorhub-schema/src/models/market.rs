//! Listings, licenses and the transactions that pay for them.

use barrel::Migration;
use barrel::types::{array, boolean, datetime, double, index, integer, text, varchar};

use super::parts::{
    foreign_key, generated_id, jsonb, now, optional, primary_key, required, unique, uuid,
};

/// Table `listings`.
pub(super) fn listings(schema: &mut Migration) {
    schema.create_table("listings", |t| {
        generated_id(t);
        required(t, "identity_id", uuid());

        required(t, "title", varchar(255));
        optional(t, "slug", varchar(100));
        optional(t, "description", text());
        optional(t, "short_description", varchar(500));

        optional(t, "thumbnail_url", text());
        optional(t, "preview_images", array(&text()));
        optional(t, "preview_video_url", text());
        optional(t, "demo_audio_url", text());

        optional(t, "category", varchar(100));
        optional(t, "tags", array(&varchar(0)));
        optional(t, "style_tags", array(&varchar(0)));

        optional(t, "pricing_tiers", jsonb());

        optional(t, "is_active", boolean());
        optional(t, "is_featured", boolean());
        optional(t, "requires_approval", boolean());

        optional(t, "view_count", integer());
        optional(t, "favorite_count", integer());
        optional(t, "license_count", integer());
        optional(t, "avg_rating", double());
        optional(t, "rating_count", integer());

        optional(t, "meta_title", varchar(255));
        optional(t, "meta_description", text());

        optional(t, "created_at", now());
        optional(t, "updated_at", now());
        optional(t, "published_at", datetime());

        primary_key(t);
        unique(t, "slug");
        foreign_key(t, "identity_id", "identities");

        t.add_index("ix_listings_identity_id", index(["identity_id"]));
        t.add_index("idx_listing_category_active", index(["category", "is_active"]));
        t.add_index("idx_listing_featured", index(["is_featured", "is_active"]));
    });
}

/// Table `licenses`.
pub(super) fn licenses(schema: &mut Migration) {
    schema.create_table("licenses", |t| {
        generated_id(t);
        required(t, "identity_id", uuid());
        required(t, "licensee_id", uuid());

        required(t, "license_type", varchar(20));
        required(t, "usage_type", varchar(20));
        optional(t, "project_name", varchar(255));
        optional(t, "project_description", text());

        optional(t, "allowed_platforms", array(&varchar(0)));
        optional(t, "allowed_regions", array(&varchar(0)));
        optional(t, "excluded_uses", array(&varchar(0)));
        optional(t, "max_impressions", integer());
        optional(t, "max_duration_seconds", integer());
        optional(t, "max_images", integer());
        optional(t, "max_outputs", integer());

        required(t, "valid_from", datetime());
        optional(t, "valid_until", datetime());
        optional(t, "is_active", boolean());
        optional(t, "auto_renew", boolean());

        required(t, "price_usd", double());
        optional(t, "currency", varchar(3));
        optional(t, "payment_status", varchar(20));
        optional(t, "stripe_payment_intent_id", varchar(255));
        optional(t, "stripe_subscription_id", varchar(255));
        optional(t, "paid_at", datetime());

        optional(t, "platform_fee_percent", double());
        optional(t, "creator_payout_usd", double());
        optional(t, "payout_status", varchar(50));
        optional(t, "payout_at", datetime());

        optional(t, "contract_hash", varchar(100));
        optional(t, "contract_url", text());
        optional(t, "signed_at", datetime());
        optional(t, "terms_accepted", boolean());

        optional(t, "current_uses", integer());
        optional(t, "current_impressions", integer());
        optional(t, "current_duration_seconds", integer());

        optional(t, "created_at", now());
        optional(t, "updated_at", now());

        primary_key(t);
        foreign_key(t, "identity_id", "identities");
        foreign_key(t, "licensee_id", "users");

        t.add_index("ix_licenses_identity_id", index(["identity_id"]));
        t.add_index("ix_licenses_licensee_id", index(["licensee_id"]));
        t.add_index("idx_license_active", index(["is_active", "valid_until"]));
        t.add_index("idx_license_dates", index(["valid_from", "valid_until"]));
        t.add_index("ix_licenses_payment_status", index(["payment_status"]));
        t.add_index("ix_licenses_created_at", index(["created_at"]));
    });
}

/// Table `transactions`.
pub(super) fn transactions(schema: &mut Migration) {
    schema.create_table("transactions", |t| {
        generated_id(t);
        optional(t, "license_id", uuid());
        required(t, "user_id", uuid());

        required(t, "type", varchar(50));
        required(t, "amount_usd", double());
        optional(t, "currency", varchar(3));
        optional(t, "description", text());
        optional(t, "status", varchar(20));

        optional(t, "stripe_payment_intent_id", varchar(255));
        optional(t, "stripe_charge_id", varchar(255));
        optional(t, "stripe_transfer_id", varchar(255));

        optional(t, "transaction_metadata", jsonb());

        optional(t, "created_at", now());
        optional(t, "completed_at", datetime());

        primary_key(t);
        foreign_key(t, "license_id", "licenses");
        foreign_key(t, "user_id", "users");

        t.add_index("ix_transactions_license_id", index(["license_id"]));
        t.add_index("ix_transactions_user_id", index(["user_id"]));
        t.add_index("ix_transactions_created_at", index(["created_at"]));
        t.add_index("ix_transactions_type", index(["type"]));
        t.add_index(
            "ix_transactions_stripe_payment_intent_id",
            index(["stripe_payment_intent_id"]),
        );
        t.add_index("ix_transactions_analytics", index(["user_id", "created_at", "type"]));
    });
}
