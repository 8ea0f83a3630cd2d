-- revision: 002
-- parent: 001
-- message: Create posts

-- migrate:up
CREATE TYPE state AS ENUM ('draft', 'public');
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    state state NOT NULL
);

-- migrate:down
DROP TABLE posts;
