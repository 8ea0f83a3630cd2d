-- revision: 003
-- parent: 002
-- message: Create posts

-- migrate:up
CREATE TABLE posts (
    user_id bigint REFERENCES users (id)
);

-- migrate:down
DROP TABLE posts;
