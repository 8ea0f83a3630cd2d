-- revision: 002
-- parent: 001
-- message: First user

-- migrate:up
INSERT INTO users (id, email, label) VALUES (1, 'root@example.com', 'root');

-- migrate:down
DELETE FROM users WHERE id = 1;
