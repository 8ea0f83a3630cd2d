-- revision: 002
-- parent: 001
-- message: Create posts

-- migrate:up
CREATE TABLE posts (
    author text REFERENCES users (email)
);

-- migrate:down
DROP TABLE posts;
