-- revision: 002
-- parent: 001b
-- message: Add posts

-- migrate:up
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    author bigint NOT NULL REFERENCES users (id)
);

-- migrate:down
DROP TABLE posts;
