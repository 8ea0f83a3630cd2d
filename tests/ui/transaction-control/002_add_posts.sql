-- revision: 002
-- parent: 001
-- message: Add posts

-- migrate:up
BEGIN;
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    author bigint NOT NULL REFERENCES users (id)
);
COMMIT;

-- migrate:down
DROP TABLE posts;
