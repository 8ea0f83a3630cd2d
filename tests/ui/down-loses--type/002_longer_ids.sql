-- revision: 002
-- parent: 001
-- message: Longer e-mail addresses

-- migrate:up
ALTER TABLE users ALTER COLUMN email TYPE varchar(320);

-- migrate:down
-- The values are still the same.
COMMENT ON COLUMN users.email IS NULL;
