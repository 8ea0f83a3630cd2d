-- revision: 001
-- message: Create users

-- migrate:up
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);

-- migrate:test after up
SELECT id FROM users WHERE email = '';

-- migrate:down
DROP TABLE users;
