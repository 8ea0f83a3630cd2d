//! Identities and the actor packs trained of them.

use barrel::Migration;
use barrel::types::{array, boolean, datetime, double, index, integer, text, varchar};

use super::parts::{
    foreign_key, generated_id, jsonb, now, optional, primary_key, required, unique, uuid,
};

/// Table `identities`.
pub(super) fn identities(schema: &mut Migration) {
    schema.create_table("identities", |t| {
        generated_id(t);
        required(t, "user_id", uuid());

        required(t, "display_name", varchar(255));
        optional(t, "legal_name", varchar(255));
        optional(t, "bio", text());
        optional(t, "profile_image_url", text());

        optional(t, "status", varchar(20));
        optional(t, "verified_at", datetime());
        optional(t, "verification_method", varchar(50));
        optional(t, "verification_data", jsonb());

        optional(t, "face_embedding", array(&double()));
        optional(t, "face_embedding_backup", array(&double()));

        optional(t, "protection_level", varchar(20));
        optional(t, "allow_commercial_use", boolean());
        optional(t, "allow_ai_training", boolean());
        optional(t, "allow_deepfake", boolean());
        optional(t, "blocked_categories", array(&varchar(0)));
        optional(t, "blocked_brands", array(&varchar(0)));
        optional(t, "blocked_regions", array(&varchar(0)));
        optional(t, "custom_restrictions", jsonb());

        optional(t, "base_license_fee", double());
        optional(t, "hourly_rate", double());
        optional(t, "per_image_rate", double());
        optional(t, "revenue_share_percent", double());

        optional(t, "nft_token_id", varchar(100));
        optional(t, "nft_contract_address", varchar(100));
        optional(t, "nft_minted_at", datetime());
        optional(t, "blockchain_hash", varchar(100));

        optional(t, "total_verifications", integer());
        optional(t, "total_licenses", integer());
        optional(t, "total_revenue", double());

        optional(t, "created_at", now());
        optional(t, "updated_at", now());
        optional(t, "deleted_at", datetime());

        primary_key(t);
        foreign_key(t, "user_id", "users");

        t.add_index("ix_identities_user_id", index(["user_id"]));
        t.add_index("ix_identities_status", index(["status"]));
        t.add_index("idx_identity_user_status", index(["user_id", "status"]));
        t.add_index("idx_identity_commercial", index(["allow_commercial_use", "status"]));
        t.add_index("ix_identities_deleted_at", index(["deleted_at"]));
    });
}

/// Table `actor_packs`.
pub(super) fn actor_packs(schema: &mut Migration) {
    schema.create_table("actor_packs", |t| {
        generated_id(t);
        optional(t, "identity_id", uuid());

        required(t, "name", varchar(255));
        optional(t, "description", text());
        optional(t, "version", varchar(20));
        optional(t, "slug", varchar(100));

        optional(t, "training_status", varchar(20));
        optional(t, "training_started_at", datetime());
        optional(t, "training_completed_at", datetime());
        optional(t, "training_error", text());
        optional(t, "training_progress", integer());
        optional(t, "training_images_count", integer());
        optional(t, "training_audio_seconds", double());
        optional(t, "training_video_seconds", double());

        optional(t, "quality_score", double());
        optional(t, "authenticity_score", double());
        optional(t, "consistency_score", double());
        optional(t, "voice_quality_score", double());

        optional(t, "s3_bucket", varchar(255));
        optional(t, "s3_key", varchar(500));
        optional(t, "file_size_bytes", double());
        optional(t, "checksum", varchar(64));

        optional(t, "components", jsonb());
        optional(t, "lora_model_url", text());
        optional(t, "voice_model_id", varchar(255));
        optional(t, "motion_data_url", text());

        optional(t, "base_price_usd", double());
        optional(t, "price_per_second_usd", double());
        optional(t, "price_per_image_usd", double());

        optional(t, "total_downloads", integer());
        optional(t, "total_uses", integer());
        optional(t, "total_revenue_usd", double());
        optional(t, "avg_rating", double());
        optional(t, "rating_count", integer());

        optional(t, "is_public", boolean());
        optional(t, "is_available", boolean());
        optional(t, "requires_approval", boolean());

        optional(t, "created_at", now());
        optional(t, "updated_at", now());

        primary_key(t);
        unique(t, "slug");
        foreign_key(t, "identity_id", "identities");

        t.add_index("ix_actor_packs_identity_id", index(["identity_id"]).unique(true));
    });
}
