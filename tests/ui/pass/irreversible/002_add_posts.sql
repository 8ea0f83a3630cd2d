-- revision: 002
-- parent: 001
-- message: Forget old users
-- irreversible: the users are gone

-- migrate:up
DELETE FROM users WHERE id < 1000;
