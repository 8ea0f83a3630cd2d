-- revision: 002
-- parent: 001
-- message: Create posts

-- migrate:up
CREATE TABLE posts (
    user_id bigint,
    author text,
    FOREIGN KEY (user_id, author) REFERENCES users
);

-- migrate:down
DROP TABLE posts;
