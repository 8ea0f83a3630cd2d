-- revision: 002
-- parent: 001
-- message: Add posts
-- irreversible: the posts would be lost

-- migrate:up
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    author bigint NOT NULL REFERENCES users (id)
);
