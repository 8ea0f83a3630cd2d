-- revision: 002
-- parent: 001
-- message: Add posts

-- migrate:up
-- TODO: the table

-- migrate:down
DROP TABLE posts;
