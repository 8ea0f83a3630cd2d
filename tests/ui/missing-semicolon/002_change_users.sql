-- revision: 002
-- parent: 001
-- message: Posts

-- migrate:up
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id)
)

-- for the list of a user's posts
CREATE INDEX posts_user_id_idx ON posts (user_id);

-- migrate:down
DROP TABLE posts;
