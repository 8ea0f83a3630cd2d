-- revision: 20260102_posts
-- parent: 20260101_user
-- message: Add posts

-- migrate:up
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    author bigint NOT NULL REFERENCES users (id)
);

-- migrate:down
DROP TABLE posts;
