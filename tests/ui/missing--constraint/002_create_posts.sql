-- revision: 002
-- parent: 001
-- message: Create posts

-- migrate:up
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    user_id bigint REFERENCES users (id),
    title text
);

-- migrate:down
DROP TABLE posts;
