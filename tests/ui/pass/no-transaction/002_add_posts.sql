-- revision: 002
-- parent: 001
-- message: Index the emails

-- migrate:up transaction:false statement_timeout:1h
CREATE INDEX CONCURRENTLY users_email ON users (email);

-- migrate:down transaction:false lock_timeout:500ms
DROP INDEX CONCURRENTLY users_email;
