-- revision: 002
-- parent: 001
-- message: Add posts

CREATE TABLE posts (
    id bigint PRIMARY KEY,
    author bigint NOT NULL REFERENCES users (id)
);
