-- revision: 003
-- parent: 002
-- message: Add tags

-- migrate:up
VACUUM users;

-- migrate:down
DROP TABLE tags;
