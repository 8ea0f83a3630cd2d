-- revision: 001
-- message: Create users

-- migrate:up
CREATE TABLE users (
    id bigint PRIMARY KEY,
    email text NOT NULL
);
CREATE INDEX ix_users_email ON users (email);

-- migrate:down
DROP TABLE users;
