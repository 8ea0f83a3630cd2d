//! Subscriptions and payouts.

use barrel::Migration;
use barrel::types::{boolean, custom, datetime, double, index, integer, text, varchar};

use super::parts::{
    enumeration, foreign_key, jsonb, optional, primary_key, required, unique, uuid,
};

/// Table `subscriptions`.
pub(super) fn subscriptions(schema: &mut Migration) {
    enumeration(
        schema,
        "subscriptionplan",
        &["FREE", "PRO_MONTHLY", "PRO_YEARLY", "ENTERPRISE_MONTHLY", "ENTERPRISE_YEARLY"],
    );
    enumeration(
        schema,
        "subscriptionstatus",
        &["ACTIVE", "PAST_DUE", "CANCELED", "INCOMPLETE", "TRIALING", "PAUSED"],
    );
    schema.create_table("subscriptions", |t| {
        required(t, "id", uuid());
        required(t, "user_id", uuid());

        optional(t, "stripe_subscription_id", varchar(255));
        optional(t, "stripe_customer_id", varchar(255));
        optional(t, "stripe_price_id", varchar(255));

        required(t, "plan", custom("subscriptionplan"));
        required(t, "status", custom("subscriptionstatus"));

        optional(t, "amount", double());
        optional(t, "currency", varchar(3));
        optional(t, "interval", varchar(20));

        optional(t, "current_period_start", datetime());
        optional(t, "current_period_end", datetime());
        optional(t, "trial_start", datetime());
        optional(t, "trial_end", datetime());
        optional(t, "canceled_at", datetime());
        optional(t, "cancel_at_period_end", boolean());

        optional(t, "identities_limit", integer());
        optional(t, "api_calls_limit", integer());
        optional(t, "storage_limit_mb", integer());

        optional(t, "metadata", jsonb());

        optional(t, "created_at", datetime());
        optional(t, "updated_at", datetime());

        primary_key(t);
        unique(t, "stripe_subscription_id");
        foreign_key(t, "user_id", "users");

        t.add_index("ix_subscriptions_user_id", index(["user_id"]));
        t.add_index("ix_subscriptions_stripe_subscription_id", index(["stripe_subscription_id"]));
        t.add_index("ix_subscriptions_stripe_customer_id", index(["stripe_customer_id"]));
        t.add_index("ix_subscriptions_plan", index(["plan"]));
        t.add_index("ix_subscriptions_status", index(["status"]));
    });
}

/// Table `payouts`.
pub(super) fn payouts(schema: &mut Migration) {
    enumeration(schema, "payoutmethod", &["STRIPE_CONNECT", "PAYPAL", "BANK_TRANSFER"]);
    enumeration(
        schema,
        "payoutstatus",
        &["PENDING", "PROCESSING", "COMPLETED", "FAILED", "CANCELED"],
    );
    schema.create_table("payouts", |t| {
        required(t, "id", uuid());
        required(t, "user_id", uuid());

        required(t, "amount", double());
        optional(t, "currency", varchar(3));
        optional(t, "fee", double());
        optional(t, "net_amount", double());

        required(t, "method", custom("payoutmethod"));
        optional(t, "status", custom("payoutstatus"));

        optional(t, "stripe_payout_id", varchar(255));
        optional(t, "stripe_transfer_id", varchar(255));

        optional(t, "period_start", datetime());
        optional(t, "period_end", datetime());
        optional(t, "transaction_ids", jsonb());
        optional(t, "transaction_count", integer());

        optional(t, "requested_at", datetime());
        optional(t, "processed_at", datetime());
        optional(t, "completed_at", datetime());
        optional(t, "failed_at", datetime());
        optional(t, "failure_reason", text());

        optional(t, "metadata", jsonb());

        optional(t, "created_at", datetime());
        optional(t, "updated_at", datetime());

        primary_key(t);
        unique(t, "stripe_payout_id");
        foreign_key(t, "user_id", "users");

        t.add_index("ix_payouts_user_id", index(["user_id"]));
        t.add_index("ix_payouts_status", index(["status"]));
        t.add_index("ix_payouts_stripe_payout_id", index(["stripe_payout_id"]));
    });
}
