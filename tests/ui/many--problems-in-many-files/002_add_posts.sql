-- revision: 002
-- parent: 001
-- message: Add posts
-- autor: Ana

-- migrate:up
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    author bigint NOT NULL REFERENCES users (id)
);

-- migrate:down
BEGIN;
DROP TABLE posts;
