-- revision: 002
-- parent: 001
-- message: Change users

-- migrate:up
ALTER TABLE users ADD COLUMN name text NOT NUL;

-- migrate:down
SELECT 1;
