-- revision: 20251217_indexes
-- parent: 91fd970f8f07
-- message: Add missing indexes for performance
-- created: 2025-12-17

-- migrate:up
CREATE INDEX ix_users_tier ON users (tier);
CREATE INDEX ix_users_is_active ON users (is_active);
CREATE INDEX ix_users_stripe_customer_id ON users (stripe_customer_id);
CREATE INDEX ix_users_created_at ON users (created_at);

CREATE INDEX ix_api_keys_user_id ON api_keys (user_id);

CREATE INDEX ix_identities_deleted_at ON identities (deleted_at);

CREATE INDEX ix_licenses_payment_status ON licenses (payment_status);
CREATE INDEX ix_licenses_created_at ON licenses (created_at);

-- transactions (created_at) has had its index since 001.
CREATE INDEX ix_transactions_type ON transactions (type);
CREATE INDEX ix_transactions_stripe_payment_intent_id ON transactions (stripe_payment_intent_id);
CREATE INDEX ix_transactions_analytics ON transactions (user_id, created_at, type);

CREATE INDEX ix_usage_logs_actor_pack_id ON usage_logs (actor_pack_id);
CREATE INDEX ix_usage_logs_api_key_id ON usage_logs (api_key_id);
CREATE INDEX ix_usage_logs_analytics ON usage_logs (identity_id, action, created_at);

-- migrate:down
DROP INDEX ix_usage_logs_analytics;
DROP INDEX ix_usage_logs_api_key_id;
DROP INDEX ix_usage_logs_actor_pack_id;

DROP INDEX ix_transactions_analytics;
DROP INDEX ix_transactions_stripe_payment_intent_id;
DROP INDEX ix_transactions_type;

DROP INDEX ix_licenses_created_at;
DROP INDEX ix_licenses_payment_status;

DROP INDEX ix_identities_deleted_at;

DROP INDEX ix_api_keys_user_id;

DROP INDEX ix_users_created_at;
DROP INDEX ix_users_stripe_customer_id;
DROP INDEX ix_users_is_active;
DROP INDEX ix_users_tier;
