-- revision: 002
-- parent: 001
-- message: Index by age

-- migrate:up
CREATE INDEX ix_users_age ON users ((now() - interval '1 day'));

-- migrate:down
DROP INDEX ix_users_age;
