-- revision: 002
-- parent: 001
-- message: First user

-- migrate:up
INSERT INTO users (id, email) VALUES (1);

-- migrate:down
DELETE FROM users WHERE id = 1;
