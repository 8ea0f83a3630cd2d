-- revision: 002
-- parent: 001
-- message: Index the emails

-- migrate:up
CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);

-- migrate:down
DROP INDEX CONCURRENTLY users_email;
