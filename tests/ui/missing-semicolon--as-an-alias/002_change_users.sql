-- revision: 002
-- parent: 001
-- message: Two users

-- migrate:up
INSERT INTO users (id)
SELECT max(id) + 1 FROM users
UPDATE users SET id = 1 WHERE id = 0;

-- migrate:down
SELECT 1;
