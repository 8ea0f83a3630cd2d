-- revision: 20251218_stripe_connect
-- parent: 20251218_notifications
-- message: Add Stripe Connect account to users
-- created: 2025-12-18

-- migrate:up
ALTER TABLE users ADD COLUMN stripe_connect_account_id varchar(255);
CREATE INDEX idx_users_stripe_connect ON users (stripe_connect_account_id);

-- migrate:down
DROP INDEX idx_users_stripe_connect;
ALTER TABLE users DROP COLUMN stripe_connect_account_id;
