-- revision: 002
-- parent: 001
-- message: Change users

-- migrate:up
CREATE UNIQUE INDEX users_email ON users (email) NULLS NOT DISTINCT;

-- migrate:down
SELECT 'as it was';
