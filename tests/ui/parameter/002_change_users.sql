-- revision: 002
-- parent: 001
-- message: The first user

-- migrate:up
INSERT INTO users (id) VALUES ($1);

-- migrate:down
DELETE FROM users;
