-- revision: 001
-- message: Create users and posts

-- migrate:up
CREATE TABLE users (
    id bigint PRIMARY KEY,
    email text NOT NULL,
    label text GENERATED ALWAYS AS ('user ' || email) STORED
);
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    user_id bigint REFERENCES users
);

-- migrate:down
DROP TABLE posts;
DROP TABLE users;
