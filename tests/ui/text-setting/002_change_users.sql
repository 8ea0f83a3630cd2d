-- revision: 002
-- parent: 001
-- message: Change users

-- migrate:up
SET client_encoding = 'LATIN1';
COMMENT ON TABLE users IS 'Usagères';

-- migrate:down
COMMENT ON TABLE users IS NULL;
