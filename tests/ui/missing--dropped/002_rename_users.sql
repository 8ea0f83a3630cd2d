-- revision: 002
-- parent: 001
-- message: Rename users

-- migrate:up
ALTER TABLE users RENAME TO accounts;

-- migrate:down
ALTER TABLE accounts RENAME TO users;
