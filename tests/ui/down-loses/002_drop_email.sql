-- revision: 002
-- parent: 001
-- message: Drop the address

-- migrate:up
ALTER TABLE users DROP COLUMN email;

-- migrate:down
ALTER TABLE users ADD COLUMN email text;
