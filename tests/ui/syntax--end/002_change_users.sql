-- revision: 002
-- parent: 001
-- message: Change users

-- migrate:up
CREATE INDEX users_name ON users (lower(name);

-- migrate:down
SELECT 1;
