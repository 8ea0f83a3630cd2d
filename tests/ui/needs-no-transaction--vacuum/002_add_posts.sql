-- revision: 002
-- parent: 001
-- message: Tidy up

-- migrate:up
VACUUM (ANALYZE) users;

-- migrate:down
SELECT 1;
