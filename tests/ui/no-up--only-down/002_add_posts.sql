-- revision: 002
-- parent: 001
-- message: Add posts

-- migrate:down
DROP TABLE posts;
