//! Notifications, and the events that webhooks bring.

use barrel::Migration;
use barrel::types::{boolean, custom, datetime, index, integer, text, varchar};

use super::parts::{
    enumeration, foreign_key, jsonb, optional, primary_key, required, unique, uuid,
};

/// Table `notifications`.
pub(super) fn notifications(schema: &mut Migration) {
    enumeration(
        schema,
        "notificationtype",
        &["SYSTEM", "MARKETING", "SECURITY", "BILLING", "IDENTITY", "TRAINING", "DETECTION"],
    );
    enumeration(schema, "notificationchannel", &["IN_APP", "EMAIL", "SMS", "PUSH"]);
    schema.create_table("notifications", |t| {
        required(t, "id", uuid());
        required(t, "user_id", uuid());

        required(t, "type", custom("notificationtype"));
        required(t, "title", varchar(255));
        required(t, "message", text());
        optional(t, "action_url", text());
        optional(t, "metadata", jsonb());

        optional(t, "channel", custom("notificationchannel"));
        optional(t, "is_read", boolean());
        optional(t, "read_at", datetime());
        optional(t, "is_sent", boolean());
        optional(t, "sent_at", datetime());

        optional(t, "created_at", datetime());
        optional(t, "expires_at", datetime());

        primary_key(t);
        foreign_key(t, "user_id", "users");

        t.add_index("ix_notifications_user_id", index(["user_id"]));
        t.add_index("ix_notifications_type", index(["type"]));
        t.add_index("ix_notifications_is_read", index(["is_read"]));
        t.add_index("ix_notifications_created_at", index(["created_at"]));
    });
}

/// Table `webhook_events`.
pub(super) fn webhook_events(schema: &mut Migration) {
    enumeration(
        schema,
        "webhooksource",
        &["STRIPE", "CLERK", "SENDGRID", "REPLICATE", "ELEVENLABS"],
    );
    enumeration(
        schema,
        "webhookstatus",
        &["PENDING", "PROCESSING", "COMPLETED", "FAILED", "RETRYING"],
    );
    schema.create_table("webhook_events", |t| {
        required(t, "id", uuid());

        required(t, "event_id", varchar(255));
        required(t, "source", custom("webhooksource"));
        required(t, "event_type", varchar(100));

        required(t, "payload", jsonb());
        optional(t, "headers", jsonb());

        optional(t, "status", custom("webhookstatus"));
        optional(t, "attempts", integer());
        optional(t, "last_attempt_at", datetime());
        optional(t, "processed_at", datetime());
        optional(t, "error_message", text());

        optional(t, "created_at", datetime());
        optional(t, "updated_at", datetime());

        primary_key(t);
        unique(t, "event_id");

        t.add_index("ix_webhook_events_event_id", index(["event_id"]));
        t.add_index("ix_webhook_events_source", index(["source"]));
        t.add_index("ix_webhook_events_event_type", index(["event_type"]));
        t.add_index("ix_webhook_events_status", index(["status"]));
        t.add_index("ix_webhook_events_created_at", index(["created_at"]));
    });
}
