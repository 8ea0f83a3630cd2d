-- revision: 002
-- parent: 001
-- message: Change users

-- migrate:up
CREATE INDEX users_email ON users (email);
ALTER TABLE users DROP COLUMN email;
ALTER TABLE users RENAME TO accounts;

-- migrate:down
SELECT 'as it was';
