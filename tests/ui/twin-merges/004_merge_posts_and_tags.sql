-- revision: 004
-- parent: 002, 003
-- message: Merge posts and tags

-- migrate:up

-- migrate:down
