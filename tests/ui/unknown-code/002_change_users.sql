-- revision: 002
-- parent: 001
-- message: Change users

-- migrate:up
-- migrate:allow(drop-columns): no release reads it
ALTER TABLE users DROP COLUMN email;

-- migrate:down
SELECT 'as it was';
