-- revision: 002
-- parent: 001
-- message: Add posts

-- migrate:up
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    author bigint NOT NULL REFERENCES users (id)
);
COMMENT ON TABLE posts IS 'The author's words';

-- migrate:down
DROP TABLE posts;
