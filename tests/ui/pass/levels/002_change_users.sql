-- revision: 002
-- parent: 001
-- message: Change users
-- irreversible: what is lost is lost
-- migrate:allow(index-blocks-writes): few users

-- migrate:up
CREATE UNIQUE INDEX users_email ON users (email) NULLS NOT DISTINCT;
-- migrate:allow(drop-column): nobody reads it
ALTER TABLE users DROP COLUMN email;
