-- revision: 002
-- parent: 001
-- message: Index the address

-- migrate:up
CREATE INDEX ix_users_mail ON users (emial);

-- migrate:down
DROP INDEX ix_users_mail;
