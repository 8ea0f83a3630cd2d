-- revision: 002
-- parent: 001
-- message: Add roles

-- migrate:up
CREATE TYPE role AS ENUM ('reader', 'writer');
ALTER TABLE users ADD COLUMN role role;

-- migrate:down
ALTER TABLE users DROP COLUMN role;
DROP TYPE role;
