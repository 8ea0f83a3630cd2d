-- revision: 002
-- parent: 001
-- message: Add posts

-- migrate:up
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    author bigint NOT NULL REFERENCES users (id)
);

COPY (SELECT count(*) FROM users) TO STDOUT;

-- migrate:down
DROP TABLE posts;
