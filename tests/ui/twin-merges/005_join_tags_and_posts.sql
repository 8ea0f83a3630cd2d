-- revision: 005
-- parent: 003, 002
-- message: Join tags and posts

-- migrate:up

-- migrate:down
