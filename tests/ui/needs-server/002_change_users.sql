-- revision: 002
-- parent: 001
-- message: Change users

-- migrate:up
ALTER TABLE users ALTER email SET STORAGE DEFAULT;

-- migrate:down
SELECT 'as it was';
