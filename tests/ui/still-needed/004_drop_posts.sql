-- revision: 004
-- parent: 003
-- message: Drop posts

-- migrate:up
DROP TABLE posts;

-- migrate:down
CREATE TABLE posts (id bigint PRIMARY KEY);
