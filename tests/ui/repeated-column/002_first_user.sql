-- revision: 002
-- parent: 001
-- message: First user

-- migrate:up
INSERT INTO users (id, email, id) VALUES (1, 'root@example.com', 2);

-- migrate:down
DELETE FROM users WHERE id = 1;
