-- revision: 002
-- parent: 001
-- message: Add missing indexes

-- migrate:up
CREATE INDEX ix_users_email ON users (email);

-- migrate:down
DROP INDEX ix_users_email;
