-- revision: 002
-- parent: 001
-- message: The first user

-- migrate:up
INSERT INTO users (id) VALUES (:first_id);

-- migrate:down
DELETE FROM users WHERE id = 1;
