-- revision: 002
-- parent: 001
-- message: Add posts

-- migrate:up lock_timeout:2s statement_timeout:1min lock_timeout:5s
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    author bigint NOT NULL REFERENCES users (id)
);

-- migrate:down
DROP TABLE posts;
