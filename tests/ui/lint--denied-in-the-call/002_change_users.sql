-- revision: 002
-- parent: 001
-- message: Change users
-- irreversible: what is lost is lost

-- migrate:up
CREATE INDEX users_email ON users (email);
ALTER TABLE users DROP COLUMN email;
ALTER TABLE users RENAME TO accounts;
